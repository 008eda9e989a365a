"""A folder of feed files: each that changed is parsed in another process, and its entries are taken like those of others."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.core.matching import locate
from aggregator.core.model import Document, Fault, Outcome
from aggregator.gather.arrivals import let_in, put_at
from aggregator.gather.folders import GUARD_LEAST, GUARD_SHARE, NAMED, Gathering
from aggregator.gather.gathered import Held
from aggregator.sources import Validators, folder
from aggregator.store import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.config.upstream import FeedFolder
    from aggregator.core.matching import Trace
    from aggregator.options import Options, Progress
    from aggregator.sources import Listing, Resource
    from aggregator.sources.feed.context import FeedContext
    from aggregator.sources.feed.parse import FeedDocument
    from aggregator.store.tables import Store
    from aggregator.worker import Failure

_SUFFIXES = (".xml", ".json", ".rss", ".atom", ".rdf")
_NO_FILE = Validators(size=0, mtime_ns=0)


class FeedFiles(Gathering):
    """The pass over a folder of feed files. An entry is kept at its file, a number sign and its address."""

    _source: FeedFolder

    def __init__(self, source: FeedFolder, store: Store, now: datetime, options: Options) -> None:
        super().__init__(source, store, now, options)
        self._entries = [location for location, one in self._known.items() if one.outcome is Outcome.READ]
        self._known = {location: one for location, one in self._known.items() if one.outcome is not Outcome.READ}

    def _gone(self, listing: Listing) -> list[str]:
        """Return the files to drop, and the entries of each: what is not in a file any more has only scrolled out."""
        gone = super()._gone(listing)
        files = set(gone)
        is_accepted = self._options.accepts_removals(self._source.name)
        lost = [one for one in self._entries if _file_of(one) in files]
        if len(lost) > GUARD_LEAST and len(lost) * GUARD_SHARE > len(self._entries) and not is_accepted:
            examples = tuple(gone[:NAMED])
            reason = "more than half at once, with their files"
            held = Held(self._source.name, reason, len(lost), len(self._entries), examples, what="entries")
            self._held.append(held)
            return []
        return [*gone, *lost]

    def _readings(self, listing: Listing, progress: Progress) -> Iterator[Reading]:
        """Read and parse what changed."""
        changed = [
            location
            for location, validators in listing.found.items()
            if location.lower().endswith(_SUFFIXES) and not self._is_unchanged(location, validators)
        ]
        if not changed:
            return
        from aggregator.sources.feed.parse import parse_named  # noqa: PLC0415  only where there is something to parse
        from aggregator.worker import Workers  # noqa: PLC0415

        arrivals: dict[str, list[Reading]] = {}
        resources: dict[str, Resource] = {}
        traces: dict[str, list[Trace]] = defaultdict(list)
        for one in self._store.polls.traces(self._source.name):
            file = _file_of(one.location)
            traces[file].append(replace(one, location=one.location.removeprefix(f"{file}#")))
        with Workers() as workers:
            items = self._named(changed, listing, resources)
            for number, ((_, _, location), made) in enumerate(workers.map(parse_named, items)):
                progress(self._source.name, number, len(changed))
                readings = self._taken(resources.pop(location), made, traces[location])
                yield from self._held_apart(readings, arrivals) if self._entries else readings
        yield from self._let_in(arrivals)

    def _held_apart(self, readings: Iterator[Reading], arrivals: dict[str, list[Reading]]) -> Iterator[Reading]:
        """Yield what is read, but add a file with new entries, and these, to the arrivals."""
        file, *entries = readings
        known = set(self._store.polls.sightings(self._source.name, [one.location for one in entries]))
        if new := [one for one in entries if one.location not in known]:
            arrivals[file.location] = [file, *new]
        else:
            yield file
        yield from (one for one in entries if one.location in known)

    def _let_in(self, arrivals: Mapping[str, Sequence[Reading]]) -> Iterator[Reading]:
        """Yield the new entries with their files; without them where they look like a flood of known ones.

        Their files are then read again by the next pass, although they do not change. What is known elsewhere comes in
        all the same: it may have left the file that it was in.
        """
        new = [one for _, *entries in arrivals.values() for one in entries]
        if not self._is_held(new):
            yield from (one for readings in arrivals.values() for one in readings)
            return
        elsewhere = self._store.polls.known_keys(key for one in new if (key := _key_of(one)))
        for file, *entries in arrivals.values():
            yield file._replace(racy=True)
            yield from (one for one in entries if _key_of(one) in elsewhere)

    def _named(
        self, locations: list[str], listing: Listing, resources: dict[str, Resource]
    ) -> Iterator[tuple[bytes, FeedContext, str]]:
        for location in locations:
            resource = folder.read(location, listing.paths[location])
            if isinstance(resource, Fault):
                self._faults.append(resource)
                continue
            resources[location] = resource
            yield resource.data, self._source.context(self._now), location

    def _taken(self, resource: Resource, made: FeedDocument | Failure, known: Sequence[Trace]) -> Iterator[Reading]:
        """Return the file itself, and each of its entries."""
        from aggregator.worker import Failure  # noqa: PLC0415

        fault = made if isinstance(made, Failure) else made.fault
        faults = (Fault(fault.code, resource.location, fault.reason),) if fault else ()
        yield Reading(
            location=resource.location,
            validators=resource.validators,
            racy=self._is_young(resource.validators),
            hash=hashlib.blake2b(resource.data, digest_size=16).hexdigest(),
            document=Document(outcome=Outcome.FAULTY if fault else Outcome.FEED, faults=faults),
        )
        sightings = () if isinstance(made, Failure) else made.sightings
        places = [f"{resource.location}#{place}" for place in locate(sightings, known)]
        before = self._store.polls.sightings(self._source.name, places)
        live = frozenset(range(len(places)))
        if not known:
            live = let_in(sightings, self._source.backlog, self._store, self._now)
        for number, (sighting, place) in enumerate(zip(sightings, places, strict=True)):
            kept = put_at(place, sighting, before.get(place), is_live=number in live)
            document = Document(outcome=Outcome.READ, sighting=kept)
            yield Reading(location=place, validators=_NO_FILE, racy=False, hash="", document=document)


def _key_of(reading: Reading) -> str:
    """Return the key of the entry that was read."""
    return reading.document.sighting.key if reading.document and reading.document.sighting else ""


def _file_of(location: str) -> str:
    """Return the file of an entry's location: what stands before its address."""
    return location.partition("#https://")[0]
