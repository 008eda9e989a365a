"""Signals as messages: what comes is put into a queue, and the main thread takes it when it can."""

from __future__ import annotations

import signal
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

ENDINGS = frozenset({signal.SIGTERM, signal.SIGINT})


def listen(numbers: Iterable[int] = (*ENDINGS, signal.SIGHUP, signal.SIGUSR1)) -> SimpleQueue[int]:
    """Return a queue that signals go into from now on; none of them ends the process by itself any more."""
    queue: SimpleQueue[int] = SimpleQueue()

    def take(number: int, _frame: FrameType | None) -> None:
        queue.put(number)

    for number in numbers:
        signal.signal(number, take)
    return queue
