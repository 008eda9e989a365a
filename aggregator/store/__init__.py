"""What is remembered between passes: what a store is made of, and the values that go in and out.

Its parts are tables over any `sql.Database`; each call is one transaction, and `now` is always an argument. Opened by
`sqlite.opened`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.core.model import Document, Fault, Outcome
    from aggregator.sources import Validators


class Known(NamedTuple):
    """A document as the last pass left it. read_at: when it was last understood, None if never."""

    validators: Validators
    racy: bool
    hash: str
    outcome: Outcome
    faults: tuple[Fault, ...]
    read_at: datetime | None


class Reading(NamedTuple):
    """A document that was read in this pass; `document` is None where its bytes are what they were."""

    location: str
    validators: Validators
    racy: bool
    hash: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class Put:
    """What readings came to. related: only edges changed. same: not a word that counts changed."""

    new: int = 0
    changed: int = 0
    related: int = 0
    same: int = 0
    removed: int = 0

    def __add__(self, other: Put) -> Put:
        return Put(
            self.new + other.new,
            self.changed + other.changed,
            self.related + other.related,
            self.same + other.same,
            self.removed + other.removed,
        )


class Settled(NamedTuple):
    """What merging came to, in entries."""

    new: int = 0
    changed: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What one rule leaves out: its source, its number there, what it does, and how many sightings."""

    source: str
    number: int
    verb: str
    count: int


class Totals(NamedTuple):
    """What there is now.

    merged: sightings beyond the first of their entry. own_links: related links between ours. left_out: sightings that
    rules leave out; entries, merged and left_out are all that there are.
    """

    entries: int
    merged: int
    links: int
    own_links: int
    newest: datetime | None
    left_out: tuple[LeftOut, ...] = ()


class Member(NamedTuple):
    """An entry in a channel: what a window and a feed's head need to know of it."""

    key: str
    id: str
    shown: datetime
    published: datetime
    updated: datetime
    digest: str

    @property
    def rank(self) -> tuple[datetime, str]:
        """What feeds print in order of, the greatest first."""
        return self.published, self.key


class Rendered(NamedTuple):
    """An entry in every format, in the order of the configuration, and the digest of what it was rendered from."""

    digest: str
    fragments: tuple[bytes, ...]


class ChannelRow(NamedTuple):
    """What the ledger remembers of a channel.

    stamp: digest of the ids and dates that its feed last showed. label: what its topic or provider was last called.
    """

    id: str
    updated: datetime
    stamp: str
    retired: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Entries of a feed that became none of ours: guid, address or number; a stable code; why; how many."""

    place: str
    code: str
    reason: str
    count: int = 1
