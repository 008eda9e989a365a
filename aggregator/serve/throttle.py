"""A count of what may happen a thousand times in a minute, told now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_SOON = 1.0  # seconds: what happens once hardly ever happens alone
_APART = 60.0


class Throttle:
    """A count that is told of a second after the first time, then at most once a minute; in the time of a loop."""

    def __init__(self, told: Callable[[int], None], loop: asyncio.AbstractEventLoop) -> None:
        self._told = told
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0
        self._next = 0.0

    def add(self) -> None:
        """Count once more."""
        self._count += 1
        if self._timer is None:
            self._timer = self._loop.call_later(max(_SOON, self._next - self._loop.time()), self._tell)

    def end(self) -> None:
        """Tell what is still to be told."""
        if self._timer is not None:
            self._timer.cancel()
            self._tell()

    def _tell(self) -> None:
        count, self._count, self._timer = self._count, 0, None
        self._next = self._loop.time() + _APART
        self._told(count)
