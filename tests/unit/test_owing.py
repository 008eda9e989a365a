from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aggregator.core.owing import Owing, is_due, put_off, reconciled, with_news

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
HUB, OTHER = "https://hub.example/", "https://other.example/"


def test_what_was_taken_is_owed_no_more_and_what_was_not_still_is() -> None:
    given = {HUB: Owing(feeds={"a": NOON, "b": NOON})}
    failed = put_off(Owing(feeds={"b": NOON}), NOON, None, "503")
    assert reconciled(given, given, {HUB: failed}) == {HUB: failed}
    assert reconciled(given, given, {}) == {}


def test_news_that_came_while_a_hub_was_told_is_owed() -> None:
    given = {HUB: Owing(feeds={"a": NOON})}
    now_owed = {HUB: Owing(feeds={"a": LATER, "c": LATER}), OTHER: Owing(feeds={"a": LATER})}
    assert reconciled(now_owed, given, {}) == now_owed


def test_a_hub_that_left_the_configuration_is_owed_nothing() -> None:
    given = {HUB: Owing(feeds={"a": NOON})}
    assert reconciled({}, given, given) == {}


def test_a_wait_that_a_wrong_clock_set_ends() -> None:
    waiting = put_off(Owing(feeds={"a": NOON}), NOON, None, "503")
    assert not is_due(waiting, NOON)
    assert is_due(waiting, NOON + timedelta(minutes=1))
    assert is_due(put_off(waiting, NOON + timedelta(days=1095), None, "503"), NOON)


def test_news_that_came_while_a_hub_was_told_of_older_news_is_owed() -> None:
    given = with_news({}, [HUB], ["a"], ["a"], NOON)
    now_owed = with_news(given, [HUB], ["a"], ["a"], NOON + timedelta(microseconds=1))
    assert reconciled(now_owed, given, {}) == now_owed
    assert with_news(now_owed, [HUB], ["a"], ["a"], LATER)[HUB].feeds == {"a": LATER}
