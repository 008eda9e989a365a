"""A thread that does one thing, one turn after the other; wishes that come during a turn make one more."""

from __future__ import annotations

import math
import time
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Turns:
    """What is wished for is done soon, once, however often it was wished for; never twice at a time."""

    def __init__(self, name: str, work: Callable[[], None], over: Callable[[], None] = lambda: None) -> None:
        self.name = name
        self._work = work
        self._over = over  # told after each turn
        self._wanted = Event()
        self._ended = Event()
        self._moved: float | None = None  # on the monotonic clock
        self._thread = Thread(target=self._take_turns, name=name, daemon=True)

    def start(self) -> None:
        """Begin; nothing is done before it is wished for, be that before or after."""
        if not self._thread.ident:
            self._thread.start()

    def ask(self) -> None:
        """Wish for a turn."""
        self._wanted.set()

    def advance(self) -> None:
        """Note that the present turn gets somewhere."""
        if self._moved is not None:
            self._moved = time.monotonic()

    def stuck_for(self) -> float:
        """Return for how many seconds the present turn has got nowhere, 0 where there is none; for ever where it died."""
        if self._thread.ident and not self._thread.is_alive() and not self._ended.is_set():
            return math.inf
        moved = self._moved
        return 0.0 if moved is None else time.monotonic() - moved

    def stop(self) -> None:
        """Let the present turn be the last one."""
        self._ended.set()
        self._wanted.set()

    def is_over(self) -> bool:
        """Say whether the last turn is over."""
        return not self._thread.is_alive()

    def _take_turns(self) -> None:
        while True:
            self._wanted.wait()
            if self._ended.is_set():
                return
            self._wanted.clear()
            self._moved = time.monotonic()
            try:
                self._work()
            finally:
                self._moved = None
            self._over()
