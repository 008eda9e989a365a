"""Whose turn it is: one errand at a time per place, a pause between two, and nobody behind the slow ones.

A place is a host with its port. Workers that have waited long for a server do not count as workers: another one takes
over their share, so that ten dead hosts do not hold up the hundred behind them.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from itertools import count
from typing import Generic, TypeVar

Place = tuple[str, int]
Task = TypeVar("Task")
Answer = TypeVar("Answer")


class Agenda(Generic[Task, Answer]):
    """Tasks waiting for their turn, and answers waiting to be fetched; shared by threads.

    patience: seconds after which a task counts as slow.
    """

    def __init__(self, workers: int, patience: float) -> None:
        self._workers = workers
        self._patience = patience
        lock = threading.Lock()
        self._turns = threading.Condition(lock)
        self._answers = threading.Condition(lock)
        self._waiting: dict[Place, deque[Task]] = {}
        self._queue: list[tuple[float, int, Place]] = []  # places whose turn comes, and when
        self._numbers = count()
        self._begun: dict[Place, float] = {}
        self._free_at: dict[Place, float] = {}
        self._ready: deque[Answer] = deque()
        self._unanswered = 0
        self._is_closed = False

    def add(self, place: Place, task: Task) -> None:
        """Take in a new task."""
        with self._turns:
            self._unanswered += 1
            self._enqueue(place, task)

    def take(self) -> Task | None:
        """Return the next task when its turn comes; None when there will be no more."""
        with self._turns:
            while self._unanswered and not self._is_closed:
                now = time.monotonic()
                pause = self._pause(now)
                if pause is not None and pause <= 0:
                    place = heapq.heappop(self._queue)[2]
                    self._begun[place] = now
                    self._turns.notify()  # who was woken for this turn may not be the only one who has one
                    return self._waiting[place].popleft()
                self._turns.wait(pause)
            return None

    def answer(self, place: Place, gap: float, answer: Answer) -> bool:
        """Hand in what came of a task, False if nobody wants it any more; its place is free again after a gap in seconds."""
        with self._turns:
            self._leave(place, gap)
            self._unanswered -= 1
            if self._is_closed:
                return False
            self._ready.append(answer)
            self._answers.notify()
            if not self._unanswered:
                self._turns.notify_all()
            return True

    def go_on(self, place: Place, gap: float, target: Place, task: Task) -> None:
        """Send a task on to another place, or to the same one once more."""
        with self._turns:
            self._leave(place, gap)
            self._enqueue(target, task)

    def fetch(self) -> Answer | None:
        """Return the next answer when it comes; None when all have been fetched."""
        with self._answers:
            while not self._ready:
                if not self._unanswered:
                    return None
                self._answers.wait()
            self._turns.notify()
            return self._ready.popleft()

    def close(self) -> list[Answer]:
        """Let nobody take another task, and return the answers that nobody fetched."""
        with self._turns:
            self._is_closed = True
            self._turns.notify_all()
            left = list(self._ready)
            self._ready.clear()
            return left

    def _pause(self, now: float) -> float | None:
        """Return the seconds until a task may be taken; None where only news can tell.

        Answers that nobody fetched count as work: whoever is slow to use them must not collect them in memory.
        """
        if not self._queue:
            return None
        quick = [begun for begun in self._begun.values() if now - begun < self._patience]
        if len(quick) + len(self._ready) >= self._workers:
            return min(quick) + self._patience - now if quick else None
        return self._queue[0][0] - now

    def _enqueue(self, place: Place, task: Task) -> None:
        if place in self._waiting:  # at work or in the queue: its next turn is arranged when it leaves
            self._waiting[place].append(task)
            return
        self._waiting[place] = deque([task])
        heapq.heappush(self._queue, (self._free_at.get(place, 0.0), next(self._numbers), place))
        self._turns.notify()

    def _leave(self, place: Place, gap: float) -> None:
        del self._begun[place]
        self._free_at[place] = time.monotonic() + gap
        if self._waiting[place]:
            heapq.heappush(self._queue, (self._free_at[place], next(self._numbers), place))
        else:
            del self._waiting[place]
        self._turns.notify()
