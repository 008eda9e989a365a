"""What following lists and asking upstream feeds came to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aggregator.store import Put

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.core.flood import Flood
    from aggregator.core.model import Fault


@dataclass(frozen=True, slots=True)
class Followed:
    """The configuration with the feeds of all lists.

    faults: why files of lists could not be read; failing: how many lists that are. skipped: what of the others was not
    taken. paused: lists that the owner paused.
    """

    config: Config
    faults: tuple[Fault, ...] = ()
    skipped: tuple[Fault, ...] = ()
    failing: int = 0
    paused: tuple[str, ...] = ()


@dataclass(slots=True)
class Polled:
    """What asking upstream feeds came to.

    asked: how many were due. fresh: with a new document. failing: asked now or not. found: entries in the new documents,
    each of them put or dropped. names: of the sources that answered well. paused: of those that the owner paused.
    floods: new entries that wait for a person, found now or earlier. drops: what became no entry, and why. early: of
    those that were wanted by name, when each is due.
    """

    asked: int = 0
    fresh: int = 0
    unchanged: int = 0
    failing: int = 0
    found: int = 0
    dropped: int = 0
    put: Put = field(default_factory=Put)
    names: list[str] = field(default_factory=list)
    paused: list[str] = field(default_factory=list)
    floods: list[Flood] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    drops: list[Fault] = field(default_factory=list)
    early: dict[str, datetime] = field(default_factory=dict)

    def then(self, later: Polled) -> Polled:
        """Return what asking came to in both: what was done together, and what is wrong as the later one has it."""
        return replace(
            later,
            asked=self.asked + later.asked,
            fresh=self.fresh + later.fresh,
            unchanged=self.unchanged + later.unchanged,
            found=self.found + later.found,
            dropped=self.dropped + later.dropped,
            put=self.put + later.put,
            names=list(dict.fromkeys([*self.names, *later.names])),
            drops=[*self.drops, *later.drops],
            early=self.early | later.early,
        )
