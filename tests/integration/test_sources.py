"""The health of sources: what is remembered of them, what their owner wishes, and the brake for floods of upstream feeds."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, answer
from newsroom import CONFIG, NOON, Newsroom

from aggregator import status
from aggregator.core.health import Tally, Wish
from aggregator.standing import Standing, State, standings
from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

COMMAND = (sys.executable, "-m", "aggregator")
HOURS = timedelta(hours=2)


def rss(numbers: Sequence[int], site: str = "www.pier.example", edit: str = "") -> bytes:
    items = "".join(
        f"<item><title>Story {one}{edit}</title><link>https://{site}/{one}</link><guid>{site} {one}</guid>"
        f"<pubDate>Tue, 20 Oct 2026 {one // 60:02}:{one % 60:02}:00 GMT</pubDate></item>"
        for one in numbers
    )
    return f"<rss version='2.0'><channel><title>Pier</title><link>/</link>{items}</channel></rss>".encode()


class Site:
    """A newsroom that follows feeds of a server on loopback, by name."""

    def __init__(self, folder: Path, server: Loopback) -> None:
        self.room = Newsroom(folder / "site")
        self.server = server
        self.answers: dict[str, Any] = {}
        server.answers = self.answers

    def follow(self, *names: str, extra: str = "") -> None:
        blocks = [f"  - {{url: {self.server.url(f'/{one}')}, private: true, name: {one}}}\n" for one in names]
        self.room.configure(f"{CONFIG}{extra}upstream:\n{''.join(blocks)}")

    def run(self, after: timedelta = HOURS, **options: Any) -> Any:
        return self.room.run(after=after, **options)

    def asked(self, name: str = "pier") -> int:
        return sum(seen.path == f"/{name}" for seen in self.server.seen)

    def command(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            [*COMMAND, "sources", *words],
            cwd=self.room.folder, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr

    def standing(self, name: str = "pier") -> Standing:
        with sqlite.looked_into(self.room.state) as store:
            (found,) = (one for one in standings(self.room.loaded(), store) if one.name == name)
        return found

    def wish(self, name: str, wish: Wish) -> None:
        with sqlite.beside(self.room.state) as store:
            store.health.make_wish(name, wish, self.room.now)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback() as server:
        site = Site(tmp_path, server)
        site.follow("pier")
        yield site


@pytest.fixture
def held(site: Site) -> Site:
    """Return a site of which a feed came back with all of its ids and addresses changed, dates and titles as before."""
    site.answers["/pier"] = answer(rss(range(20)), 'ETag: "1"')
    site.run()
    site.answers["/pier"] = answer(b"".join([rss(range(20), site="new.example/x", edit="!")]), 'ETag: "2"')
    return site


class TestFlood:
    """A poll that would announce known entries as news waits for a person."""

    def test_it_is_held_on_every_pass_and_fetched_again_after_an_interval(self, held: Site) -> None:
        before = held.room.output()
        (flood,) = held.run().gathered.floods
        assert (flood.source, flood.new, flood.alike, len(flood.examples)) == ("pier", 20, 20, 10)
        assert held.room.output() == before
        (again,) = held.run(after=timedelta(minutes=10)).gathered.floods
        assert (again, held.asked()) == (flood, 2)
        assert held.run().gathered.polled.floods == [flood]
        assert [one.header(b"If-None-Match") for one in held.server.seen] == [None, b'"1"', None]
        standing = held.standing()
        assert (standing.state, standing.since, standing.succeeded) == (State.HELD, NOON + 2 * HOURS, NOON + HOURS)
        assert "20 of 20 new entries" in standing.reason

    def test_its_owner_accepts_it_and_it_need_not_wait_for_its_interval(self, held: Site) -> None:
        held.run()
        assert held.command("accept", "pier") == (0, "pier: what is held is let in with the next run\n")
        report = held.run(after=timedelta(minutes=1))
        assert (report.gathered.floods, report.gathered.polled.put.new) == ([], 20)
        assert held.standing().wishes == {}
        held.answers["/pier"] = answer(rss(range(20), site="newer.example/y", edit="?"))
        assert len(held.run().gathered.floods) == 1  # accepted was that one, and no other

    def test_a_run_accepts_it_as_well(self, held: Site) -> None:
        held.run()
        assert held.run(after=timedelta(0), accept_new=frozenset({"pier"})).gathered.polled.put.new == 20

    def test_a_feed_that_takes_it_back_goes_on_as_if_nothing_was(self, held: Site) -> None:
        held.run()
        held.answers["/pier"] = answer(rss(range(21)))
        report = held.run()
        assert (report.gathered.floods, report.gathered.polled.put.new) == ([], 1)
        assert held.standing().state is State.WELL

    def test_accepting_never_breaks_a_promise_to_its_server_and_waits_until_a_poll_brings_something(
        self, held: Site
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

    def test_what_is_new_and_a_feed_that_is_new_to_us_is_no_flood(self, site: Site) -> None:
        site.answers["/pier"] = answer(rss(range(20)))
        assert site.run().gathered.floods == []
        site.answers["/pier"] = answer(rss(range(20, 60)))
        assert site.run().gathered.floods == []

    def test_a_title_that_came_again_and_again_says_nothing(self, site: Site) -> None:
        def weather(first: int) -> bytes:
            document = rss(range(first, first + 15))
            for number in range(first, first + 15):
                document = document.replace(b"Story %d<" % number, b"Warning for place %d<" % (number % 15))
            return document

        for first in range(0, 60, 15):
            site.answers["/pier"] = answer(weather(first))
            accepted = frozenset({"pier"} if first in {15, 30} else ())
            assert site.run(accept_new=accepted).gathered.floods == []


class TestWishes:
    """What an owner wishes is done by the next pass, also where one is at work."""

    def test_they_are_made_while_a_pass_holds_the_state(self, site: Site) -> None:
        site.answers["/pier"] = answer(rss(range(3)))
        site.run()
        with sqlite.opened(site.room.state, timedelta(0)) as store:
            revision = store.ledger.revision()
            assert site.command("pause", "pier")[0] == 0
            assert "1 paused" in site.command()[1]
            store.polls.keep(store.polls.all())
            assert list(store.health.wishes()) == ["pier"]
            assert store.ledger.revision() == revision + 1  # of what the pass kept alone

    def test_paused_is_neither_read_nor_taken_down_until_it_is_resumed(self, site: Site) -> None:
        site.room.article("a.md")
        site.answers["/pier"] = answer(rss(range(3)))
        site.run()
        before = site.room.output()
        for name in ("pier", "articles"):
            site.command("pause", name)
        site.room.remove("a.md")
        report = site.run(ask_now=True, full=True)
        assert (report.gathered.paused, site.asked()) == (["articles", "pier"], 1)
        assert site.room.output().keys() == before.keys()
        assert len(site.room.titles()) == 4
        assert site.command("resume", "pier", "articles")[0] == 0
        assert len(site.run(accept_removals=frozenset({"articles"})).gathered.paused) == 0
        assert (site.asked(), len(site.room.titles())) == (2, 3)

    def test_a_pause_is_said_in_one_line_and_outlives_a_second_one(self, site: Site) -> None:
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

    def test_reset_forgets_410_and_failures_but_no_entry(self, site: Site) -> None:
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

    def test_reset_waits_as_long_as_a_server_asked(self, site: Site) -> None:
        site.answers["/pier"] = answer(b"", "Retry-After: 86400", status="429 No")
        site.run()
        site.wish("pier", Wish.RESET)
        assert site.run().gathered.polled.asked == 0
        assert site.standing().because == "retry_after"
        assert site.run(after=timedelta(days=1)).gathered.polled.asked == 1

    def test_reset_of_a_folder_reads_every_file_once(self, site: Site) -> None:
        site.room.article("a.md")
        site.run()
        site.wish("articles", Wish.RESET)
        assert site.run().gathered.put.same == 1
        assert site.run().gathered.put.same == 0

    def test_accepting_lets_removals_and_new_articles_of_a_folder_in_once(self, site: Site) -> None:
        for number in range(30):
            site.room.article(f"a{number:02}.md")
        site.run()
        for number in range(25):
            site.room.remove(f"a{number:02}.md")
        assert len(site.run().gathered.held) == 1
        standing = site.standing("articles")
        assert (standing.state, standing.code, standing.files) == (State.HELD, "removals", 5)
        site.wish("articles", Wish.ACCEPT)
        assert site.run().gathered.held == []
        standing = site.standing("articles")
        assert (standing.state, standing.wishes, standing.counts.entries) == (State.WELL, {}, 5)

    def test_a_wish_for_a_folder_that_is_away_waits_for_it(self, site: Site) -> None:
        site.room.article("a.md")
        site.run()
        site.room.articles.rename(site.room.folder / "away")
        site.wish("articles", Wish.ACCEPT)
        site.run()
        standing = site.standing("articles")
        assert (standing.state, standing.code) == (State.HELD, "missing")
        assert Wish.ACCEPT in standing.wishes

    def test_a_wish_that_is_made_anew_while_the_old_one_is_done_stays(self, site: Site) -> None:
        site.run()
        with sqlite.beside(site.room.state) as store:
            store.health.make_wish("pier", Wish.ACCEPT, NOON)
            store.health.make_wish("pier", Wish.ACCEPT, NOON + HOURS)
            assert not store.health.end_wish("pier", Wish.ACCEPT, NOON)
            assert store.health.wishes() == {"pier": {Wish.ACCEPT: NOON + HOURS}}

    def test_a_source_that_leaves_the_configuration_takes_all_of_it_along(self, site: Site) -> None:
        site.run()
        site.wish("pier", Wish.PAUSE)
        site.room.configure(CONFIG)
        site.run()
        with sqlite.looked_into(site.room.state) as store:
            assert (store.health.wishes(), store.health.tallies()) == ({}, {})

    def test_they_may_come_before_the_first_run(self, site: Site) -> None:
        assert "2 not read yet" in site.command()[1]
        assert not site.room.state.exists()
        assert site.command("pause", "pier")[0] == 0
        assert site.run().gathered.paused == ["pier"]

    def test_a_name_that_there_is_not_is_a_mistake(self, site: Site) -> None:
        code, said = site.command("pause", "peer")
        assert (code, said) == (2, "error: no source is called peer; there is: articles, pier\n")
        assert site.command("peer")[0] == 2


def test_lists_and_what_they_name_are_sources_too(site: Site) -> None:
    outline = f"<outline type='rss' text='Pier' xmlUrl='{site.server.url('/pier')}'/>"
    site.answers["/list"] = answer(f"<opml version='2.0'><head/><body>{outline}</body></opml>".encode())
    site.answers["/pier"] = answer(status="404 No")
    block = f"{{url: {site.server.url('/list')}, private: true, name: many}}"
    site.room.configure(f"{CONFIG}upstream_from: [{block}]\n")
    site.run()
    code, said = site.command("--json")
    told = {one["name"]: (one["kind"], one["state"]) for one in json.loads(said)["sources"]}
    pier = f"127.0.0.1:{site.server.port}/pier"
    assert (code, told.pop("articles")) == (0, ("articles", "well"))
    assert told == {"many": ("list", "well"), pier: ("upstream", "failing")}
    assert site.command("pause", pier, "many")[0] == 0
    assert site.run(ask_now=True).gathered.paused == ["many", pier]
    assert site.asked() == site.asked("list") == 1


class TestEtiquette:
    """What asking costs others is counted."""

    def test_requests_answers_and_bytes_are_counted_by_day(self, site: Site) -> None:
        body = rss(range(3))
        site.answers["/pier"] = answer(body, 'ETag: "1"')
        site.run()
        site.answers["/pier"] = answer(status="304 Same")
        site.run()
        site.run()
        site.answers["/pier"] = answer(b"", "Retry-After: 60", status="503 Wait")
        site.run()
        site.answers["/other"] = answer(body)
        site.answers["/pier"] = answer(b"", "Location: /other", status="302 There")
        site.run(after=timedelta(days=1))
        host = f"127.0.0.1:{site.server.port}"
        first, second = site.standing().days.values()
        size = len(body)
        assert first == Tally(
            requests=4, fresh=1, unchanged=2, failed=1, slowed=1, slowed_by=frozenset({host}),
            received=size, saved=2 * size,
        )  # fmt: skip
        assert second == Tally(requests=2, fresh=1, received=size)
        code, said = site.command("--json")
        told = json.loads(said)
        assert (code, [day["requests"] for day in told["etiquette"]]) == (0, [4, 2])
        assert told["etiquette"][0]["slowed_by"] == [host]
        (pier,) = (one for one in told["sources"] if one["name"] == "pier")
        assert (pier["share_unchanged"], pier["bytes_saved"]) == (0.5, 2 * size)
        assert pier["last_error"]["reason"].startswith("it answered 503")

    def test_days_are_kept_for_ninety(self, site: Site) -> None:
        site.answers["/pier"] = answer(rss(range(3)))
        site.run()
        site.run(after=timedelta(days=90))
        assert len(site.standing().days) == 2
        site.run(after=timedelta(days=1))
        assert len(site.standing().days) == 2


@pytest.mark.parametrize(
    ("headers", "more", "because"),
    [
        ((), "", "interval"),
        (("Cache-Control: max-age=9000",), "", "max_age"),
        ((), "<ttl>300</ttl>", "ttl"),
        (("Retry-After: 9000",), "", "retry_after"),
    ],
)
def test_it_is_said_why_a_source_is_asked_when_it_is(
    site: Site, headers: tuple[str, ...], more: str, because: str
) -> None:
    site.answers["/pier"] = answer(rss(range(3)).replace(b"<link>/</link>", f"<link>/</link>{more}".encode()), *headers)
    site.run()
    assert site.standing().because == because
    with sqlite.opened(site.room.state, timedelta(0)) as store:
        assert store.polls.all()["pier"].because == because


def test_a_folder_was_read_when_the_last_good_pass_was(site: Site) -> None:
    site.room.article("a.md")
    for _ in range(2):
        assert subprocess.run([*COMMAND, "run", "-q"], cwd=site.room.folder, timeout=60, check=False).returncode == 0
    told = json.loads(site.command("--json", "articles")[1])["sources"][0]
    assert told["last_success"] == status.read(site.room.state).last_good.isoformat()  # type: ignore[union-attr]
