from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.core import polling
from aggregator.core.polling import Answer, Poll, asked, failed, first_poll, is_due, rebased, succeeded, unchanged

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL, NEW = "https://x.example/feed", "https://y.example/feed"
NEVER = timedelta(0)


def good(poll: Poll, ttl: timedelta = NEVER, **answer: Any) -> Poll:
    return succeeded(poll, Answer(**answer), NOON, HOUR, hash_="h", ttl=ttl)


def bad(poll: Poll, code: str = "status", **answer: Any) -> Poll:
    return failed(poll, Answer(**answer), NOON, HOUR, code=code, reason="why")


def wait(poll: Poll, now: datetime = NOON) -> timedelta:
    assert poll.due is not None
    return poll.due - now


def test_a_new_upstream_is_due_at_once_and_a_restart_while_it_is_asked_does_not_ask_again() -> None:
    poll = first_poll(URL, NOON)
    assert is_due(poll, NOON)
    assert not is_due(asked(poll, NOON, HOUR), NOON + HOUR - timedelta(seconds=1))
    assert is_due(asked(poll, NOON, HOUR), NOON + HOUR)


@pytest.mark.parametrize(
    ("ttl", "answer", "expected"),
    [
        pytest.param(NEVER, {}, HOUR, id="the owner's interval"),
        pytest.param(NEVER, {"fresh_for": 2 * HOUR}, 2 * HOUR, id="max-age"),
        pytest.param(NEVER, {"fresh_for": HOUR / 2}, HOUR, id="a short max-age"),
        pytest.param(NEVER, {"fresh_for": 400 * DAY}, DAY, id="an absurd max-age"),
        pytest.param(3 * HOUR, {"fresh_for": 2 * HOUR}, 3 * HOUR, id="the feed's ttl"),
        pytest.param(90 * DAY, {}, DAY, id="an absurd ttl"),
        pytest.param(NEVER, {"retry_after": 2 * DAY}, 2 * DAY, id="a pause with a good answer"),
    ],
)
def test_the_largest_lower_bound_counts(ttl: timedelta, answer: dict[str, timedelta], expected: timedelta) -> None:
    poll = good(first_poll(URL, NOON), ttl=ttl, **answer)
    assert wait(poll) == expected
    again = unchanged(poll, Answer(), NOON + 2 * DAY, HOUR)
    assert wait(again, NOON + 2 * DAY) == max(HOUR, min(ttl, DAY))  # a ttl holds until the next document


def test_validators_are_replaced_by_a_document_and_by_a_304_that_has_new_ones() -> None:
    poll = good(first_poll(URL, NOON), etag=b'"1"', modified=b"then")
    assert (poll.etag, poll.modified, poll.hash) == (b'"1"', b"then", "h")
    assert unchanged(poll, Answer(), NOON, HOUR).etag == b'"1"'
    assert unchanged(poll, Answer(etag=b'"2"'), NOON, HOUR).etag == b'"2"'
    assert good(poll).etag == b""
    assert bad(poll).etag == b'"1"'


def test_failures_double_the_wait_up_to_a_day_and_a_little_more_and_a_success_ends_them() -> None:
    poll, waits = first_poll(URL, NOON), []
    for _ in range(12):
        poll = bad(poll)
        waits.append(wait(poll))
    for number, one in enumerate(waits):
        least = min(HOUR * 2**number, DAY)
        assert least <= one <= least * 1.1
    assert poll.failures == 12
    assert (poll.code, poll.reason) == ("status", "why")
    assert len({one % HOUR for one in waits}) > 6
    healed = good(poll)
    assert (healed.failures, healed.code, wait(healed)) == (0, "", HOUR)


@pytest.mark.parametrize(
    ("given", "expected"), [(6 * HOUR, 6 * HOUR), (400 * DAY, 7 * DAY), (timedelta(seconds=1), HOUR)]
)
def test_retry_after_is_kept_even_by_those_who_ignore_the_interval(given: timedelta, expected: timedelta) -> None:
    poll = bad(first_poll(URL, NOON), retry_after=given)
    assert expected <= wait(poll) <= expected * 1.1
    promised = min(given, 7 * DAY)
    assert not is_due(poll, NOON + promised - timedelta(seconds=1), ignore_interval=True)
    assert is_due(poll, NOON + promised, ignore_interval=True)


def test_now_ignores_the_interval_but_not_410() -> None:
    assert is_due(good(first_poll(URL, NOON)), NOON, ignore_interval=True)
    gone = bad(first_poll(URL, NOON), code="gone")
    assert gone.due is None
    assert not is_due(gone, NOON + 999 * DAY)
    assert not is_due(gone, NOON + 999 * DAY, ignore_interval=True)


def test_a_move_is_believed_after_three_equal_redirects_that_led_to_a_feed() -> None:
    poll = first_poll(URL, NOON)
    poll = good(good(poll, moved=NEW), moved=NEW)
    assert poll.url == URL
    assert good(poll, moved=NEW).url == NEW
    assert unchanged(poll, Answer(moved=NEW), NOON, HOUR).url == NEW
    assert good(good(poll, moved="https://z.example/"), moved=NEW).url == URL
    assert good(bad(poll), moved=NEW).url == URL
    assert good(good(poll), moved=NEW).url == URL
    assert good(poll, moved=NEW).given == URL


@pytest.mark.parametrize("back", [HOUR, 3 * 365 * DAY])
def test_a_clock_that_went_back_leaves_the_waits_as_they_were(back: timedelta) -> None:
    begun = asked(first_poll(URL, NOON), NOON, HOUR)
    paused = bad(begun, retry_after=2 * HOUR)
    now = NOON - back
    for poll in (begun, paused):
        again = rebased(poll, now)
        assert again.tried == now
        assert wait(again, now) == wait(poll)
        assert not is_due(again, now)
    assert rebased(paused, now).not_before == now + 2 * HOUR
    assert rebased(begun, NOON) == begun
    assert rebased(begun, NOON + back) == begun
    assert rebased(first_poll(URL, NOON), now) == first_poll(URL, NOON)


def test_other_terms_make_a_feed_due_without_validators_but_not_against_its_server() -> None:
    poll = good(first_poll(URL, NOON), etag=b"1", url=URL)
    later = NOON + timedelta(minutes=1)
    changed = polling.meant_otherwise(poll, "other", later)
    assert (changed.due, changed.etag, changed.hash, changed.meaning) == (later, b"", "", "other")
    left_alone = bad(poll, "slow_down", retry_after=DAY)
    assert polling.meant_otherwise(left_alone, "other", later).due == NOON + DAY
    assert polling.meant_otherwise(bad(poll, "gone"), "other", later).due is None


def test_a_move_that_leads_nowhere_is_taken_back() -> None:
    moved = replace(first_poll(URL, NOON), url=NEW)
    for _ in range(4):
        moved = bad(moved)
    assert moved.url == NEW
    assert bad(moved).url == URL
    gone = bad(replace(first_poll(URL, NOON), url=NEW), "gone")
    assert (gone.url, wait(gone) > NEVER) == (URL, True)
    assert bad(first_poll(URL, NOON), "gone").due is None


def test_what_is_wrong_on_our_side_costs_the_source_no_wait() -> None:
    poll = asked(good(first_poll(URL, NOON)), NOON, HOUR)
    missing = polling.not_asked(poll, NOON, reason="why")
    assert (missing.due, missing.code, missing.failures) == (NOON, "secret", 0)
    unread = polling.not_read(poll, NOON, code="no_worker", reason="why")
    assert (unread.due, unread.code, unread.failures) == (poll.due, "no_worker", 0)
    quiet = polling.put_off(poll, Answer(retry_after=DAY), NOON)
    assert (quiet.due, quiet.not_before, quiet.code, quiet.failures) == (NOON + DAY, NOON + DAY, "", 0)
