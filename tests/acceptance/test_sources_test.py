"""`aggregator sources test`, from the address to what somebody reads."""

from __future__ import annotations

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from faultserver import FaultServer
from feed_cases import json_feed, rss
from loopback import NOON, Loopback, answer, redirect
from newsroom import CONFIG, Newsroom
from terminal import COLOUR, typed

from aggregator.cli import commands
from aggregator.cli.sources.trial_json import as_object
from aggregator.cli.sources.trial_text import as_text
from aggregator.errors import ConfigError, UnknownSource
from aggregator.gather.trial import Question, Trial, try_feed
from aggregator.sources.http import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# As in test_upstream_faults: a document all the same, or one with entries that can be had.
READ = {
    *("attribute_bomb", "nesting_bomb", "entity_bomb", "many_entries", "long_title", "wrong_charset", "utf_16"),
    *("punycode", "surrogate", "moved", "xxe", "changing_guid", "changing_link"),
}
LIMITS = Limits(total=timedelta(seconds=5), first_byte=timedelta(seconds=3), gap=timedelta(0))
NASTY = "\x1b[31mred\x07 \x9b2J \u202egnp.exe\u2066 \x00\r\n  error  all is lost"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


class Shell:
    """The command in this process, in a folder of its own, without a configuration unless one is written."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        code = commands.main(["sources", "test", *words], prog_name="aggregator", standalone_mode=False)
        return code, self._capsys.readouterr().out


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    for name in ("AGGREGATOR_CONFIG", "CONFIGURATION_DIRECTORY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return Shell(tmp_path, capsys)


def item(name: str, **given: str) -> str:
    return (
        f"<title>{given.get('title', name)}</title><link>https://site.example/{name}</link><guid>{name}</guid>"
        f"<pubDate>Tue, 20 Oct 2026 10:00:00 GMT</pubDate><description>Words.</description>{given.get('more', '')}"
    )


def feed(*items: str, **given: str) -> bytes:
    return answer(rss(*items, **given), "Content-Type: application/rss+xml", 'ETag: "1"', "Cache-Control: max-age=7200")


def test_every_server_that_misbehaves_gives_one_clear_answer() -> None:
    def tried(url: str) -> tuple[Trial, Question]:
        question = Question(url=url, private="rebind" not in url)
        return try_feed(question, NOON, LIMITS), question

    with FaultServer(healthy_sources=0) as server, ThreadPoolExecutor(8) as pool:
        trials = dict(zip(server.urls, pool.map(tried, server.urls.values()), strict=True))
        assert server.connections("canary") == server.connections("dns_rebind") == 0
    assert len(trials) == 49
    for name, (trial, question) in trials.items():
        said = as_text(trial, NOON, every=False)
        assert len(said) < 12_000, name
        assert all(one.isprintable() or one == "\n" for one in said), name
        assert as_object(trial, question, NOON)["usable"] is (trial.fault is None)
        assert said.count("\n  error ") == (0 if trial.fault is None else 1), said
        if trial.fault:
            assert trial.fault.code not in {"unexpected", "crashed"}, said
            assert ";" in re.findall(r"\n  error .*", said)[0], said  # what to do
        else:
            assert name in READ, said
    usable = {name for name, (trial, _) in trials.items() if trial.fault is None}
    assert usable >= {"wrong_charset", "utf_16", "surrogate", "moved", "changing_guid", "changing_link"}


def test_without_a_configuration_the_block_to_copy_is_one(shell: Shell, server: Loopback) -> None:
    more = "<category>Sea: wind &amp; #tide</category><category>yes</category>"
    server.answers = {
        "/old": redirect("/feed?key=1", 301),
        "/feed?key=1": feed(item("a", more=more), head="<language>x</language><ttl>90</ttl>"),
    }
    code, said = shell("--private", server.url("/old"))
    assert code == 0
    assert f"moved for good to {server.url('/feed')}: write that address instead" in said
    assert "may be kept for 2 hours" in said
    assert "for 90 minutes after each poll" in said
    block = said[said.index("\nupstream:") :].replace("    # ", "    ")
    room = Newsroom(shell.folder / "site")
    room.configure(CONFIG + block)
    (source,) = room.loaded().upstream
    assert source.url == server.url("/feed?key=1")
    assert source.allowed == {("127.0.0.1", server.port)}
    assert source.categories == frozenset({"sea:-wind-&-#tide", "yes"})
    assert (source.name, source.language, source.topics) == ("The Site", "en", ("A topic",))
    assert source.provider
    assert (source.provider.name, source.provider.domain) == ("The Site", "site.example")


@pytest.mark.parametrize("title", ["2026", "a: b # c", "{'\U0001f600 & \u6e2f", NASTY])
def test_the_block_can_be_loaded_whatever_a_feed_is_called(shell: Shell, server: Loopback, title: str) -> None:
    server.answers = {"/": answer(json_feed({"id": "a", "url": "https://site.example/a"}, title=title))}
    code, said = shell("--private", server.url())
    assert code == 0
    assert all(one.isprintable() or one == "\n" for one in said)
    block = said[said.index("\nupstream:") :]
    assert yaml.safe_load(block)["upstream"][0]["url"] == server.url()
    room = Newsroom(shell.folder / "site")
    room.configure(CONFIG + block)
    assert room.loaded().upstream[0].url == server.url()


def test_ten_of_many_entries_are_shown_and_all_with_v(shell: Shell, server: Loopback) -> None:
    several = [item(f"n{number:02}") for number in range(14)]
    doubled = [item("n00").replace("2026", "2025")] * 5
    server.answers = {"/": feed(*several, *doubled, "<title>Nowhere</title>")}
    _, said = shell("--private", server.url())
    assert "20 in the document   14 taken   6 dropped" in said
    assert "and 4 more; -v shows them" in said
    assert "1 without an address" in said
    assert "5 at the address of another one" in said
    assert "and 2 more; -v shows them" in said
    _, said = shell("--private", "-v", server.url())
    assert "-v shows them" not in said
    assert all(f"https://site.example/n{number:02}" in said for number in range(14))


def test_a_configured_source_is_found_by_its_name_and_its_address(shell: Shell, server: Loopback) -> None:
    server.answers = {"*": feed(item("a"))}
    room = Newsroom(shell.folder)
    room.configure(f"{CONFIG}upstream: [{{url: {server.url('/f')}, name: pier, private: true, topics: [Sea]}}]\n")
    for given in ("pier", server.url("/f")):
        code, said = shell("--json", given)
        found: dict[str, Any] = json.loads(said)
        assert (code, found["source"], found["configuration"]) == (0, "pier", None)
        assert found["feed"]["entries"][0]["topics"] == ["Sea"]
    assert server.seen[0].header(b"User-Agent") == server.seen[1].header(b"User-Agent")
    assert b"https://feeds.test.example/" in (server.seen[0].header(b"User-Agent") or b"")
    assert json.loads(shell("--json", server.url("/other"))[1])["fault"]["code"] == "private_address"
    assert not room.state.exists()
    with pytest.raises(UnknownSource, match="no source is called peer; there is: pier"):
        shell("peer")
    room.configure("titel: x")
    with pytest.raises(ConfigError):
        shell("--private", server.url("/f"))


def test_a_password_in_an_address_is_refused_and_never_said(shell: Shell, server: Loopback) -> None:
    for given in (f"http://me:w0rd@{server.host}:{server.port}/?token=t0ken", "me:w0rd@site.example/?token=t0ken"):
        for words in ((given,), ("--json", given)):
            code, said = shell("--private", *words)
            assert code == 1
            assert "a name or a password stands in the address" in said
            assert "w0rd" not in said
            assert "t0ken" not in said
    assert server.connections == 0


def test_at_a_narrow_terminal_the_report_is_broken_and_the_block_is_not(tmp_path: Path, server: Loopback) -> None:
    server.answers = {"/": feed(item("a", more="".join(f"<category>Some topic {n}</category>" for n in range(8))))}
    words = (sys.executable, "-m", "aggregator", "sources", "test", "--private", server.url())
    said, _ = typed(words, tmp_path, 50, HOME=str(tmp_path), XDG_CONFIG_HOME="")
    report, _, block = said.partition("upstream:")
    assert max(map(len, COLOUR.sub("", report).splitlines())) <= 50
    assert "Some topic 7]\n" in block


def test_what_strangers_write_never_reaches_a_terminal_raw(tmp_path: Path, server: Loopback) -> None:
    entry = {"id": f"tag:{NASTY}", "title": NASTY, "tags": [NASTY]}
    good = {**entry, "id": "b", "url": "https://site.example/b", "summary": NASTY}
    page = f'<html><link rel="alternate" type="application/feed+json" title="{NASTY}" href="/f">'.encode()
    server.answers = {
        "/": answer(page, "Content-Type: text/html"),
        "/f": answer(json_feed(entry, good, title=NASTY), "Content-Type: application/feed+json\x1b[31m"),
    }
    words = (sys.executable, "-m", "aggregator", "sources", "test", "--private", "-v", server.url())
    said, code = typed(words, tmp_path, 72, HOME=str(tmp_path), XDG_CONFIG_HOME="")
    assert code == 0
    assert "\x1b[33mwarning\x1b[0m" in said
    left = COLOUR.sub("", said.replace("\x1b[31m", "!"))
    assert "!" not in left
    assert all(one.isprintable() or one == "\n" for one in left)
    assert "  error  all is lost" not in said
