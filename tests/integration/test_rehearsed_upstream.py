"""A dry run asks no upstream feed, and never says "nothing changed" of what it does not know."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from following import Site
from loopback import Loopback

from aggregator.cli.report import Tone, as_object, as_text
from aggregator.options import Options
from aggregator.run.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aggregator.run import Report

UNKNOWN = "none asked: what they have is not known before a run"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback() as server:
        site = Site(tmp_path, server)
        site.room.article("a.md")
        yield site


def rehearsed(site: Site, after: timedelta = timedelta(hours=2), **options: Any) -> Report:
    return rehearse(site.room.loaded(), site.room.now + after, Options(**options), lambda *_: None)


def said(site: Site, report: Report) -> str:
    return as_text(report, site.room.loaded(), timedelta(0), Tone(dry=True))


def test_feeds_that_joined_an_idle_site_are_said_to_be_unknown(site: Site) -> None:
    site.run()
    assert "upstream" not in said(site, rehearsed(site))
    site.follow("name: pier", "name: quay")
    report = rehearsed(site)
    assert "nothing changed" in said(site, report)
    assert f"  upstream  2 feeds   2 due   {UNKNOWN}" in said(site, report)
    assert as_object(report)["upstream"]["not_asked"] == 2
    assert site.server.seen == []


def test_feeds_that_are_not_due_yet_leave_nothing_unknown(site: Site) -> None:
    site.follow("name: pier")
    site.gives({"name": "a"})
    site.run()
    soon = rehearsed(site, timedelta(minutes=1))
    assert "upstream" not in said(site, soon)
    assert as_object(soon)["upstream"]["not_asked"] == 0
    assert UNKNOWN in said(site, rehearsed(site, timedelta(minutes=1), ask_now=True))
    site.room.article("b.md")
    assert "1 feed   none asked, none is due" in said(site, rehearsed(site, timedelta(minutes=1)))


def test_a_list_that_was_never_asked_for_is_unknown_as_well(site: Site) -> None:
    site.run()
    lists = f"upstream_from: [{{url: '{site.server.url('/list.opml')}', private: true}}]\n"
    site.follow("name: pier")
    site.room.configure(site.room.config_file.read_text(encoding="utf-8").partition("upstream:")[0] + lists)
    assert f"  upstream  0 feeds   1 due   {UNKNOWN}" in said(site, rehearsed(site))
