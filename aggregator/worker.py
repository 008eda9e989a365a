"""Any pure function in child processes that can be killed, with limits on time and memory.

What strangers send may take a parser for ever, or crash it: that costs the one item, never the pass.
"""

from __future__ import annotations

import math
import os
import pickle
import signal
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pebble import ProcessPool

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2  # items a worker, so that none waits while we look at results
_MAX_BYTES = 16 << 20  # of the items under way: large ones go by one and two, however many processors there are
_TRIES = 2
_GIVEN_UP = 3  # items in a row that no worker was there for; then no more are started
_LOOK_SECONDS = 0.5  # after which we see whether a pool is overdue
_PARSERS = ("aggregator.sources.examination", "aggregator.sources.feed.parse", "aggregator.sources.opml")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no result: a code, and the reason.

    `timeout`, `memory` and `crashed` are the item's own; `no_worker` is ours: nobody looked at the item.
    """

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one item may take: time on the wall, time of the processor (whole seconds), bytes of address space.

    start: what a worker may take until it is there, which is not the item's time.
    """

    wall: timedelta = timedelta(seconds=10)
    cpu: timedelta = timedelta(seconds=10)
    memory: int = 1 << 30
    start: timedelta = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class _Given:
    """An item that a pool has: how large it is, how many pools may still try it, and when the pool is overdue with it."""

    item: Any
    pool: ProcessPool | None
    size: int
    tries: int
    overdue_at: float


_Running: TypeAlias = dict[Future[bytes], _Given]
_UNSTARTED = Failure("no_worker", "no worker process could be started")


class Workers:
    """Worker processes, to be closed: none until there is work, then one by one as far as there is work for them.

    Each has a pool of its own, so that whatever one dies of, the others share no lock with it.
    """

    def __init__(self, count: int | None = None, limits: Limits | None = None) -> None:
        self._count = count or os.cpu_count() or 1
        self._limits = limits or Limits()
        self._pools: list[ProcessPool] = []
        self._unstarted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers, also those that are busy."""
        pools, self._pools = self._pools, []
        enders = [_ended(pool) for pool in pools]
        for ender in enders:
            ender.join(self._limits.start.total_seconds())

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R | Failure]]:
        """Return each item with what the function makes of it, as they become ready.

        Items are taken as they are needed, so that they may be made meanwhile and need not fit into memory together.
        """
        running: _Running = {}
        for item in items:
            self._start(function, item, running)
            del item  # it must not be kept while the next one is made
            yield from self._ready(function, running, least=1 if self._is_full(running) else 0)
        while running:
            yield from self._ready(function, running, least=1)

    def _is_full(self, running: _Running) -> bool:
        size = sum(given.size for given in running.values())
        return len(running) >= self._count * _AHEAD or size >= _MAX_BYTES

    def _start(self, function: Callable[[T], R], item: T, running: _Running, tries: int = _TRIES) -> None:
        load = Counter(id(given.pool) for given in running.values())
        arguments = (function, item, math.ceil(self._limits.cpu.total_seconds()))
        future: Future[bytes] = Future()
        pool, wall = None, self._limits.wall.total_seconds()
        try:
            if self._unstarted >= _GIVEN_UP:
                raise RuntimeError  # noqa: TRY301  the same as where the system has no process for us
            pool = self._idle_pool(function, load)
            future = pool.schedule(_confined, args=arguments, timeout=wall)
        except RuntimeError as error:  # its worker died this moment, or could not be started
            future.set_exception(BrokenProcessPool(*error.args))
        patience = self._limits.start.total_seconds() + wall * (load[id(pool)] + 1)
        running[future] = _Given(item, pool, _size(item), tries, time.monotonic() + patience)

    def _idle_pool(self, function: Callable[..., Any], load: Counter[int]) -> ProcessPool:
        """Return the pool with the least to do; a new one if all have something, and there may be more."""
        for pool in [pool for pool in self._pools if not pool.active]:
            self._pools.remove(pool)
            _ended(pool)
        least = min(self._pools, key=lambda pool: load[id(pool)], default=None)
        if least is None or (load[id(least)] and len(self._pools) < self._count):
            least = _new_pool(function, self._limits.memory)
            self._pools.append(least)
        return least

    def _ready(self, function: Callable[[T], R], running: _Running, *, least: int) -> Iterator[tuple[T, R | Failure]]:
        """Return what is ready; waits until it is so many."""
        while running:
            done, _ = wait(running, timeout=_LOOK_SECONDS if least > 0 else 0, return_when=FIRST_COMPLETED)
            for future in done:
                given = running.pop(future)
                try:
                    result = self._result(future)
                except BrokenProcessPool:  # its worker died before it took the item
                    if given.tries > 1 and self._unstarted < _GIVEN_UP:
                        self._start(function, given.item, running, given.tries - 1)
                        continue
                    self._unstarted += 1
                    result = _UNSTARTED
                else:
                    self._unstarted = 0
                least -= 1
                yield given.item, result
            self._give_up(running)
            if least <= 0:
                return

    def _give_up(self, running: _Running) -> None:
        """Leave pools that are overdue to themselves; what nobody looked at goes elsewhere."""
        late = {id(given.pool) for given in running.values() if given.overdue_at < time.monotonic()}
        for pool in [pool for pool in self._pools if id(pool) in late]:
            self._pools.remove(pool)
            _ended(pool)
        for future in [future for future, given in running.items() if id(given.pool) in late]:
            given = running.pop(future)
            lost: Future[bytes] = Future()
            lost.set_exception(BrokenProcessPool())
            running[lost] = _Given(given.item, None, given.size, given.tries, math.inf)

    def _result(self, future: Future[bytes]) -> Any:
        from pebble import ProcessExpired  # noqa: PLC0415  asyncio comes with it

        limits = self._limits
        try:
            return pickle.loads(future.result())  # noqa: S301  our own worker wrote it
        except TimeoutError:
            return Failure("timeout", f"took more than {limits.wall.total_seconds():g} s")
        except MemoryError:
            return Failure("memory", f"took more than {limits.memory / (1 << 20):g} MiB of memory")
        except BrokenProcessPool:
            raise
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGXCPU:
                return Failure("timeout", f"took more than {limits.cpu.total_seconds():g} s of the processor")
            code = error.exitcode or 0
            ending = signal.strsignal(-code) if code < 0 else f"exit code {code}"
            return Failure("crashed", f"ended its process: {ending}".lower())
        except Exception as error:  # noqa: BLE001  whatever it is, it costs this item only
            return Failure("crashed", " ".join(f"{type(error).__name__}: {error}".split())[:200])


def _size(item: object) -> int:
    """Return the bytes of an item, as far as they matter: those of the documents in it."""
    parts = item if isinstance(item, tuple) else (item,)
    return sum(len(part) for part in parts if isinstance(part, bytes))


def _ended(pool: ProcessPool) -> Thread:
    """End a pool beside us: one whose worker never came up may take for ever to end."""

    def end() -> None:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()

    thread = Thread(target=end, name="end of a worker", daemon=True)
    thread.start()
    return thread


def _new_pool(function: Callable[..., Any], memory: int) -> ProcessPool:
    from multiprocessing import get_context  # noqa: PLC0415  most passes need no worker

    from pebble import ProcessPool  # noqa: PLC0415

    # A server that has imported what is needed forks each worker from itself in some milliseconds, also those that
    # take the place of a dead one; it has no threads, which a fork of this process would. There is one as long as this
    # process lives, and it learns only at its start what is needed: hence all parsers, whichever is the first to work.
    context = get_context("forkserver")
    context.set_forkserver_preload(["pebble.pool.process", __name__, function.__module__, *_PARSERS])
    return ProcessPool(max_workers=1, initializer=_confine, initargs=(memory,), context=context)


def _confine(memory: int) -> None:
    """Limit this worker's memory; let it end at once when it is told to, or when its parent is gone."""
    import resource  # noqa: PLC0415  only the workers need these
    from threading import Thread  # noqa: PLC0415

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for limit, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, memory)):
        with suppress(ValueError, OSError):  # a lower one is there already, or the system has none
            resource.setrlimit(limit, (value, value))
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import parent_process  # noqa: PLC0415

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _confined(function: Callable[[T], R], item: T, seconds: int) -> bytes:
    """Return what a function makes of an item, pickled; the limit ends with it, not while its result is sent."""
    import resource  # noqa: PLC0415

    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(usage.ru_utime + usage.ru_stime) + seconds, hard))
    try:
        return pickle.dumps(function(item), pickle.HIGHEST_PROTOCOL)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
