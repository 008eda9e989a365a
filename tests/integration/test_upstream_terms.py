"""What happens to the entries of upstream feeds when their place in the configuration changes, or the state is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from following import Site, names, rss
from loopback import Loopback, answer
from newsroom import CONFIG

from aggregator.cli.report import Tone, as_object, as_text
from aggregator.options import Options
from aggregator.run.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback() as server:
        yield Site(tmp_path, server)


def conditional(site: Site, *items: dict[str, Any]) -> None:
    """Serve a document that has not changed for whoever asks with its validator."""
    document = answer(rss(*items), "Content-Type: application/rss+xml", 'ETag: "one"')

    def give(talk: Any) -> None:
        unchanged = b"HTTP/1.1 304 Not Modified\r\n\r\n"
        talk.send(unchanged if talk.seen.header(b"if-none-match") else document)

    site.answers["/0"] = give


@pytest.mark.parametrize(
    ("terms", "feed"),
    [
        ("topics: [Fog]", "topics/fog"),
        ("categories: all", "topics/salt"),
        ("provider: {name: Bay Post, domain: bay.example}", "providers/bay.example"),
    ],
)
def test_other_terms_count_with_the_next_pass_although_the_document_is_the_same(
    site: Site, terms: str, feed: str
) -> None:
    site.follow("name: pier")
    conditional(site, *[{**one, "category": "Salt"} for one in names(3)])
    site.run()
    site.follow(f"name: pier, {terms}")
    report = site.room.run(after=timedelta(minutes=1))  # long before it is due
    assert report.gathered.polled.fresh == 1
    assert len(site.room.titles(feed)) == 3
    assert site.room.run(after=timedelta(minutes=1)).gathered.polled.asked == 0


def test_full_asks_without_validators_and_gives_the_same_bytes(site: Site) -> None:
    site.follow("name: pier")
    conditional(site, *names(3))
    site.run()
    before = site.room.output()
    report = site.run(full=True)
    assert report.gathered.polled.fresh == 1
    assert site.room.output() == before


def test_a_source_under_another_name_keeps_its_entries_also_while_its_server_is_down(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(8))
    site.run()
    site.gives(*names(12))
    site.run()
    before = site.room.output()
    ids = [one["id"] for one in site.room.items()]
    assert len(ids) == 9
    site.answers["/0"] = answer(b"", status="500 Oops")
    site.follow("name: harbour pier")
    report = site.run()
    assert not report.gathered.held
    assert site.room.output() == before
    site.gives(*names(11, first=1))
    site.run()
    assert [one["id"] for one in site.room.items()] == ids


def test_a_feed_at_another_address_goes_on_where_it_was(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(12))
    site.run()
    site.gives(*names(14))
    site.run()
    ids = [one["id"] for one in site.room.items()]
    assert len(ids) == 7
    site.room.configure(f"{CONFIG}upstream:\n  - {{url: {site.server.url('/moved')}, private: true}}\n")
    site.answers["/moved"] = answer(b"", status="503 Later")
    report = site.run()
    (held,) = report.gathered.held
    assert (held.source, held.what, held.gone) == ("pier", "entries", 14)
    assert [one["id"] for one in site.room.items()] == ids
    site.answers["/moved"] = site.answers["/0"]
    site.run(ask_now=True)
    assert [one["id"] for one in site.room.items()] == ids


def test_what_was_published_is_no_old_stock_when_the_state_is_lost(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(8))
    site.run()
    site.gives(*names(12))
    site.run()
    ids = [one["id"] for one in site.room.items()]
    assert len(ids) == 9
    for path in site.room.state.glob("aggregator.db*"):
        path.unlink()
    site.run()
    assert [one["id"] for one in site.room.items()] == ids


def test_an_empty_document_is_no_first_contact(site: Site) -> None:
    site.follow("name: pier")
    site.gives()
    site.run()
    site.gives(*names(24))
    site.run()
    assert len(site.room.titles()) == 5


def test_a_date_that_is_yet_to_come_makes_nothing_the_newest(site: Site) -> None:
    site.follow("name: pier, backlog: 2")
    far = {"name": "far", "pubDate": "Tue, 20 Oct 2099 10:00:00 GMT"}
    site.gives({**far, "name": "far1"}, {**far, "name": "far2"}, *names(3))
    site.run()
    assert site.room.titles() == ["Pier on n02", "Pier on n01"]


def test_guids_that_say_nothing_do_not_make_another_article_of_one(site: Site) -> None:
    site.follow("name: pier")
    site.gives({"name": "a", "guid": "latest"})
    site.run()
    first = site.room.item("Pier on a")
    site.gives({"name": "b", "guid": "latest", "pubDate": "Wed, 21 Oct 2026 10:00:00 GMT"})
    site.run()
    assert site.room.titles() == ["Pier on b", "Pier on a"]
    assert site.room.item("Pier on a")["id"] == first["id"]


def test_a_feed_that_counts_its_entries_from_the_top_changes_no_id(site: Site) -> None:
    site.room.article("a.md", originalUrl="https://www.pier.example/n02")
    site.follow("name: pier")
    ids: dict[str, str] = {}
    for last in range(4, 9):
        shown = [{**one, "guid": str(place)} for place, one in enumerate(reversed(names(last)[-4:]), 1)]
        site.gives(*shown)
        site.run()
        for item in site.room.items():
            assert ids.setdefault(item["title"], item["id"]) == item["id"]
            assert item["url"].rpartition("/")[2] in {item["title"].rpartition(" ")[2], "n02"}
    assert len(site.room.items()) == 8


def test_a_feed_cannot_take_an_article_of_ours_by_giving_an_entry_its_address(site: Site) -> None:
    site.follow("name: pier")
    site.gives({"name": "z", "guid": "tag:pier.example,2026:z"})
    site.run()
    site.room.article("a.md", originalUrl="https://www.harbour.example/a")
    site.run()
    before = site.room.item("Title of a")
    site.gives({"name": "z", "guid": "tag:pier.example,2026:z", "link": "https://www.harbour.example/a"})
    site.run()
    assert site.room.item("Title of a")["id"] == before["id"]
    site.gives({"name": "z", "guid": "tag:pier.example,2026:z"})
    site.run()
    assert site.room.item("Title of a")["id"] == before["id"]


def test_a_secret_that_was_missing_is_looked_for_with_each_pass(site: Site) -> None:
    site.follow("name: pier, headers: {X-Key: $PIER_KEY}")
    site.gives(*names(1))
    report = site.room.run()
    assert [fault.code for fault in report.faults] == ["upstream_secret"]
    assert not site.server.seen
    assert site.room.run(after=timedelta(minutes=1), environment={"PIER_KEY": "k"}).gathered.polled.fresh == 1


def said(site: Site, report: Any, **tone: bool) -> str:
    return as_text(report, site.room.loaded(), timedelta(0), Tone(**tone))


def test_what_became_no_entry_is_named_with_its_reason(site: Site) -> None:
    site.follow("name: pier")
    site.gives({"name": "a"}, {"name": "b", "link": None, "guid": "tag:b\nc"})
    report = site.run()
    polled = report.gathered.polled
    assert (polled.found, polled.put.new, polled.dropped) == (2, 1, 1)
    (drop,) = as_object(report)["drops"]
    assert drop["location"] == "pier: tag:b c"
    assert drop["reason"] in said(site, report, verbose=True)
    assert drop["reason"] not in said(site, report)


def test_who_asks_for_a_source_before_it_is_time_is_told_when_that_is(site: Site) -> None:
    site.follow("name: pier")
    site.gives({"name": "a"})
    site.run()
    report = site.room.run(after=timedelta(minutes=1), only=frozenset({"pier"}))
    assert "pier was not asked, it is due 2026-" in said(site, report)
    assert "--now asks at once" in said(site, report)
    assert "was not asked" not in said(site, site.run(only=frozenset({"pier"})))


def test_a_dry_run_says_that_it_asks_nobody(site: Site) -> None:
    site.follow("name: pier")
    site.gives({"name": "a"})
    site.room.article("a.md")
    report = rehearse(site.room.loaded(), site.room.now, Options(), lambda *_: None)
    assert "1 feed   1 due   none asked" in said(site, report, dry=True)
