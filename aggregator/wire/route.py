"""Where an errand goes: the address it begins at, and where a redirect leads it (RFC 9110 section 15.4)."""

from __future__ import annotations

from dataclasses import replace

import ada_url

from aggregator.masking import masked
from aggregator.wire.errand import Errand, FetchFailure, Request, plain_host

_PORTS = {"http:": 80, "https:": 443}
_PERMANENT = frozenset([301, 308])
_MAX_URL = 8_192
# What a source cannot set for itself: how the message is framed, and what we promise about it.
_OURS = frozenset(
    [
        *("host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "expect", "range"),
        *("accept-encoding", "if-none-match", "if-modified-since", "referer"),
    ]
)


def begun(request: Request) -> Errand:
    """Return the first errand of a request; raises FetchFailure where it asks for what we do not do."""
    try:
        url = ada_url.URL(request.url.strip())
    except ValueError:
        raise FetchFailure("bad_address", f"{masked(request.url)} is no address") from None
    if url.protocol not in _PORTS:
        raise FetchFailure("bad_address", f"{masked(request.url)} is no address of http or https")
    if url.username or url.password:
        raise FetchFailure("bad_address", "a name or a password stands in the address; give them as user and password")
    for name in request.headers:
        if name.strip().lower() in _OURS:
            raise FetchFailure("bad_header", f"the header {name.strip()} cannot be set for a source")
    return Errand(request=request, url=normal(request.url), place=_place(url))


def redirected(errand: Errand, status: int, location: bytes, most: int) -> Errand:
    """Return the errand that a redirect makes of another one; raises FetchFailure where it must not be followed."""
    if not location:
        raise FetchFailure("redirect", "it redirects, and does not say where")
    try:
        target = ada_url.URL(_text(location), base=errand.url)
    except ValueError:
        raise FetchFailure("redirect", "it redirects to what is no address") from None
    shown = masked(target.href)
    if target.protocol not in _PORTS:
        raise FetchFailure("redirect", f"it redirects to {shown}; only http and https are followed")
    if target.protocol == "http:" and errand.url.startswith("https:"):
        raise FetchFailure("redirect", f"it redirects from https to {shown}, without protection")
    url = normal(target.href)
    if len(url) > _MAX_URL:
        raise FetchFailure("redirect", f"it redirects to an address of more than {_MAX_URL:,} characters")
    passed = (*errand.passed, errand.url)
    if url in passed:
        raise FetchFailure("redirect", f"it redirects in a circle, to {shown} again")
    if len(passed) > most:
        raise FetchFailure("redirect", f"more than {most} redirects, the last one to {shown}")
    permanent = errand.permanent and status in _PERMANENT
    return replace(errand, url=url, place=_place(target), passed=passed, permanent=permanent)


def normal(url: str) -> str:
    """Return a legal address as it is asked: as a browser would, without fragment, name and password."""
    parsed = ada_url.URL(url.strip())
    parsed.hash = parsed.username = parsed.password = ""
    return str(parsed.href)


def is_same_origin(one: str, other: str) -> bool:
    """Say whether two legal addresses share scheme, host and port."""
    return bool(ada_url.URL(one).origin == ada_url.URL(other).origin)


def _place(url: ada_url.URL) -> tuple[str, int]:
    return plain_host(url.hostname), int(url.port) if url.port else _PORTS[url.protocol]


def _text(location: bytes) -> str:
    """Return a Location as text: UTF-8 as browsers take it, else one character a byte."""
    try:
        return location.decode("utf-8")
    except UnicodeDecodeError:
        return location.decode("latin-1")
