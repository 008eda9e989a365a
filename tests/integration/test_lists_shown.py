"""Lists of feeds as their owner sees them: how they stand, paused and resumed, what their feeds are called."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from following import rss
from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom
from prompt import COMMAND, said

from aggregator import config, status
from aggregator.errors import ConfigError
from aggregator.options import Options
from aggregator.run import noted
from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Site:
    """A newsroom with a list `mine` in a file and a list `planet` at an address."""

    def __init__(self, folder: Path, server: Loopback) -> None:
        self.room = Newsroom(folder / "site")
        self.server = server
        server.answers = {f"/{name}": answer(rss({"name": name})) for name in "abc"}
        planet = f"{{url: '{server.url('/list')}', name: planet, private: true}}"
        self.room.configure(f"{CONFIG}upstream_from: [{{path: mine.opml, name: mine, private: true}}, {planet}]\n")
        self.file = self.room.config_file.parent / "mine.opml"
        self.file.write_bytes(self.document("a", "b"))
        server.answers["/list"] = answer(self.document("b", "c"))

    def document(self, *names: str) -> bytes:
        outlines = "".join(f"<outline text='Feed {one}' xmlUrl='{self.server.url(f'/{one}')}'/>" for one in names)
        return f"<opml version='2.0'><body>{outlines}</body></opml>".encode()

    def name(self, feed: str) -> str:
        return self.server.url(f"/{feed}").removeprefix("http://")

    def run(self, **options: Any) -> Any:
        return self.room.run(after=timedelta(hours=2), **options)

    def command(self, *words: str) -> tuple[int, str]:
        return said(self.room, "sources", *words)

    def told(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in json.loads(self.command("--json")[1])["sources"]}

    def asked(self) -> list[str]:
        """Return what was asked since this was asked last."""
        paths = sorted(one.path for one in self.server.seen)
        self.server.seen.clear()
        return paths


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback() as server:
        yield Site(tmp_path, server)


def test_a_list_in_a_file_is_a_source_and_says_why_it_fails_and_when_it_was_read(site: Site) -> None:
    assert site.told()["mine"]["state"] == "new"
    site.run()
    well = site.told()["mine"]
    assert (well["kind"], well["state"], well["address"]) == ("list", "well", "mine.opml")
    assert (well["feeds"], well["files"]) == (2, 1)
    read = site.room.now.isoformat()
    site.file.write_bytes(b"<opml>")
    report = site.run()
    assert report.gathered.polled.failing == 1
    failing = site.told()["mine"]
    assert (failing["state"], failing["last_success"], failing["feeds"]) == ("failing", read, 2)
    assert failing["reason"].startswith("mine.opml:1:7: XML that is not well-formed")
    site.file.write_bytes(site.document("a"))
    site.run()
    assert site.told()["mine"]["state"] == "well"


def test_a_list_that_was_never_read_says_so(site: Site) -> None:
    site.file.unlink()
    site.run()
    broken = site.told()["mine"]
    assert (broken["state"], broken["last_success"]) == ("failing", None)
    assert "never read" in site.command("mine")[1]


def test_a_paused_list_is_not_read_nor_are_the_feeds_that_it_alone_names(site: Site) -> None:
    site.run()
    site.asked()
    assert site.command("pause", "mine")[1] == (
        "mine: paused, and the feeds that it alone names; what they gave stays published\n"
    )
    site.file.write_bytes(site.document("c"))
    report = site.run(ask_now=True)
    assert report.gathered.paused == ("mine",)
    assert site.asked() == ["/b", "/c", "/list"]
    assert len(site.room.titles()) == 3
    told = site.told()
    assert {name: one["state"] for name, one in told.items() if one["state"] == "paused"} == {
        "mine": "paused",
        site.name("a"): "paused",
    }
    assert told[site.name("a")]["paused_with"] == "mine"
    shown = site.command()[1]
    assert "left alone with the list mine" in shown
    assert f"sources resume {site.name('a')}" not in shown
    assert site.command("resume", site.name("a"))[1] == (
        f"{site.name('a')}: stays paused with the list mine; resume that\n"
    )
    site.command("resume", "mine")
    assert site.run(ask_now=True).gathered.paused == ()
    assert site.asked() == ["/b", "/c", "/list"]


def test_a_paused_list_at_an_address_is_not_asked_nor_are_its_own_feeds(site: Site) -> None:
    site.run()
    site.asked()
    site.command("pause", "planet")
    assert site.run(ask_now=True).gathered.paused == ("planet",)
    assert site.asked() == ["/a", "/b"]
    assert len(site.room.titles()) == 3


def test_the_status_counts_the_feeds_that_rest_with_a_list_as_the_sources_do(site: Site) -> None:
    site.run()
    site.command("pause", "mine")
    loaded, later = site.room.loaded(), site.room.now + timedelta(hours=2)
    with sqlite.opened(loaded.state, timedelta(0)) as store:
        report = noted.run(loaded, store, lambda: later, Options(), lambda *_: None)
    kept = status.read(loaded.state)
    assert kept
    assert report.gathered.paused == ("mine",)
    assert [one["state"] for one in site.told().values()].count("paused") == kept.counts.paused == 2


def test_wishes_that_mean_nothing_for_a_list_are_refused(site: Site) -> None:
    site.run()
    for words in (("accept", "planet"), ("accept", "articles", "mine"), ("reset", "mine")):
        code, said = site.command(*words)
        assert (code, said.lower().startswith("error: ")) == (2, True)
    assert all(one["wishes"] == {} for one in site.told().values())
    assert site.command("reset", "planet")[0] == 0


def test_feeds_of_a_list_are_shown_and_exported_by_its_titles(site: Site) -> None:
    site.run()
    assert site.told()[site.name("c")]["title"] == "Feed c"
    assert f"Feed c   {site.server.url('/c')}" in site.command(site.name("c"))[1]
    done = subprocess.run(
        [*COMMAND, "export-opml"], cwd=site.room.folder, capture_output=True, text=True, timeout=60, check=True
    )
    assert 'text="Feed a"' in done.stdout


def test_a_feed_of_a_list_is_tried_by_its_name_with_its_terms(site: Site) -> None:
    site.run()
    for named in (site.name("a"), site.server.url("/a")):
        code, shown = site.command("test", named)  # at a private address, which the list allows
        assert (code, "state     0 new   1 known" in shown) == (0, True), shown


def test_a_login_in_the_address_of_a_list_is_a_fault_and_private_says_what_it_opens(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.configure(f"{CONFIG}upstream_from: [{{url: 'https://me:word@x.example/l'}}]\n")
    with pytest.raises(ConfigError, match="a name and a password do not belong into an address") as raised:
        room.loaded()
    assert "word@" not in str(raised.value)
    room.configure(f"{CONFIG}upstream_from: [{{url: 'https://x.example/l', private: true}}]\n")
    (warning,) = config.load(room.config_file, {}).warnings
    assert warning.endswith(
        "whatever x.example means in your network is asked on port 443, for the list and for feeds of it that are there"
    )
