"""What the service manager is told: the protocol of `sd_notify`(3), datagrams to the socket that it names."""

from __future__ import annotations

import os
import socket
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.masking import Mask

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_STATUS = 2_000  # bytes; a datagram of more than 4,096 is thrown away as a whole
_SECONDS = 2.0  # a manager that takes nothing must not hold the schedule up
_MICROSECOND = timedelta(microseconds=1)
_CLEAN = Mask()


class Notifier:
    """The line to the service manager: silent where there is none, and never a reason to end.

    Each call says whether the manager took the message.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._watchdog = _watchdog(environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", ""))

    @property
    def watchdog_interval(self) -> timedelta | None:
        """Return how often `watchdog` is to be called, half of the time after which we are killed; None: never."""
        return self._watchdog

    def ready(self, status: str = "") -> bool:
        """Say that starting, or reloading, is over, and what is done now."""
        return self._send("READY=1", *_status(status))

    def status(self, text: str) -> bool:
        """Say in one line what is done now; `systemctl status` shows it."""
        return self._send(*_status(text))

    def reloading(self, status: str = "") -> bool:
        """Say that the configuration is read again; `ready` has to follow."""
        # The stamp lets the manager tell which of its wishes this answers.
        return self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", *_status(status))

    def stopping(self, status: str = "") -> bool:
        """Say that the program is about to end."""
        return self._send("STOPPING=1", *_status(status))

    def extend_timeout(self, by: timedelta) -> bool:
        """Ask for so much time from now on, to start, to stop or to run; to be asked again before it is over."""
        return self._send(f"EXTEND_TIMEOUT_USEC={max(by // _MICROSECOND, 1)}")

    def watchdog(self) -> bool:
        """Say that the work goes on; for the loop that does it, since who says it from elsewhere proves nothing."""
        return self._send("WATCHDOG=1")

    def _send(self, *assignments: str) -> bool:
        # Neither "" (nobody asks) nor vsock: (virtual machines) is a socket of this system.
        if not assignments or not self._address.startswith(("/", "@")):
            return False
        address = os.fsencode(self._address)
        if address.startswith(b"@"):
            address = b"\0" + address[1:]
        # A socket for each message: a few a minute, and nothing to close or to mend when the manager starts anew.
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(_SECONDS)
                line.connect(address)
                line.sendall("\n".join(assignments).encode())
        except OSError:
            return False
        return True


def _status(text: str) -> tuple[str, ...]:
    line = _CLEAN.line(text).encode("utf-8", "ignore")[:_MAX_STATUS].decode("utf-8", "ignore")
    return (f"STATUS={line}",) if line else ()


def _watchdog(given: str, pid: str) -> timedelta | None:
    """Return half of the time that is given, if it is given to this process."""
    if not given.isdecimal() or (pid and pid != str(os.getpid())):
        return None
    try:
        return timedelta(microseconds=int(given)) / 2 or None
    except OverflowError:
        return None
