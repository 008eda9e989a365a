from __future__ import annotations

from datetime import UTC, datetime

import pytest
from date_cases import UNREADABLE, instants, written
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.sources.feed.dates import read_date

NOON = datetime(2026, 11, 6, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given_date", "expected"),
    [
        ("Fri, 06 Nov 2026 12:00:00 GMT", NOON),
        ("Fri, 06 Nov 2026 12:00:00 +0000", NOON),
        ("Fri, 06 Nov 2026 14:30:00 +02:30", NOON),
        ("Fri, 6 Nov 2026 07:00 AM EST", NOON),
        ("6 Nov 2026 12:00 GMT", NOON),
        ("Friday, November 6, 2026 - 12:00pm", NOON),
        ("Friday, November 6, 2026 - 3:07am", datetime(2026, 11, 6, 3, 7, tzinfo=UTC)),
        ("Fri, 06 Nov 2026, 12:00", NOON),
        ("Fr, 06 Nov 2026 13:00:00 +0100", NOON),
        ("Fr, 06 Mär 2026 13:00:00 +0100", datetime(2026, 3, 6, 12, tzinfo=UTC)),
        ("ven, 6 avr 2026 14:00:00 +0200", datetime(2026, 4, 6, 12, tzinfo=UTC)),
        ("1793966400", NOON),
        ("1793966400000", NOON),
        ("Fri 06 Nov 2026, 08:00:00 EDT", NOON),
        ("Fri, 06 Nov 2026 08:00:00 EDT", NOON),
        ("Fri, Nov 06 2026 08:00:00 EDT", NOON),
        ("Fri, Nov 06 2026 13:00:00 +0100", NOON),
        ("November 06 2026 12:00:00 PM", NOON),
        ("Fri, 06 Nov 2026 12:00 +0000", NOON),
        ("Fri, 11/06/2026 - 12:00", NOON),
        ("2026-11-06T12:00", NOON),
        ("2026-11-06T07:00:00-05:00Z", NOON),
        ("2026-11-06T12:00:00.123456789Z", NOON.replace(microsecond=123456)),
        ("Nov. 6, 2026, 12:00 p.m.", NOON),
        ("Nov. 6, 2026, 12:00 a.m.", MIDNIGHT),
        ("Friday 06 November 2026", MIDNIGHT),
        ("Fri, November 6, 2026, 7:00 AM EST", NOON),
        ("Vendredi, 6. Novembre 2026 - 12:00", NOON),
        ("Fri Nov 06 2026 12:00:00 GMT+0000 (Coordinated Universal Time)", NOON),
        ("Fri Nov 06 2026 14:00:00 GMT+0200 (Eastern European Time)", NOON),
        ("Fri Nov  6 12:00:00 2026", NOON),
        ("Fri Nov  6 12:00:00 UTC 2026", NOON),
        ("Fri, 06 11 2026 13:00:00 +0100", NOON),
        ("Fri, 6th Nov 2026 12:00:00 GMT", NOON),
        ("Fri, 2nd Oct 2026 12:00:00 GMT", datetime(2026, 10, 2, 12, tzinfo=UTC)),
        ("Nov. 2026", datetime(2026, 11, 1, tzinfo=UTC)),
        ("ven., 03 juil. 2026 12:00:00 +0000", datetime(2026, 7, 3, 12, tzinfo=UTC)),
        ("lun., 01 juin 2026 12:00:00 +0000", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        ("mar., 01 déc. 2026 12:00:00 +0000", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("mar., 03 mars 2026 12:00:00 +0000", datetime(2026, 3, 3, 12, tzinfo=UTC)),
        ("martes, 3 de noviembre de 2026", datetime(2026, 11, 3, tzinfo=UTC)),
        ("Thu, 26/11/2026", datetime(2026, 11, 26, tzinfo=UTC)),
        ("Fri, 06 Nov 2026 05:00:00 GMT-07:00", NOON),
        ("2026-11-06 12:00:00 +00:00", NOON),
        ("6 November, 2026", MIDNIGHT),
        ("Frid, 06 Nov 2026 12:00:00 +0000", NOON),
        ("26 Nov 2026 GMT", datetime(2026, 11, 26, tzinfo=UTC)),
        ("Fri, November 6, 2026 at 08:00 AM EDT", NOON),
        ("Nov 6, 2026 12:00 GMT", NOON),
        ("11/16/2026 4:00 am PST", datetime(2026, 11, 16, 12, tzinfo=UTC)),
        ("Fri, Nov 6 2026 12:00:00 PM\n", NOON),
        ("11/16/26 12:00:00", datetime(2026, 11, 16, 12, tzinfo=UTC)),
        ("16.11.26", datetime(2026, 11, 16, tzinfo=UTC)),
        ("06.11.2026 12:00", NOON),
        ("2026/11/06 12:00", NOON),
        ("2026年11月6日 12:00", NOON),
        ("20261106", MIDNIGHT),
        ("Fri, 06 Nov 2026 12:00:00 Europe/Somewhere", NOON),
        ("Fri, 06 Nov 2026 12:00:00 XYZ", NOON),
        ("Fri, 06 Nov 2026 21:00:00 JST", NOON),
        ("Fri, 06 Nov 2026 11:59:60 GMT", datetime(2026, 11, 6, 11, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("2126-11-06", datetime(2126, 11, 6, tzinfo=UTC)),
    ],
)
def test_dates_as_feeds_write_them(given_date: str, expected: datetime) -> None:
    made = read_date(given_date)
    assert made == expected
    assert made.tzinfo is UTC


@pytest.mark.parametrize(
    "given_date",
    [
        *UNREADABLE,
        "yesterday at 12:00",
        "November",
        "06/11/2026",  # the sixth of November to some, the eleventh of June to others
        "31 Feb 2026",
        "Fri, 06 Nov 2026 25:00:00 GMT",
        "Fri, 06 Nov 2026 12:61:00 GMT",
        "Fri, 06 Nov 2026 12:00:00 +9900",
        "12345678901234567890",
        "100000000",
        "٣٣/٣٣/٣٣٣٣",
    ],
)
def test_what_no_one_can_read_is_none(given_date: str) -> None:
    assert read_date(given_date) is None


@settings(max_examples=200, deadline=None)
@given(instants(1990, 2100))
def test_both_forms_of_an_instant_are_read_back(instant: datetime) -> None:
    for given_date in written(instant):
        made = read_date(given_date)
        assert made == instant
        assert made.tzinfo is UTC


PIECES = [
    "Fri,",
    "mar.",
    "Nov",
    "6th",
    "31",
    "2026",
    "99",
    "12:00",
    "25:61",
    "pm",
    "GMT",
    "+9999",
    "-07:00",
    "(",
    ")",
    "/",
    ".",
]


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)))
def test_whatever_is_given_is_an_aware_instant_or_none(given_date: str) -> None:
    made = read_date(given_date)
    assert made is None or made.tzinfo is UTC
