from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from date_cases import UNREADABLE, instants, written
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.core.dates import EARLIEST, believed, parse_instant

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given_date", "expected"),
    [
        ("2026-11-01T12:00:00Z", NOON),
        ("2026-11-01T12:00:00z", NOON),
        ("2026-11-01t12:00:00Z", NOON),
        ("2026-11-01T12:00Z", NOON),
        ("2026-11-01T12Z", NOON),
        ("2026-11-01 12:00:00+00:00", NOON),
        ("2026-11-01T13:30:00+01:30", NOON),
        ("2026-11-01T05:00:00-0700", NOON),
        ("2026-11-01T05:00:00-07", NOON),
        ("20261101T120000Z", NOON),
        ("2026-11-01T12:00:00", NOON),
        ("2026-11-01 12:00", NOON),
        ("  2026-11-01T12:00:00Z\n", NOON),
        ("2026-11-01T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-11-01T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T00:00:00+14:00", datetime(2026, 10, 31, 10, tzinfo=UTC)),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("1969-12-31T23:59:59Z", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Sun, 01 Nov 2026 12:00:00 GMT", NOON),
        ("Sun, 01 Nov 2026 12:00:00 UT", NOON),
        ("Sun, 01 Nov 2026 12:00:00 Z", NOON),
        ("Sun, 01 Nov 2026 12:00:00 +0000", NOON),
        ("Sun, 01 Nov 2026 12:00:00 -0000", NOON),
        ("Sun, 01 Nov 2026 07:00:00 EST", NOON),
        ("Sun, 01 Nov 2026 08:00:00 EDT", NOON),
        ("Sun, 01 Nov 2026 04:00:00 PST", NOON),
        ("Sun, 01 Nov 2026 05:00:00 PDT", NOON),
        ("Sun, 01 Nov 2026 17:30 +0530", NOON),
        ("Sun, 01 Nov 2026 12:00:00", NOON),
        ("1 Nov 2026 12:00:00 GMT", NOON),
        ("Sun, 1 Nov 26 12:00:00 GMT", NOON),
        ("Sun, 01 Nov 2026 12:00:00 (noon)", NOON),
        ("Mon, 01 Nov 2026 12:00:00 GMT", NOON),
        ("Sunday, 01 November 2026 12:00:00 GMT", NOON),
    ],
)
def test_dates_as_people_write_them(given_date: str, expected: datetime) -> None:
    made = parse_instant(given_date)
    assert made == expected
    assert made.tzinfo is UTC


@pytest.mark.parametrize(
    "given_date",
    [
        *UNREADABLE,
        "yesterday",
        ",",
        "2026-11",
        "Nov 2026",
        "1 Nov 2026",
        "01/11/2026",
        "2026-02-30",
        "2026-11-01T25:00:00Z",
        "2026-11-01T12:00:61Z",
        "2026-11-01T12:00:00+25:00",
        "Sun, 31 Feb 2026 12:00:00 GMT",
        "Sun, 01 Nov 2026 12:00:00 +9999",
        "Sun, 01 Nov 99999 12:00:00 GMT",
        "-2026-11-01",
        "1699999999",
        "0",
        "9999-12-31T23:59:59-14:00",
        "2026-11-01T12:00:00Z and more",
    ],
)
def test_what_no_one_can_read_is_none(given_date: str) -> None:
    assert parse_instant(given_date) is None


@settings(max_examples=200, deadline=None)
@given(instants(1900, 9998))
def test_both_forms_of_an_instant_are_read_back(instant: datetime) -> None:
    for given_date in written(instant):
        made = parse_instant(given_date)
        assert made == instant
        assert made.tzinfo is UTC


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=30),
        st.text(st.sampled_from("0123456789-:T.Z+ ,"), max_size=30),
        st.lists(
            st.sampled_from(
                [
                    "Sun,",
                    "Nov",
                    "01",
                    "1",
                    "2026",
                    "99",
                    "12:00:00",
                    ":",
                    "12.00",
                    "GMT",
                    "+9999",
                    "-",
                    "(",
                    ")",
                    ",",
                    " ",
                ]
            ),
            max_size=8,
        ).map(" ".join),
    )
)
@example("Sun, 01 Nov 2026 ::: GMT")
def test_whatever_is_given_is_an_aware_instant_or_none(given_date: str) -> None:
    made = parse_instant(given_date)
    assert made is None or made.tzinfo is UTC


def test_nothing_on_the_web_is_older_than_1990() -> None:
    assert parse_instant("1990-01-01") == EARLIEST


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=1), NOON - EARLIEST])
def test_a_date_from_1990_to_now_is_believed(age: timedelta) -> None:
    assert believed(NOON - age, NOON) == NOON - age


@pytest.mark.parametrize("date", [None, NOON + timedelta(seconds=1), EARLIEST - timedelta(seconds=1)])
def test_no_other_date_is(date: datetime | None) -> None:
    assert believed(date, NOON) is None
