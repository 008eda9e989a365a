"""How long one hop may wait for its server, whatever drips how slowly."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpcore

from aggregator.wire.errand import FetchFailure

if TYPE_CHECKING:
    import ssl
    from datetime import timedelta

    from aggregator.wire.errand import Limits

_MAX_HEAD = 256 * 1024  # h11 stops at 100 KiB in one head; this bounds an endless row of interim answers too


class Clock:
    """What is left of the time of one hop; each wait on the network takes its timeout from here.

    spent: of the whole fetch, before this hop.
    """

    def __init__(self, limits: Limits, spent: timedelta) -> None:
        self._limits = limits
        self._total = (limits.total - spent).total_seconds()
        self._first_byte = limits.first_byte.total_seconds()
        self._start = time.monotonic()
        self._received = 0
        self._is_head = True

    @property
    def spent(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._start

    @property
    def has_answer(self) -> bool:
        """Say whether anything came."""
        return self._received > 0

    def left(self) -> float:
        """Return the seconds until the next bound; raises FetchFailure where it has passed."""
        left = self._bound() - self.spent
        if left <= 0:
            raise self.overrun()
        return left

    def overrun(self) -> FetchFailure:
        """Return the failure of having waited too long."""
        if self._bound() == self._total:
            return FetchFailure("timeout", f"not done within {self._limits.total.total_seconds():g} s")
        return FetchFailure("timeout", f"no answer within {self._first_byte:g} s")

    def took(self, received: int) -> None:
        """Count bytes that came; raises FetchFailure where a head does not end."""
        self._received += received
        if self._is_head and self._received > _MAX_HEAD:
            raise FetchFailure("too_large", f"more than {_MAX_HEAD // 1024} KiB before the body")

    def end_head(self) -> None:
        """Note that the head is complete: what comes now is body."""
        self._is_head = False

    def _bound(self) -> float:
        return self._total if self.has_answer else min(self._total, self._first_byte)


class Timed(httpcore.NetworkStream):
    """A connection that never waits longer than a clock allows."""

    def __init__(self, stream: httpcore.NetworkStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  the clock knows better
        """Return what came, at most so many bytes; raises FetchFailure where the time is over."""
        received = self._stream.read(max_bytes, self._clock.left())
        self._clock.took(len(received))
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send bytes; raises FetchFailure where the time is over."""
        self._stream.write(buffer, self._clock.left())

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Return the connection with TLS on it; a handshake that drips does not outlast the clock."""
        try:
            left = self._clock.left()
        except FetchFailure:
            self.close()  # otherwise the one who starts it does
            raise
        return Timed(self._stream.start_tls(ssl_context, server_hostname, left), self._clock)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows of itself."""
        return self._stream.get_extra_info(info)
