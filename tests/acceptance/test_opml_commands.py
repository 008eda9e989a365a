"""Subscriptions in and out, as somebody at a prompt would take them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom

from aggregator import config

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "aggregator")
LIST = """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.1"><head><title>Mine</title></head><body>
<outline text="Sea"><outline type="rss" text="Pier: news" xmlUrl="https://pier.example/f"/>
<outline type="rss" text="Bay" xmlUrl="https://me:s3cret@bay.example/f"/></outline>
<outline text="Bay" xmlUrl="feed://other.example/f"/>
<outline text="FTP" xmlUrl="ftp://me:s3cret@other.example/f"/>
</body></opml>
"""


def call(room: Newsroom, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "NO_COLOR": "1", "HOME": "/nonexistent", "XDG_CONFIG_HOME": ""}
    return subprocess.run(
        [*COMMAND, *words],
        cwd=room.folder,
        env=variables,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    (room.folder / "mine.opml").write_text(LIST, encoding="utf-8")
    return room


def test_subscriptions_come_in_once_and_the_line_for_the_configuration_is_said(room: Newsroom) -> None:
    first = call(room, "import-opml", "mine.opml")
    assert first.returncode == 0
    assert first.stdout == (
        "config/upstreams.yaml: 3 feeds added, 0 already there, 1 skipped\n\n"
        "Put this line into config/aggregator.yaml:\n  include: upstreams.yaml\n\n"
        "Next:\n  aggregator check\n  aggregator run\n"
    )
    assert "line 4: a name and a password in the address were left out; give these feeds a `login:`" in first.stderr
    assert 'mine.opml:6: "ftp://other.example/f" is no http or https address' in first.stderr
    file = room.config_file.parent / "upstreams.yaml"
    text = file.read_text(encoding="utf-8")
    assert "s3cret" not in first.stdout + first.stderr + text
    room.configure(f"{CONFIG}include: upstreams.yaml\n")
    assert [(one.name, one.url, one.topics) for one in room.loaded().upstream] == [
        ("Pier: news", "https://pier.example/f", ("Sea",)),
        ("Bay", "https://bay.example/f", ("Sea",)),
        ("Bay 2", "http://other.example/f", ()),
    ]
    again = call(room, "import-opml", "-", given=LIST)
    assert (again.returncode, again.stdout) == (0, "nothing written: 0 feeds added, 3 already there, 1 skipped\n")
    assert file.read_text(encoding="utf-8") == text


def test_what_the_configuration_has_is_not_added_again_and_names_stay_unique(room: Newsroom) -> None:
    room.configure(f"{CONFIG}upstream: [{{url: https://pier.example/f, name: Bay}}]\n")
    assert "2 feeds added, 1 already there" in call(room, "import-opml", "mine.opml").stdout
    room.configure(f"{room.config_file.read_text()}include: upstreams.yaml\n")
    assert [one.name for one in room.loaded().upstream] == ["Bay", "Bay 2", "Bay 3"]


def test_a_file_of_somebody_else_is_not_touched(room: Newsroom) -> None:
    file = room.config_file.parent / "upstreams.yaml"
    file.write_text("upstream: []\n")
    done = call(room, "import-opml", "mine.opml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "config/upstreams.yaml: not written by an import, and left as it is; name another file" in done.stderr
    assert file.read_text() == "upstream: []\n"


def test_a_file_that_was_changed_so_that_nothing_fits_below_is_left_as_it_is(room: Newsroom) -> None:
    call(room, "import-opml", "mine.opml")
    file = room.config_file.parent / "upstreams.yaml"
    changed = f"{file.read_text().splitlines()[0]}\nupstream: [{{url: https://x.example/f}}]\n"
    file.write_text(changed)
    done = call(room, "import-opml", "mine.opml")
    assert (done.returncode, file.read_text()) == (2, changed)
    assert "cannot be added to, and left as it is" in done.stderr


def test_without_a_configuration_the_file_has_to_be_named(room: Newsroom) -> None:
    room.config_file.unlink()
    done = call(room, "import-opml", "mine.opml")
    assert done.returncode == 2
    assert "or name the file to write with --to" in done.stderr
    done = call(room, "import-opml", "mine.opml", "--to", "feeds.yaml")
    assert (done.returncode, done.stdout) == (0, "feeds.yaml: 3 feeds added, 0 already there, 1 skipped\n")
    room.configure(f"{CONFIG}include: ../feeds.yaml\n")
    assert len(room.loaded().upstream) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html></html>", "mine.opml: a web page, no list of feeds"),
        ("<rss/>", "mine.opml: a feed, no list of feeds; put its address under `upstream:`"),
        ("<opml>\n<body>", "mine.opml:2:7: XML that is not well-formed here"),
    ],
)
def test_what_is_no_list_is_said_and_nothing_is_written(text: str, said: str, room: Newsroom) -> None:
    (room.folder / "mine.opml").write_text(text)
    done = call(room, "import-opml", "mine.opml")
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert not (room.config_file.parent / "upstreams.yaml").exists()


def test_an_export_names_the_feeds_of_all_files_and_lists_and_no_secret(room: Newsroom) -> None:
    call(room, "import-opml", "mine.opml")
    own = "{url: https://own.example/f?a=1&b=2, topics: [Wind, Sea], login: {user: me, password: $WORD}, headers: {X: $KEY}}"
    room.configure(
        f"{CONFIG}include: upstreams.yaml\nupstream: [{own}]\nupstream_from: [{{path: list.opml}}, {{path: none.opml}}]\n"
    )
    (room.config_file.parent / "list.opml").write_text(LIST.replace("pier.", "quay."))
    done = call(room, "export-opml")
    assert done.returncode == 0
    assert not any(
        word in done.stdout for word in ("me", "WORD", "KEY") if f'"{word}"' in done.stdout or f"${word}" in done.stdout
    )
    assert "warning: none.opml: cannot be read" in done.stderr
    saved = call(room, "export-opml", "out.opml")
    assert (saved.returncode, saved.stdout) == (0, "")
    assert (room.folder / "out.opml").read_text(encoding="utf-8") == done.stdout
    other = Newsroom(room.folder / "other")
    call(other, "import-opml", "../out.opml")
    other.configure(f"{CONFIG}include: upstreams.yaml\n")
    back = {one.url: (one.name, one.topics) for one in other.loaded().upstream}
    assert back == {
        "https://own.example/f?a=1&b=2": ("own.example/f-08631e10", ("Wind", "Sea")),
        "https://pier.example/f": ("Pier: news", ("Sea",)),
        "https://bay.example/f": ("Bay", ("Sea",)),
        "http://other.example/f": ("Bay 2", ()),
        "https://quay.example/f": ("Pier: news 2", ("Sea",)),
    }


def test_what_is_shown_says_from_which_file_each_feed_came(room: Newsroom) -> None:
    call(room, "import-opml", "mine.opml")
    room.configure(f"{CONFIG}include: upstreams.yaml\nupstream_from: [{{path: lists}}]\n")
    shown = json.loads(call(room, "config", "show", "--json").stdout)["keys"]
    assert shown["upstream.1.name"] == {"value": "Bay", "origin": "config/upstreams.yaml:8"}
    assert shown["include"]["means"] == [str(room.config_file.parent / "upstreams.yaml")]
    assert shown["upstream_from.0.path"]["means"] == [str(room.config_file.parent / "lists")]
    before = room.loaded()
    room.configure(call(room, "config", "show").stdout)
    after = room.loaded()
    assert (after.upstream, after.lists) == (before.upstream, before.lists)


def test_check_judges_included_files_and_lists(room: Newsroom) -> None:
    room.configure(f"{CONFIG}upstream_from: [{{path: ../mine.opml}}, {{path: none.opml}}]\n")
    done = call(room, "check")
    assert done.returncode == 1
    assert '../mine.opml:6: "ftp://other.example/f" is no http or https address' in done.stdout
    assert "none.opml: cannot be read: no such file" in done.stdout
    room.configure(f"{CONFIG}include: none.yaml\n")
    done = call(room, "check")
    assert (done.returncode, done.stdout) == (3, "")
    assert "config/aggregator.yaml:9:10: include: config/none.yaml: no such file" in done.stderr


def test_many_feeds_come_in_and_are_run(room: Newsroom) -> None:
    feed = "<rss version='2.0'><channel><title>t</title><item><title>x</title><link>https://x.example/{}</link></item></channel></rss>"
    with Loopback({f"/{number}": answer(feed.format(number).encode()) for number in range(30)}) as server:
        outlines = "".join(f"<outline text='News' xmlUrl='{server.url(f'/{number}')}'/>" for number in range(30))
        (room.folder / "mine.opml").write_text(f"<opml><body><outline text='Sea'>{outlines}</outline></body></opml>")
        call(room, "import-opml", "mine.opml")
        file = room.config_file.parent / "upstreams.yaml"
        file.write_text(file.read_text().replace("    topics:", "    private: true\n    topics:"))
        room.configure(f"{CONFIG}include: upstreams.yaml\n")
        done = call(room, "run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["upstream"]["fresh"] == 30
    assert len(room.titles("topics/sea")) == 30
    assert config.load(room.config_file, {}).upstream[29].name == "News 30"


def test_an_import_makes_the_file_that_the_configuration_waits_for(room: Newsroom) -> None:
    room.configure(f"{CONFIG}include: feeds.yaml\n")
    done = call(room, "import-opml", "mine.opml")
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "config/feeds.yaml: 3 feeds added, 0 already there, 1 skipped",
    )
    assert "Put this line" not in done.stdout
    assert len(room.loaded().upstream) == 3
    assert not (room.config_file.parent / "upstreams.yaml").exists()


def test_an_import_makes_no_other_file_than_that(room: Newsroom) -> None:
    for include, words in (("feeds.yaml", ("--to", "config/other.yaml")), ("[a.yaml, b.yaml]", ())):
        room.configure(f"{CONFIG}include: {include}\n")
        done = call(room, "import-opml", "mine.opml", *words)
        assert (done.returncode, done.stdout) == (3, "")
        assert "no such file" in done.stderr
    assert sorted(one.name for one in room.config_file.parent.glob("*.yaml")) == ["aggregator.yaml"]


def test_an_import_keeps_the_mode_the_link_and_the_line_ends_of_its_file(room: Newsroom) -> None:
    own, link = room.folder / "own.yaml", room.config_file.parent / "upstreams.yaml"
    (room.folder / "one.opml").write_text("<opml><body><outline text='X' xmlUrl='https://x.example/f'/></body></opml>")
    call(room, "import-opml", "one.opml", "--to", "own.yaml")
    before = own.read_bytes().replace(b"\n", b"\r\n")
    own.write_bytes(before)
    own.chmod(0o600)
    link.symlink_to("../own.yaml")
    room.configure(f"{CONFIG}include: upstreams.yaml\n")
    done = call(room, "import-opml", "mine.opml")
    assert (done.returncode, link.is_symlink(), own.stat().st_mode & 0o777) == (0, True, 0o600), done.stderr
    after = own.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == after.count(b"\r\n")
    assert len(room.loaded().upstream) == 4


def test_a_list_without_feeds_and_feeds_that_stand_there_twice_are_said(room: Newsroom) -> None:
    (room.folder / "mine.opml").write_text("<opml><body><outline text='Sea'/></body></opml>")
    done = call(room, "import-opml", "mine.opml")
    assert (done.returncode, done.stdout) == (0, "nothing written: 0 feeds added, 0 already there, 1 skipped\n")
    assert "warning: mine.opml: names no feed; look whether" in done.stderr
    both = "<outline xmlUrl='http://x.example/f'/><outline xmlUrl='https://x.example/f/'/>"
    (room.folder / "mine.opml").write_text(f"<opml><body>{both}</body></opml>")
    assert call(room, "import-opml", "mine.opml").stdout.splitlines()[0] == (
        "config/upstreams.yaml: 1 feed added, 0 already there, 0 skipped; "
        "1 twice, by http and https or with a slash at the end"
    )
