"""What holds for every command: how it ends, what it loads, what it never says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from prompt import call, imported

if TYPE_CHECKING:
    from newsroom import Newsroom

HEAVY = ("httpx", "feedparser", "feedgen", "apscheduler", "lxml")


def test_a_configuration_with_faults_ends_with_3_before_anything_is_touched(room: Newsroom) -> None:
    room.configure("base_url: nowhere\noutpt: x\n")
    done = call(room, "run")
    assert done.returncode == 3
    assert done.stderr == (
        "error: config/aggregator.yaml:1:11: base_url: an http or https address is expected, as https://feeds.example.org/\n"
        "config/aggregator.yaml:2:1: outpt: unknown key; did you mean output?\n"
    )
    assert not room.state.exists()


def test_no_configuration_says_where_it_was_looked_for(room: Newsroom) -> None:
    room.config_file.unlink()
    done = call(room, "run", HOME=str(room.folder))
    assert done.returncode == 3
    assert "name one with --config" in done.stderr


def test_a_mistyped_option_ends_with_2(room: Newsroom) -> None:
    done = call(room, "run", "--ful")
    assert done.returncode == 2
    assert "--full" in done.stderr


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("check",), ("run", "--help")], ids=" ".join)
def test_what_writes_no_feed_imports_nothing_heavy(room: Newsroom, words: tuple[str, ...]) -> None:
    room.article("a.md")
    packages = {name.partition(".")[0] for name in imported(room, *words)}
    assert "aggregator" in packages
    assert packages.isdisjoint(HEAVY)


def test_a_run_without_feeds_of_others_and_hubs_imports_nothing_that_asks_or_tells(room: Newsroom) -> None:
    room.article("a.md")
    modules = imported(room, "run")
    assert "aggregator.gather" in modules
    assert modules.isdisjoint(
        {"aggregator.gather.asking", "aggregator.gather.arrivals", "aggregator.websub.announcing", "httpx"}
    )


@pytest.mark.parametrize(
    "words", [("run", "-v"), ("run", "--json", "--full"), ("check",), ("check", "--json"), ("state", "export")]
)
def test_no_command_says_a_word_of_private_fields(room: Newsroom, words: tuple[str, ...]) -> None:
    marker = "TWFya2VyVGhhdE11c3ROZXZlckxlYXZl"
    room.article("a.md", secured=f"{marker};{marker}", **{f"key-{marker}": marker}, published="perhaps")
    room.write("b.md", f'---\nsecured: "{marker}" {marker}\n---\n')
    room.write("c.md", f"---\n{marker}: 1\n{marker}: 2\n---\n")
    room.write("d.md", f"---\nsecured: [{marker}, &a {marker}]\n---\n")
    done = call(room, *words)
    assert done.stdout + done.stderr
    assert marker not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (("run", "--json", "--ful"), "Usage", 2),
        (("run", "--json", "--config", "nowhere.yaml"), "ConfigError", 3),
        (("check", "--json", "--config", "nowhere.yaml"), "ConfigError", 3),
        (("run", "--json", "--accept-new", "x"), "UnknownSource", 2),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else None,
)
def test_a_program_gets_one_object_also_where_something_is_wrong(
    room: Newsroom, words: tuple[str, ...], kind: str, code: int
) -> None:
    done = call(room, *words)
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], error["exit_code"], done.returncode) == (kind, code, code)
    assert error["message"] in done.stderr


def test_a_terminal_that_cannot_write_a_title_gets_it_escaped(room: Newsroom) -> None:
    room.article("a.md", quality="\u2603")
    done = call(room, "check", PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    assert done.returncode == 1
    assert 'quality: "\\u2603" is no whole number' in done.stdout
