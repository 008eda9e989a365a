"""feedparser says the same of our events as of its own, where we ask it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.parsers import expat

import feedparser
import pytest
from feed_cases import atom, rss

from aggregator.sources.feed.events import Events
from aggregator.sources.feed.given import MAX_READ

FOLDER = Path(__file__).parents[1] / "golden" / "feeds-in"
FEEDS = {path.stem: path.read_bytes() for path in FOLDER.glob("*.feed") if not path.stem.startswith("json")}
OURS = {
    "published_parsed",
    "updated_parsed",
    "created_parsed",
    "author",
    "author_detail",
}  # dates and names are read by us
OWN = {"opaque"}  # what feedparser does not tell
BASED = {"entry_base", "field_base", "feed_base"}

FEEDS["nested"] = rss('<source url="https://x.example/">X</source><link>https://x.example/1</link><title>t</title>')
FEEDS["xhtml"] = atom(
    '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a &amp; <b class="x&quot;y">b</b></div></title>'
    '<content type="xhtml"><x:div xmlns:x="http://www.w3.org/1999/xhtml"><x:p>p</x:p></x:div></content>'
)
FEEDS["default"] = rss('<encoded xmlns="http://purl.org/rss/1.0/modules/content/">&lt;p&gt;x&lt;/p&gt;</encoded>')
FEEDS["unknown"] = rss('<u:x xmlns:u="urn:u" z="2">text</u:x><y xmlns="urn:v">text</y>')
FEEDS["prefixed"] = b'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>t</a:title></a:entry></a:feed>'


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key not in OURS | OWN | BASED | {"base", "xml-base"}}
    return [plain(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_feedparser_finds_the_same(name: str) -> None:
    data = FEEDS[name].replace(b' xml:base="', b' xml:space="')  # which feedparser would act upon
    events = Events(frozenset())
    events.parser.Parse(data, True)
    expected = feedparser.parse(data, sanitize_html=False, resolve_relative_uris=False)
    assert plain(events.handler.entries) == plain(expected.entries)
    assert plain(events.handler.feeddata) == plain(expected.feed)
    assert events.lost == 0
    assert events.handler.version in {expected.version, "rss091u"}  # the other rss091n is told by its DTD


def test_what_is_not_asked_for_leaves_no_trace() -> None:
    events = Events(frozenset({"comments"}))
    events.parser.Parse(rss("<title>a</title><comments>b<title>c</title></comments><link>d</link>"), True)
    assert events.handler.entries == [
        {"title": "a", "title_detail": events.handler.entries[0]["title_detail"], "links": [{"rel": "alternate", "type": "text/html", "href": "d"}], "link": "d"}
    ]  # fmt: skip


def test_entries_beyond_the_limit_are_counted_and_not_kept() -> None:
    events = Events(frozenset())
    events.parser.Parse(rss(*["<title>a</title>"] * (MAX_READ + 3)), True)
    assert (len(events.handler.entries), events.further) == (MAX_READ, 3)


def test_expat_is_one_that_stops_entities_that_grow() -> None:
    assert expat.version_info >= (2, 4, 1)
