"""One entry out of several sightings: who wins, and what is united."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from aggregator.core.dates import believed
from aggregator.core.model import EPOCH, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.core.model import Edge, Sighting

T = TypeVar("T")

_HAS: Mapping[str, Callable[[Sighting], bool]] = {
    "summary": lambda s: bool(s.summary),
    "content": lambda s: bool(s.content),
    "date": lambda s: s.published is not None,
    "authors": lambda s: bool(s.authors),
    "language": lambda s: bool(s.language),
    "audio or video": lambda s: bool(s.enclosures),
    "quality": lambda s: s.quality is not None,
    "heat": lambda s: s.heat is not None,
}


class Dates(NamedTuple):
    """What the ledger says of an entry; all aware UTC."""

    published: datetime
    updated: datetime
    shown: datetime


def in_order(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Return sightings, the one whose words win first: a total order that arrival has no part in.

    Files before feeds; then the newer `published`; the greater name; source; and at last what they say.
    """
    ranked = list(sightings)
    if len(ranked) == 1:
        return ranked
    ranked.sort(key=lambda s: (s.source, s.location, _digest(*s.given)))
    ranked.sort(key=lambda s: s.name, reverse=True)
    ranked.sort(key=lambda s: s.published or EPOCH, reverse=True)
    ranked.sort(key=lambda s: s.origin is not None)
    return ranked


def ahead_because(first: Sighting, second: Sighting) -> str:
    """Return by which step of `in_order` the first of two sightings goes before the second."""
    if (first.origin is None) != (second.origin is None):
        return "a file goes before a feed"
    if (first.published or EPOCH) != (second.published or EPOCH):
        return "the newer date goes first"
    if first.name != second.name:
        return "of one date, the greater name goes first"
    return "of one date and name, the source and place that sort first"


def winners(ordered: Sequence[Sighting]) -> dict[str, Sighting]:
    """Return whose words each field of the merged entry is, by what people call the field; as `merge` takes them."""
    found = {"title": ordered[0], "address": ordered[0]}
    for name, has in _HAS.items():
        winner = next((s for s in ordered if has(s)), None)
        if winner is not None:
            found[name] = winner
    return found


def fingerprint(ordered: Sequence[Sighting]) -> str:
    """Digest what a reader would call the article, as given: title, summary, content and address of the winners."""
    title = ordered[0].given[0]
    summary = next((s.given[1] for s in ordered if s.summary), "")
    content = next((s.given[2] for s in ordered if s.content), "")
    return _digest(title, summary, content, ordered[0].given[3])


def merge(ordered: Sequence[Sighting], id_: str, dates: Dates) -> Entry:
    """Return the entry of sightings that are in order: the first that has a field wins it, lists are united."""
    first = ordered[0]
    return Entry(
        key=first.key,
        id=id_,
        href=first.href,
        title=first.title,
        summary=next((s.summary for s in ordered if s.summary), ""),
        content=next((s.content for s in ordered if s.content), ""),
        published=dates.published,
        updated=dates.updated,
        shown=dates.shown,
        providers=_unite([(s.provider,) for s in ordered], lambda provider: (provider.domain, provider.name)),
        copies=tuple((s.source, s.location) for s in ordered),
        topics=_unite([s.topics for s in ordered], lambda topic: topic),
        authors=next((s.authors for s in ordered if s.authors), ()),
        language=next((s.language for s in ordered if s.language), None),
        images=_unite([s.images for s in ordered], lambda image: image.href),
        enclosures=next((s.enclosures for s in ordered if s.enclosures), ()),
        quality=next((s.quality for s in ordered if s.quality is not None), None),
        heat=next((s.heat for s in ordered if s.heat is not None), None),
        kind=first.kind,
        # Whose text is shown is named, also where a file has the say about all else.
        origin=next((s for s in ordered if s.content), first).origin,
        listed=not all(s.backlog for s in ordered),
    )


def edges_of(ordered: Sequence[Sighting]) -> tuple[Edge, ...]:
    """Return the edges of all sightings, each address once."""
    return _unite([s.edges for s in ordered], lambda edge: edge.href)


def first_published(ordered: Sequence[Sighting], now: datetime) -> datetime:
    """Return the date to publish an entry under that nobody has seen before: the winner's, where it is plausible."""
    return believed(next((s.published for s in ordered if s.published), None), now) or now


def shown_from(published: datetime, first_seen: datetime, late: timedelta, *, source_is_new: bool) -> datetime:
    """Return the instant that windows choose by.

    What arrives late, after the first pass over its source, ranks by its arrival: it must not vanish behind a busy
    window. Old stock of a new source ranks by its own date.
    """
    is_late = timedelta(0) <= first_seen - published <= late
    return first_seen if is_late and not source_is_new else published


def _unite(lists: Sequence[tuple[T, ...]], identity: Callable[[T], Hashable]) -> tuple[T, ...]:
    """Return what is in any of some lists, once, in order; each list alone has nothing twice."""
    if len(lists) == 1:
        return lists[0]
    seen: dict[Hashable, T] = {}
    for values in lists:
        for value in values:
            seen.setdefault(identity(value), value)
    return tuple(seen.values())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
