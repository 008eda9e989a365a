"""Whether the wall clock was set, or the machine slept: seen by the monotonic clock beside it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clocks:
    """Two clocks that should go together. Arguments are seconds."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._apart = wall() - monotonic()

    def drift(self) -> timedelta:
        """Return by how much the wall clock went ahead of the other since the last call; negative where it went back."""
        apart = self._wall() - self._monotonic()
        drifted, self._apart = apart - self._apart, apart
        return timedelta(seconds=drifted)
