"""A form sent to a server that the owner named, and whether it took it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpcore

from aggregator.wire.clock import Clock
from aggregator.wire.failures import failure_of
from aggregator.wire.guard import Guard
from aggregator.wire.headers import retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.wire.errand import Errand
    from aggregator.wire.exchange import Terms

_FOR_A_WHILE = frozenset([HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a form.

    status: 0 where there was none. retry_after: at most 7 days. reason: why it was not taken, empty where it was.
    """

    status: int = 0
    retry_after: timedelta | None = None
    reason: str = ""

    @property
    def is_final(self) -> bool:
        """Say whether the same form would get the same answer another time."""
        passes = self.status in _FOR_A_WHILE or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return self.status > 0 and not passes


def send_form(errand: Errand, fields: Mapping[str, str], terms: Terms) -> Reply:
    """Send a form once, and return what came of it; never raises for what a server does.

    Redirects are not followed, as most would make a GET of it, and no body is read. The server may have a private
    address: who named it is who runs us.
    """
    clock = Clock(terms.limits, timedelta(0))
    guard = Guard(allowed={errand.place}, clock=clock, resolve=terms.resolve, network=terms.network)
    headers = [
        (b"User-Agent", terms.agent),
        (b"Content-Type", b"application/x-www-form-urlencoded"),
        (b"Connection", b"close"),
    ]
    body = urlencode(fields).encode("ascii")
    context = terms.context(True) if errand.url.startswith("https:") else None
    try:
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=guard) as pool,
            pool.stream("POST", errand.url, headers=headers, content=body) as answer,
        ):
            return _reply(answer, terms)
    except Exception as error:  # noqa: BLE001  what servers provoke has no complete list
        return Reply(reason=failure_of(error, clock).reason)


def _reply(answer: httpcore.Response, terms: Terms) -> Reply:
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Reply(status=status)
    try:
        said = f"it answered {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        said = f"it answered {status}"
    return Reply(status=status, retry_after=retry_after(answer.headers, terms.now), reason=said)
