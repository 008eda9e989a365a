"""Dates as people write them, read as aware UTC instants."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # nothing on the web is older; what says so is a broken clock


def believed(given: datetime | None, now: datetime) -> datetime | None:
    """Return a date that something may have been published at; None where it has none, or nobody could believe it.

    A date ahead of `now` is none: mostly a local time that calls itself UTC, it would stay on top of every reader
    until it comes true, and RSS validators object to it.
    """
    return given if given and EARLIEST <= given <= now else None


def parse_instant(given: str) -> datetime | None:
    """Return a date in ISO 8601, RFC 3339 or RFC 5322 form as an aware UTC instant; None if it is none.

    A date without a zone is UTC, one without a time is midnight. Fractions of a second are kept.
    """
    given = given.strip().upper()  # RFC 3339 section 5.6 allows a small z, which fromisoformat does not
    if not given:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            instant = read(given)
            return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None
