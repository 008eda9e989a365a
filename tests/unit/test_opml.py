from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.sources.opml import MAX_BYTES, MAX_OUTLINES, FeedList, parse_list


def opml(body: str, prolog: str = "<?xml version='1.0' encoding='UTF-8'?>\n") -> bytes:
    return f"{prolog}<opml version='2.0'><head><title>t</title></head>\n<body>\n{body}\n</body></opml>".encode()


def feed(url: str, **given: str) -> str:
    attributes = " ".join(f'{name}="{value}"' for name, value in given.items())
    return f'<outline xmlUrl="{url}" {attributes}/>'


def found(data: bytes) -> list[tuple[str, str, tuple[str, ...]]]:
    document = parse_list(data, "x.opml")
    assert document.fault is None
    return [(one.url, one.title, one.topics) for one in document.subscriptions]


def refusal(data: bytes) -> tuple[str, str]:
    document = parse_list(data, "x.opml")
    assert document.fault is not None
    assert document.subscriptions == ()
    return document.fault.code, str(document.fault)


@pytest.mark.parametrize(
    ("outline", "expected"),
    [
        ('<outline type="rss" text="A" title="B" xmlUrl="https://a.example/f"/>', ("A", ())),
        ('<outline title="B" xmlURL="https://a.example/f" htmlUrl="https://a.example/"/>', ("B", ())),
        ('<Outline TEXT="A" XMLURL=" https://a.example/f "/>', ("A", ())),
        ('<outline text="" xmlurl="https://a.example/f"/>', ("", ())),
        ('<outline text="A &amp;amp; B" xmlUrl="https://a.example/f"/>', ("A & B", ())),
        ('<outline text="A" category="/a/b, c" xmlUrl="https://a.example/f"/>', ("A", ("a", "b", "c"))),
        (
            '<outline text="Sea"><outline title="Wind"><outline text="A" xmlUrl="https://a.example/f"/></outline></outline>',
            ("A", ("Sea", "Wind")),
        ),
        ('<outline text="A" xmlUrl="feed://a.example/f"/>', ("A", None)),
        ('<outline text="A" xmlUrl="feed:https://a.example/f"/>', ("A", ())),
        ('<outline text="A" xmlUrl="feed://https://a.example/f"/>', ("A", ())),
    ],
)
def test_outlines_are_read_as_readers_write_them(outline: str, expected: tuple[str, Any]) -> None:
    title, topics = expected
    scheme = "http" if topics is None else "https"
    assert found(opml(outline)) == [(f"{scheme}://a.example/f", title, topics or ())]


def test_a_feed_in_two_folders_has_the_topics_of_both_and_the_first_title() -> None:
    body = (
        f'<outline text="Sea">{feed("https://a.example/f", text="A")}{feed("https://b.example/f")}</outline>'
        f'<outline text="Wind">{feed("https://a.example/f", text="B", category="/Sea,/Fog")}</outline>'
    )
    assert found(opml(body)) == [
        ("https://a.example/f", "A", ("Sea", "Fog", "Wind")),
        ("https://b.example/f", "", ("Sea",)),
    ]


def test_a_feed_with_outlines_below_it_is_no_folder() -> None:
    body = f'<outline text="A" xmlUrl="https://a.example/f">{feed("https://b.example/f")}</outline>'
    assert [topics for _, _, topics in found(opml(body))] == [(), ()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_any_encoding_is_read_whatever_the_document_says(encoding: str) -> None:
    text = opml(feed("https://a.example/f", text="Caf\u00e9")).decode()
    assert found(text.encode(encoding)) == [("https://a.example/f", "Caf\u00e9", ())]


def test_what_most_often_breaks_lists_is_mended() -> None:
    body = feed("https://a.example/f?a=1&b=2&#0;", text="A &nbsp;&eacute; & \x0bB &unknown;")
    assert found(opml(body)) == [("https://a.example/f?a=1&b=2", "A \u00e9 & B &unknown;", ())]


def test_an_outline_that_names_no_feed_is_named_and_says_no_secret() -> None:
    body = "\n".join(
        [
            feed("https://a.example/f"),
            '<outline text="nothing"/>',
            feed("ftp://me:word@a.example/f"),
            feed("javascript:alert(1)"),
            feed("https://me:word@b.example/f"),
        ]
    )
    document = parse_list(opml(body), "x.opml")
    assert [(one.url, one.bare) for one in document.subscriptions] == [
        ("https://a.example/f", False),
        ("https://b.example/f", True),
    ]
    assert [one.location for one in document.skipped] == ["x.opml:5", "x.opml:6", "x.opml:7"]
    assert "word" not in repr(document)


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", "empty", "x.opml: an empty document"),
        (b" \n\0", "empty", "an empty document"),
        (b"<!DOCTYPE html><p>Log in", "html_page", "a web page"),
        (b"<html><body/></html>", "html_page", "a web page"),
        (b"<?xml version='1.0'?><!-- x --><rss><channel/></rss>", "is_feed", "put its address under `upstream:`"),
        (b"<rdf:RDF xmlns:rdf='urn:x'/>", "is_feed", "a feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "not_opml", "no OPML"),
        (b"\x89PNG\r\n\x1a\n", "not_opml", "no OPML"),
        (b"just words", "not_opml", "no OPML"),
        (b"<opml>\n<body>\n<outline text='A'>\n</body></opml>", "malformed", "x.opml:4:"),
        (b"<opml><body><outline text='A'", "malformed", "not well-formed"),
        (opml("", "<!DOCTYPE opml [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]>"), "entities", "remove its DOCTYPE"),
        (opml("&x;", "<!DOCTYPE opml [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"), "entities", "declares entities"),
        (opml("<outline text='x'>\n" * 60 + "</outline>" * 60), "too_deep", "more than 50 deep"),
        (opml("<outline text='x'>\n" * 3000 + "</outline>" * 3000), "too_deep", "more than 50 deep"),
        (opml("<outline/>" * (MAX_OUTLINES + 1)), "too_many", "more than 20,000 outlines"),
        (b"<opml>" + b" " * MAX_BYTES, "too_large", "more than 10 MiB"),
    ],
)
def test_what_is_no_list_gets_one_clear_answer(data: bytes, code: str, said: str) -> None:
    found_code, text = refusal(data)
    assert found_code == code
    assert said in text


def test_a_doctype_without_entities_does_no_harm_and_lines_stay() -> None:
    prolog = '<?xml version="1.0"?>\n<!-- a\n<b> -->\n<!DOCTYPE opml SYSTEM "http://127.0.0.1:1/opml.dtd" [\n]>\n'
    document = parse_list(opml(feed("https://a.example/f"), prolog), "x.opml")
    assert [one.line for one in document.subscriptions] == [8]


@pytest.mark.parametrize("data", [b"<!--" * 50_000, b"<!DOCTYPE a [" * 50_000, b"<? " * 50_000, b" " * 500_000 + b"x"])
def test_a_hostile_prolog_costs_no_time(data: bytes) -> None:
    assert isinstance(parse_list(data, "x.opml"), FeedList)


PIECES = ("<opml>", "<body>", "</body>", "</opml>", "<outline ", "xmlUrl='", "text='", "'", "/>", ">", "</outline>")
ODD = ("&", "&#0;", "&#x110000;", "&amp;", "<!DOCTYPE opml [", "]>", "<!--", "-->", "<?", "?>", "<![CDATA[", "\ud800")
OTHER = (
    "https://a.example/f",
    "feed:",
    "//",
    "@",
    "[",
    "\x00",
    "category='",
    ",/",
    "xmlns='urn:x' ",
    "x:y='",
    "é",
    "\n",
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=100),
        st.lists(st.sampled_from(PIECES + ODD + OTHER), max_size=30).map(
            lambda parts: f"<opml>{''.join(parts)}".encode("utf-8", "surrogatepass")
        ),
    )
)
def test_whatever_comes_there_is_an_answer(data: bytes) -> None:
    document = parse_list(data, "x.opml")
    assert document.fault is None or (document.fault.reason and not document.subscriptions)


def test_variants_of_an_address_are_one_feed_and_https_wins() -> None:
    body = feed("http://a.example/f/", text="A", category="Sea") + feed(
        "https://a.example/f", text="B", category="Wind"
    )
    body += feed("https://a.example/?x=1") + feed("https://a.example/?x=1/") + feed("https://b.example/") * 2
    document = parse_list(opml(body), "x.opml")
    urls = [one.url for one in document.subscriptions]
    assert urls == ["https://a.example/f", "https://a.example/?x=1", "https://a.example/?x=1/", "https://b.example/"]
    assert (document.subscriptions[0].title, document.subscriptions[0].topics) == ("A", ("Sea", "Wind"))
    assert document.again == 1


def test_a_mailbox_is_shown_as_it_is_and_a_password_is_not() -> None:
    body = feed("mailto:me@a.example?subject=x") + feed("mailto:me:word@a.example") + feed("ftp://me:word@a.example/f")
    said = " ".join(str(one) for one in parse_list(opml(body), "x.opml").skipped)
    assert '"mailto:me@a.example"' in said
    assert "word" not in said
