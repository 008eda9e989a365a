"""What is logged of whole passes."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom

from aggregator.run.logbook import records, status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aggregator.log import Record, Value

    Parts = tuple[int, str, dict[str, Value]]

FEED = b"""<rss version="2.0"><channel><title>Pier</title><link>https://pier.example/</link><description>x</description>
<item><title>Boat</title><link>https://pier.example/boat</link></item></channel></rss>"""


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path / "site")


def of_a_pass(room: Newsroom) -> tuple[Record, ...]:
    return records(room.run(), room.loaded())


def by_source(given: Iterable[Record]) -> dict[str, Parts]:
    """Return the parts of records by their source, those of the pass by an empty name."""
    return {str(facts.get("source", "")): (level, said, facts) for level, said, facts in map(parts, given)}


def parts(record: Record) -> Parts:
    return record.level, record.message, dict(record.fields)


def test_a_good_pass_is_a_line_for_each_source_and_one_for_itself(room: Newsroom) -> None:
    room.article("a.md")
    room.article("b.md", provider={"name": "Bay Post", "domain": "bay.example"})
    source, whole = of_a_pass(room)
    assert parts(source) == (logging.INFO, "source read", {"source": "articles", "kind": "articles"})
    level, message, facts = parts(whole)
    assert (level, message) == (logging.INFO, "first pass done")
    expected = {"files": 2, "new": 2, "entries": 2, "providers": 2, "faults": 0}
    assert {name: facts[name] for name in expected} == expected
    assert parts(of_a_pass(room)[-1])[1] == "pass done"


def test_faults_are_counted_where_they_are(room: Newsroom) -> None:
    room.configure(CONFIG.replace("  - path: articles\n", "  - path: articles\n  - path: other\n"))
    (room.folder / "config" / "other").mkdir()
    room.write("a.md", "---\ntitle: One: two\n---\n")
    found = by_source(of_a_pass(room))
    assert found["articles"][2]["faults"] == 1
    assert str(found["articles"][2]["first_fault"]).startswith("articles/a.md:2:")
    assert "faults" not in found["other"][2]
    assert found[""][2]["faults"] == 1


def test_what_needs_a_person_is_a_warning(room: Newsroom) -> None:
    for number in range(12):
        room.article(f"old{number:02}.md", title=f"Story {number}")
    room.run()
    for number in range(12):
        room.article(f"new{number:02}.md", title=f"Story {number}")
    found = by_source(of_a_pass(room))
    assert found["articles"][:2] == (logging.WARNING, "new entries held")
    assert (found["articles"][2]["new"], found["articles"][2]["alike"]) == (12, 12)
    assert found[""][0] == logging.WARNING
    shutil.rmtree(room.articles)
    report = room.run()
    found = by_source(records(report, room.loaded()))
    assert found["articles"][:2] == (logging.WARNING, "removals held")
    assert (found["articles"][2]["gone"], found["articles"][2]["known"]) == (12, 12)
    assert status(report).endswith("; a person is needed")
    room.configure(CONFIG.replace("path: articles", "path: other"))
    assert by_source(of_a_pass(room))["articles"][2]["kind"] == "gone"


def test_an_upstream_feed_is_well_or_failing_or_not_asked(room: Newsroom) -> None:
    with Loopback({"/good": answer(FEED, "Content-Type: application/rss+xml")}) as server:
        blocks = [
            f"  - {{name: {name}, url: '{server.url(f'/{name}')}', private: true, interval: 1 day}}\n"
            for name in ("good", "bad")
        ]
        room.configure(f"{CONFIG}upstream:\n{''.join(blocks)}")
        report = room.run()
        again = by_source(of_a_pass(room))
    found = by_source(records(report, room.loaded()))
    assert found["good"][:2] == (logging.INFO, "source read")
    assert found["bad"][:2] == (logging.WARNING, "source failing")
    assert (found[""][2]["asked"], found[""][2]["failing"], found[""][2]["new"]) == (2, 1, 1)
    assert status(report) == "entries: 1; feeds: 2; failing: 1"
    assert found[""][2]["faults"] == 0  # in files; feeds that fail are counted apart
    assert again["good"][:2] == (logging.DEBUG, "source not asked")
    assert again["bad"][0] == logging.WARNING


def test_a_feed_that_could_not_be_published_is_an_error(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    (room.out / "topics").mkdir(exist_ok=True)
    (room.out / "topics" / "wind.atom").write_text("somebody's own")
    room.article("b.md", topics=["Wind"])
    level, message, facts = by_source(of_a_pass(room))[""]
    assert (level, message) == (logging.ERROR, "pass done, but not all is published")
    assert "topics/wind.atom" in str(facts["first_fault"])
    assert (facts["unpublished"], facts["faults"]) == (1, 0)


def test_new_entries_of_a_feed_that_are_held_are_counted_once(room: Newsroom) -> None:
    def feed(site: str) -> bytes:
        items = "".join(
            f"<item><title>Story {one}</title><link>https://pier.example/{site}/{one}</link></item>"
            for one in range(12)
        )
        return answer(f"<rss version='2.0'><channel><title>Pier</title>{items}</channel></rss>".encode())

    with Loopback({"/pier": feed("pier")}) as server:
        room.configure(f"{CONFIG}upstream: [{{name: pier, url: '{server.url('/pier')}', private: true}}]\n")
        room.run()
        server.answers = {"/pier": feed("quay")}
        found = by_source(of_a_pass(room))
    assert found["pier"][:2] == (logging.WARNING, "new entries held")
    assert (found[""][0], found[""][2]["floods"]) == (logging.WARNING, 1)
