"""A folder of feed files: each that changed is parsed in another process, and its entries are taken like those of others."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.arrivals import let_in
from aggregator.core.matching import locate
from aggregator.core.model import Document, Fault, Outcome
from aggregator.gathering import GUARD_LEAST, GUARD_SHARE, NAMED, Gathering, Held
from aggregator.sources import Validators, folder
from aggregator.store import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from aggregator.config.upstream import FeedFolder
    from aggregator.core.matching import Trace
    from aggregator.gathering import Gathered
    from aggregator.options import Options
    from aggregator.publish import Progress
    from aggregator.sources import Listing, Resource
    from aggregator.sources.feed import FeedContext, FeedDocument
    from aggregator.store import Store
    from aggregator.worker import Failure

_SUFFIXES = (".xml", ".json", ".rss", ".atom", ".rdf")
_NO_FILE = Validators(size=0, mtime_ns=0)


class FeedFiles(Gathering):
    """The pass over a folder of feed files. An entry is kept at its file, a number sign and its address."""

    _source: FeedFolder

    def __init__(self, source: FeedFolder, store: Store, now: datetime, options: Options, gathered: Gathered) -> None:
        super().__init__(source, store, now, options, gathered)
        self._entries = [location for location, one in self._known.items() if one.outcome is Outcome.READ]
        self._known = {location: one for location, one in self._known.items() if one.outcome is not Outcome.READ}

    def _gone(self, listing: Listing) -> list[str]:
        """Return the files to drop, and the entries of each: what is not in a file any more has only scrolled out."""
        gone = super()._gone(listing)
        files = set(gone)
        lost = [one for one in self._entries if _file_of(one) in files]
        if len(lost) > GUARD_LEAST and len(lost) * GUARD_SHARE > len(self._entries) and not self._is_accepted():
            examples = tuple(gone[:NAMED])
            reason = "more than half at once, with their files"
            held = Held(self._source.name, reason, len(lost), len(self._entries), examples, what="entries")
            self._gathered.held.append(held)
            return []
        return [*gone, *lost]

    def _is_accepted(self) -> bool:
        return self._options.accepts_removals(self._source.name)

    def _readings(self, listing: Listing, progress: Progress) -> Iterator[Reading]:
        """Read and parse what changed."""
        changed = [
            location
            for location, validators in listing.found.items()
            if location.lower().endswith(_SUFFIXES) and not self._is_unchanged(location, validators)
        ]
        if not changed:
            return
        from aggregator.sources.feed import parse_pair  # noqa: PLC0415  only where there is something to parse
        from aggregator.worker import Workers  # noqa: PLC0415

        resources: dict[int, Resource] = {}
        traces: dict[str, list[Trace]] = defaultdict(list)
        for one in self._store.polls.traces(self._source.name):
            file = _file_of(one.location)
            traces[file].append(replace(one, location=one.location.removeprefix(f"{file}#")))
        with Workers() as workers:
            items = self._pairs(changed, listing, resources)
            for number, (pair, made) in enumerate(workers.map(parse_pair, items)):
                progress(self._source.name, number, len(changed))
                resource = resources.pop(id(pair))
                yield from self._taken(resource, made, traces[resource.location])

    def _pairs(
        self, locations: list[str], listing: Listing, resources: dict[int, Resource]
    ) -> Iterator[tuple[bytes, FeedContext]]:
        for location in locations:
            resource = folder.read(location, listing.paths[location])
            if isinstance(resource, Fault):
                self._gathered.faults.append(resource)
                continue
            pair = (resource.data, self._source.context(self._now))
            resources[id(pair)] = resource
            yield pair

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
            old = before.get(place)
            kept = replace(
                sighting,
                location=place,
                origin=old.origin if old and old.origin else sighting.origin,
                backlog=old.backlog if old else number not in live,
            )
            document = Document(outcome=Outcome.READ, sighting=kept)
            yield Reading(location=place, validators=_NO_FILE, racy=False, hash="", document=document)


def _file_of(location: str) -> str:
    """Return the file of an entry's location: what stands before its address."""
    return location.partition("#https://")[0]
