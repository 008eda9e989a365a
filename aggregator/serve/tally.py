"""What a server did since it was started: counted as it answers, read by whoever measures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """answers: by status. sent: bytes of bodies. saved: bytes of files that 304 and gzip made it unnecessary to send."""

    answers: Counter[int] = field(default_factory=Counter)
    sent: int = 0
    saved: int = 0

    def count(self, status: int, sent: int, saved: int = 0) -> None:
        """Take note of an answer."""
        self.answers[status] += 1
        self.sent += sent
        self.saved += saved
