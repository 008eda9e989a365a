"""What a server gets to see of us: a plain GET, and nothing that was not meant for it."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import httpx

from aggregator.masking import masked
from aggregator.wire.errand import FetchFailure
from aggregator.wire.route import is_same_origin, normal

if TYPE_CHECKING:
    from aggregator.wire.errand import Errand, Request

_ACCEPT = (
    b"application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    b"application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)


def message(errand: Errand, agent: bytes) -> httpx.Request:
    """Return the request that goes out for an errand.

    Validators go only to the address that gave them: another one could take its own, equal by chance, for a match. So
    a redirected feed is asked with them at the end of the way, not at its beginning.
    """
    request = errand.request
    headers = {
        b"user-agent": (b"User-Agent", agent),
        b"accept": (b"Accept", _ACCEPT),
        b"accept-encoding": (b"Accept-Encoding", b"gzip, deflate"),
        b"connection": (b"Connection", b"close"),
    }
    if is_same_origin(errand.url, request.url.strip()):
        headers.update(_own(request))
    if errand.url == normal(request.validated or request.url):
        if request.etag:
            headers[b"if-none-match"] = (b"If-None-Match", request.etag)
        if request.modified:
            headers[b"if-modified-since"] = (b"If-Modified-Since", request.modified)
    try:
        return httpx.Request("GET", errand.url, headers=list(headers.values()))
    except httpx.InvalidURL:
        raise FetchFailure("bad_address", f"{masked(errand.url)} has no host that can be asked") from None


def is_conditional(sent: httpx.Request) -> bool:
    """Say whether a 304 can be the answer."""
    return "if-none-match" in sent.headers or "if-modified-since" in sent.headers


def _own(request: Request) -> dict[bytes, tuple[bytes, bytes]]:
    """Return the headers that are for the server of this source alone, by their names in lower case."""
    given = {}
    if request.user or request.password:
        secret = b64encode(f"{request.user}:{request.password}".encode())  # RFC 7617
        given[b"authorization"] = (b"Authorization", b"Basic " + secret)
    for name, value in request.headers.items():
        plain = name.strip().encode()
        given[plain.lower()] = (plain, value.strip().encode())
    return given
