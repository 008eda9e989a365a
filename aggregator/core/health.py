"""How sources fare: what asking them cost, what became of folders, and what their owner wishes of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Wish(StrEnum):
    """What an owner asks of a source between passes.

    PAUSE holds until it is taken back, the others until a pass has done them.
    """

    PAUSE = "pause"
    ACCEPT = "accept"
    RESET = "reset"


Wishes = dict[Wish, "datetime"]
"""The wishes for one source, and when each was made: by that it is known again when it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What asking a source came to in some time.

    requests: sent, redirects among them. fresh: answers with a document. unchanged: answers of 304. failed: polls that
    brought no feed. slowed: answers that asked us to slow down; slowed_by: their hosts. received: bytes of bodies as sent. saved:
    those that a 304 spared, taken as the size of the last good body.
    """

    requests: int = 0
    fresh: int = 0
    unchanged: int = 0
    failed: int = 0
    slowed: int = 0
    slowed_by: frozenset[str] = frozenset()
    received: int = 0
    saved: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            requests=self.requests + other.requests,
            fresh=self.fresh + other.fresh,
            unchanged=self.unchanged + other.unchanged,
            failed=self.failed + other.failed,
            slowed=self.slowed + other.slowed,
            slowed_by=self.slowed_by | other.slowed_by,
            received=self.received + other.received,
            saved=self.saved + other.saved,
        )

    @property
    def share_unchanged(self) -> float | None:
        """Return the share of 304 among the good answers; None where there were none."""
        good = self.fresh + self.unchanged
        return self.unchanged / good if good else None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a source has: entries, alone or with other sources; faulty files; what of its document was dropped."""

    entries: int = 0
    faulty: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the last pass found of a folder: how many files, and what it held back for a person; or of the files of a list.

    code: `missing`, `removals`, `flood` or `left`, or why a list could not be read; empty where nothing was; since: for as long as that is so.
    """

    at: datetime
    files: int = 0
    code: str = ""
    reason: str = ""
    since: datetime | None = None

    def is_like(self, other: Survey) -> bool:
        """Say whether both found the same, at whatever time."""
        return (self.files, self.code, self.reason) == (other.files, other.code, other.reason)
