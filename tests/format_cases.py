"""Entries, channels and readers of what is written, for the tests of formats."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import feedcheck
from lxml import etree

from aggregator.config.schema import TextSection
from aggregator.core.channels import Policy
from aggregator.core.model import Channel, Entry, Facet, Image, Link, Origin, Provider
from aggregator.formats import Site, Style, Words
from aggregator.formats.content import content_of
from aggregator.registry import format_named

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PUBLISHED = datetime(2026, 10, 20, 8, 0, 5, tzinfo=UTC)
UPDATED = datetime(2026, 10, 21, 9, 30, tzinfo=UTC)
BASE = "https://feeds.quay.example/"
ATOM, MEDIA, DC, CONTENT = feedcheck.ATOM, feedcheck.MEDIA, feedcheck.DC, feedcheck.CONTENT
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

WORDS = Words(**TextSection().model_dump())
STYLE = Style(base_url=BASE, policy=Policy(), words=WORDS)
SITE = Site(title="Quay News", base_url=BASE, homepage="https://www.quay.example/", author="Quay News")
CHANNEL = Channel(
    key="all", facet=Facet.ALL, id=f"{BASE}all", title="Quay News", subtitle="Collected.", path="all", updated=UPDATED
)
RELATED = (
    Link(
        href="https://buoy.example/a?x=1&y=2",
        title="A buoy",
        provider="Buoy",
        published=datetime(2026, 10, 19, 23, 59, tzinfo=UTC),
        language="de",
    ),
    Link(href="https://rope.example/b", title="A rope"),
)
ENTRY = Entry(
    key="https://www.pier.example/crane?a=1&b=2",
    id="https://www.pier.example/crane?a=1&b=2",
    href="http://www.pier.example/crane?a=1&b=2#top",
    title="A crane",
    summary="It lifts & holds.",
    content="",
    published=PUBLISHED,
    updated=UPDATED,
    shown=PUBLISHED,
    providers=(Provider("Pier Gazette", "pier.example"),),
    topics=("Heavy Lifting", "heavy-lifting", "C++"),
    authors=("Ann Winch",),
    language="en-GB",
    images=(Image("https://www.pier.example/c.jpg?w=1&h=2", 1200, 630), Image("https://www.pier.example/d.jpg")),
    related=RELATED,
)
ORIGIN = Origin(id="tag:pier.example,2020:feed", title="Pier", href="https://pier.example/f.atom", updated=PUBLISHED)
BARE = replace(ENTRY, summary="", topics=(), authors=(), language=None, images=(), related=())


def document(name: str, *entries: Entry, style: Style = STYLE, site: Site = SITE, channel: Channel = CHANNEL) -> bytes:
    form = format_named(name)
    return form.wrap(channel, [form.fragment(entry, content_of(entry, style), style) for entry in entries], site)


def objections(name: str, feed: bytes, channel: Channel = CHANNEL) -> list[str]:
    return feedcheck.objections(feed, f"{BASE}{channel.path}.{name}", now=NOW)


def atom_entry(entry: Entry = ENTRY, style: Style = STYLE) -> etree._Element:
    (found,) = etree.fromstring(document("atom", entry, style=style)).findall(f"{ATOM}entry")
    return found


def rss_item(entry: Entry = ENTRY, style: Style = STYLE) -> etree._Element:
    (found,) = etree.fromstring(document("rss", entry, style=style)).findall("channel/item")
    return found


def json_item(entry: Entry = ENTRY, style: Style = STYLE) -> dict[str, Any]:
    (found,) = json.loads(document("json", entry, style=style))["items"]
    return dict(found)


def links(entry: etree._Element, rel: str) -> list[etree._Element]:
    return [link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == rel]
