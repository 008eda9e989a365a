"""The brake for floods of upstream feeds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, answer
from newsroom import NOON
from tended import HOURS, Tended, rss

from aggregator.core.health import Wish
from aggregator.standing import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Tended]:
    with Loopback() as server:
        site = Tended(tmp_path, server)
        site.follow("pier")
        yield site


@pytest.fixture
def held(site: Tended) -> Tended:
    """Return a site of which a feed came back with all of its ids and addresses changed, dates and titles as before."""
    site.answers["/pier"] = answer(rss(range(20)), 'ETag: "1"')
    site.run()
    site.answers["/pier"] = answer(b"".join([rss(range(20), site="new.example/x", edit="!")]), 'ETag: "2"')
    return site


class TestFlood:
    """A poll that would announce known entries as news waits for a person."""

    def test_it_is_held_on_every_pass_and_fetched_again_after_an_interval(self, held: Tended) -> None:
        before = held.room.output()
        (flood,) = held.run().gathered.floods
        assert (flood.source, flood.new, flood.alike, len(flood.examples)) == ("pier", 20, 20, 10)
        assert held.room.output() == before
        (again,) = held.run(after=timedelta(minutes=10)).gathered.floods
        assert (again, held.asked()) == (flood, 2)
        assert held.run().gathered.floods == (flood,)
        assert [one.header(b"If-None-Match") for one in held.server.seen] == [None, b'"1"', None]
        standing = held.standing()
        assert (standing.state, standing.since, standing.succeeded) == (State.HELD, NOON + 2 * HOURS, NOON + HOURS)
        assert "20 of 20 new entries" in standing.reason

    def test_its_owner_accepts_it_and_it_need_not_wait_for_its_interval(self, held: Tended) -> None:
        held.run()
        assert held.command("accept", "pier") == (0, "pier: what is held is let in with the next run\n")
        report = held.run(after=timedelta(minutes=1))
        assert (report.gathered.floods, report.gathered.polled.put.new) == ((), 20)
        assert held.standing().wishes == {}
        held.answers["/pier"] = answer(rss(range(20), site="newer.example/y", edit="?"))
        assert len(held.run().gathered.floods) == 1  # accepted was that one, and no other

    def test_a_run_accepts_it_as_well(self, held: Tended) -> None:
        held.run()
        assert held.run(after=timedelta(0), accept_new=frozenset({"pier"})).gathered.polled.put.new == 20

    def test_a_feed_that_takes_it_back_goes_on_as_if_nothing_was(self, held: Tended) -> None:
        held.run()
        held.answers["/pier"] = answer(rss(range(21)))
        report = held.run()
        assert (report.gathered.floods, report.gathered.polled.put.new) == ((), 1)
        assert held.standing().state is State.WELL

    def test_accepting_never_breaks_a_promise_to_its_server_and_waits_until_a_poll_brings_something(
        self, held: Tended
    ) -> None:
        held.answers["/pier"] = answer(rss(range(20), site="new.example/x", edit="!"), "Retry-After: 86400")
        held.run()
        held.wish("pier", Wish.ACCEPT)
        assert held.run().gathered.polled.asked == 0
        held.answers["/pier"] = answer(status="500 Oh")
        held.run(after=timedelta(days=1))
        assert held.run(after=timedelta(minutes=1)).gathered.polled.asked == 0
        assert Wish.ACCEPT in held.standing().wishes
        held.answers["/pier"] = answer(rss(range(20), site="new.example/x", edit="!"))
        assert held.run(after=timedelta(days=1)).gathered.polled.put.new == 20

    def test_what_is_new_and_a_feed_that_is_new_to_us_is_no_flood(self, site: Tended) -> None:
        site.answers["/pier"] = answer(rss(range(20)))
        assert site.run().gathered.floods == ()
        site.answers["/pier"] = answer(rss(range(20, 60)))
        assert site.run().gathered.floods == ()

    def test_a_title_that_came_again_and_again_says_nothing(self, site: Tended) -> None:
        def weather(first: int) -> bytes:
            document = rss(range(first, first + 15))
            for number in range(first, first + 15):
                document = document.replace(b"Story %d<" % number, b"Warning for place %d<" % (number % 15))
            return document

        for first in range(0, 60, 15):
            site.answers["/pier"] = answer(weather(first))
            accepted = frozenset({"pier"} if first in {15, 30} else ())
            assert site.run(accept_new=accepted).gathered.floods == ()
