"""What headers say about type and time, odd ones included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.masking import masked
from aggregator.wire.headers import fresh_for, media_type_of, retry_after

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
DAY = timedelta(hours=24)


@pytest.mark.parametrize(
    ("value", "date", "expected"),
    [
        (b"120", b"", timedelta(minutes=2)),
        (b"0", b"", timedelta(0)),
        (b"-5", b"", None),
        (b"1.5", b"", None),
        (b"soon", b"", None),
        (b"", b"", None),
        (b"604801", b"", WEEK),
        (b"9" * 5000, b"", WEEK),
        (b"Sun, 01 Nov 2026 12:10:00 GMT", b"", timedelta(minutes=10)),
        (b"Sunday, 01-Nov-26 12:10:00 GMT", b"", timedelta(minutes=10)),
        (b"Sun Nov  1 12:10:00 2026", b"", timedelta(minutes=10)),
        (b"Sun, 01 Nov 2026 14:10:00 +0200", b"", timedelta(minutes=10)),
        (b"Sun, 01 Nov 2026 11:50:00 GMT", b"", None),
        (b"Fri, 31 Dec 9999 23:59:59 GMT", b"", WEEK),
        (b"Fri, 31 Dec 99999 23:59:59 GMT", b"", None),
        (b"Mon, 32 Jan 2026 25:61:61 GMT", b"", None),
        # A server whose clock is wrong by years means ten minutes all the same.
        (b"Tue, 01 Nov 2016 12:10:00 GMT", b"Tue, 01 Nov 2016 12:00:00 GMT", timedelta(minutes=10)),
        (b"Sun, 01 Nov 2026 12:10:00 GMT", b"whenever", timedelta(minutes=10)),
    ],
)
def test_retry_after_is_a_wait(value: bytes, date: bytes, expected: timedelta | None) -> None:
    assert retry_after([(b"Retry-After", value), (b"Date", date)], NOON) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({b"Cache-Control": b"max-age=600"}, timedelta(minutes=10)),
        ({b"cache-control": b"public, MAX-AGE = 600 , must-revalidate"}, timedelta(minutes=10)),
        ({b"Cache-Control": b'max-age="600"'}, timedelta(minutes=10)),
        ({b"Cache-Control": b"max-age=600", b"Age": b"540"}, timedelta(minutes=1)),
        ({b"Cache-Control": b"max-age=600", b"Age": b"-540"}, timedelta(minutes=10)),
        ({b"Cache-Control": b"max-age=600", b"Age": b"600"}, None),
        ({b"Cache-Control": b"max-age=0"}, None),
        ({b"Cache-Control": b"max-age=31536000"}, DAY),
        ({b"Cache-Control": b"max-age=" + b"9" * 5000}, DAY),
        ({b"Cache-Control": b"max-age=-1"}, None),
        ({b"Cache-Control": b"s-maxage=600"}, None),
        ({b"Cache-Control": b"x-max-age=600"}, None),
        ({b"Cache-Control": b"no-cache, max-age=600"}, None),
        ({b"Cache-Control": b"max-age=600, no-store"}, None),
        ({b"Expires": b"Sun, 01 Nov 2026 12:10:00 GMT"}, timedelta(minutes=10)),
        ({b"Expires": b"Sun, 01 Nov 2026 11:10:00 GMT"}, None),
        ({b"Expires": b"0"}, None),
        ({b"Expires": b"Fri, 31 Dec 2100 00:00:00 GMT"}, DAY),
        ({b"Expires": b"Sun, 01 Nov 2026 12:10:00 GMT", b"Cache-Control": b"max-age=60"}, timedelta(minutes=1)),
        ({b"Expires": b"Sun, 01 Nov 2026 12:10:00 GMT", b"Cache-Control": b"max-age=x"}, None),
        ({b"Expires": b"Sun, 01 Nov 2026 12:10:00 GMT", b"Cache-Control": b"private"}, timedelta(minutes=10)),
    ],
)
def test_freshness_is_what_is_left_of_it(headers: dict[bytes, bytes], expected: timedelta | None) -> None:
    assert fresh_for(list(headers.items()), NOON) == expected


def test_a_list_may_come_in_several_headers() -> None:
    headers = [(b"Cache-Control", b"public"), (b"X", b"y"), (b"cache-control", b"max-age=60")]
    assert fresh_for(headers, NOON) == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", ("", "")),
        (b"text/xml", ("text/xml", "")),
        (b" Application/RSS+XML ; q=1; CharSet = UTF-8 ", ("application/rss+xml", "utf-8")),
        (b'text/xml;charset="iso-8859-1"', ("text/xml", "iso-8859-1")),
        (b"text/xml;charset=", ("text/xml", "")),
        (b"charset=utf-8", ("", "")),
        (b"text/xml\x1b[31m; charset=\xff", ("", "")),
        (b"text/xml, text/html", ("", "")),
    ],
)
def test_a_type_is_read_as_it_is_meant(value: bytes, expected: tuple[str, str]) -> None:
    assert media_type_of([(b"Content-Type", value)]) == expected


@given(
    st.lists(st.tuples(st.sampled_from([b"date", b"age", b"expires", b"cache-control", b"retry-after"]), st.binary()))
)
def test_nothing_in_them_raises(headers: list[tuple[bytes, bytes]]) -> None:
    longest = retry_after(headers, NOON), fresh_for(headers, NOON)
    assert all(one is None or timedelta(0) <= one <= WEEK for one in longest)


@given(st.text())
def test_an_address_is_shown_as_one_short_line(text: str) -> None:
    assert masked(text).isprintable()
    assert len(masked(text)) <= 201
    assert "s3cret" not in masked(f"https://me:s3cret@feeds.example/{text}")
