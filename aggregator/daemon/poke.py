"""Asking a running daemon for a pass."""

from __future__ import annotations

import os
import pwd
import signal
from pathlib import Path

from aggregator.errors import NoDaemon, OthersState
from aggregator.store import lock

_PROCESSES = Path("/proc")


def poke(state: Path) -> int:
    """Ask the daemon that works on a state for a pass now; return the number of its process.

    Raises:
        NoDaemon: there is none, or none that we may signal.
        StoreError: the lock cannot be read.
    """
    try:
        holder = lock.holder(state)
    except OthersState as error:
        raise NoDaemon(error.path, error.reason) from error
    if holder is None:
        raise NoDaemon(state, "no daemon works on this state; `aggregator run` makes a pass")
    if holder.kind != lock.DAEMON or not holder.pid:
        raise NoDaemon(state, "no daemon works on this state, but a pass is just running")
    elsewhere = f"process {holder.pid} of this daemon is not here, perhaps in a container: send it SIGUSR1 from there"
    if not _is_python(holder.pid):
        raise NoDaemon(state, elsewhere)
    try:
        os.kill(holder.pid, signal.SIGUSR1)
    except ProcessLookupError:
        raise NoDaemon(state, elsewhere) from None
    except PermissionError:
        reason = f"process {holder.pid} belongs to {_owner(holder.pid)}: run this as that user, or as root"
        raise NoDaemon(state, reason) from None
    return holder.pid


def _is_python(pid: int) -> bool:
    """Say whether a process may be a daemon of ours: the number may be one of another system on the same disk."""
    if not _PROCESSES.joinpath("self").exists():
        return True
    try:
        words = _PROCESSES.joinpath(str(pid), "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"daemon" in words


def _owner(pid: int) -> str:
    try:
        return pwd.getpwuid(_PROCESSES.joinpath(str(pid)).stat().st_uid).pw_name
    except (OSError, KeyError):
        return "another user"
