"""What sources hold now, each on its own and all together, as values that can be summed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from aggregator.store import Put

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.core.flood import Flood
    from aggregator.core.model import Fault, Outcome


@dataclass(frozen=True, slots=True)
class Held:
    """Removals of a source that wait for a person: how many of how many files, and some of them.

    acceptable: whether `accept_removals` lets them through; not where nobody could look. what: files or entries.
    """

    source: str
    reason: str
    gone: int
    of: int
    examples: tuple[str, ...] = ()
    acceptable: bool = True
    what: str = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What asking upstream feeds came to.

    asked: how many were due. fresh: with a new document. failing: asked now or not. found: entries in the new documents,
    each of them put or dropped. names: of the sources that answered well. drops: what became no entry, and why. early: of
    those that were wanted by name, when each is due.
    """

    asked: int = 0
    fresh: int = 0
    unchanged: int = 0
    failing: int = 0
    found: int = 0
    dropped: int = 0
    put: Put = field(default_factory=Put)
    names: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    drops: tuple[Fault, ...] = ()
    early: tuple[tuple[str, datetime], ...] = ()

    def __add__(self, other: Polled) -> Polled:
        return Polled(**_sums(self, other))


@dataclass(frozen=True, slots=True)
class Followed:
    """The configuration with the feeds of all lists.

    polled: which lists could not be read from files, and why. skipped: what of the others was not taken. paused: lists
    that the owner paused.
    """

    config: Config
    polled: Polled = field(default_factory=Polled)
    skipped: tuple[Fault, ...] = ()
    paused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a source held, or all of them together.

    surveyed: folders that were there, with files. found: the files. outcomes: what they are. put: what became of them.
    floods: new entries that wait for a person, found now or earlier. paused: sources that the owner paused; resting:
    feeds that only lists name that are paused. polled: what came of the upstream feeds.
    """

    surveyed: tuple[str, ...] = ()
    found: int = 0
    put: Put = field(default_factory=Put)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    faults: tuple[Fault, ...] = ()
    held: tuple[Held, ...] = ()
    floods: tuple[Flood, ...] = ()
    paused: tuple[str, ...] = ()
    resting: tuple[str, ...] = ()
    polled: Polled = field(default_factory=Polled)

    def __add__(self, other: Gathered) -> Gathered:
        return Gathered(**_sums(self, other))


def _sums(one: Polled | Gathered, other: Polled | Gathered) -> dict[str, Any]:
    return {each.name: getattr(one, each.name) + getattr(other, each.name) for each in fields(one)}
