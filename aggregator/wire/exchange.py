"""One request to one host, and what comes of it.

Every redirect is a new errand to a new place, with all checks from the beginning. Nothing is kept from one request to
the next, neither cookies nor connections: with a second between two requests to a host there is little to gain.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import ada_url
import httpcore
import httpx

from aggregator import __version__
from aggregator.wire.clock import Clock
from aggregator.wire.decoding import decoded, too_large
from aggregator.wire.errand import Errand, FetchFailure, Response
from aggregator.wire.failures import failure_of, failure_of_status
from aggregator.wire.guard import Guard, resolved
from aggregator.wire.headers import first, fresh_for, joined, media_type_of, retry_after
from aggregator.wire.message import is_conditional, message
from aggregator.wire.route import redirected
from aggregator.wire.spool import Arrived

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from aggregator.wire.errand import Limits
    from aggregator.wire.guard import Resolve
    from aggregator.wire.spool import Spool

_REDIRECTS = frozenset([301, 302, 303, 307, 308])
_OK, _NOT_MODIFIED, _GONE = 200, 304, 410
# Headers that httpx would act upon: it refuses some locations that browsers take, and collects cookies.
_KEPT_BACK = frozenset([b"location", b"set-cookie"])
_MAX_VALIDATOR = 1_024  # a longer one would be refused by many a server that has to read it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all requests of a call have in common; now: used where an answer bears no date of its own."""

    agent: bytes
    limits: Limits
    now: datetime
    resolve: Resolve
    network: httpcore.NetworkBackend | None
    context: Callable[[bool], ssl.SSLContext]


def terms_of(
    *, contact: str, limits: Limits, now: datetime, resolve: Resolve | None, network: httpcore.NetworkBackend | None
) -> Terms:
    """Return the terms for a contact, an address of mail or web that every server is told."""
    plain = "".join(one for one in contact if one.isascii() and one.isprintable() and one not in "()\\")
    agent = f"feed-aggregator/{__version__}" + (f" (+{plain})" if plain else "")
    return Terms(
        agent=agent.encode("ascii"),
        limits=limits,
        now=now,
        resolve=resolve or resolved,
        network=network,
        context=functools.cache(lambda verify: httpx.create_ssl_context(verify=verify, trust_env=False)),
    )


def hop(errand: Errand, terms: Terms) -> Arrived | Errand:
    """Ask once, and return what came, or the errand that is left to do; never raises for what a server does."""
    clock = Clock(terms.limits, errand.spent)
    try:
        guard = Guard(
            allowed=errand.request.allowed,
            clock=clock,
            is_redirected=bool(errand.passed),
            resolve=terms.resolve,
            network=terms.network,
        )
        pool = httpcore.ConnectionPool(ssl_context=_context(errand, terms), network_backend=guard)
        # trust_env: no proxies, no netrc. timeout: the guard's streams bound every wait by the clock.
        with httpx.Client(transport=_Transport(pool), trust_env=False, timeout=None) as client:  # noqa: S113
            answer = client.send(message(errand, terms.agent), stream=True, follow_redirects=False)
            clock.end_head()
            try:
                return _outcome(answer, errand, terms, clock)
            finally:
                answer.close()
    except Exception as error:  # noqa: BLE001  what servers provoke in four libraries has no complete list
        failure = failure_of(error, clock)
        requests = len(errand.passed) + 1
        return Arrived(Response(url=errand.url, requests=requests, failure=failure.reason, code=failure.code))


def _outcome(answer: httpx.Response, errand: Errand, terms: Terms, clock: Clock) -> Arrived | Errand:
    """Return what an answer comes to, with its body where there is one to read."""
    status, raw = answer.status_code, answer.headers.raw
    media_type, charset = media_type_of(raw)
    bare = Response(
        status=status,
        media_type=media_type,
        charset=charset,
        url=errand.url,
        retry_after=retry_after(raw, terms.now),
        fresh_for=fresh_for(raw, terms.now),
        requests=len(errand.passed) + 1,
    )
    try:
        if status in _REDIRECTS:
            further = redirected(errand, status, answer.extensions["location"], terms.limits.redirects)
            return replace(further, spent=errand.spent + timedelta(seconds=clock.spent))
        _must_bring_news(status, answer.request, errand)
        spool = _body(answer, terms.limits) if status == _OK else None
        full = replace(
            bare,
            received=answer.num_bytes_downloaded,
            moved=errand.url if errand.passed and errand.permanent else "",
            etag=_validator(raw, b"etag"),
            modified=_validator(raw, b"last-modified"),
        )
        return Arrived(full, spool)
    except Exception as error:  # noqa: BLE001  as above
        failure = failure_of(error, clock, in_body=True)
        received = answer.num_bytes_downloaded
        return Arrived(replace(bare, received=received, failure=failure.reason, code=failure.code))


def _must_bring_news(status: int, sent: httpx.Request, errand: Errand) -> None:
    if status == _GONE and not errand.permanent:
        # The address that the owner wrote is there, and may lead elsewhere tomorrow.
        raise FetchFailure("status", f"it redirects for now to an address that answered {_GONE} (Gone)")
    if status != _OK and not (status == _NOT_MODIFIED and is_conditional(sent)):
        raise failure_of_status(status)


def _body(answer: httpx.Response, limits: Limits) -> Spool:
    raw = answer.headers.raw
    length = first(raw, b"content-length")
    if length.isdigit() and int(length) > limits.max_bytes:
        raise too_large(limits)
    encoding = joined(raw, b"content-encoding").decode("latin-1")
    return decoded(answer.iter_raw(), encoding, limits)


def _validator(raw: list[tuple[bytes, bytes]], name: bytes) -> bytes:
    value = first(raw, name)
    return value if len(value) <= _MAX_VALIDATOR else b""


def _context(errand: Errand, terms: Terms) -> ssl.SSLContext | None:
    """Return what decides about certificates; leave to use a bad one holds for the host of the source alone."""
    if not errand.url.startswith("https:"):
        return None
    own = ada_url.URL(errand.request.url.strip()).hostname
    is_own = ada_url.URL(errand.url).hostname == own
    return terms.context(errand.request.verify or not is_own)


class _Transport(httpx.BaseTransport):
    """The way from httpx to a pool of our own: httpx 0.28 has no public one that takes a network backend."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        headers = [header for header in response.headers if header[0].lower() not in _KEPT_BACK]
        extensions = {"location": first(response.headers, b"location")}
        return httpx.Response(response.status, headers=headers, stream=_Body(response), extensions=extensions)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()
