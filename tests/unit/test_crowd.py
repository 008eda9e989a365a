"""Who has to go where there is no room for one more, and how often that is told."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from aggregator.serve.crowd import Crowd, reader_of
from aggregator.serve.digest import Digest

HERE, THERE = "198.41.0.4", "199.7.83.42"


@dataclass(eq=False)
class Guest:
    busy: bool = False

    def is_idle(self) -> bool:
        return not self.busy


def test_the_one_that_was_answered_longest_ago_goes() -> None:
    crowd: Crowd[Guest] = Crowd(3, 3)
    first, second, third, *others = (Guest() for _ in range(6))
    assert [crowd.admit(one, "") for one in (first, second, third)] == [None, None, None]
    first.busy = True
    crowd.rest(second)
    assert crowd.admit(others[0], "") is third
    assert crowd.admit(others[1], "") is second
    others[0].busy = others[1].busy = True
    assert crowd.admit(others[2], "") is others[2]  # itself, since all others are being answered
    crowd.leave(first)
    crowd.leave(first)
    crowd.rest(first)  # who has gone does not come back by that
    assert crowd.admit(first, "") is None


def test_one_reader_takes_no_room_from_others() -> None:
    crowd: Crowd[Guest] = Crowd(100, 2)
    other = Guest()
    assert crowd.admit(other, THERE) is None
    mine = [Guest() for _ in range(4)]
    assert [crowd.admit(one, HERE) for one in mine] == [None, None, mine[0], mine[1]]
    mine[2].busy = mine[3].busy = True
    late = Guest()
    assert crowd.admit(late, HERE) is late
    assert [crowd.admit(Guest(), "") for _ in range(10)] == [None] * 10  # behind a proxy are many
    for one in mine:
        crowd.leave(one)
    assert [crowd.admit(Guest(), HERE) for _ in range(2)] == [None, None]


@pytest.mark.parametrize(
    ("host", "reader"),
    [
        (HERE, HERE),
        (f"::ffff:{HERE}", HERE),
        ("2606:4700::1:2", "2606:4700::/64"),
        ("2606:4700::ffff:2", "2606:4700::/64"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("172.17.0.2", ""),
        ("fd00::1", ""),
        ("fe80::1%eth0", ""),
        ("::ffff:10.0.0.1", ""),
        ("", ""),
    ],
)
def test_a_reader_is_a_public_address_or_a_home_of_them(host: str, reader: str) -> None:
    assert reader_of(host) == reader


def test_what_happens_a_thousand_times_is_told_once_a_minute() -> None:
    """In a time of its own: a list of what is to be done when."""
    now, due, told = [100.0], list[tuple[float, object]](), list[tuple[float, int]]()

    class Timer:
        def cancel(self) -> None:
            due.clear()

    def later(seconds: float, what: object) -> Timer:
        due.append((now[0] + seconds, what))
        return Timer()

    digest = Digest(lambda count: told.append((now[0], count)), lambda: now[0], later)
    for _ in range(130_000):
        digest.add()
        now[0] += 0.001
        if due and now[0] >= due[0][0]:
            what = due.pop()[1]
            assert callable(what)
            what()
    assert [round(moment) for moment, _ in told] == [101, 161, 221]
    digest.end()
    digest.end()
    assert sum(count for _, count in told) == 130_000
    assert len(told) == 4
