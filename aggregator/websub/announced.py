"""What telling hubs came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.core.model import Fault
    from aggregator.core.owing import Owing


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a hub made of its announcements: how many it took and refused for good, and how many were given up.

    reason: why the last one that it did not take was not taken.
    """

    taken: int = 0
    refused: int = 0
    dropped: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What announcing came to. sent: announcements that hubs took. owed: by hub. faults: of those that were dropped.

    given: what they were to be told of, where that was done beside passes. answers: of each hub that was asked.
    """

    sent: int = 0
    answers: Mapping[str, Answers] = field(default_factory=dict)
    given: Mapping[str, Owing] = field(default_factory=dict)
    owed: Mapping[str, Owing] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
