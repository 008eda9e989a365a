"""A document looked at closely, for somebody who wants to know what we would make of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.core import text
from aggregator.core.channels import topic_key
from aggregator.sources.examination.discovery import Lead, find_feeds, find_links
from aggregator.sources.examination.doubts import Doubt, doubts_of
from aggregator.sources.feed import words
from aggregator.sources.feed.given import NoFeed
from aggregator.sources.feed.parse import FeedDocument, no_feed, read_given, understood
from aggregator.sources.opml import is_list

if TYPE_CHECKING:
    from aggregator.sources.feed.context import FeedContext
    from aggregator.sources.feed.given import GivenEntry

_MAX_CATEGORIES = 100
_MAYBE_PAGES = frozenset({"html_page", "not_feed", "malformed"})
_LIST = "a list of feeds: put it under upstream_from"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What a document is.

    form: the kind of feed, as people call it. categories: those of its entries, each in its most frequent spelling,
    with how many have it; the most frequent first. played: entries with audio or video. leads: feeds that it names,
    where it is no feed but a page. links: what a page that names none links to and may be one.
    """

    document: FeedDocument
    form: str = ""
    language: str | None = None
    categories: tuple[tuple[str, int], ...] = ()
    played: int = 0
    doubts: tuple[Doubt, ...] = ()
    leads: tuple[Lead, ...] = ()
    links: tuple[str, ...] = ()


def examine(pair: tuple[bytes, FeedContext]) -> Examination:
    """Return what a document is; takes one argument, as workers do."""
    data, context = pair
    try:
        given = read_given(data, context.charset, terms=True)
    except NoFeed as fault:
        if fault.code not in _MAYBE_PAGES:
            return Examination(document=no_feed(fault, context))
        if fault.code == "not_feed" and is_list(data, context.charset):
            return Examination(document=no_feed(NoFeed("feed_list", _LIST), context))
        leads = find_feeds(data, context.charset, context.url)
        links = () if leads else find_links(data, context.charset, context.url)
        return Examination(document=no_feed(fault, context), leads=leads, links=links)
    document = understood(given, context)
    return Examination(
        document=document,
        form=given.form,
        language=text.language_tag(given.language),
        categories=_categories(given.entries),
        played=sum(bool(one.enclosures) for one in document.sightings),
        doubts=doubts_of(given, context.now),
    )


def _categories(entries: tuple[GivenEntry, ...]) -> tuple[tuple[str, int], ...]:
    spellings: Counter[str] = Counter()
    entries_with: Counter[str] = Counter()
    for entry in entries:
        named = [words.line(one, text.MAX_NAME) for one in entry.terms[:_MAX_CATEGORIES]]
        spellings.update(filter(None, named))
        entries_with.update({key for one in named if (key := topic_key(one))})
    best: dict[str, str] = {}
    for spelling, _ in sorted(spellings.items(), key=lambda one: (-one[1], one[0])):
        best.setdefault(topic_key(spelling), spelling)
    ranked = sorted(entries_with.items(), key=lambda one: (-one[1], one[0]))
    return tuple((best[key], count) for key, count in ranked[:_MAX_CATEGORIES])
