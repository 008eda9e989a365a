"""One worker process, and the thread that watches over it: whatever becomes of the process, its items are answered."""

from __future__ import annotations

import math
import os
import pickle
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

_TRIES = 2  # to find a process that takes an item
_GRACE = 3.0  # seconds in which the system does what it was told


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

    start: what a process may take until it is there, which is not the item's time.
    """

    wall: timedelta = timedelta(seconds=10)
    cpu: timedelta = timedelta(seconds=10)
    memory: int = 1 << 30
    start: timedelta = timedelta(seconds=20)


Answer: TypeAlias = "bytes | Failure"
Answers: TypeAlias = "SimpleQueue[tuple[int, Answer]]"


@dataclass(frozen=True, slots=True)
class Task:
    """An item, what to make of it, and where the answer goes under its number: pickled, or why there is none."""

    number: int
    function: Callable[[Any], Any]
    item: Any
    answers: Answers


class Lane:
    """Tasks for one process after the other: the next one begins where one died.

    births: held by whoever starts or buries a process; the library confuses exit codes where two do so at once.
    """

    def __init__(self, limits: Limits, births: threading.Lock) -> None:
        self._limits = limits
        self._births = births
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._connection: Connection[Any, Any] | None = None
        self._is_closed = False
        self._busy_with = -1
        self._is_taken = False
        self._overdue_at = math.inf
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    def add(self, task: Task) -> None:
        """Take in a task, to be answered after those before it."""
        self._tasks.put(task)

    def overdue_in(self) -> float:
        """Return the seconds after which even the thread that watches has to be given up."""
        return self._overdue_at - time.monotonic()

    def failure_of(self, number: int) -> Failure | None:
        """Return what became of a task in a lane that was given up; None where no process took it."""
        return self._timeout() if self._is_taken and number == self._busy_with else None

    def close(self) -> None:
        """Kill the process and begin no more; returns at once."""
        with self._lock:
            self._is_closed = True
            if self._process is not None:
                self._process.kill()
        self._tasks.put(None)

    def join(self) -> None:
        """Wait until all has ended, but not for ever."""
        self._thread.join(_GRACE)

    def _run(self) -> None:
        while self._has_answered():
            pass
        self._bury()

    def _has_answered(self) -> bool:
        """Answer the next task; False at the end. A function of its own, so that nothing of a task is kept meanwhile."""
        task = self._tasks.get()
        if task is None or self._is_closed:
            return False
        self._busy_with = task.number
        self._overdue_at = time.monotonic() + self._limits.start.total_seconds() + _GRACE
        answer = self._answer(task)
        if self._is_closed:  # the task is somebody else's now
            return False
        self._is_taken, self._overdue_at = False, math.inf
        task.answers.put((task.number, answer))
        return True

    def _answer(self, task: Task) -> Answer:
        try:
            cpu = math.ceil(self._limits.cpu.total_seconds())
            message = pickle.dumps((task.function, task.item, cpu), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001  whatever cannot be pickled says so in its own way
            return failed(error)
        start = self._limits.start.total_seconds()
        failure = _unstarted()
        for _ in range(_TRIES):
            self._overdue_at = time.monotonic() + start + _GRACE
            try:
                self._hand_over(message, task.function, start)
            except Exception as error:  # noqa: BLE001  it is not there, or died before it took the item, of whatever
                failure = _unstarted(error)
                self._bury()
            else:
                del message  # the process has it; it must not be kept while that works
                return self._result()
        return failure

    def _hand_over(self, message: bytes, function: Callable[..., Any], start: float) -> None:
        """Give a process an item; returns when it has taken it."""
        connection = self._connection
        if connection is None or connection.poll(0):  # one that speaks unasked has ended
            self._bury()
            connection = self._begin(function)
            _heard(connection, start)
        connection.send_bytes(message)
        _heard(connection, start)
        self._is_taken, self._overdue_at = True, time.monotonic() + self._limits.wall.total_seconds() + _GRACE

    def _begin(self, function: Callable[..., Any]) -> Connection[Any, Any]:
        from multiprocessing import get_context  # noqa: PLC0415  most passes need no worker

        if self._is_closed:
            raise EOFError
        # A server that has imported what is needed forks each worker from itself in some milliseconds, also those that
        # take the place of a dead one; it has no threads, which a fork of this process would.
        context = get_context("forkserver")
        context.set_forkserver_preload([__name__, function.__module__])
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._limits.memory), name="worker", daemon=True)
        try:
            with self._births:
                process.start()
        finally:
            theirs.close()
        with self._lock:
            self._process, self._connection = process, ours
            if self._is_closed:
                process.kill()
        return ours

    def _result(self) -> Answer:
        """Return what comes of the item that was taken."""
        connection = self._connection
        try:
            if connection is None or not connection.poll(self._limits.wall.total_seconds()):
                self._bury()
                return self._timeout()
            return connection.recv_bytes()
        except (OSError, EOFError):
            return self._ending(self._bury(_GRACE))

    def _timeout(self) -> Failure:
        return Failure("timeout", f"took more than {self._limits.wall.total_seconds():g} s")

    def _ending(self, code: int | None) -> Failure:
        if code == -signal.SIGXCPU:
            return Failure("timeout", f"took more than {self._limits.cpu.total_seconds():g} s of the processor")
        ending = signal.strsignal(-code) if code is not None and code < 0 else f"exit code {code}"
        return Failure("crashed", f"ended its process: {ending}".lower())

    def _bury(self, patience: float = 0) -> int | None:
        """End the process if there is one, and return its exit code; its own where it ends by itself in so many seconds."""
        with self._lock:
            process, self._process = self._process, None
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        if process is None:
            return None
        with self._births:
            process.join(patience)
            process.kill()
            process.join(_GRACE)
            return process.exitcode


def failed(error: BaseException) -> Failure:
    """Return the failure that an error of an item's own means."""
    return Failure("crashed", " ".join(f"{type(error).__name__}: {error}".split())[:200])


def _unstarted(error: Exception | None = None) -> Failure:
    said = error.strerror if isinstance(error, OSError) else None
    return Failure("no_worker", f"no worker process could be started{f': {said.lower()}' if said else ''}")


def _heard(connection: Connection[Any, Any], seconds: float) -> None:
    """Wait for a word of the process; raises EOFError where none comes."""
    if not connection.poll(seconds):
        raise EOFError
    connection.recv_bytes()


def _serve(connection: Connection[Any, Any], memory: int) -> None:
    """Answer items until there are no more: what the worker process does."""
    _confine(memory)
    connection.send_bytes(b"here")
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            message = connection.recv_bytes()
            connection.send_bytes(b"taken")
            connection.send_bytes(_made(message, memory))
            del message


def _confine(memory: int) -> None:
    """Limit this process's memory; let it end at once when it is told to, or when its parent is gone."""
    import resource  # noqa: PLC0415  only the workers need it

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for limit, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, memory)):
        with suppress(ValueError, OSError):  # a lower one is there already, or the system has none
            resource.setrlimit(limit, (value, value))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import parent_process  # noqa: PLC0415

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _made(message: bytes, memory: int) -> bytes:
    """Return what a function makes of an item, pickled; the limit ends with it, not while its result is sent."""
    import resource  # noqa: PLC0415

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    try:
        try:
            function, item, seconds = pickle.loads(message)  # noqa: S301  our own parent wrote it
        except (ImportError, AttributeError) as error:
            return pickle.dumps(
                Failure("no_worker", f"its worker cannot import what it needs ({type(error).__name__})")
            )
        usage = resource.getrusage(resource.RUSAGE_SELF)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(usage.ru_utime + usage.ru_stime) + seconds, hard))
        return pickle.dumps(function(item), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps(Failure("memory", f"took more than {memory / (1 << 20):g} MiB of memory"))
    except Exception as error:  # noqa: BLE001  whatever it is, it costs this item only
        return pickle.dumps(failed(error))
    finally:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
