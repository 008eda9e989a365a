"""The twenty servers of a day do what they are named for, and a client that is rude to them is found out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from faultserver_day import SERVERS, START, Day

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR = timedelta(hours=1)
TAG, LATEST = '"a-1"', "Tue, 20 Oct 2026 08:00:00 GMT"

EVERY = timedelta(minutes=30)


def asked(day: Day, name: str, **headers: str) -> list[tuple[float, int]]:
    """Return the statuses of a server over the day, asked every half hour, with the hours at which they begin."""
    statuses: list[tuple[float, int]] = []
    for number in range(48):
        try:
            status = day.answer(day.urls[name], headers, START + number * EVERY).status
        except ConnectionRefusedError:
            status = 0
        if not statuses or statuses[-1][1] != status:
            statuses.append((number / 2, status))
    return statuses


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("retry-seconds", [(0, 200), (3, 429), (5, 200)]),
        ("retry-date", [(0, 200), (3, 429), (9, 200)]),
        ("unavailable-first", [(0, 503), (2, 200)]),
        ("gone-at-noon", [(0, 200), (12, 410)]),
        ("moved", [(0, 200), (3, 301)]),
        ("not-found-for-hours", [(0, 200), (4, 404), (10, 200)]),
        ("refused-for-hours", [(0, 200), (6, 0), (12, 200)]),
        ("always-304", [(0, 200), (1, 304)]),
        ("flapping", [(hour, 302 if hour % 2 else 200) for hour in range(24)]),
        ("alternating", [(hour, 500 if hour % 2 else 200) for hour in range(24)]),
    ],
)
def test_a_server_of_the_day_has_its_hours(name: str, expected: list[tuple[float, int]]) -> None:
    assert asked(Day(), name) == expected


def test_there_are_twenty_servers_each_at_an_address() -> None:
    assert len(Day().urls) == len(set(Day().urls.values())) == len(SERVERS) == 20


@pytest.mark.parametrize(
    ("name", "given", "known"),
    [
        ("only-last-modified", {"Last-Modified": LATEST}, {"If-Modified-Since": LATEST}),
        ("max-age", {"ETag": TAG, "Cache-Control": "public, max-age=7200"}, {"If-None-Match": TAG}),
        ("max-age-absurd", {"ETag": TAG, "Cache-Control": "max-age=999999999999"}, {"If-None-Match": TAG}),
        ("weak-etag", {"ETag": "W/" + TAG}, {"If-None-Match": "W/" + TAG}),
        ("ttl", {"ETag": TAG, "Last-Modified": LATEST}, {"If-None-Match": TAG, "If-Modified-Since": "other"}),
    ],
)
def test_a_server_with_validators_gives_them_and_304(
    name: str, given: Mapping[str, str], known: Mapping[str, str]
) -> None:
    day = Day()
    first, second = (day.answer(day.urls[name], headers, START) for headers in ({}, known))
    assert (first.status, first.headers) == (200, {"Content-Type": "application/rss+xml", **given})
    assert second == (304, given, b"")
    assert (b"<ttl>120</ttl>" in first.body) == (name == "ttl")


def test_some_servers_never_say_304() -> None:
    day = Day()
    for name in ("etag-without-304", "no-validators", "new-etag"):
        url = day.urls[name]
        first = day.answer(url, {}, START)
        second = day.answer(url, {"If-None-Match": first.headers.get("ETag", "")}, START + HOUR)
        assert (second.status, second.body) == (200, first.body)
        assert (first.headers == second.headers) == (name != "new-etag")


def test_a_date_of_expiry_moves_with_the_clock_and_a_page_for_an_hour_has_validators_too() -> None:
    day = Day()
    assert day.answer(day.urls["expires"], {}, START).headers["Expires"] == "Sun, 01 Nov 2026 03:00:00 GMT"
    page = day.answer(day.urls["login-for-an-hour"], {"If-None-Match": TAG}, START + 5 * HOUR)
    assert (page.status, page.headers["ETag"], page.body[:9]) == (200, '"login"', b"<!DOCTYPE")


def test_redirects_of_the_day_lead_to_a_good_feed() -> None:
    day = Day()
    for name, hour, status in (("moved", 3, 301), ("flapping", 1, 302)):
        sent = day.answer(day.urls[name], {}, START + hour * HOUR)
        assert sent.status == status
        assert day.answer(sent.headers["Location"], {}, START + hour * HOUR).status == 200


def come(day: Day, name: str, *visits: tuple[float, Mapping[str, str]]) -> tuple[str, ...]:
    """Return the complaints after visits at some hours of the day with some headers."""
    for hour, headers in visits:
        day.answer(day.urls[name], headers, START + hour * HOUR)
    return day.complaints()


@pytest.mark.parametrize(
    ("name", "first", "wait"),
    [
        ("max-age", 0, 2),
        ("max-age-absurd", 0, 24),
        ("expires", 0, 3),
        ("ttl", 0, 2),
        ("retry-seconds", 3, 1),
        ("retry-date", 3, 6),
    ],
)
def test_who_comes_too_early_is_found_out(name: str, first: float, wait: float) -> None:
    known: Mapping[str, str] = {}
    if first == 0:
        known = {"If-None-Match": TAG, **({"If-Modified-Since": LATEST} if name == "ttl" else {})}
    assert come(Day(), name, (first, {}), (first + wait, known)) == ()
    (complaint,) = come(Day(), name, (first, {}), (first + wait - 0.1, known))
    assert complaint.startswith(f"{name}: asked at ")
    assert ", before 0" in complaint


def test_a_ttl_holds_behind_a_304_too() -> None:
    known = {"If-None-Match": TAG, "If-Modified-Since": LATEST}
    assert come(Day(), "ttl", (0, {}), (2, known), (4, known)) == ()
    assert come(Day(), "ttl", (0, {}), (2, known), (3, known)) == ("ttl: asked at 03:00, before 01 04:00",)


def test_who_comes_after_410_or_more_often_than_the_interval_is_found_out() -> None:
    known = {"If-None-Match": TAG, "If-Modified-Since": LATEST}
    visits = [(11, {}), (12, known), (13, known)]
    assert come(Day(), "gone-at-noon", *visits) == ("gone-at-noon: asked at 13:00 after 410",)
    day = Day()
    assert come(day, "no-validators", (0, {}), (0.5, {})) == ()
    assert day.complaints(HOUR) == ("no-validators: asked at 00:30, before 01 01:00",)


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("weak-etag", {}),
        ("weak-etag", {"If-None-Match": TAG}),
        ("only-last-modified", {"If-None-Match": TAG, "If-Modified-Since": LATEST}),
        ("no-validators", {"If-None-Match": TAG}),
        ("etag-without-304", {"If-None-Match": TAG, "If-Modified-Since": LATEST}),
    ],
)
def test_who_does_not_give_back_what_the_server_gave_is_found_out(name: str, headers: Mapping[str, str]) -> None:
    (complaint,) = come(Day(), name, (0, {}), (1, headers))
    assert complaint.startswith(f"{name}: asked at 01:00 with (")


def test_only_a_good_feed_gives_validators() -> None:
    known = {"if-none-match": TAG, "if-modified-since": LATEST}
    assert come(Day(), "login-for-an-hour", (4, {}), (5, known), (6, known)) == ()
    assert len(come(Day(), "login-for-an-hour", (4, {}), (5, known), (6, {"If-None-Match": '"login"'}))) == 1
    day = Day()
    for hour in (5, 6, 13):
        try:
            day.answer(day.urls["refused-for-hours"], {} if hour == 5 else known, START + hour * HOUR)
        except ConnectionRefusedError:
            assert day.turns["refused-for-hours"][-1].reply is None
    assert day.complaints(HOUR) == ()


def test_the_second_half_of_a_redirect_is_no_second_visit() -> None:
    day = Day()
    sent = day.answer(day.urls["moved"], {}, START + 3 * HOUR)
    day.answer(sent.headers["Location"], {}, START + 3 * HOUR)
    assert day.complaints(HOUR) == ()
    day.answer(sent.headers["Location"], {"If-None-Match": TAG, "If-Modified-Since": LATEST}, START + 3.5 * HOUR)
    assert day.complaints(HOUR) == ("moved: asked at 03:30, before 01 04:00",)
