"""What went wrong on the way to a feed, in words that hold no secret."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpcore

from aggregator.wire.errand import FetchFailure

if TYPE_CHECKING:
    from aggregator.wire.clock import Clock

_LOOK = "; look at the address in a browser, or find the feed from a page of its site: aggregator sources test URL"
_MEANINGS = {
    HTTPStatus.NOT_MODIFIED: ("unasked", ", although it was not asked whether it changed"),
    HTTPStatus.UNAUTHORIZED: ("status", "; check its user and password"),
    HTTPStatus.FORBIDDEN: ("status", _LOOK),
    HTTPStatus.NOT_FOUND: ("status", _LOOK),
    HTTPStatus.GONE: ("gone", ": the feed is no more"),
    HTTPStatus.TOO_MANY_REQUESTS: ("slow_down", ": it wants to be left alone"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("slow_down", ": it wants to be left alone"),
}


def failure_of(error: Exception, clock: Clock, *, in_body: bool = False) -> FetchFailure:
    """Return what an error of the libraries means."""
    match error:
        case FetchFailure():
            return error
        case httpcore.TimeoutException():
            return clock.overrun()
        case httpcore.RemoteProtocolError() if not in_body:
            return _not_http(str(error), clock)
        case httpcore.NetworkError(args=(ssl.SSLError() as cause,)):
            code, reason = "tls", _said_of_tls(cause)
        case httpcore.NetworkError() | httpcore.RemoteProtocolError() if in_body:
            code, reason = "truncated", "the answer ends in the middle"
        case httpcore.ConnectError():
            code, reason = "connection", f"it cannot be reached{_said_by_system(error)}"
        case httpcore.NetworkError():
            code, reason = "connection", f"the connection broke{_said_by_system(error)}"
        case httpcore.LocalProtocolError():
            code, reason = "bad_header", "a header of this source holds what no header can"
        case _:
            code, reason = "unexpected", f"an error of our own ({type(error).__name__}); please report it"
    return FetchFailure(code, reason)


def failure_of_status(status: int) -> FetchFailure:
    """Return what an answer means that brings no feed."""
    try:
        known = HTTPStatus(status)
    except ValueError:
        return FetchFailure("status", f"it answered {status}")
    code, hint = _MEANINGS.get(known, ("status", ""))
    return FetchFailure(code, f"it answered {status} ({known.phrase}){hint}")


def _not_http(said: str, clock: Clock) -> FetchFailure:
    if not clock.has_answer:
        return FetchFailure("connection", "it hung up without an answer")
    if "too long" in said:  # of h11's many messages the one that is worth a word of its own
        return FetchFailure("too_large", "its headers are longer than we take")
    return FetchFailure("not_http", "what it answered is not HTTP")


def _said_of_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message.lower().rstrip('.')}"
    return f"no protected connection ({(error.reason or 'unknown reason').lower().replace('_', ' ')})"


def _said_by_system(error: Exception) -> str:
    cause = error.args[0] if error.args else None  # httpcore cuts the chain of causes, but keeps the first here
    said = cause.strerror if isinstance(cause, OSError) else None
    return f": {said.lower()}" if said else ""
