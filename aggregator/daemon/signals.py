"""Signals as messages: what comes is put into a queue, and the main thread takes it when it can."""

from __future__ import annotations

import signal
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

ENDINGS = frozenset({signal.SIGTERM, signal.SIGINT})


def listen() -> SimpleQueue[int]:
    """Return a queue that signals go into from now on; none of them ends the process by itself any more."""
    queue: SimpleQueue[int] = SimpleQueue()

    def take(number: int, _frame: FrameType | None) -> None:
        queue.put(number)

    for number in (*ENDINGS, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, take)
    return queue
