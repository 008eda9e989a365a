"""The lock of a state: one process at a time works on it, and the lock says which one, and as what."""

from __future__ import annotations

import fcntl
import os
import pwd
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from aggregator.errors import LockedError, OthersState, StoreError, reason_of, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

FILE = "lock"
DAEMON = "daemon"
RUN = "run"
_RETRY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: the number of its process, 0 where it has not said so yet, and DAEMON or RUN."""

    pid: int
    kind: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A lock that is held."""

    _path: Path
    _lock: IO[str]

    def is_lost(self) -> bool:
        """Say whether the lock went with its folder, or another one is in its place: then it keeps nobody out."""
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._lock.fileno()))
        except FileNotFoundError:
            return True
        except OSError:
            return False  # nobody can look, so nobody can take it either


@contextmanager
def held(folder: Path, wait: timedelta, kind: str = RUN) -> Iterator[Hold]:
    """Hold the lock of the state in a folder, which is made if it is missing.

    Raises:
        LockedError: another process holds it: a daemon, or a pass that still did after `wait`.
        OthersState: the folder is that of another user.
        StoreError: the folder or the lock cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / FILE).open("a+", encoding="ascii", errors="replace")
    except OSError as error:
        raise refused(folder, error) from error
    with lock:
        _take(lock, folder, wait)
        with wrapped(StoreError, folder / FILE):
            lock.truncate(0)
            lock.write(f"{os.getpid()} {kind}\n")
            lock.flush()
        yield Hold(folder / FILE, lock)


def holder(folder: Path) -> Holder | None:
    """Return who holds the lock of the state in a folder; None where nobody does.

    Raises:
        OthersState: the lock is that of another user.
        StoreError: the lock cannot be read.
    """
    try:
        with (folder / FILE).open(encoding="ascii", errors="replace") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _named(lock)
            return None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise refused(folder, error) from error


def refused(folder: Path, error: OSError) -> StoreError:
    """Return what an error of the system means for who wants to work on the state in a folder."""
    path = error.filename or folder
    if isinstance(error, PermissionError) and (user := _user_of(folder)) != os.geteuid():
        return OthersState(path, _name(user))
    return StoreError(path, reason_of(error))


def owner_beside_root(folder: Path) -> str:
    """Return whose state it is that root is about to work on; nothing where it is its own, or somebody else asks."""
    user = _user_of(folder)
    return _name(user) if os.geteuid() == 0 and user > 0 else ""


def _user_of(folder: Path) -> int:
    """Return the number of the user to whom a state belongs; ours where there is none, a negative one if it is hidden."""
    user = os.geteuid()
    for path in (folder / FILE, folder):
        try:
            return path.stat().st_uid
        except PermissionError:
            user = -1
        except OSError:
            pass
    return user


def _name(user: int) -> str:
    if user < 0:
        return ""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"


def _take(lock: IO[str], folder: Path, wait: timedelta) -> None:
    """Take the lock: held by the process, so that a dead one never blocks."""
    # At least one more look: who asks for the holder has the lock for a moment, too.
    deadline = time.monotonic() + max(wait.total_seconds(), _RETRY_SECONDS)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            by = _named(lock)
            if by.kind == DAEMON or time.monotonic() >= deadline:  # nobody waits for a daemon to end
                raise LockedError(folder, by.pid if by.kind == DAEMON else 0) from None
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _named(lock: IO[str]) -> Holder:
    lock.seek(0)
    pid, _, kind = lock.read(100).strip().partition(" ")
    return Holder(int(pid) if pid.isdecimal() else 0, kind or RUN)
