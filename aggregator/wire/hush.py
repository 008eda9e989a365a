"""Hosts that want to be left alone: who said so to one request is not sent the next one (RFC 9110 section 10.2.3).

For public hosts only: behind a host of the owner's own (a bridge, a proxy) often stand many servers, and one of them
that is tired says nothing about the others. Without `Retry-After` nobody else waits: nothing says that more than one
address is meant, nor for how long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.wire.errand import Response
from aggregator.wire.spool import Arrived

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from aggregator.wire.errand import Errand

_SLOW_DOWN = frozenset([429, 503])


class Hush:
    """What the hosts of one call asked for; shared by threads, of which one at a time is at a host."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._pauses: dict[tuple[str, int], timedelta] = {}

    def note(self, errand: Errand, response: Response) -> None:
        """Remember what a host asked for."""
        if response.retry_after and response.status in _SLOW_DOWN and not errand.is_allowed:
            self._pauses[errand.place] = response.retry_after

    def refusal(self, errand: Errand) -> Arrived | None:
        """Return what comes of an errand to a host that wants to be left alone; None where it may go."""
        pause = self._pauses.get(errand.place)
        if pause is None or errand.is_allowed:
            return None
        until = f"{self._now + pause:%Y-%m-%d %H:%M} UTC"
        reason = f"not asked: {errand.place[0]} wants to be left alone until {until}"
        requests = len(errand.passed)
        response = Response(url=errand.url, requests=requests, retry_after=pause, failure=reason, code="slow_down")
        return Arrived(response)
