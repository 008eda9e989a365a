"""What is wrong with article files, and what never leaves them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from article_cases import ADDRESS, CONTEXT, LOCATION, SECRET, faulty, parsed, read, written
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.address import read_address
from aggregator.core.model import Document, Fault, Outcome
from aggregator.sources import Context
from aggregator.sources.article import parse


@pytest.mark.parametrize(
    ("given", "code", "reason"),
    [
        ({"title": ["a"]}, "field", "title: a list or a block where one text is expected; ignored"),
        ({"title": {"a": "b"}}, "field", "title: a list or a block where one text is expected; ignored"),
        ({"excerpt": ["a"]}, "field", "excerpt: a list or a block where one text is expected; ignored"),
        ({"quality": "high"}, "field", 'quality: "high" is no whole number; ignored'),
        ({"quality": 4.5}, "field", 'quality: "4.5" is no whole number; ignored'),
        ({"score": "9" * 5000}, "field", f'score: "{"9" * 79}…" is no whole number; ignored'),
        ({"heat": "0x1F"}, "field", 'heat: "0x1F" is no whole number; ignored'),
        ({"heat": [1]}, "field", "heat: a list or a block where one text is expected; ignored"),
        ({"publishedDateTime": "soon"}, "date", 'publishedDateTime: "soon" is no date, as 2026-02-11T09:00:00Z is; the time it was first seen counts'),
        ({"publishedDateTime": "\u0007"}, "date", 'publishedDateTime: "" is no date, as 2026-02-11T09:00:00Z is; the time it was first seen counts'),
        ({"publishedDateTime": "0001-01-01T00:00:00+14:00"}, "date", 'publishedDateTime: "0001-01-01T00:00:00+14:00" is no date, as 2026-02-11T09:00:00Z is; the time it was first seen counts'),
        ({"publishedDateTime": {"a": "b"}}, "field", "publishedDateTime: a list or a block where one text is expected; ignored"),
        ({"topics": ["a", {"b": "c"}]}, "field", "topics: something other than text in the list; it is ignored"),
        ({"topics": {"a": "b"}}, "field", "topics: something other than text in the list; it is ignored"),
        ({"authors": [["a"]]}, "field", "authors: something other than text in the list; it is ignored"),
        ({"type": ["video"]}, "field", "type: a list or a block where one text is expected; ignored"),
        ({"language": ["en"]}, "field", "language: a list or a block where one text is expected; ignored"),
        ({"ampWebUrl": ["a"]}, "field", "ampWebUrl: a list or a block where one text is expected; ignored"),
        ({"provider": ["a"]}, "field", "provider: a list where `key: value` lines are expected; ignored"),
        ({"images": "https://x.example/1.png"}, "field", "images: one value where a list is expected; write it after a `- `; ignored"),
        ({"related": {"url": "https://x.example/1"}}, "field", "related: one value where a list is expected; write it after a `- `; ignored"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_fault_at_its_line_and_nothing_else_is_lost(
    given: dict[str, Any], code: str, reason: str
) -> None:
    sighting, fault = faulty(secured=SECRET, **given)
    assert fault == Fault(code, f"{LOCATION}:4", reason)
    assert replace(sighting, topics=(), given=("", "", "", "")) == replace(read(), given=("", "", "", ""))


def test_a_fault_names_the_line_of_the_file() -> None:
    data = b'---\r\n# note\r\noriginalUrl: https://x.example/a\r\ntitle: "a\r\n  b"\r\nheat: hot\r\n---\r\n'
    assert [str(fault) for fault in parse(data, LOCATION, CONTEXT).faults] == [
        f'{LOCATION}:6: heat: "hot" is no whole number; ignored'
    ]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (written(originalUrl=...), Fault("no_address", f"{LOCATION}:1", "no originalUrl or webUrl; add one, an entry needs an address")),
        (b"---\n---\n", Fault("no_address", f"{LOCATION}:1", "no originalUrl or webUrl; add one, an entry needs an address")),
        (written(title="A", originalUrl="x"), Fault("address", f"{LOCATION}:2", 'originalUrl: "x" is no http or https address that feeds can link to')),
        (written(originalUrl="javascript:a"), Fault("address", f"{LOCATION}:2", 'originalUrl: "javascript:a" is no http or https address that feeds can link to')),
        (written(originalUrl=[ADDRESS]), Fault("field", f"{LOCATION}:2", "originalUrl: a list or a block where one text is expected; ignored")),
        (b"---\na: b: c\n---\n", Fault("front_matter", f"{LOCATION}:2:5", "a second `: ` in one value; put the value in quotes")),
        (b"---\na: b\n", Fault("front_matter", f"{LOCATION}:1:1", "the front matter is never closed; put a line `---` below its last field")),
        (b"---\na: \xff\n---\n", Fault("front_matter", f"{LOCATION}:2:4", "byte 0xff is not UTF-8; save as UTF-8")),
    ],
)  # fmt: skip
def test_what_cannot_be_an_entry_is_faulty(data: bytes, fault: Fault) -> None:
    assert parse(data, LOCATION, CONTEXT) == Document(outcome=Outcome.FAULTY, faults=(fault,))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("a" * (256 * 1024 + 1), "a body of more than 256 KiB; left out until it is shorter"),
        ("<div>" * 10_001, "a body of more than 10,000 tags; left out until it has fewer"),
        ("*a* " * 5_001, "a body of more than 10,000 tags; left out until it has fewer"),
    ],
    ids=("long", "deep", "of much Markdown"),
)
def test_a_body_that_would_cost_too_much_is_left_out_and_the_article_is_read(body: str, reason: str) -> None:
    document = parse(written(body), LOCATION, CONTEXT)
    assert document.faults == (Fault("body", f"{LOCATION}:1", reason),)
    assert document.sighting is not None
    assert document.sighting.content == ""


def test_the_first_address_that_is_one_counts() -> None:
    document = parse(written(originalUrl="nowhere", webUrl=ADDRESS), LOCATION, CONTEXT)
    assert document.sighting is not None
    assert document.sighting.href == ADDRESS
    assert [fault.code for fault in document.faults] == ["address"]


@pytest.mark.parametrize("data", [b"", b"# Read me\n", b"\x89PNG\r\n\x1a\n", b"\xff\xfe-\x00-\x00-\x00", b"- a\n"])
def test_what_has_no_front_matter_is_no_article(data: bytes) -> None:
    assert parse(data, LOCATION, CONTEXT) == Document(outcome=Outcome.NOT_ARTICLE)


@pytest.mark.parametrize(("flag", "outcome"), [("draft", Outcome.DRAFT), ("removed", Outcome.REMOVED)])
@pytest.mark.parametrize("value", [True, "true", "True", " YES ", "on", 1])
def test_drafts_and_removed_articles_are_skipped(flag: str, outcome: Outcome, value: object) -> None:
    given: dict[str, Any] = {flag: value}
    assert read(context=Context(source="news", skip=frozenset()), **given).href == ADDRESS
    # Whatever else is wrong with them is nobody's business.
    assert parsed(originalUrl="x", heat="hot", **given) == Document(outcome=outcome)


@pytest.mark.parametrize("value", [False, "false", "no", "", None, 0, "2026-11-01", [True]])
def test_other_flags_skip_nothing(value: object) -> None:
    assert read(draft=value, removed=value, published=value).href == ADDRESS


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"secured": SECRET}, id="secured"),
        pytest.param({"Secured": SECRET, "unknown": {"deep": [SECRET]}, SECRET: "x"}, id="unknown keys"),
        pytest.param({"": SECRET}, id="an empty key"),
        pytest.param({"": [SECRET], "topics": None}, id="a list under an empty key"),
        pytest.param({"secured": [{"a": SECRET}], "title": ["x"], "heat": "x"}, id="beside faults"),
        pytest.param({"secured": SECRET, "originalUrl": "x"}, id="of a faulty file"),
        pytest.param({"related": [{"url": ADDRESS, "secured": SECRET, "": SECRET}]}, id="within related"),
        pytest.param({"provider": {"name": "A", "secured": SECRET}}, id="within the provider"),
        pytest.param({"images": [{"url": ADDRESS, "secured": SECRET}]}, id="within images"),
    ],
)
def test_nothing_of_secured_or_unknown_fields_leaves_a_file(given: dict[str, Any]) -> None:
    assert SECRET not in repr(parsed(**given))


@pytest.mark.parametrize(
    "lines",
    [
        f'"{SECRET}": 1\n"{SECRET}": 2',
        f"secured: {SECRET}: x",
        f'secured: "{SECRET}" x',
        f"secured: &{SECRET[:8]} x",
        f"secured: !{SECRET[:8]} x",
        f'secured: "{SECRET}\\q"',
    ],
)
def test_nothing_of_secured_leaves_a_file_that_cannot_be_read(lines: str) -> None:
    document = parse(f"---\noriginalUrl: {ADDRESS}\n{lines}\n---\n".encode(), LOCATION, CONTEXT)
    assert document.outcome is Outcome.FAULTY
    assert SECRET[:8] not in repr(document)


def test_every_address_that_is_published_is_legal() -> None:
    sighting = read(
        originalUrl="https://harbour.example/a b",
        images=[{"url": "https://harbour.example/ü.png"}],
        related=[{"url": "http://harbour.example/<a>"}],
        body="[a](<b c>)",
    )
    for href in (sighting.href, sighting.images[0].href, sighting.edges[0].href):
        found = read_address(href)
        assert found is not None
        assert found.href == href


SNIPPETS = st.sampled_from(
    ("---", "\n", "title:", "originalUrl: ", ADDRESS, '"', "'", "- ", "  ", "[", "]", "{", "}", "&a ", "*a", "!!x ", "|", ">", ": ",
     "# ", "\\ud83d", "\x00", "\u2028", "publishedDateTime: 9999-12-31T23:59:59-14:00", "related:", "<b>", "&#xD800;", "%", "é")
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.lists(SNIPPETS, max_size=40).map(lambda parts: "".join(parts).encode())))
def test_no_document_is_too_strange_to_be_judged(data: bytes) -> None:
    for document in (
        data,
        b"---\n" + data + b"\n---\n" + data,
        f"---\noriginalUrl: {ADDRESS}\n".encode() + data + b"\n---\n",
    ):
        assert parse(document, LOCATION, CONTEXT).outcome in Outcome
