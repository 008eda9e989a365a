"""What the address of a feed says to its server alone is nowhere else, and feeds without any stay behind files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import feedcheck
import feedparser
import pytest
from loopback import Loopback, answer, redirect
from newsroom import CONFIG, WITH_PAGES, Newsroom

from aggregator.cli import commands

if TYPE_CHECKING:
    from pathlib import Path

ASKED, MOVED, OWN, LOGIN = CANARIES = ("CANARYasked91", "CANARYmoved92", "CANARYself93", "CANARYlogin94")
FEED = f"""\
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Pier News</title><description>d</description>
<atom:link rel="self" href="https://www.pier.example/feed?token={OWN}"/>
<item><title>Crane</title><link>https://www.pier.example/crane</link><guid>https://joe:{LOGIN}@www.pier.example/crane</guid></item>
<item><title>Rope</title><link>#rope</link></item>
<item><title>Mast</title><link>ftp://joe:{LOGIN}@www.pier.example/mast</link></item>
</channel></rss>"""


def canaries(text: str | bytes) -> set[str]:
    data = text if isinstance(text, bytes) else text.encode()
    return {one for one in CANARIES if one.encode() in data}


def rows_with_canaries(state: Path) -> dict[str, set[str]]:
    """Return what is found in each table of the state."""
    found: dict[str, set[str]] = {}
    (path,) = [one for one in state.iterdir() if _is_database(one)]
    with closing(sqlite3.connect(path)) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = repr(database.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608  names of our own
            if held := canaries(rows):
                found[table] = held
    return found


def _is_database(path: Path) -> bool:
    return path.is_file() and path.read_bytes()[:15] == b"SQLite format 3"


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path / "site")


def test_what_an_address_says_to_its_server_alone_is_nowhere_else(
    room: Newsroom, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(room.folder)
    with Loopback() as server:
        asked, moved = f"/feed?token={ASKED}", f"/new?key={MOVED}"
        server.answers = {asked: redirect(server.url(moved), 301), moved: answer(FEED.encode())}
        block = f"{{url: '{server.url(asked)}', private: true, content: full}}"
        room.configure(f"{WITH_PAGES}upstream:\n  - {block}\n")
        for number in range(4):  # three equal moves, then its new address is asked
            server.answers[moved] = answer(FEED.replace("Crane", f"Crane {number}").encode())
            room.run(ask_now=True)
        assert server.seen[-1].path == moved
        server.answers[moved] = answer(status="404 Not Found")
        name = room.loaded().upstream[0].name
        for words in (
            ["run", "--now", "-v"],
            ["run", "--now", "--json"],
            ["sources"],
            ["sources", "--json"],
            ["check", "-v"],
            ["sources", "test", name],
        ):
            commands.main(words, prog_name="aggregator", standalone_mode=False)
            said = capsys.readouterr()
            assert not canaries(said.out + said.err), words
            assert said.out + said.err, words
    assert {item["title"] for item in room.items()} == {"Crane 3", "Rope"}
    assert {path: held for path, data in room.output().items() if (held := canaries(data))} == {}
    assert {"index.html", "feeds.opml"} <= room.output().keys()
    # The real address is kept at one place, to be asked again.
    assert rows_with_canaries(room.state) == {"poll": {ASKED, MOVED}}
    rest = [path.read_bytes() for path in room.state.iterdir() if path.name == "ledger.jsonl"]
    assert len(rest) == 1
    assert not canaries(rest[0])


@pytest.mark.parametrize(
    "feed",
    [
        pytest.param("<title>Nameless</title><description>d</description>", id="with a title"),
        pytest.param("", id="without"),
    ],
)
def test_a_feed_file_without_an_address_stays_behind_files_and_its_source_is_valid(room: Newsroom, feed: str) -> None:
    items = "".join(
        f"<item><title>Feed on {name}</title><link>https://www.harbour.example/{name}</link></item>" for name in "ab"
    )
    folder = room.folder / "config" / "feeds"
    folder.mkdir()
    (folder / "old.xml").write_text(f"<rss version='2.0'><channel>{feed}{items}</channel></rss>", encoding="utf-8")
    room.configure(f"{CONFIG}feeds_from:\n  - {{path: feeds, name: saved}}\n")
    room.article("a.md", publishedDateTime="1999-01-01T00:00:00Z")
    room.run()
    assert sorted(room.titles()) == ["Feed on b", "Title of a"]
    data = room.output()["all.atom"]
    (entry,) = (one for one in feedparser.parse(data).entries if one.title == "Feed on b")
    assert entry.source.id.startswith("urn:uuid:")
    assert entry.source.title == ("Nameless" if feed else "feed")
    assert entry.source.updated
    for path in ("all.atom", "all.rss"):
        url = f"https://feeds.test.example/{path}"
        assert feedcheck.objections(room.output()[path], url, now=room.now) == []
    room.run(full=True)
    assert room.output()["all.atom"] == data


def test_a_file_without_a_body_shows_the_text_of_a_feed_and_names_it(room: Newsroom) -> None:
    with Loopback() as server:
        full = "<![CDATA[<p>" + "All of the text of the pier. " * 20 + "</p>]]>"
        item = (
            f"<item><title>A</title><link>https://www.harbour.example/a</link><description>{full}</description></item>"
        )
        server.answers = {
            "*": answer(f"<rss version='2.0'><channel><title>Pier</title>{item}</channel></rss>".encode())
        }
        room.configure(f"{CONFIG}upstream:\n  - {{url: '{server.url('/f')}', private: true, content: full}}\n")
        room.article("a.md")
        room.run()
        (entry,) = feedparser.parse(room.output()["all.atom"]).entries
        assert entry.title == "Title of a"
        assert "All of the text of the pier." in entry.content[0].value
        assert (entry.source.title, entry.source.id) == ("Pier", server.url("/f"))
        assert b'<source url="' in room.output()["all.rss"]
        room.article("a.md", body="Words of its own.")
        room.run()
        (entry,) = feedparser.parse(room.output()["all.atom"]).entries
        assert "source" not in entry
