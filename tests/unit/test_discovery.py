from __future__ import annotations

import pytest

from aggregator.sources.examination.discovery import MAX_FEEDS, MAX_LINKS, find_feeds, find_links, usual_places

URL = "https://site.example/blog/"
RSS, ATOM, JSON_FEED, JSON = "application/rss+xml", "application/atom+xml", "application/feed+json", "application/json"


def link(href: str, kind: str = RSS, title: str = "", rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{kind}" title="{title}" href="{href}">'


def found(*head: str, url: str = URL) -> list[str]:
    page = f"<!DOCTYPE html><html><head>{''.join(head)}</head><body><p>Hello</body></html>"
    return [one.href for one in find_feeds(page.encode(), "", url)]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param([link("/rss.xml")], ["https://site.example/rss.xml"], id="from the root"),
        pytest.param([link("rss.xml")], ["https://site.example/blog/rss.xml"], id="from the folder"),
        pytest.param([link("//other.example/f")], ["https://other.example/f"], id="another host"),
        pytest.param([link("?feed=rss2")], ["https://site.example/blog/?feed=rss2"], id="a query alone"),
        pytest.param(['<base href="/b/">', link("f")], ["https://site.example/b/f"], id="a base"),
        pytest.param(['<base href="http://[x/">', link("/f")], ["https://site.example/f"], id="a base that is none"),
        pytest.param([link("/a", ATOM), link("/j", JSON_FEED)], ["https://site.example/a", "https://site.example/j"], id="kinds"),
        pytest.param([link("/wp-json/", JSON), link("/f")], ["https://site.example/f", "https://site.example/wp-json/"], id="other JSON last"),
        pytest.param([link("/c", title="Comments"), link("/f")], ["https://site.example/f", "https://site.example/c"], id="comments last"),
        pytest.param([link("/comments/feed/"), link("/f")], ["https://site.example/f", "https://site.example/comments/feed/"], id="their address"),
        pytest.param([link("/f"), link("/f", ATOM)], ["https://site.example/f"], id="once each"),
        pytest.param([link("/f", "Application/RSS+XML; charset=utf-8")], ["https://site.example/f"], id="how the type is written"),
        pytest.param([link("/f", rel="Alternate home")], ["https://site.example/f"], id="how the relation is written"),
        pytest.param([link("https://me:word@site.example/f#top")], ["https://site.example/f"], id="no password, no fragment"),
        pytest.param(["<!--", link("/f"), "-->"], [], id="in a comment"),
        pytest.param([link("/f", rel="stylesheet")], [], id="another relation"),
        pytest.param([link("/f", "text/html")], [], id="another type"),
        pytest.param([link("javascript:alert(1)"), link("file:///etc/passwd"), link("")], [], id="no address that is asked"),
        pytest.param([], [], id="none"),
    ],
)  # fmt: skip
def test_a_page_names_its_feeds(head: list[str], expected: list[str]) -> None:
    assert found(*head) == expected


@pytest.mark.parametrize(
    "page",
    [b"", b"\0\0", b"no markup", b"<", b"<html>", b"<link rel=alternate>", b"<?xml version='1.0' encoding='nowhere'?><html/>"],
)  # fmt: skip
def test_what_is_no_page_names_none(page: bytes) -> None:
    assert find_feeds(page, "", URL) == ()


def test_of_a_long_page_only_the_beginning_is_read_and_of_many_feeds_the_first_are_taken() -> None:
    assert len(found(*(link(f"/{number}") for number in range(50)))) == MAX_FEEDS
    assert found("<!--", "x" * 600_000, "-->", link("/f")) == []


def test_an_xhtml_page_and_one_in_another_encoding_are_read() -> None:
    xhtml = f'<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head>{link("/f")}</head></html>'
    assert [one.href for one in find_feeds(xhtml.encode(), "", URL)] == ["https://site.example/f"]
    (lead,) = find_feeds(link("/f", title="Caf\u00e9 \u001b[31m").encode("utf-16"), "", URL)
    assert (lead.title, lead.media_type) == ("Caf\u00e9 [31m", RSS)


def test_a_page_links_to_what_looks_like_a_feed_and_few_of_those_are_taken() -> None:
    def linked(*hrefs: str) -> list[str]:
        page = "".join(f'<a href="{one}">x</a>' for one in hrefs)
        links = find_links(f"<html><body>{page}</body></html>".encode(), "", URL)
        return [one.removeprefix("https://site.example") for one in links]

    hits = ["/news.xml?a=b", "/x.rss", "/x.ATOM", "/blog/feed/"]
    assert linked("/about", *hits, "/xml", "/x.rss#top", "mailto:me@site.example", "/feed.html") == hits
    assert linked("/comments/feed", "rss") == ["/blog/rss", "/comments/feed"]
    assert len(linked(*(f"/{number}.xml" for number in range(9)))) == MAX_LINKS
    assert find_links(b"", "", URL) == ()


def test_the_usual_places_are_beside_the_page() -> None:
    assert usual_places("https://site.example/blog/?page=2")[:3] == (
        "https://site.example/blog/feed",
        "https://site.example/blog/rss",
        "https://site.example/blog/atom.xml",
    )
    assert "https://site.example/feed.json" in usual_places("https://site.example")
