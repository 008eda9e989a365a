"""What is answered to questions about single articles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.core.identity import Place
    from aggregator.core.model import Fault, Outcome
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
