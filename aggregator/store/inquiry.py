"""What is asked about single articles, and what came of them: one of the protocols of a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from aggregator.core.identity import Place
    from aggregator.core.model import Fault, Outcome, Sighting
    from aggregator.core.rulebook import Rules
    from aggregator.store import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A document as the last pass left it. read_at: when it was last understood, None if never."""

    source: str
    location: str
    outcome: Outcome
    faults: tuple[Fault, ...]
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the ledger has of an entry. former: the keys that it had. places: where it was sighted."""

    id: str
    key: str
    former: tuple[str, ...]
    first_seen: datetime
    published: datetime
    updated: datetime
    shown: datetime
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Sized:
    """A member as a window cuts it; `size` is that of the largest fragment, 0 where none is kept."""

    member: Member
    size: int

    @property
    def shown(self) -> datetime:
        """The instant that the window chooses by."""
        return self.member.shown


@dataclass(frozen=True, slots=True)
class Around:
    """Which entries of ours an entry names, and which name it; keys."""

    names: frozenset[str]
    named_by: frozenset[str]


class Inquiry(Protocol):
    """Questions about single articles; none of them changes anything."""

    def at_once(self) -> AbstractContextManager[None]:
        """Let all that is asked inside be answered from one state, whatever a pass commits meanwhile."""
        ...

    def is_settled(self, rules: Rules) -> bool:
        """Say whether all that was sighted is merged by these rules."""
        ...

    def keys_of(self, id_: str, key: str) -> Sequence[str]:
        """Return the entries that an id or the key of an address stands for: by key, by id, by another address."""
        ...

    def keys_at(self, location: str) -> Sequence[str]:
        """Return the keys of what is sighted at a location, or in the feed file that is there."""
        ...

    def titles(self) -> Iterator[tuple[str, str]]:
        """Return key and title of every sighting."""
        ...

    def sightings(self, key: str) -> Sequence[Sighting]:
        """Return the sightings of a key, also those that rules leave out; without their edges."""
        ...

    def left_out(self, key: str) -> Mapping[Place, int]:
        """Return the number of the rule that leaves out each of those sightings of a key that are."""
        ...

    def aliases(self, key: str) -> Sequence[str]:
        """Return the other keys that stand for an entry."""
        ...

    def filed(self, location: str) -> Sequence[Filed]:
        """Return the documents at a location, of whatever source."""
        ...

    def remembered(self, id_: str, key: str) -> Sequence[Remembered]:
        """Return what the ledger has under an id, or under a key that is or was an entry's."""
        ...

    def channels(self, key: str) -> Sequence[str]:
        """Return the channels of an entry."""
        ...

    def sized(self, channel: str) -> Iterator[Sized]:
        """Return a channel's entries as `Entries.members` does, each with its size."""
        ...

    def around(self, key: str) -> Around:
        """Return the entries that stand around an entry."""
        ...

    def naming(self, keys: Iterable[str]) -> Collection[str]:
        """Return the keys of the entries that name one of some keys."""
        ...
