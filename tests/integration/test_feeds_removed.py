"""What leaves with an upstream feed is counted as its entries, not as articles."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from following import Site
from loopback import Loopback
from newsroom import CONFIG

from aggregator.cli.report import Tone, as_object, as_text
from aggregator.options import Options
from aggregator.run.logbook import records
from aggregator.run.rehearsal import rehearse

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.run import Report


def said(site: Site, report: Report, *, dry: bool = False) -> str:
    return as_text(report, site.room.loaded(), timedelta(0), Tone(dry=dry))


def test_the_entries_of_a_feed_that_left_are_no_articles(tmp_path: Path) -> None:
    with Loopback() as server:
        site = Site(tmp_path, server)
        site.room.article("a.md")
        site.follow("name: pier", "name: quay")
        site.gives(*({"name": one} for one in "bcd"))
        site.gives({"name": "e"}, number=1)
        site.run()
        site.follow("name: pier")
        report = site.run()
        assert "1 file   0 new   0 changed   0 related only   0 removed" in said(site, report)
        assert "0 dropped, 1 removed" in said(site, report)
        site.room.configure(CONFIG)
        rehearsed = rehearse(site.room.loaded(), site.room.now, Options(), lambda *_: None)
        report = site.run()
    for one, dry in ((rehearsed, True), (report, False)):
        assert "1 file   0 new   0 changed   0 related only   0 removed" in said(site, one, dry=dry)
        assert "  upstream  0 feeds   0 asked" in said(site, one, dry=dry)
        assert "0 dropped, 3 removed" in said(site, one, dry=dry)
    assert (as_object(report)["upstream"]["removed"], as_object(report)["files"]["removed"]) == (3, 0)
    assert dict(records(report, site.room.loaded())[-1].fields)["removed"] == 3
    assert site.room.titles() == ["Title of a"]


def test_the_files_of_a_folder_that_left_are_articles(tmp_path: Path) -> None:
    with Loopback() as server:
        site = Site(tmp_path, server)
        site.room.article("a.md")
        site.run()
        (site.room.folder / "config" / "other").mkdir()
        site.room.configure(CONFIG.replace("path: articles", "path: other"))
        report = site.run()
    assert (as_object(report)["upstream"]["removed"], as_object(report)["files"]["removed"]) == (0, 1)
