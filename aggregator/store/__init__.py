"""What is remembered between passes: small protocols, which one connection implements; three of them in `following`.

Each call is one transaction; `now` is always an argument. Opened by `sqlite.opened`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.core.flood import Familiar
    from aggregator.core.model import Document, Entry, Fault, Outcome
    from aggregator.core.rulebook import Rules
    from aggregator.sources import Validators
    from aggregator.store.following import Health, Lists, Polls
    from aggregator.store.inquiry import Inquiry


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
    """What the ledger remembers of a channel. stamp: digest of the ids and dates that its feed last showed."""

    id: str
    updated: datetime
    stamp: str
    retired: bool = False


class Sources(Protocol):
    """What sources hold."""

    def names(self) -> Sequence[str]:
        """Return every source that has documents."""
        ...

    def known(self, source: str) -> Mapping[str, Known]:
        """Return the documents of a source by location."""
        ...

    def familiar(self, source: str) -> Familiar:
        """Return what is known of the articles of a source; keys of all sources."""
        ...

    def count_alone(self, source: str) -> int:
        """Count the articles that no other source has."""
        ...

    def outcomes(self, source: str) -> Mapping[Outcome, int]:
        """Count what the documents of a source are."""
        ...

    def faulty(self, source: str) -> Mapping[str, Known]:
        """Return the documents of a source that hold faults, by location and in its order."""
        ...

    def put(self, source: str, readings: Iterable[Reading], gone: Collection[str], now: datetime) -> Put:
        """Take in what was read and drop what is gone; the sightings that changed wait for `settle`."""
        ...


class Entries(Protocol):
    """What the sightings merge into."""

    def settle(self, rules: Rules, now: datetime, *, everything: bool = False) -> Settled:
        """Merge what changed, give ids and dates, resolve related links, find the channels."""
        ...

    def totals(self) -> Totals:
        """Count what there is."""
        ...

    def changed(self, since: int) -> Mapping[str, datetime]:
        """Return the channels that an entry joined, left or changed in after a revision, and when that was last seen."""
        ...

    def size(self, channel: str) -> int:
        """Count the entries of a channel."""
        ...

    def census(self, channels: Collection[str] | None = None) -> Mapping[str, Mapping[str, int]]:
        """Count how often each spelling of a channel's name is used by its entries: of some channels, else of all."""
        ...

    def members(self, channel: str) -> Iterator[Member]:
        """Return a channel's entries, latest shown first, then by key; read as they are asked for."""
        ...

    def entries(self, keys: Collection[str]) -> Mapping[str, Entry]:
        """Return entries by key."""
        ...

    def fragments(self, keys: Collection[str]) -> Mapping[str, Rendered]:
        """Return the rendered entries that are kept."""
        ...

    def keep_fragments(self, rendered: Mapping[str, Rendered]) -> None:
        """Keep rendered entries."""
        ...

    def forget_fragments(self) -> None:
        """Forget all that was rendered."""
        ...


class Ledger(Protocol):
    """What cannot be computed again."""

    def revision(self) -> int:
        """Return the number of the last change."""
        ...

    def lineage(self) -> str:
        """Return what tells this state's revisions from those of another: given once, when it was made."""
        ...

    def is_empty(self) -> bool:
        """Say whether nothing was ever published from this state."""
        ...

    def listed(self, keys: Iterable[str]) -> set[str]:
        """Return those keys under which an entry was once in a channel."""
        ...

    def published(self, keys: Iterable[str]) -> Mapping[str, tuple[str, datetime]]:
        """Return id and date of publication of those keys under which there is an entry."""
        ...

    def channels(self) -> Mapping[str, ChannelRow]:
        """Return every channel that was ever published, by key."""
        ...

    def keep_channels(self, rows: Mapping[str, ChannelRow]) -> None:
        """Remember channels as they are about to be published."""
        ...

    def seen_first(self, sources: Collection[str], now: datetime) -> None:
        """Remember that the first pass over these sources is done."""
        ...

    def size(self) -> int:
        """Count the rows of the ledger."""
        ...

    def setting(self, name: str) -> str:
        """Return what was kept under a name, else the empty text."""
        ...

    def keep_setting(self, name: str, value: str) -> None:
        """Keep a text under a name."""
        ...

    def rows_since(self, revision: int) -> Iterator[Mapping[str, object]]:
        """Return the ledger's rows that changed after a revision, as plain values, in order of revision."""
        ...

    def forget(self, id_: str) -> bool:
        """Forget an entry, so that the next `settle` gives its id and dates anew; say whether there was one."""
        ...

    def restore(self, rows: Iterable[Mapping[str, object]], at_least: int) -> None:
        """Take in rows that `rows_since` gave, later ones win; go on with revisions above `at_least`.

        Raises:
            StoreError: a row is none of those.
        """
        ...


class Store(Protocol):
    """The state, open and locked."""

    @property
    def sources(self) -> Sources:
        """What sources hold."""
        ...

    @property
    def entries(self) -> Entries:
        """What the sightings merge into."""
        ...

    @property
    def ledger(self) -> Ledger:
        """What cannot be computed again."""
        ...

    @property
    def polls(self) -> Polls:
        """Upstream feeds between polls."""
        ...

    @property
    def health(self) -> Health:
        """How sources fare, and what their owner wishes of them."""
        ...

    @property
    def lists(self) -> Lists:
        """Lists of upstream feeds."""
        ...

    @property
    def inquiry(self) -> Inquiry:
        """Questions about single articles."""
        ...

    def close(self) -> None:
        """Release the state."""
        ...
