"""Who has to go where there is no room for one more, and how often that is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from aggregator.serve.crowd import Crowd, reader_of
from aggregator.serve.throttle import Throttle

HERE, THERE = "198.41.0.4", "199.7.83.42"


@dataclass(eq=False)
class Guest:
    gone: list[Guest]
    busy: bool = False

    def is_idle(self) -> bool:
        return not self.busy

    def send_away(self, *, is_new: bool) -> None:
        self.gone.append(self)
        assert is_new or not self.busy


def admitted(crowd: Crowd, guest: Guest, reader: str) -> Guest | None:
    """Let one in; return who was sent away."""
    guest.gone.clear()
    crowd.admit(guest, reader)
    return guest.gone[0] if guest.gone else None


def test_the_one_that_was_answered_longest_ago_goes() -> None:
    crowd, gone = Crowd(3, 3), list[Guest]()
    first, second, third, *others = (Guest(gone) for _ in range(6))
    assert [admitted(crowd, one, "") for one in (first, second, third)] == [None, None, None]
    first.busy = True
    crowd.rest(second)
    assert admitted(crowd, others[0], "") is third
    assert admitted(crowd, others[1], "") is second
    others[0].busy = others[1].busy = True
    assert admitted(crowd, others[2], "") is others[2]  # itself, since all others are being answered
    crowd.leave(first)
    crowd.leave(first)
    crowd.rest(first)  # who has gone does not come back by that
    assert admitted(crowd, first, "") is None


def test_one_reader_takes_no_room_from_others() -> None:
    crowd, gone = Crowd(100, 2), list[Guest]()
    assert admitted(crowd, Guest(gone), THERE) is None
    mine = [Guest(gone) for _ in range(4)]
    assert [admitted(crowd, one, HERE) for one in mine] == [None, None, mine[0], mine[1]]
    mine[2].busy = mine[3].busy = True
    late = Guest(gone)
    assert admitted(crowd, late, HERE) is late
    assert [admitted(crowd, Guest(gone), "") for _ in range(10)] == [None] * 10  # behind a proxy are many
    for one in mine:
        crowd.leave(one)
    assert [admitted(crowd, Guest(gone), HERE) for _ in range(2)] == [None, None]


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


class Clockwork(asyncio.SelectorEventLoop):
    """A loop that does not wait: its time is where the test puts it."""

    now = 100.0

    def time(self) -> float:
        return self.now


def test_what_happens_a_thousand_times_is_told_once_a_minute() -> None:
    told: list[tuple[int, int]] = []
    loop = Clockwork()
    throttle = Throttle(lambda count: told.append((round(loop.now), count)), loop)
    for _ in range(1300):
        throttle.add()
        loop.now += 0.1
        loop.call_soon(loop.stop)
        loop.run_forever()
    assert [moment for moment, _ in told] == [101, 161, 221]
    throttle.end()
    throttle.end()
    loop.close()
    assert sum(count for _, count in told) == 1300
    assert len(told) == 4
