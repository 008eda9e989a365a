"""Dates that are none, and instants as both standards write them: for whatever reads dates."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from hypothesis import strategies as st

UNREADABLE = (
    "",
    "  ",
    "soon",
    "12:00",
    "2026",
    "2026-13-45",
    "99999-01-01",
    "0001-01-01T00:00:00+14:00",
    "Fri, 31 Dec 9999 23:59:59 -1400",
    "9" * 5000,
    "\x00",
    "\ud800",
)

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def instants(first_year: int, last_year: int) -> st.SearchStrategy[datetime]:
    """Return instants of all zones, to the second."""
    naive = st.datetimes(datetime(first_year, 1, 1), datetime(last_year, 1, 1))  # noqa: DTZ001  the zone comes from ZONES
    return st.builds(lambda one, zone: one.replace(microsecond=0, tzinfo=zone), naive, ZONES)


def written(instant: datetime) -> tuple[str, str]:
    """Return an instant as RFC 3339 and as RFC 2822 have it."""
    return instant.isoformat(), format_datetime(instant)
