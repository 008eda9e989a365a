"""What is asked of an upstream server, what came of it, and how much it may cost."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  a field's type: whoever asks for type hints needs it
from dataclasses import dataclass, field
from datetime import timedelta

from aggregator.masking import masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one fetch may cost us, and what we cost others.

    total: of one fetch with all its redirects, waiting for our turn not counted. first_byte: of each answer, from the
    look-up of the name on. max_bytes: of a body, as it comes and decoded. step_bytes: decoded at once. redirects:
    followed. workers: fetches at the same time that are not slow. gap: between two requests to a public host.
    """

    total: timedelta = timedelta(seconds=30)
    first_byte: timedelta = timedelta(seconds=10)
    max_bytes: int = 10 * 1024 * 1024
    step_bytes: int = 64 * 1024
    redirects: int = 5
    workers: int = 8
    gap: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Request:
    """A feed to be asked for.

    name: of the source, for reports. etag, modified: validators byte for byte as the server gave them (RFC 9110
    section 8.8). validated: the address that gave them, where it was not `url`. headers, user, password: only for the
    scheme, host and port of `url`. allowed: host and port of what may have an address that is not public. verify:
    whether the certificate of the host of `url` has to be good.
    """

    name: str
    url: str
    etag: bytes = b""
    modified: bytes = b""
    validated: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    user: str = ""
    password: str = ""
    allowed: frozenset[tuple[str, int]] = frozenset()
    verify: bool = True

    def __repr__(self) -> str:
        # Headers, user and password stay out: what is printed ends in logs and reports.
        return f"Request(name={self.name!r}, url={masked(self.url)!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came of a request.

    status: 0 where there was none. body: decoded; empty unless the status is 200. media_type: lower case, without
    parameters. url: of the last hop. moved: where permanent redirects alone led, else empty. etag, modified: as given.
    retry_after: at most 7 days. fresh_for: at most 24 hours. requests: sent, or tried to, redirects among them. received:
    bytes of the last body as sent. failure: why there is nothing to read, empty where all is well. code: the same for
    programs:

    bad_address, bad_header, unknown_host, private_address, connection, tls, timeout, not_http, redirect, status, gone,
    slow_down, unasked, encoding, truncated, too_large; and what is our own fault: no_room, unexpected.

    slow_down with a status of 0 was not asked: its host said so to another request.
    """

    status: int = 0
    body: bytes = field(default=b"", repr=False)
    media_type: str = ""
    charset: str = ""
    url: str
    moved: str = ""
    etag: bytes = b""
    modified: bytes = b""
    retry_after: timedelta | None = None
    fresh_for: timedelta | None = None
    requests: int = 0
    received: int = 0
    failure: str = ""
    code: str = ""


class FetchFailure(Exception):  # noqa: N818  never leaves the fetching: a response says it
    """Nothing can be read; `code` is one of those of `Response`, `reason` a sentence without secrets."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A request on its way: where it is asked next, where it was, and how much of its time is spent.

    place: host and port, of which one is asked at a time. passed: addresses that redirected. permanent: whether all of
    them did so for good.
    """

    request: Request
    url: str
    place: tuple[str, int]
    passed: tuple[str, ...] = ()
    permanent: bool = True
    spent: timedelta = timedelta(0)

    @property
    def is_allowed(self) -> bool:
        """Say whether the owner allowed this host and port to have an address that is not public."""
        return self.place in {(plain_host(host), port) for host, port in self.request.allowed}


def plain_host(host: str) -> str:
    """Return a host as it is compared: lower case, no brackets, no dot at the end."""
    return host.lower().strip("[]").rstrip(".")
