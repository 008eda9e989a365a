"""One folder: read where it changed, and held where it looks like an accident."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.core.address import KEY_POLICY
from aggregator.core.flood import Flood, alike, is_flood
from aggregator.core.health import Survey
from aggregator.core.model import Document, Fault, Outcome, to_micros
from aggregator.gather.gathered import Gathered, Held
from aggregator.sources import article, folder
from aggregator.store import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from aggregator.config import Folder
    from aggregator.config.upstream import FeedFolder
    from aggregator.options import Options, Progress
    from aggregator.sources import Listing, Validators
    from aggregator.store import Known
    from aggregator.store.inquiry import Filed
    from aggregator.store.tables import Store

PARSER_VERSION = 1
"""Raised when articles are understood differently: every file is then read again, and nothing re-dated."""

MEANING = "meaning of "
"""How the name of the setting begins that keeps what the files of a folder were last understood as."""

_RACY = timedelta(seconds=2)  # as young as that, a file may change again without its mtime telling
_REREAD_SECONDS = 0.2
GUARD_SHARE = 2  # more than one in so many files gone at once is held,
GUARD_LEAST = 20  # if it is more than so many files
NAMED = 10


class Gathering:
    """The pass over one folder: what is there, what is gone, what changed; how it is read is for those below to say."""

    def __init__(self, source: Folder | FeedFolder, store: Store, now: datetime, options: Options) -> None:
        self._source = source
        self._store = store
        self._now = now
        self._options = options
        self._faults: list[Fault] = []  # of files that could not be read
        self._held: list[Held] = []
        self._floods: list[Flood] = []
        self._known = store.sources.known(source.name)
        # What the same bytes are understood as; with another answer, every file is read again.
        self._meaning = hashlib.sha256(repr((source.meaning, KEY_POLICY, PARSER_VERSION)).encode()).hexdigest()
        self._setting = f"{MEANING}{source.name}"
        self._anew = (
            options.full or source.name in options.reset or store.ledger.setting(self._setting) != self._meaning
        )

    def carry_out(self, progress: Progress) -> Gathered:
        """Survey the source, read what changed, drop what is gone."""
        name, listing = self._source.name, folder.survey(self._source.roots)
        gone = self._gone(listing)
        put = self._store.sources.put(name, self._readings(listing, progress), gone, self._now)
        self._store.ledger.keep_setting(self._setting, self._meaning)
        self._store.health.keep_survey(name, self._survey(len(listing.found)))
        return Gathered(
            surveyed=(name,) if listing.found and not listing.missing else (),
            found=len(listing.found),
            put=put,
            outcomes=Counter(self._store.sources.outcomes(name)),
            faults=(*listing.faults, *self._faults, *self._known_faults(listing)),
            held=tuple(self._held),
            floods=tuple(self._floods),
        )

    def _survey(self, files: int) -> Survey:
        """Return what is to be remembered of the folder until the next pass."""
        for held in self._held:
            code = "removals" if held.acceptable else "missing"
            reason = f"{held.gone:,} of {held.of:,} files are gone ({held.reason})" if held.acceptable else held.reason
            return Survey(at=self._now, files=files, code=code, reason=reason)
        for flood in self._floods:
            reason = f"{flood.alike:,} of {flood.new:,} new articles have the title or the date of a known one"
            return Survey(at=self._now, files=files, code="flood", reason=reason)
        return Survey(at=self._now, files=files)

    def _gone(self, listing: Listing) -> list[str]:
        """Return the documents to drop; none where it looks as if a person should see first."""
        passed_over = {fault.location for fault in listing.faults}
        gone = [
            one for one in self._known if one not in listing.found and not passed_over.intersection(_with_folders(one))
        ]
        reason = self._why_held(listing, gone)
        acceptable = not listing.missing
        if not reason or (acceptable and self._options.accepts_removals(self._source.name)):
            return gone
        examples = tuple(gone[:NAMED])
        held = Held(self._source.name, reason, len(gone), len(self._known), examples, acceptable=acceptable)
        self._held.append(held)
        return []

    def _why_held(self, listing: Listing, gone: Sequence[str]) -> str:
        if listing.missing:
            return f"{', '.join(listing.missing)}: no folder that can be read"
        for root, _ in self._source.roots:
            below = f"{root}/"
            if any(one.startswith(below) for one in gone) and not any(one.startswith(below) for one in listing.found):
                return f"{root} is empty"
        if len(gone) > GUARD_LEAST and len(gone) * GUARD_SHARE > len(self._known):
            return "more than half at once"
        return ""

    def _readings(self, listing: Listing, progress: Progress) -> Iterator[Reading]:
        """Read and parse what changed."""
        raise NotImplementedError

    def _is_held(self, arrivals: Sequence[Reading]) -> bool:
        """Say whether new articles look like a flood of known ones; they are noted then."""
        sightings = [one.document.sighting for one in arrivals if one.document and one.document.sighting]
        name = self._source.name
        before = self._store.health.surveys().get(name)
        was_held = before is not None and before.code == "flood"
        if name in self._options.accept_new or not is_flood(len(sightings), len(sightings), was_held=was_held):
            return False
        new, known_by_sight = alike(sightings, self._store.sources.familiar(name, (one.key for one in sightings)))
        if not is_flood(new, known_by_sight, was_held=was_held):
            return False
        examples = tuple(sighting.location for sighting in sightings[:NAMED])
        self._floods.append(Flood(name, new, known_by_sight, examples))
        return True

    def _is_unchanged(self, location: str, validators: Validators) -> bool:
        known = self._known.get(location)
        return known is not None and not self._anew and not known.racy and known.validators == validators

    def _is_young(self, validators: Validators) -> bool:
        return validators.mtime_ns >= (to_micros(self._now - _RACY)) * 1000

    def _known_faults(self, listing: Listing) -> Iterator[Fault]:
        """Say what is wrong with documents, also with those that did not change, or are held."""
        for location, known in self._store.sources.faulty(self._source.name).items():
            faults = [with_consequence(fault, known) for fault in known.faults]
            yield from faults if location in listing.found else map(_not_found, faults)


class Articles(Gathering):
    """The pass over a folder of article files."""

    _source: Folder

    def _readings(self, listing: Listing, progress: Progress) -> Iterator[Reading]:
        """Read and parse what changed; new articles of a known source come last, unless they are held."""
        arrivals: list[Reading] = []
        for reading in self._all_readings(listing, progress):
            if self._known and reading.location not in self._known and reading.document and reading.document.sighting:
                arrivals.append(reading)
            else:
                yield reading
        if not self._is_held(arrivals):
            yield from arrivals

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

    def _reading(self, location: str, listing: Listing) -> Reading | None:
        resource = folder.read(location, listing.paths[location])
        if isinstance(resource, Fault):
            self._faults.append(resource)
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
        document = article.parse(data, location, self._source.context)
        if document.outcome is Outcome.NOT_ARTICLE and known is not None and known.read_at is not None:
            # What was an article is half-written or damaged, not something else.
            fault = Fault("front_matter", f"{location}:1", "the front matter is gone; put it back")
            return replace(document, outcome=Outcome.FAULTY, faults=(fault,))
        return document


def _with_folders(location: str) -> Iterator[str]:
    """Return a location and the folders above it."""
    while location:
        yield location
        location = location.rpartition("/")[0]


def _is_faulty(reading: Reading) -> bool:
    return reading.document is not None and reading.document.outcome is Outcome.FAULTY


def _not_found(fault: Fault) -> Fault:
    """Say of a faulty file that it is away itself, while what is gone of its source is held."""
    return replace(fault, reason=f"{fault.reason.removesuffix('.')}. The file itself was not found.")


def with_consequence(fault: Fault, known: Known | Filed) -> Fault:
    """Say of a faulty file what readers see of it now."""
    if known.outcome is not Outcome.FAULTY:
        return fault
    if known.read_at is None:
        return replace(fault, reason=f"{fault.reason}. Not published.")
    return replace(fault, reason=f"{fault.reason}. The version of {known.read_at:%Y-%m-%d %H:%M} UTC stays published.")
