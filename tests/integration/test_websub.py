"""Hubs told of news: exactly of that, once each, and never at the cost of a pass."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom, related
from websub_hub import Asked, Hub, Origin, Reply, Subscriber, sent

from aggregator.cli.hubs import hub_lines, hub_object
from aggregator.options import Options
from aggregator.run.rehearsal import rehearse
from aggregator.websub.announcing import Bounds, announce

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aggregator.run import Report

MINUTE = timedelta(minutes=1)
FORMS = ("atom", "json", "rss")
ALL, PROVIDER, SEA, WIND = (
    [f"{name}.{form}" for form in FORMS] for name in ("all", "providers/harbour.example", "topics/sea", "topics/wind")
)
NEWS_OF_A = sorted([*ALL, *PROVIDER, *SEA])


class Site:
    """A site that is served, with hubs, whose first pass is done; and a subscriber."""

    def __init__(self, folder: Path, stack: ExitStack, hubs: int = 1) -> None:
        self.room = Newsroom(folder / "site")
        self.origin = stack.enter_context(Origin(self.room.out))
        self.subscriber = stack.enter_context(Subscriber())
        self.hubs = [stack.enter_context(Hub()) for _ in range(hubs)]
        self.hub = self.hubs[0]
        self.name(*(hub.url for hub in self.hubs))
        self.room.article("a.md", topics=["Sea"])
        self.room.article("b.md", topics=["Wind"])
        self.room.run()

    def name(self, *hubs: str) -> None:
        """Name hubs in the configuration, and in the headers of the web server."""
        self.origin.hubs = hubs
        text = CONFIG.replace("https://feeds.test.example/", self.origin.url)
        self.room.configure(f"{text}hub: [{', '.join(hubs)}]\n")

    def edit(self, **given: object) -> None:
        self.room.article("a.md", topics=["Sea"], **given)

    def said(self, report: Report) -> list[str]:
        lines = [one.strip() for one in hub_lines(report.announced, dry=False)]
        for number, hub in enumerate(self.hubs, start=1):
            lines = [one.replace(hub.url, f"HUB{number}") for one in lines]
        return lines


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def site(tmp_path: Path, stack: ExitStack) -> Site:
    return Site(tmp_path, stack)


@pytest.fixture
def two(tmp_path: Path, stack: ExitStack) -> Site:
    return Site(tmp_path, stack, hubs=2)


def test_what_changed_reaches_a_subscriber_byte_for_byte(site: Site) -> None:
    for path in ("all.atom", "topics/sea.json", "topics/wind.rss"):
        assert site.subscriber.subscribe(site.hub, f"{site.origin.url}{path}") == 202
    site.edit(title="News of a")
    report = site.room.run()
    received = {one.body: one for one in site.subscriber.received}
    assert received.keys() == {(site.room.out / path).read_bytes() for path in ("all.atom", "topics/sea.json")}
    notice = received[(site.room.out / "all.atom").read_bytes()]
    assert b"News of a" in notice.body
    assert notice.headers["content-type"] == "application/atom+xml"
    assert notice.headers["link"] == f'<{site.hub.url}>; rel="hub", <{site.origin.url}all.atom>; rel="self"'
    assert hub_object(report.announced) == {"announced": 9, "owed": 0, "dropped": 0}
    assert site.said(report) == ["hubs      9 announcements made"]


def test_an_announcement_is_what_every_hub_understands_and_nothing_else(site: Site) -> None:
    site.edit(title="News of a")
    site.room.run()
    for asked in site.hub.asked:
        address = asked.form["hub.url"]
        assert asked.form == {"hub.mode": "publish", "hub.url": address, "hub.topic": address}
        assert set(asked.headers) == {"host", "user-agent", "content-type", "connection", "content-length"}
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


def test_only_feeds_with_news_are_announced_and_each_once(site: Site) -> None:
    assert site.hub.taken() == []  # of a new feed there is no subscriber yet
    site.room.run()
    assert site.hub.taken() == []
    site.edit(title="News of a")
    site.room.run()
    assert site.hub.taken() == NEWS_OF_A
    site.room.run()
    site.room.run(full=True)
    assert site.hub.taken() == []
    site.room.article("c.md", topics=["Wind", "Tide"])
    site.room.run()
    assert site.hub.taken() == sorted([*ALL, *PROVIDER, *WIND])


def test_a_feed_that_only_looks_different_is_not_announced(site: Site) -> None:
    site.edit(related=[related("b.md")])
    assert site.room.run().published.written > 0
    site.room.configure(site.room.config_file.read_text() + "entry: {image: false}\ntext: {read: Read on}\n")
    assert site.room.run().published.written > 0
    assert site.hub.taken() == []


def test_a_hub_that_joins_is_owed_nothing_of_the_past(site: Site) -> None:
    site.name()
    site.edit(title="News of a")
    site.room.run()
    site.name(site.hub.url)
    assert site.room.run().published.written > 0
    assert site.hub.taken() == []


def test_news_of_one_second_has_an_instant_of_its_own_whatever_is_still_owed(site: Site) -> None:
    """A hub may be told of the first while the second comes, and what it was told is known by that instant."""
    site.hub.fails(503)
    manifest = site.room.state / "manifest.json"
    instants = []
    for title in ("One", "Two", "Three"):
        site.edit(title=title)
        site.room.run()
        kept = json.loads(manifest.read_bytes())
        instants += [one["feeds"]["all.atom"] for one in kept["owed"].values()]
        manifest.write_text(json.dumps({**kept, "owed": {}}))
    assert len(set(instants)) == 3


def test_news_within_one_second_are_announced_again(site: Site) -> None:
    for title in ("News", "More news"):
        site.edit(title=title)
        site.room.run_again()
        assert site.hub.taken() == NEWS_OF_A


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_a_hub_does_not_take_waits_and_is_announced_once(site: Site, status: int) -> None:
    site.hub.fails(status)
    site.edit(title="News of a")
    report = site.room.run()
    assert len(site.hub.asked) == 1
    assert not report.faults
    (line,) = site.said(report)
    assert line.startswith("hub       HUB1: 9 announcements owed, next try 2026-11-01 14:01 UTC (it answered ")
    site.hub.down = None
    early = site.room.run(after=MINUTE / 2)
    assert site.said(early) == [line]
    assert site.hub.taken() == []
    report = site.room.run(after=MINUTE / 2)
    assert site.hub.taken() == NEWS_OF_A
    assert hub_object(report.announced) == {"announced": 9, "owed": 0, "dropped": 0}
    assert site.said(site.room.run()) == []


def test_a_hub_that_cannot_be_reached_is_left_alone_for_longer_each_time(tmp_path: Path) -> None:
    with ExitStack() as gone:
        site = Site(tmp_path, gone)
    site.edit(title="News of a")
    report = site.room.run()
    waits: list[float] = []
    while len(waits) < 11:
        (owing,) = report.announced.owed.values()
        assert owing.not_before is not None
        waits.append((owing.not_before - site.room.now) / MINUTE)
        report = site.room.run(after=owing.not_before - site.room.now)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert "(it cannot be reached: connection refused)" in site.said(report)[0]


def test_a_hub_that_asks_for_more_time_gets_it(site: Site) -> None:
    site.hub.fails(503, Retry_After="7200")
    site.edit(title="News of a")
    site.room.run()
    site.hub.down = None
    site.room.run(after=timedelta(hours=1))
    assert site.hub.taken() == []
    site.room.run(after=timedelta(hours=1))
    assert site.hub.taken() == NEWS_OF_A


def test_a_hub_that_fails_for_a_week_is_told_no_more_of_what_is_old(site: Site) -> None:
    site.hub.fails(500)
    site.edit(title="News of a")
    site.room.run()
    site.room.article("b.md", topics=["Wind"], title="News of b")
    report = site.room.run(after=timedelta(days=6))
    assert hub_object(report.announced) == {"announced": 0, "owed": 12, "dropped": 0}
    report = site.room.run(after=timedelta(days=1))
    assert sorted(one.location for one in report.faults) == SEA
    assert {one.code for one in report.faults} == {"hub_silent"}
    site.hub.down = None
    site.room.run()
    assert site.hub.taken() == sorted([*ALL, *PROVIDER, *WIND])


@pytest.mark.parametrize("status", [400, 403, 410, 307])
def test_what_a_hub_refuses_is_dropped_and_said(site: Site, status: int) -> None:
    site.hub.fails(status, Location=f"{site.subscriber.url}elsewhere")
    site.edit(title="News of a")
    report = site.room.run()
    assert sorted(one.location for one in report.faults) == NEWS_OF_A
    assert {one.code for one in report.faults} == {"hub_refused"}
    assert f"the hub {site.hub.url} refused its announcement: it answered {status} (" in report.faults[0].reason
    assert not site.subscriber.asked
    site.hub.down = None
    assert not site.room.run().faults
    assert site.hub.taken() == []


def test_a_hub_that_is_down_costs_another_one_nothing(two: Site) -> None:
    first, second = two.hubs
    first.fails(503)
    two.edit(title="News of a")
    report = two.room.run()
    assert second.taken() == NEWS_OF_A
    assert two.said(report)[0] == "hubs      9 announcements made"
    first.down = None
    two.room.run()
    assert (first.taken(), second.taken()) == (NEWS_OF_A, [])


def test_a_hub_or_a_format_that_leaves_the_configuration_is_owed_nothing(two: Site) -> None:
    first, second = two.hubs
    first.fails(503)
    second.fails(503)
    two.edit(title="News of a")
    two.room.run()
    two.name(second.url)
    two.room.configure(two.room.config_file.read_text().replace("[atom, rss, json]", "[rss]"))
    report = two.room.run(after=MINUTE / 2)
    assert two.said(report) == [
        "hub       HUB2: 3 announcements owed, next try 2026-11-01 14:01 UTC (it answered 503 (Service Unavailable))"
    ]
    assert len(first.asked) == 1


def test_what_is_owed_goes_to_the_address_that_a_feed_has_now(site: Site, stack: ExitStack) -> None:
    site.hub.fails(503)
    site.edit(title="News of a")
    site.room.run()
    site.hub.down = None
    site.origin = stack.enter_context(Origin(site.room.out))
    site.name(site.hub.url)
    site.room.run()
    assert len(site.hub.pings) == 9
    assert all(ping.startswith(site.origin.url) for ping in site.hub.pings)


def test_a_dry_run_tells_nobody_and_keeps_what_is_owed(site: Site) -> None:
    site.edit(title="News of a")
    report = rehearse(site.room.loaded(), site.room.now, Options(), lambda *_: None)
    assert hub_lines(report.announced, dry=True) == [f"  hub       {site.hub.url}: 9 announcements to make"]
    assert not site.hub.asked
    site.room.run()
    assert len(site.hub.taken()) == 9


def test_a_pass_that_has_nothing_to_announce_writes_nothing(site: Site) -> None:
    site.edit(title="News of a")
    site.room.run()
    site.room.run()  # notes the revision that the news got
    manifest = site.room.state / "manifest.json"
    before = manifest.stat()
    site.room.run()
    assert (manifest.stat().st_mtime_ns, manifest.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_hub_that_hangs_is_waited_for_once_and_beside_the_others(two: Site) -> None:
    slow, quick = two.hubs
    slow.fails(503)
    quick.fails(503)
    two.edit(title="News of a")
    owed = two.room.run().announced.owed
    slow.hangs()
    quick.down = None
    later, site = two.room.now + timedelta(hours=1), two.room.loaded().site
    made = announce(owed, site, later, lambda *_: None, Bounds(each=timedelta(seconds=1)))
    assert (made.sent, len(slow.asked), quick.taken()) == (9, 2, NEWS_OF_A)
    assert list(made.owed) == [slow.url]
    assert made.owed[slow.url].feeds == owed[slow.url].feeds
    assert made.owed[slow.url].reason == "not done within 1 s"


def test_what_there_is_no_time_for_is_left_to_the_next_pass(site: Site) -> None:
    site.hub.fails(503)
    site.edit(title="News of a")
    owed = site.room.run().announced.owed
    later, loaded = site.room.now + timedelta(hours=1), site.room.loaded().site
    made = announce(owed, loaded, later, lambda *_: None, Bounds(begun=timedelta(0)))
    assert made.owed == owed
    assert len(site.hub.asked) == 1


def test_the_reply_of_a_hub_is_not_shown(site: Site) -> None:
    def long(_: Asked) -> Reply:
        return Reply(400, {"X-Note": "c2VjcmV0"}, b"c2VjcmV0" * 10_000)

    site.hub.down = long
    site.edit(title="News of a")
    report = site.room.run()
    assert len(report.faults) == 9
    assert not any("c2VjcmV0" in str(one) for one in report.faults)


def test_a_query_of_the_hub_is_sent_but_not_said(site: Site) -> None:
    site.name(f"{site.hub.url}?key=c2VjcmV0")
    site.hub.fails(503)
    site.edit(title="News of a")
    report = site.room.run()
    assert site.hub.asked[0].path == "/?key=c2VjcmV0"
    assert "c2VjcmV0" not in "".join(site.said(report))


def test_the_hub_of_these_tests_verifies_who_subscribes(site: Site) -> None:
    form = f"hub.mode=subscribe&hub.topic=x&hub.callback={site.subscriber.url}"
    assert sent("POST", site.hub.url, form.encode()).status == 403
