"""What happens a thousand times in a minute, told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_SOON = 1.0  # seconds: what happens once hardly ever happens alone
_APART = 60.0


class _Timer(Protocol):
    def cancel(self) -> None: ...


class Digest:
    """A count that is told of a second after the first time, then at most once a minute.

    clock, later: of the loop that all this happens in.
    """

    def __init__(
        self,
        told: Callable[[int], None],
        clock: Callable[[], float],
        later: Callable[[float, Callable[[], None]], _Timer],
    ) -> None:
        self._told = told
        self._clock = clock
        self._later = later
        self._timer: _Timer | None = None
        self._count = 0
        self._next = 0.0

    def add(self) -> None:
        """Count once more."""
        self._count += 1
        if self._timer is None:
            self._timer = self._later(max(_SOON, self._next - self._clock()), self._tell)

    def end(self) -> None:
        """Tell what is still to be told."""
        if self._timer is not None:
            self._timer.cancel()
            self._tell()

    def _tell(self) -> None:
        count, self._count, self._timer = self._count, 0, None
        self._next = self._clock() + _APART
        self._told(count)
