"""Whatever the bytes are, a feed that is read gives values that every format can carry."""

from __future__ import annotations

import pickle
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feed_cases import FULL, atom, json_feed, one, parsed, rss
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.address import legal_href
from aggregator.core.text import legal

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[1] / "golden" / "feeds-in"
FEEDS = [path.read_bytes() for path in sorted(FOLDER.glob("*.feed"))]

PIECES = [
    *(b"<item>", b"</item>", b"<entry>", b"</entry>", b"<link>", b"</link>", b"<link href='", b"/>", b"<title>", b"</title>"),
    *(b"<source>", b"</source>", b"<content type='xhtml'>", b"<svg>", b"<math>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?x ?>"),
    *(b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"&nbsp;", b"&#xD800;", b"&#0;", b"&", b"<", b">", b"'", b'"', b"\0", b"\xff"),
    *(b"<image>", b"</image>", b"<x:y xmlns:x=''>", b" xml:base='http://['", b" xml:lang=''", b"<textInput>", b"<author>", b"<media:group>"),
    *(b"http://[::1", b"javascript:x", b"//", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"2026-13-45", b"{", b"}", b"[", b"null", b"-1", b"\\ud800"),
    *(b"<guid isPermaLink='true'>", b"<enclosure url='", b"<category/>", b"<ttl>-</ttl>", b"<content mode='base64'>", b"<dc:date/>"),
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(FEEDS))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 5, 60, 500])))
        other = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=4), st.just(data[start:end] * 2)))
        data = data[:start] + other + data[end:]
    return data


def values(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if is_dataclass(value):
        for field in fields(value):
            yield from values(getattr(value, field.name), field.name)
    elif isinstance(value, tuple):
        for each in value:
            yield from values(each, path)
    else:
        yield path, value


def check(data: bytes) -> None:
    document = parsed(data, FULL)
    for name, value in values(document):
        if isinstance(value, str):
            assert legal(value) == value or name == "content", (name, value)
            value.encode()
        if name == "href":
            assert legal_href(value) == value
        if isinstance(value, datetime):
            assert value.tzinfo is UTC
    assert pickle.loads(pickle.dumps(document)) == document  # noqa: S301  our own bytes


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_damaged_feeds_are_read_or_refused(data: bytes) -> None:
    check(data)


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"<rss><item>", b"<feed xmlns='http://www.w3.org/2005/Atom'><entry>", b"{", b'{"items":[']),
)
def test_any_bytes_are_read_or_refused(data: bytes, start: bytes) -> None:
    check(start + data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("https://x.example/a"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "url", "title", "authors", "author", "name", "tags", "image", "attachments", "mime_type",
                         "content_html", "content_text", "date_published", "_aggregator", "related", "language", "hubs", "items"]),
        inner, max_size=6), max_leaves=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(JSON, max_size=3), JSON)
def test_json_of_any_shape_is_read_or_refused(items: list[object], head: object) -> None:
    check(json_feed(*items, **(head if isinstance(head, dict) and "items" not in head else {"hubs": head})))


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_any_text_as_a_title_is_one_legal_line(title: str) -> None:
    escaped = title.replace("&", "&amp;").replace("<", "&lt;")
    link = "https://site.example/a"
    for data in (
        rss(f"<title>{escaped}</title><link>{link}</link>"),
        atom(f'<title>{escaped}</title><link href="{link}"/>'),
    ):
        made = one(data).title
        assert made
        assert legal(made) == made
        assert "\n" not in made


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.text(st.sampled_from("htps:/.[]@?#%x1 \t\\"), max_size=20))
def test_any_text_as_an_address_is_a_legal_one_or_dropped(link: str) -> None:
    document = parsed(json_feed({"url": link, "image": link, "external_url": "https://site.example/a"}))
    assert all(legal_href(sighting.href) == sighting.href for sighting in document.sightings)
    assert all(legal_href(image.href) == image.href for sighting in document.sightings for image in sighting.images)
