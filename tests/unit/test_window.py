from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.window import Window, cut

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SMALL = Window(entries=3, span=timedelta(hours=5), at_least=2, max_bytes=100)
USUAL = Window(entries=50, span=timedelta(days=7), at_least=10, max_bytes=500_000)


@dataclass(frozen=True)
class Member:
    """Hours before noon, and bytes."""

    age: float
    size: int = 1

    @property
    def shown(self) -> datetime:
        return NOON - timedelta(hours=self.age)


@pytest.mark.parametrize(
    ("members", "kept", "by_size"),
    [
        pytest.param([], 0, False, id="nothing"),
        pytest.param([Member(0)], 1, False, id="one"),
        pytest.param([Member(9), Member(19)], 2, False, id="fewer than may be"),
        pytest.param([Member(0), Member(10), Member(20), Member(30)], 3, False, id="the newest by number"),
        pytest.param([Member(0), Member(1), Member(2), Member(3), Member(4)], 5, False, id="all that are recent"),
        pytest.param([Member(7), Member(8), Member(9), Member(12), Member(12.1)], 4, False, id="recent to the newest"),
        pytest.param([Member(3), Member(3), Member(3), Member(3)], 4, False, id="all of one instant"),
        pytest.param([Member(0, 60), Member(1, 40), Member(2, 1)], 2, True, id="bytes"),
        pytest.param([Member(0, 60), Member(1, 39), Member(2, 1)], 3, False, id="bytes to the last one"),
        pytest.param([Member(0, 500), Member(1, 500), Member(2, 1)], 2, True, id="at least so many, however large"),
        pytest.param([Member(0, 500)], 1, False, id="one that is too large"),
        pytest.param([Member(0), Member(1), Member(2), Member(9, 500)], 3, False, id="time ends it before bytes do"),
    ],
)
def test_what_a_feed_shows(members: list[Member], kept: int, by_size: bool) -> None:
    made = cut(members, SMALL)
    assert made.shown == tuple(members[:kept])
    assert made.by_size is by_size


def test_the_least_number_counts_where_it_is_the_larger() -> None:
    members = [Member(age) for age in range(0, 100, 10)]
    assert len(cut(members, replace(USUAL, entries=2, at_least=4, span=timedelta(0))).shown) == 4


def test_the_least_number_makes_no_feed_that_readers_refuse() -> None:
    made = cut([Member(age, 1_500_000) for age in range(5)], USUAL)
    assert len(made.shown) == 2
    assert made.by_size
    assert len(cut([Member(0, 4_500_000), Member(1)], USUAL).shown) == 1


def test_no_more_members_are_read_than_needed() -> None:
    members = (Member(age * 10) for age in count())
    cut(members, SMALL)
    # Three are shown, and one was read to see that it is too old.
    assert next(members).age == 40


def test_a_feed_of_nothing_reads_on_by_time_alone() -> None:
    assert cut(islice((Member(age) for age in count()), 9), replace(USUAL, entries=0, at_least=0)).shown == ()


MEMBERS = st.lists(
    st.builds(Member, st.integers(0, 12), st.sampled_from([1, 20, 50, 99, 101])), max_size=12
).map(lambda members: sorted(members, key=lambda member: member.age))  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(MEMBERS)
def test_a_cut_keeps_its_promises(members: list[Member]) -> None:
    made = cut(members, SMALL)
    left = members[len(made.shown) :]
    assert [*made.shown, *left] == members
    assert len(made.shown) >= min(len(members), SMALL.at_least)
    assert sum(one.size for one in made.shown) <= SMALL.max_bytes or len(made.shown) <= SMALL.at_least
    if left and not made.by_size:
        assert len(made.shown) >= SMALL.entries
        assert members[0].shown - left[0].shown > SMALL.span


@settings(max_examples=100, deadline=None)
@given(MEMBERS)
def test_what_is_cut_is_cut_the_same_again(members: list[Member]) -> None:
    shown = cut(members, SMALL).shown
    assert cut(shown, SMALL).shown == shown
