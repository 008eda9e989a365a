"""A feed of others, understood: its bytes to sightings.

XML goes through feedparser (`xml`), JSON Feed is read by us (`jsonfeed`); both say the same things (`given`), and
what becomes of an entry is decided once (`entry`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aggregator.core import text
from aggregator.core.address import legal_href
from aggregator.core.model import Fault
from aggregator.sources.feed import jsonfeed, xml
from aggregator.sources.feed.dates import read_date
from aggregator.sources.feed.entry import name_of, reader_of, without_login
from aggregator.sources.feed.given import MAX_READ, NoFeed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from aggregator.core.model import Sighting
    from aggregator.sources.feed.context import FeedContext
    from aggregator.sources.feed.given import GivenEntry, GivenFeed

MAX_ENTRIES = 2_000

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Entries that are not published: a stable code, where (guid, link or number), the reason, and how many."""

    code: str
    place: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """A document of an upstream, understood; with a `fault`, it is no feed.

    ttl: how long it asks to be left alone. hub: its WebSub hub. found: how many entries it holds, which is always how
    many are sightings and drops together. sightings: in the order of the document, without a location.
    """

    fault: Fault | None = None
    title: str = ""
    ttl: timedelta | None = None
    hub: str = ""
    found: int = 0
    sightings: tuple[Sighting, ...] = ()
    drops: tuple[Drop, ...] = ()


def parse_feed(data: bytes, context: FeedContext) -> FeedDocument:
    """Return what a feed says; what is wrong with it is a fault or a drop in the answer."""
    try:
        feed = read_given(data, context.charset, terms=context.categories != frozenset())
    except NoFeed as fault:
        return no_feed(fault, context)
    return understood(feed, context)


def read_given(data: bytes, charset: str, *, terms: bool) -> GivenFeed:
    """Return what a document says, before any of it is checked; its categories for sure if `terms` are wanted.

    Raises:
        NoFeed: it is no feed.
    """
    if not data.strip(b" \t\r\n\0"):
        raise NoFeed("empty", "an empty document; look at what the address returns now")
    if jsonfeed.looks_like_json(data):
        return jsonfeed.read(data, charset)
    return xml.read(data, charset, terms=terms)


def understood(feed: GivenFeed, context: FeedContext) -> FeedDocument:
    """Return a feed in our words; what is wrong with its entries is a drop in the answer."""
    drops: list[Drop] = []
    chosen = _newest(feed.entries, drops)
    sightings = _sightings(feed, chosen, context, drops)
    if feed.further:
        reason = f"more than {MAX_READ:,} entries in one document; those behind them are not looked at"
        drops.append(Drop(code="too_many", place=f"entry {len(feed.entries) + 1}", reason=reason, count=feed.further))
    if feed.torn:
        drops.append(Drop(code="torn", place=f"entry {len(feed.entries) + 1}", reason="the document ends inside it"))
    return FeedDocument(
        title=text.plain(feed.about.title, text.MAX_NAME),
        ttl=feed.ttl,
        hub=legal_href(feed.hub) or "" if feed.hub else "",
        found=len(sightings) + sum(drop.count for drop in drops),
        sightings=sightings,
        drops=tuple(drops),
    )


def parse_pair(pair: tuple[bytes, FeedContext]) -> FeedDocument:
    """Return `parse_feed` of a pair, for workers that take one argument."""
    return parse_feed(*pair)


def parse_named(named: tuple[bytes, FeedContext, str]) -> FeedDocument:
    """Return `parse_feed` of a pair with a name, by which whoever gave it to a worker knows it again."""
    return parse_feed(*named[:2])


def no_feed(reason: NoFeed, context: FeedContext) -> FeedDocument:
    """Return a document that is no feed."""
    return FeedDocument(fault=Fault(reason.code, context.source, reason.reason))


def _newest(entries: Sequence[GivenEntry], drops: list[Drop]) -> list[tuple[int, GivenEntry]]:
    """Return the newest entries with their numbers, in the order of the document; undated ones count as oldest."""
    numbered = list(enumerate(entries, 1))
    if len(numbered) <= MAX_ENTRIES:
        return numbered
    ranked = sorted(numbered, key=lambda one: read_date(one[1].published) or _NEVER, reverse=True)
    reason = f"more than {MAX_ENTRIES:,} entries in one document; the oldest are left out"
    drops += [
        Drop(code="too_many", place=_place(*one), reason=reason) for one in sorted(ranked[MAX_ENTRIES:], key=_number)
    ]
    return sorted(ranked[:MAX_ENTRIES], key=_number)


def _number(one: tuple[int, GivenEntry]) -> int:
    return one[0]


def _sightings(
    feed: GivenFeed, chosen: list[tuple[int, GivenEntry]], context: FeedContext, drops: list[Drop]
) -> tuple[Sighting, ...]:
    """Return a sighting for each address, the newest where entries share one."""
    reader = reader_of(feed, context)
    kept: dict[str, tuple[Sighting, str]] = {}
    for number, given in chosen:
        sighting, place = reader.sighting(given), _place(number, given)
        if sighting is None:
            drops.append(Drop(code="no_address", place=place, reason=_no_address(given)))
            continue
        loser = place
        rival = kept.get(sighting.key)
        if rival is None or _age(sighting) > _age(rival[0]):
            kept[sighting.key] = (sighting, place)
            loser = rival[1] if rival else ""
        if loser:
            drops.append(_shared(loser, sighting, rival[0] if rival else sighting))
    return tuple(sighting for sighting, _ in kept.values())


def _shared(place: str, one: Sighting, other: Sighting) -> Drop:
    """Return the drop of the entry at a place, of two that share an address."""
    if one.href.partition("#")[2] == other.href.partition("#")[2]:
        return Drop(code="repeated", place=place, reason=f"a newer entry has the same address, {one.href}")
    page = one.href.partition("#")[0]
    reason = f"only what follows the # tells its address from that of a newer entry; one page, {page}, is one entry"
    return Drop(code="same_address", place=place, reason=reason)


def _age(sighting: Sighting) -> datetime:
    return sighting.updated or sighting.published or _NEVER


def _no_address(given: GivenEntry) -> str:
    if given.links:
        return f'"{text.plain(without_login(given.links[0]), 80)}" is no http or https address that feeds can link to'
    if not given.id:
        return "neither link nor guid"
    said = "says that it is no address" if given.opaque else "is no address"
    return f"no link, nothing to play, and a guid that {said}"


def _place(number: int, given: GivenEntry) -> str:
    return text.cut(name_of(given) or _first_link(given) or f"entry {number}", 200)


def _first_link(given: GivenEntry) -> str:
    return text.plain(without_login(given.links[0]), 200) if given.links else ""
