"""Any pure function in child processes that can be killed, with limits on time and memory.

What strangers send may take a parser for ever, or crash it: that costs the one item, never the pass.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections import Counter
from dataclasses import dataclass
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from aggregator.lane import Failure, Lane, Limits, Task, failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aggregator.lane import Answer, Answers

__all__ = ["Failure", "Limits", "Workers"]

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2  # items a worker, so that none waits while we look at results
_MAX_BYTES = (
    16 << 20
)  # of the items under way: those that are large go by one and two, however many processors there are
_GIVEN_UP = 3  # items in a row for which no process could be started; then it is not tried for more of them
_TRIES = 2  # lanes for one item
_LOOK = 1.0  # seconds after which we look whether a lane is overdue


@dataclass(frozen=True, slots=True)
class _Given:
    task: Task
    lane: Lane | None
    size: int
    tries: int


_Running: TypeAlias = dict[int, _Given]


class Workers:
    """Worker processes, to be closed: none until there is work, then one by one as far as there is work for them.

    Each has a lane of its own, so that whatever one dies of, the others share nothing with it.
    """

    def __init__(self, count: int | None = None, limits: Limits | None = None) -> None:
        self._count = count or os.cpu_count() or 1
        self._limits = limits or Limits()
        self._lanes: list[Lane] = []
        self._births = threading.Lock()
        self._unstarted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers, also those that are busy."""
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            lane.close()
        for lane in lanes:
            lane.join()

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R | Failure]]:
        """Return each item with what the function makes of it, as they become ready.

        Items are taken as they are needed, so that they may be made meanwhile and need not fit into memory together.
        """
        running: _Running = {}
        answers: Answers = SimpleQueue()
        numbers = count()
        for item in items:
            self._start(Task(next(numbers), function, item, answers), running)
            del item  # it must not be kept while the next one is made
            while self._is_full(running) or (running and not answers.empty()):
                yield self._next(running, answers)
        while running:
            yield self._next(running, answers)

    def _is_full(self, running: _Running) -> bool:
        size = sum(given.size for given in running.values())
        return len(running) >= self._count * _AHEAD or size >= _MAX_BYTES

    def _start(self, task: Task, running: _Running, tries: int = _TRIES) -> None:
        lane = None
        try:
            if tries and self._unstarted < _GIVEN_UP:
                lane = self._idle_lane(Counter(id(given.lane) for given in running.values()))
        except RuntimeError:  # the system has no thread for us
            self._unstarted += 1
        running[task.number] = _Given(task, lane, _size(task.item), tries)
        if lane is None:
            task.answers.put((task.number, Failure("no_worker", "no worker process could be started")))
        else:
            lane.add(task)

    def _idle_lane(self, load: Counter[int]) -> Lane:
        """Return the lane with the least to do; a new one if all have something, and there may be more."""
        least = min(self._lanes, key=lambda lane: load[id(lane)], default=None)
        if least is None or (load[id(least)] and len(self._lanes) < self._count):
            least = Lane(self._limits, self._births)
            self._lanes.append(least)
        return least

    def _next(self, running: _Running, answers: Answers) -> tuple[Any, Any]:
        """Return the next item with its result; waits for it, but not for ever."""
        while True:
            try:
                number, answer = answers.get(timeout=_LOOK)
            except Empty:
                self._give_up(running, answers)
                continue
            if given := running.pop(number, None):  # one of a lane that was given up may come too late
                result = _result(answer)
                is_unstarted = isinstance(result, Failure) and result.code == "no_worker"
                self._unstarted = self._unstarted + 1 if is_unstarted else 0
                return given.task.item, result

    def _give_up(self, running: _Running, answers: Answers) -> None:
        """Leave lanes that are overdue to themselves; what nobody looked at goes elsewhere."""
        for lane in [lane for lane in self._lanes if lane.overdue_in() < 0]:
            self._lanes.remove(lane)
            lane.close()
            self._unstarted += 1
            for number in [number for number, given in running.items() if given.lane is lane]:
                if failure := lane.failure_of(number):
                    answers.put((number, failure))
                else:
                    given = running.pop(number)
                    self._start(given.task, running, given.tries - 1)


def _result(answer: Answer) -> Any:
    if isinstance(answer, Failure):
        return answer
    try:
        return pickle.loads(answer)  # noqa: S301  our own worker wrote it
    except Exception as error:  # noqa: BLE001  whatever it is, it costs this item only
        return failed(error)


class _Scale:
    """A file that keeps nothing of what is written, only how much it was."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Any) -> int:
        """Count bytes."""
        self.size += len(data)
        return len(data)


def _size(item: Any) -> int:
    """Return how many bytes an item comes to; 0 for one that cannot be sent anywhere."""
    scale = _Scale()
    try:
        pickle.Pickler(scale, pickle.HIGHEST_PROTOCOL).dump(item)
    except Exception:  # noqa: BLE001  its lane will say so
        return 0
    return scale.size
