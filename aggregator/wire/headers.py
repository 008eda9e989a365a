"""What the headers of an answer say: its type, and when the server wants to be asked again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Headers = Sequence[tuple[bytes, bytes]]

_LONGEST_RETRY = timedelta(days=7)
_LONGEST_FRESH = timedelta(hours=24)
_ENDLESS_DIGITS = 10  # seconds written with more digits are beyond every limit, and too long to compute with
_TYPE = re.compile(r"\s*([!#$%&'*+.^_`|~\w/-]+)\s*(?:;|$)", re.ASCII)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w.:+-]{1,40})", re.ASCII | re.IGNORECASE)
_MAX_AGE = re.compile(rb"(?:^|,)\s*max-age\s*=\s*\"?(\d+)\"?\s*(?=,|$)", re.IGNORECASE)
_UNFRESH = re.compile(rb"(?:^|,)\s*no-(?:cache|store)\s*(?:=|,|$)", re.IGNORECASE)


def first(headers: Headers, name: bytes) -> bytes:
    """Return the value of the first header of a name, given in lower case; empty where there is none."""
    return next((value for key, value in headers if key.lower() == name), b"")


def joined(headers: Headers, name: bytes) -> bytes:
    """Return the values of all headers of a name as the one list that they mean (RFC 9110 section 5.3)."""
    return b", ".join(value for key, value in headers if key.lower() == name)


def media_type_of(headers: Headers) -> tuple[str, str]:
    """Return media type and charset in lower case, each empty where it is not given."""
    value = first(headers, b"content-type").decode("latin-1")
    kind, charset = _TYPE.match(value), _CHARSET.search(value)
    return kind[1].lower() if kind else "", charset[1].lower() if charset else ""


def retry_after(headers: Headers, now: datetime) -> timedelta | None:
    """Return how long the server wants to be left alone (RFC 9110 section 10.2.3), at most 7 days."""
    value = first(headers, b"retry-after")
    if value.isdigit():
        return _seconds(value, _LONGEST_RETRY)
    until = _date(value)
    return None if until is None else _ahead(until - _sent(headers, now), _LONGEST_RETRY)


def fresh_for(headers: Headers, now: datetime) -> timedelta | None:
    """Return how long the answer holds (RFC 9111 section 4.2), at most 24 hours; None where it does not say."""
    control = joined(headers, b"cache-control")
    if _UNFRESH.search(control):
        return None
    found = _MAX_AGE.search(control)
    if found:
        age = first(headers, b"age")
        lasts = _seconds(found[1], timedelta(days=365))
        return _ahead(lasts - (_seconds(age, lasts) if age.isdigit() else timedelta(0)), _LONGEST_FRESH)
    if b"max-age" in control.lower():
        return None  # a broken one counts as stale, whatever Expires says
    expires = _date(first(headers, b"expires"))
    return None if expires is None else _ahead(expires - _sent(headers, now), _LONGEST_FRESH)


def _sent(headers: Headers, now: datetime) -> datetime:
    """Return when the answer was made by the server's own clock: its dates are wrong by as much as that is."""
    return _date(first(headers, b"date")) or now


def _seconds(digits: bytes, longest: timedelta) -> timedelta:
    return longest if len(digits) >= _ENDLESS_DIGITS else min(timedelta(seconds=int(digits)), longest)


def _ahead(wait: timedelta, longest: timedelta) -> timedelta | None:
    return min(wait, longest) if wait > timedelta(0) else None


def _date(value: bytes) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value.decode("ascii"))
    except (ValueError, TypeError, IndexError, OverflowError):  # each of them comes out of some date
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
