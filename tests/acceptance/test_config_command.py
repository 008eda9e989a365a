from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from newsroom import Newsroom

from aggregator.cli.schema import schema_text

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "aggregator")
FULL = """\
title: "Tidal: News"
base_url: https://feeds.test.example/tides
articles:
  - path: [articles, ../more]
    topics: Sea
  - path: /srv/archive
    name: old
output:
  formats: json
window:
  days: 14
  late: 36 hours
related:
entry: {title: "{title} ({provider})"}
topics:
  - name: Ocean Energy
    also: [wave power]
  - {name: C++, slug: cpp}
  - name: C#
"""
RULED = FULL.replace(
    "    name: old\n",
    "    name: old\n    rules: [{if: {not: {lead: true}, matches: '^\\d+: #1'}, then: {topics: A}}]\n",
)


def call(room: Newsroom, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    hidden = {"AGGREGATOR_CONFIG", "STATE_DIRECTORY"}
    variables = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [*COMMAND, *words],
        cwd=room.folder,
        env=variables | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def keys(room: Newsroom, **environment: str) -> dict[str, dict[str, Any]]:
    done = call(room, "config", "show", "--json", **environment)
    assert (done.returncode, done.stderr) == (0, "")
    shown: dict[str, dict[str, Any]] = json.loads(done.stdout)["keys"]
    return shown


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.configure(FULL)
    return room


def test_each_value_says_where_it_comes_from(room: Newsroom) -> None:
    shown = {name: (key["value"], key["origin"]) for name, key in keys(room).items()}
    file = "config/aggregator.yaml"
    for name, value, origin in (
        ("title", "Tidal: News", f"{file}:1"),
        ("base_url", "https://feeds.test.example/tides/", f"{file}:2"),
        ("homepage", "https://feeds.test.example/tides/", "from base_url"),
        ("author", "Tidal: News", "from title"),
        ("icon", None, "default"),
        ("articles.0.path", ["articles", "../more"], f"{file}:4"),
        ("articles.0.name", "articles", "from path"),
        ("articles.0.topics", ["Sea"], f"{file}:5"),
        ("articles.1.name", "old", f"{file}:7"),
        ("articles.1.skip", ["draft", "removed"], "default"),
        ("output.path", "../out", "default"),
        ("output.formats", ["json"], f"{file}:9"),
        ("window.entries", 50, "default"),
        ("window.days", 14, f"{file}:11"),
        ("window.max_size", "500 KB", "default"),
        ("window.late", "36 hours", f"{file}:12"),
        ("related.show", 5, "default"),
        ("topics.0.also", ["wave power"], f"{file}:17"),
        ("topics.0.slug", None, "from name"),
        ("serve.max_age", "5 min", "from schedule"),
        ("topics.1.slug", "cpp", f"{file}:18"),
    ):
        assert shown[name] == (value, origin), name


def test_folders_and_file_names_are_named_in_full(room: Newsroom) -> None:
    shown = keys(room)
    assert shown["articles.0.path"]["means"] == [str(room.articles), str(room.folder / "more")]
    assert shown["articles.1.path"]["means"] == ["/srv/archive"]
    assert shown["output.path"]["means"] == [str(room.out)]
    assert shown["topics.0.slug"]["means"] == ["ocean-energy"]
    assert re.fullmatch(r"c-[0-9a-f]{8}", shown["topics.2.slug"]["means"][0])
    assert {"title", "topics.1.slug"}.isdisjoint(name for name, key in shown.items() if "means" in key)


def test_how_long_a_copy_is_good_is_shown_as_it_was_written(room: Newsroom) -> None:
    room.configure(f"{FULL}serve: {{max_age: 90 s}}\n")
    assert keys(room)["serve.max_age"] == {"value": "90 s", "origin": "config/aggregator.yaml:20"}


def test_the_state_follows_the_file_then_the_system_then_the_output(room: Newsroom) -> None:
    system = {"STATE_DIRECTORY": "/var/lib/feeds:/var/lib/other"}
    assert keys(room)["state"] == {"value": str(room.state), "origin": "from output.path"}
    assert keys(room, **system)["state"] == {"value": "/var/lib/feeds", "origin": "environment STATE_DIRECTORY"}
    room.configure(f"{FULL}state: ../ids\n")
    assert keys(room, **system)["state"] == {
        "value": "../ids",
        "origin": "config/aggregator.yaml:20",
        "means": [str(room.folder / "ids")],
    }


@pytest.mark.parametrize("text", [FULL, RULED, "base_url: https://feeds.test.example/\n", f"{FULL}state: ../ids\n"])
def test_what_is_shown_is_a_configuration_of_the_same_effect(text: str, room: Newsroom) -> None:
    room.configure(text)
    before = room.loaded()
    done = call(room, "config", "show")
    assert done.returncode == 0
    room.configure(done.stdout)
    assert room.loaded() == before


def test_what_is_shown_names_every_key_and_line(room: Newsroom) -> None:
    text = call(room, "config", "show").stdout
    assert re.search(r"^base_url: https://feeds.test.example/tides/ +# config/aggregator.yaml:2$", text, re.MULTILINE)
    assert re.search(r"^  days: 14 +# config/aggregator.yaml:11$", text, re.MULTILINE)
    assert all("#" in line or line.endswith(":") for line in text.splitlines())


def test_the_file_that_is_shown_is_the_one_that_a_run_would_take(room: Newsroom, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("base_url: https://other.test.example/\n", encoding="utf-8")
    done = call(room, "config", "show", "--json", AGGREGATOR_CONFIG=str(other))
    shown = json.loads(done.stdout)
    assert shown["file"] == str(other)
    assert shown["keys"]["title"] == {"value": "other.test.example", "origin": "from base_url"}


def test_faults_are_said_as_everywhere(room: Newsroom) -> None:
    room.configure("base_url: nowhere\noutpt: x\n")
    done = call(room, "config", "show")
    assert (done.returncode, done.stdout) == (3, "")
    assert "config/aggregator.yaml:1:11: base_url: an http or https address is expected" in done.stderr
    assert "config/aggregator.yaml:2:1: outpt: unknown key; did you mean output?" in done.stderr


def test_the_schema_needs_no_configuration(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.config_file.unlink()
    done = call(room, "config", "schema")
    assert (done.returncode, done.stdout, done.stderr) == (0, schema_text(), "")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["rnu"], "No such command 'rnu'. Did you mean 'run'?"),
        (["chekc"], "No such command 'chekc'. Did you mean 'check'?"),
        (["state", "exprot"], "No such command 'exprot'. Did you mean 'export'?"),
        (["config", "sohw"], "No such command 'sohw'. Did you mean 'show'?"),
        (["run", "--ful"], "No such option '--ful'. Did you mean '--full'?"),
    ],
)
def test_what_is_mistyped_gets_a_suggestion(words: list[str], answer: str, room: Newsroom) -> None:
    done = call(room, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert answer in done.stderr
