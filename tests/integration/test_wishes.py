"""What the owner of sources wishes, and when it is done."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, answer
from newsroom import CONFIG, NOON
from prompt import COMMAND
from tended import HOURS, Tended, rss

from aggregator.core.health import Wish
from aggregator.standing import State
from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Tended]:
    with Loopback() as server:
        site = Tended(tmp_path, server)
        site.follow("pier")
        yield site


class TestWishes:
    """What an owner wishes is done by the next pass, also where one is at work."""

    def test_they_are_made_while_a_pass_holds_the_state(self, site: Tended) -> None:
        site.answers["/pier"] = answer(rss(range(3)))
        site.run()
        with sqlite.opened(site.room.state, timedelta(0)) as store:
            revision = store.ledger.revision()
            assert site.command("pause", "pier")[0] == 0
            assert "1 paused" in site.command()[1]
            store.polls.keep(store.polls.all())
            assert list(store.health.wishes()) == ["pier"]
            assert store.ledger.revision() == revision + 1  # of what the pass kept alone

    def test_paused_is_neither_read_nor_taken_down_until_it_is_resumed(self, site: Tended) -> None:
        site.room.article("a.md")
        site.answers["/pier"] = answer(rss(range(3)))
        site.run()
        before = site.room.output()
        for name in ("pier", "articles"):
            site.command("pause", name)
        site.room.remove("a.md")
        report = site.run(ask_now=True, full=True)
        assert (report.gathered.paused, site.asked()) == (("articles", "pier"), 1)
        assert site.room.output().keys() == before.keys()
        assert len(site.room.titles()) == 4
        assert site.command("resume", "pier", "articles")[0] == 0
        assert len(site.run(accept_removals=frozenset({"articles"})).gathered.paused) == 0
        assert (site.asked(), len(site.room.titles())) == (2, 3)

    def test_a_pause_is_said_in_one_line_and_outlives_a_second_one(self, site: Tended) -> None:
        site.answers["/pier"] = answer(rss(range(3)))
        site.run()
        site.command("pause", "pier")
        since = site.standing().since
        site.command("pause", "pier")
        assert site.standing().since == since
        done = subprocess.run(
            [*COMMAND, "run"], cwd=site.room.folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0
        assert done.stdout.count("pier") == 2
        assert "paused    pier: not read, nothing taken down; to go on: aggregator sources resume pier" in done.stdout

    def test_reset_forgets_410_and_failures_but_no_entry(self, site: Tended) -> None:
        site.answers["/pier"] = answer(rss(range(3)), 'ETag: "1"')
        site.run()
        site.answers["/pier"] = answer(status="410 Gone")
        site.run()
        assert site.standing().state is State.GONE
        site.answers["/pier"] = answer(rss(range(4)), 'ETag: "1"')
        assert site.run(ask_now=True).gathered.polled.asked == 0
        site.wish("pier", Wish.RESET)
        assert site.run(after=timedelta(minutes=1)).gathered.polled.put.new == 1
        assert site.server.seen[-1].header(b"If-None-Match") is None
        assert len(site.room.titles()) == 4  # what came is news, and no old stock
        assert site.standing().wishes == {}

    def test_reset_waits_as_long_as_a_server_asked(self, site: Tended) -> None:
        site.answers["/pier"] = answer(b"", "Retry-After: 86400", status="429 No")
        site.run()
        site.wish("pier", Wish.RESET)
        assert site.run().gathered.polled.asked == 0
        assert site.standing().because == "retry_after"
        assert site.run(after=timedelta(days=1)).gathered.polled.asked == 1

    def test_reset_of_a_folder_reads_every_file_once(self, site: Tended) -> None:
        site.room.article("a.md")
        site.run()
        site.wish("articles", Wish.RESET)
        assert site.run().gathered.put.same == 1
        assert site.run().gathered.put.same == 0

    def test_accepting_lets_removals_and_new_articles_of_a_folder_in_once(self, site: Tended) -> None:
        for number in range(30):
            site.room.article(f"a{number:02}.md")
        site.run()
        for number in range(25):
            site.room.remove(f"a{number:02}.md")
        assert len(site.run().gathered.held) == 1
        standing = site.standing("articles")
        assert (standing.state, standing.code, standing.files) == (State.HELD, "removals", 5)
        site.wish("articles", Wish.ACCEPT)
        assert site.run().gathered.held == ()
        standing = site.standing("articles")
        assert (standing.state, standing.wishes, standing.counts.entries) == (State.WELL, {}, 5)

    def test_a_wish_for_a_folder_that_is_away_waits_for_it(self, site: Tended) -> None:
        site.room.article("a.md")
        site.run()
        site.room.articles.rename(site.room.folder / "away")
        site.wish("articles", Wish.ACCEPT)
        site.run()
        standing = site.standing("articles")
        assert (standing.state, standing.code) == (State.HELD, "missing")
        assert Wish.ACCEPT in standing.wishes

    def test_a_wish_that_is_made_anew_while_the_old_one_is_done_stays(self, site: Tended) -> None:
        site.run()
        with sqlite.beside(site.room.state) as store:
            store.health.make_wish("pier", Wish.ACCEPT, NOON)
            store.health.make_wish("pier", Wish.ACCEPT, NOON + HOURS)
            assert not store.health.end_wish("pier", Wish.ACCEPT, NOON)
            assert store.health.wishes() == {"pier": {Wish.ACCEPT: NOON + HOURS}}

    def test_a_source_that_leaves_the_configuration_takes_all_of_it_along(self, site: Tended) -> None:
        site.run()
        site.wish("pier", Wish.PAUSE)
        site.room.configure(CONFIG)
        site.run()
        with sqlite.looked_into(site.room.state) as store:
            assert (store.health.wishes(), store.health.tallies()) == ({}, {})

    def test_they_may_come_before_the_first_run(self, site: Tended) -> None:
        assert "2 not read yet" in site.command()[1]
        assert not site.room.state.exists()
        assert site.command("pause", "pier")[0] == 0
        assert site.run().gathered.paused == ("pier",)

    def test_a_name_that_there_is_not_is_a_mistake(self, site: Tended) -> None:
        code, said = site.command("pause", "peer")
        assert (code, said) == (2, "error: no source is called peer; there is: articles, pier\n")
        assert site.command("peer")[0] == 2
