"""Feeds written for a test, and how they are read."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aggregator.sources.feed.context import FeedContext
from aggregator.sources.feed.parse import FeedDocument, parse_feed

if TYPE_CHECKING:
    from aggregator.core.model import Sighting
    from aggregator.sources.feed.parse import Drop

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
CONTEXT = FeedContext(source="wire", url="https://site.example/feed.xml", now=NOW)
FULL = replace(CONTEXT, full=True, categories=None)


def rss(*items: str, head: str = "", declared: str = "") -> bytes:
    """Return an RSS 2.0 feed of the site with these items."""
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" {declared}><channel>'
        f"<title>The Site</title><link>https://site.example/</link>{head}{inside}</channel></rss>"
    ).encode()


def atom(*entries: str, head: str = "") -> bytes:
    """Return an Atom feed of the site with these entries."""
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f'<title>The Site</title><link href="https://site.example/"/>{head}{inside}</feed>'
    ).encode()


def json_feed(*items: object, **head: object) -> bytes:
    """Return a JSON Feed of the site with these items."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "The Site", "items": items, **head}
    return json.dumps(feed).encode()


def read(data: bytes, context: FeedContext = CONTEXT) -> tuple[Sighting, ...]:
    """Return the sightings of a document that is a feed and loses nothing."""
    document = parsed(data, context)
    assert document.fault is None
    assert document.drops == ()
    return document.sightings


def one(data: bytes, context: FeedContext = CONTEXT) -> Sighting:
    """Return the only sighting of a document."""
    (sighting,) = read(data, context)
    return sighting


def dropped(data: bytes, context: FeedContext = CONTEXT) -> tuple[Drop, ...]:
    """Return what a feed holds and we do not publish."""
    return parsed(data, context).drops


def parsed(data: bytes, context: FeedContext = CONTEXT) -> FeedDocument:
    """Return a document, whose numbers must add up."""
    document = parse_feed(data, context)
    assert len(document.sightings) + sum(drop.count for drop in document.drops) == document.found
    return document


def as_json(document: FeedDocument) -> str:
    """Return a document as people can read it."""
    return json.dumps(asdict(document), indent=1, ensure_ascii=False, default=str) + "\n"
