"""The entries of one upstream document on their way into the store: each at its place, or held as a flood of known ones."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.core.flood import Familiar, Flood, alike, is_flood
from aggregator.core.matching import is_same_page, is_same_place, locate, new_place
from aggregator.core.model import EPOCH, Document, Outcome, to_micros
from aggregator.sources import Validators
from aggregator.store import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.config.upstream import Upstream
    from aggregator.core.model import Sighting
    from aggregator.store.tables import Store

_RETENTION = timedelta(days=730)  # of an entry, from when it left the document of its feed
_SILENCE = timedelta(days=365)  # after which nobody can tell a silent feed from a clock that is wrong
_NAMED = 10


def let_in(found: Sequence[Sighting], backlog: int, store: Store, now: datetime) -> frozenset[int]:
    """Return which entries of a document that we have just come to know are let into live feeds.

    Those that subscribers may have seen already, from wherever, and the newest few. A date ahead of us is none.
    """
    seen = store.ledger.listed(one.key for one in found)
    dates = [one.published if one.published and one.published <= now else EPOCH for one in found]
    newest = sorted(range(len(found)), key=lambda number: (dates[number], -number), reverse=True)
    return frozenset([*newest[:backlog], *(number for number, one in enumerate(found) if one.key in seen)])


def put_at(location: str, sighting: Sighting, old: Sighting | None, *, is_live: bool) -> Sighting:
    """Return an entry at its place, with what was frozen when it was first seen."""
    if old is None:
        return replace(sighting, location=location, backlog=not is_live)
    here = _at_home(sighting, old)
    return replace(here, location=location, origin=old.origin or sighting.origin, backlog=old.backlog)


class Arrivals:
    """The entries of one document of a source."""

    def __init__(self, source: Upstream, store: Store, now: datetime, found: Sequence[Sighting]) -> None:
        self._source = source
        self._store = store
        self._now = now
        self._found = found
        self._known = store.polls.traces(source.name)
        self._places = self._located()

    def _located(self) -> list[str]:
        """Return the place of each entry: its own, unless it claims to have become an article that others have.

        A feed that gives one of its entries the address of another article says that both are one; it may be right,
        but the article's id is not its to change.
        """
        known = {one.location: one.key for one in self._known}
        places = locate(self._found, self._known)
        moved = [
            number for number, place in enumerate(places) if place in known and known[place] != self._found[number].key
        ]
        elsewhere = self._store.polls.known_keys(self._found[number].key for number in moved)
        taken = {*known, *places}
        for number in moved:
            key = self._found[number].key
            if key in elsewhere:
                places[number] = new_place(key, taken)
                taken.add(places[number])
        return places

    @property
    def is_first(self) -> bool:
        """Whether nothing of the source was known before."""
        return not self._known

    def _new(self) -> list[Sighting]:
        known = {one.location for one in self._known}
        return [one for one, place in zip(self._found, self._places, strict=True) if place not in known]

    def _replaced(self) -> int:
        """Count the known entries of the document that have the title of one that left: a flood may come bit by bit."""
        here, titles = set(self._places), defaultdict[str, list[bool]](list)
        for one in self._known:
            titles[one.title].append(one.location in here)
        return sum(sorted(twins) == [False, True] for twins in titles.values())

    def _familiar(self, new: Sequence[Sighting]) -> Familiar:
        return self._store.sources.familiar(self._source.name, (one.key for one in new))

    def counted(self) -> tuple[int, int]:
        """Return how many entries are new to the source, and how many of them look like known ones."""
        new = self._new()
        return len(new), alike(new, self._familiar(new))[1]

    def flood(self, *, was_held: bool) -> Flood | None:
        """Return what a person should see first; None where the new entries look new, or all of the source is."""
        new, before = self._new(), self._replaced()
        if self.is_first or not is_flood(len(new), len(new), before=before, was_held=was_held):
            return None
        count, known_by_sight = alike(new, self._familiar(new))
        if not is_flood(count, known_by_sight, before=before, was_held=was_held):
            return None
        return Flood(self._source.name, count, known_by_sight, tuple(one.href for one in new[:_NAMED]))

    def readings(self) -> list[Reading]:
        """Return what is to be put: at its place, with what was frozen when it was first seen."""
        before = self._store.polls.sightings(self._source.name, self._places)
        live = (
            frozenset(range(len(self._found)))
            if self._known
            else let_in(self._found, self._source.backlog, self._store, self._now)
        )
        readings = []
        for number, (sighting, location) in enumerate(zip(self._found, self._places, strict=True)):
            kept = put_at(location, sighting, before.get(location), is_live=number in live)
            readings.append(_stamped(location, self._now, Document(outcome=Outcome.READ, sighting=kept)))
        return readings

    def absent(self) -> tuple[list[Reading], list[str]]:
        """Return the entries that have just left the document, stamped anew, and those that left it long ago."""
        name, current = self._source.name, set(self._places)
        stamps = {one: row.validators.mtime_ns for one, row in self._store.sources.known(name).items()}
        last, limit = max(stamps.values(), default=0), to_micros(self._now - _RETENTION) * 1000
        if last < to_micros(self._now - _SILENCE) * 1000:
            limit = 0
        absent = {one: stamp for one, stamp in stamps.items() if one not in current}
        # A feed may say nothing new for years: what its last document had was there until just before this one.
        left = [_stamped(one, self._now - timedelta(microseconds=1)) for one, stamp in absent.items() if stamp == last]
        return left, [one for one, stamp in absent.items() if stamp != last and stamp < limit]


def _at_home(sighting: Sighting, old: Sighting) -> Sighting:
    """Return a sighting at the address that it had, where only a token in it is another one: that is no change.

    Nor is it news that the address of a page is written in another way, though that is where it is now.
    """
    same_given = (*sighting.given[:3], old.given[3])
    if is_same_place(sighting, old):
        return replace(sighting, key=old.key, href=old.href, given=same_given)
    return replace(sighting, given=same_given) if is_same_page(sighting, old) else sighting


def _stamped(location: str, now: datetime, document: Document | None = None) -> Reading:
    """Return an entry with the instant at which its feed was last known to have it, in place of a file's mtime."""
    validators = Validators(size=0, mtime_ns=to_micros(now) * 1000)
    return Reading(location=location, validators=validators, racy=False, hash="", document=document)
