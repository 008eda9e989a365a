"""What `aggregator sources` says of a source that is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from following import Site, names, rss
from loopback import Loopback, answer
from newsroom import NOON
from prompt import said
from tended import standing_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback() as server:
        site = Site(tmp_path, server)
        site.follow("name: pier")
        site.gives(*names(3))
        yield site


def say(site: Site, *words: str) -> str:
    code, text = said(site.room, "sources", *words)
    assert code == 0, text
    return text


def test_its_last_error_address_and_traffic_also_where_it_fails(site: Site) -> None:
    site.answers["/0"] = answer(rss(*names(3)), 'ETag: "1"')
    site.run()
    assert "304" not in say(site, "pier")
    site.answers["/0"] = answer(status="500 Oh")
    site.run()
    site.answers["/0"] = answer(status="304 Same")
    site.run(ask_now=True)
    shown = say(site, "pier")
    assert site.server.url("/0") in shown
    assert f"last error {NOON.date()} 16:00: it answered 500" in shown
    assert "last error" not in say(site)
    site.answers["/0"] = answer(status="404 No")
    site.run()
    lines = say(site, "pier").splitlines()
    assert lines[1].startswith("  failing   pier: it answered 404")
    assert "3 entries   304 50%" in lines[3]


def test_what_is_held_of_it(site: Site) -> None:
    site.gives(*names(12))
    site.run()
    site.gives(
        *(
            {**one, "guid": f"x {number}", "title": f"{number}", "link": f"https://x.example/{number}"}
            for number, one in enumerate(names(12))
        )
    )
    (flood,) = site.run().gathered.floods
    assert standing_of(site.room, "pier").held == flood.examples
    assert say(site, "pier").count("  held: ") == len(flood.examples) == 10


def test_what_rules_leave_out_and_counts_below_each_other(site: Site) -> None:
    for number in range(10):
        site.room.article(f"a{number}.md")
    site.follow("name: pier, rules: [{drop: {words: n01}}]")
    site.run()
    articles, pier = say(site).splitlines()[1:]
    assert articles.index(" entries") == pier.index(" entries")
    assert "1 left out by rules" in pier


def test_a_folder_that_is_away_was_read_before(site: Site) -> None:
    site.room.article("a.md")
    site.run()
    read = site.room.now
    site.room.articles.rename(site.room.folder / "away")
    site.run()
    assert standing_of(site.room, "articles").succeeded == read


def test_the_configuration_may_be_named_before_the_command(site: Site) -> None:
    for option in (["--config", "config/aggregator.yaml"], ["--config=config/aggregator.yaml"]):
        say(site, *option, "pause", "pier")
        assert "1 paused" in say(site, *option)
        assert say(site, *option, "resume", "pier") == "pier: is read again with the next run that finds it due\n"
