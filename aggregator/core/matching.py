"""Which known article of the same feed an entry is: feeds change ids, addresses and both, and each alone means nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from aggregator.core.model import Sighting


@dataclass(frozen=True, slots=True)
class Trace:
    """What is remembered of an entry of a feed: where it is kept, its guid (empty if none), key, title and date."""

    location: str
    guid: str
    key: str
    title: str
    published: datetime | None


def locate(found: Sequence[Sighting], known: Sequence[Trace]) -> list[str]:
    """Return the location of each entry of a document: that of the known one that it is, else one of its own.

    In this order: the same guid; the same key; the same title and date. Each only where neither side has it twice, and
    nothing that came before in this order was stronger.
    """
    wanted = [Trace("", one.name, one.key, one.title, one.published) for one in found]
    places = [""] * len(found)
    free = list(known)
    for sign in (_guid, _key, _looks):
        there = _alone(free, sign)
        here = _alone([one for number, one in enumerate(wanted) if not places[number]], sign)
        for number, one in enumerate(wanted):
            if not places[number] and (mark := sign(one)) in there and mark in here:
                places[number] = there[mark].location
        used = set(places)
        free = [one for one in free if one.location not in used]
    taken = {one.location for one in known} | set(places)
    for number, one in enumerate(wanted):
        if not places[number]:
            places[number] = _new(one.key, taken)
            taken.add(places[number])
    return places


def _guid(trace: Trace) -> str:
    return trace.guid


def _key(trace: Trace) -> str:
    return trace.key


def _looks(trace: Trace) -> str:
    return f"{trace.published.isoformat()} {trace.title}" if trace.published and trace.title else ""


def _alone(traces: Iterable[Trace], sign: Callable[[Trace], str]) -> dict[str, Trace]:
    """Return traces by a sign that no other one of them has."""
    traces = list(traces)
    counts = Counter(map(sign, traces))
    return {sign(one): one for one in traces if sign(one) and counts[sign(one)] == 1}


def _new(key: str, taken: Collection[str]) -> str:
    """Return the key as a location, numbered where another entry that was at this address has it."""
    location, number = key, 1
    while location in taken:
        number += 1
        location = f"{key}#{number}"
    return location
