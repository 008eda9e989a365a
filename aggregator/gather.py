"""What the sources hold now: read where it changed, and held where it looks like an accident."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.core.address import KEY_POLICY
from aggregator.core.flood import alike, is_flood
from aggregator.core.model import Document, Fault, Outcome, to_micros
from aggregator.registry import parser_named
from aggregator.sources import folder
from aggregator.store import Put, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from aggregator.config import Config, Folder
    from aggregator.publish import Progress
    from aggregator.sources import Listing, Parser, Validators
    from aggregator.store import Known, Store

PARSER_VERSION = 1
"""Raised when articles are understood differently: every file is then read again, and nothing re-dated."""

_RACY = timedelta(seconds=2)  # as young as that, a file may change again without its mtime telling
_REREAD_SECONDS = 0.2
_GUARD_SHARE = 2  # more than one in so many files gone at once is held,
_GUARD_LEAST = 20  # if it is more than so many files
_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the owner asks of one pass. accept_removals, accept_new: names of sources whose removals, or whose new
    articles that look like known ones, are meant.
    """  # noqa: D205  one sentence

    full: bool = False
    accept_removals: frozenset[str] = frozenset()
    accept_new: frozenset[str] = frozenset()
    start_over: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Removals of a source that wait for a person: how many of how many files, and some of them.

    acceptable: whether `accept_removals` lets them through; not where nobody could look.
    """

    source: str
    reason: str
    gone: int
    of: int
    examples: tuple[str, ...] = ()
    acceptable: bool = True


@dataclass(frozen=True, slots=True)
class Flood:
    """New articles of a source that wait for a person: how many, and how many of them look like known ones."""

    source: str
    new: int
    alike: int
    examples: tuple[str, ...]


@dataclass(slots=True)
class Gathered:
    """What the sources held. surveyed: those that were there, with files; found: those files; outcomes: what they are."""

    surveyed: list[str] = field(default_factory=list)
    found: int = 0
    put: Put = field(default_factory=Put)
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    floods: list[Flood] = field(default_factory=list)


def gather(config: Config, store: Store, now: datetime, options: Options, progress: Progress) -> Gathered:
    """Read every source, put what changed into the store, and hold what a person should see first."""
    gathered = Gathered()
    for source in config.articles:
        _Gathering(source, store, now, options, gathered).carry_out(progress)
    for name in sorted(set(store.sources.names()) - {one.name for one in config.articles}):
        _drop_source(name, store, now, options, gathered)
    return gathered


def _drop_source(name: str, store: Store, now: datetime, options: Options, gathered: Gathered) -> None:
    """Drop a source that the configuration no longer has, unless articles go with it and that looks like an accident.

    A source that only got another name or path loses nothing: its articles have just been read under the new one.
    """
    known = list(store.sources.known(name))
    lost = store.sources.count_alone(name)
    nobody_looked = any(not held.acceptable for held in gathered.held)
    if lost and (nobody_looked or lost > _GUARD_LEAST) and name not in options.accept_removals:
        reason = "the configuration no longer has this source"
        gathered.held.append(Held(name, reason, lost, len(known), tuple(known[:_NAMED])))
        return
    gathered.put += store.sources.put(name, (), known, now)


class _Gathering:
    """The pass over one source."""

    def __init__(self, source: Folder, store: Store, now: datetime, options: Options, gathered: Gathered) -> None:
        self._source = source
        self._store = store
        self._now = now
        self._options = options
        self._gathered = gathered
        self._parse: Parser = parser_named("article")
        self._known = store.sources.known(source.name)
        # What the same bytes are understood as; with another answer, every file is read again.
        meaning = repr((sorted(source.context.skip), source.context.topics, KEY_POLICY, PARSER_VERSION))
        self._meaning = hashlib.sha256(meaning.encode()).hexdigest()
        self._setting = f"meaning of {source.name}"
        self._anew = options.full or store.ledger.setting(self._setting) != self._meaning

    def carry_out(self, progress: Progress) -> None:
        """Survey the source, read what changed, drop what is gone."""
        listing = folder.survey(self._source.roots)
        gone = self._gone(listing)
        self._gathered.found += len(listing.found)
        self._gathered.faults += listing.faults
        readings = self._readings(listing, progress)
        self._gathered.put += self._store.sources.put(self._source.name, readings, gone, self._now)
        self._store.ledger.keep_setting(self._setting, self._meaning)
        if listing.found and not listing.missing:
            self._gathered.surveyed.append(self._source.name)
        self._count()

    def _gone(self, listing: Listing) -> list[str]:
        """Return the documents to drop; none where it looks as if a person should see first."""
        passed_over = {fault.location for fault in listing.faults}
        gone = [
            one for one in self._known if one not in listing.found and not passed_over.intersection(_with_folders(one))
        ]
        reason = self._why_held(listing, gone)
        acceptable = not listing.missing
        if not reason or (acceptable and self._source.name in self._options.accept_removals):
            return gone
        examples = tuple(gone[:_NAMED])
        held = Held(self._source.name, reason, len(gone), len(self._known), examples, acceptable=acceptable)
        self._gathered.held.append(held)
        return []

    def _why_held(self, listing: Listing, gone: Sequence[str]) -> str:
        if listing.missing:
            return f"{', '.join(listing.missing)}: no folder that can be read"
        for root, _ in self._source.roots:
            below = f"{root}/"
            if any(one.startswith(below) for one in gone) and not any(one.startswith(below) for one in listing.found):
                return f"{root} is empty"
        if len(gone) > _GUARD_LEAST and len(gone) * _GUARD_SHARE > len(self._known):
            return "more than half at once"
        return ""

    def _readings(self, listing: Listing, progress: Progress) -> Iterator[Reading]:
        """Read and parse what changed; new articles of a known source come last, unless they are held."""
        arrivals: list[Reading] = []
        for reading in self._all_readings(listing, progress):
            if self._known and reading.location not in self._known and reading.document and reading.document.sighting:
                arrivals.append(reading)
            else:
                yield reading
        yield from self._let_in(arrivals)

    def _let_in(self, arrivals: Sequence[Reading]) -> Sequence[Reading]:
        """Return the new articles, or none of them where they look like a flood of known ones."""
        sightings = [one.document.sighting for one in arrivals if one.document and one.document.sighting]
        name = self._source.name
        if name in self._options.accept_new or not is_flood(len(sightings), len(sightings)):
            return arrivals
        new, known_by_sight = alike(sightings, self._store.sources.familiar(name))
        if not is_flood(new, known_by_sight):
            return arrivals
        examples = tuple(sighting.location for sighting in sightings[:_NAMED])
        self._gathered.floods.append(Flood(name, new, known_by_sight, examples))
        return []

    def _all_readings(self, listing: Listing, progress: Progress) -> Iterator[Reading]:
        """Read and parse what changed; what looks half-written once more, a little later."""
        again: list[str] = []
        for number, (location, validators) in enumerate(listing.found.items()):
            progress(self._source.name, number, len(listing.found))
            if self._is_unchanged(location, validators):
                continue
            reading = self._reading(location, listing)
            if reading is None:
                continue
            if _is_faulty(reading) and self._is_young(reading.validators):
                again.append(location)
            else:
                yield reading
        if again:
            time.sleep(_REREAD_SECONDS)
        yield from filter(None, (self._reading(location, listing) for location in again))

    def _is_unchanged(self, location: str, validators: Validators) -> bool:
        known = self._known.get(location)
        return known is not None and not self._anew and not known.racy and known.validators == validators

    def _is_young(self, validators: Validators) -> bool:
        return validators.mtime_ns >= (to_micros(self._now - _RACY)) * 1000

    def _reading(self, location: str, listing: Listing) -> Reading | None:
        resource = folder.read(location, listing.paths[location])
        if isinstance(resource, Fault):
            self._gathered.faults.append(resource)
            return None
        hash_ = hashlib.blake2b(resource.data, digest_size=16).hexdigest()
        known = self._known.get(location)
        document = None
        if known is None or self._anew or known.hash != hash_:
            document = self._understood(resource.data, location, known)
        return Reading(
            location=location,
            validators=resource.validators,
            racy=self._is_young(resource.validators),
            hash=hash_,
            document=document,
        )

    def _understood(self, data: bytes, location: str, known: Known | None) -> Document:
        document = self._parse(data, location, self._source.context)
        if document.outcome is Outcome.NOT_ARTICLE and known is not None and known.read_at is not None:
            # What was an article is half-written or damaged, not something else.
            fault = Fault("front_matter", f"{location}:1", "the front matter is gone; put it back")
            return replace(document, outcome=Outcome.FAULTY, faults=(fault,))
        return document

    def _count(self) -> None:
        """Count what the documents are, and say again what is wrong with those that did not change."""
        for outcome, count in self._store.sources.outcomes(self._source.name).items():
            self._gathered.outcomes[outcome] = self._gathered.outcomes.get(outcome, 0) + count
        for known in self._store.sources.faulty(self._source.name).values():
            self._gathered.faults += [_with_consequence(fault, known) for fault in known.faults]


def _with_folders(location: str) -> Iterator[str]:
    """Return a location and the folders above it."""
    while location:
        yield location
        location = location.rpartition("/")[0]


def _is_faulty(reading: Reading) -> bool:
    return reading.document is not None and reading.document.outcome is Outcome.FAULTY


def _with_consequence(fault: Fault, known: Known) -> Fault:
    """Say of a faulty file what readers see of it now."""
    if known.outcome is not Outcome.FAULTY:
        return fault
    if known.read_at is None:
        return replace(fault, reason=f"{fault.reason}. Not published.")
    return replace(fault, reason=f"{fault.reason}. The version of {known.read_at:%Y-%m-%d %H:%M} UTC stays published.")
