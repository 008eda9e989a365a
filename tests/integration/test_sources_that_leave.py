"""Sources that leave the configuration, on purpose or by accident, and what stays of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from following import Site, names
from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom

from aggregator.cli.report import Tone, as_text
from aggregator.config import load
from aggregator.core.health import Wish
from aggregator.errors import ConfigError
from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def settings(room: Newsroom) -> dict[str, str]:
    with closing(sqlite3.connect(room.state / sqlite.FILE)) as database:
        return dict(database.execute("SELECT name, value FROM setting"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback() as server:
        yield Site(tmp_path, server)


def test_what_rules_left_out_stays_so_while_their_source_is_held(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    more = "  - {path: more, rules: [{drop: {words: advertorial}}]}\n"
    room.configure(CONFIG.replace("  - path: articles\n", f"  - path: articles\n{more}"))
    for number in range(24):
        room.write(
            f"../more/m{number}.md",
            f"---\noriginalUrl: https://www.more.example/{number}\ntitle: {'Advertorial' if number < 2 else 'More'} {number}\n---\n",
        )
    room.article("a.md")
    room.run()
    before = sorted(room.titles())
    assert len(before) == 23
    room.configure(CONFIG)
    (held,) = room.run().gathered.held
    assert held.source == "more"
    assert sorted(room.titles()) == before


def test_nothing_is_remembered_of_how_a_folder_was_understood_that_left(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.configure(CONFIG.replace("  - path: articles\n", "  - path: articles\n  - path: more\n"))
    room.article("a.md")
    room.article("../more/m.md")
    room.run()
    before = settings(room)
    room.configure(CONFIG)
    assert room.run().gathered.put.removed == 1
    assert before.keys() - settings(room).keys() == {"meaning of more"}
    assert all(settings(room).values())


def test_many_small_sources_that_go_at_once_wait_for_a_person_and_are_told_of_together(site: Site) -> None:
    blocks = [f"name: f{number}" for number in range(8)]
    site.follow(*blocks)
    for number in range(8):
        items = [{**one, "name": f"{number}{one['name']}"} for one in names(4)]
        site.gives(*items, number=number)
    site.run()
    before = sorted(site.room.titles())
    assert len(before) == 32
    site.follow(*blocks[:1])
    report = site.run()
    assert len(report.gathered.held) == 7
    assert sorted(site.room.titles()) == before
    said = as_text(report, site.room.loaded(), timedelta(0), Tone(quiet=True))
    assert "7 sources left the configuration, and with them 28 articles" in said
    assert said.endswith("--accept-removals '*'")
    site.run(accept_removals=frozenset({"*"}))
    assert len(site.room.titles()) == 4


def test_a_feed_that_could_never_be_read_keeps_no_other_one(site: Site) -> None:
    site.follow("name: dead", "name: small")
    site.answers["/0"] = answer(status="404 Not Found")
    site.gives(*names(3), number=1)
    site.room.article("a.md")
    site.run()
    site.follow("name: dead")
    report = site.run()
    assert report.gathered.held == ()
    assert site.room.titles() == ["Title of a"]


def test_an_included_file_that_was_cut_to_nothing_is_a_fault(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.configure(f"{CONFIG}include: more.yaml\n")
    (room.config_file.parent / "more.yaml").write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="it is empty; bring its feeds back"):
        load(room.config_file, {})


def test_wishes_under_an_old_and_a_new_name_are_one(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(2))
    site.run()
    with sqlite.beside(site.room.state) as store:
        for name in ("pier", "new pier"):
            store.health.make_wish(name, Wish.PAUSE, site.room.now)
    site.follow("name: new pier")
    report = site.run()
    assert report.gathered.paused == ("new pier",)
    assert len(site.room.titles()) == 2


def test_a_reset_asks_once(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(2))
    site.run()
    with sqlite.beside(site.room.state) as store:
        store.health.make_wish("pier", Wish.RESET, site.room.now)
    asked = [site.room.run(after=timedelta(minutes=1)).gathered.polled.asked for _ in range(3)]
    assert asked == [1, 0, 0]
