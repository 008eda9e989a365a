from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from aggregator import config
from aggregator.cli.schema import schema_text
from aggregator.config.marks import MarkedYaml
from aggregator.config.schema import ConfigFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic import BaseModel

COMMAND = (sys.executable, "-m", "aggregator")
COMMENTED = re.compile(r"^( *)#(?! \S)", re.MULTILINE)  # a comment of words has a space and then a word
FILES = ("config/aggregator.schema.json", "config/aggregator.yaml", "config/articles/welcome.md")


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command where nobody can be asked."""
    variables = {name: value for name, value in os.environ.items() if name != "AGGREGATOR_CONFIG"}
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def begun(folder: Path, *words: str) -> Path:
    done = call(folder, "init", ".", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "config" / "aggregator.yaml"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def uncommented(file: Path) -> MarkedYaml:
    return MarkedYaml(COMMENTED.sub(r"\1", file.read_text(encoding="utf-8")), str(file))


def leaves(block: type[BaseModel], above: str = "") -> Iterator[str]:
    """Yield the dotted name of every key that a configuration may have."""
    for name, field in block.model_fields.items():
        inner = [
            one
            for one in (field.annotation, *getattr(field.annotation, "__args__", ()))
            if hasattr(one, "model_fields")
        ]
        yield f"{above}{name}"
        for one in inner if name != "rules" else ():  # a language of their own
            yield from leaves(one, f"{above}{name}.")


def written(values: Mapping[str, object], above: str = "") -> Iterator[str]:
    for name, value in values.items():
        yield f"{above}{name}"
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from written(one, f"{above}{name}.")


def test_what_init_writes_runs_at_once(tmp_path: Path) -> None:
    begun(tmp_path)
    assert tuple(files(tmp_path)) == FILES
    done = call(tmp_path, "check")
    assert done.returncode == 0
    assert "0 faults" in done.stderr
    done = call(tmp_path, "run", "--strict")
    assert done.returncode == 0
    assert "1 file   1 new" in done.stdout
    assert "base_url: still feeds.example.org: nobody can subscribe" in done.stdout
    assert (tmp_path / "out" / "all.atom").is_file()
    assert (tmp_path / "state" / "ledger.jsonl").is_file()


def test_the_commands_that_come_next_work_as_they_are_printed(tmp_path: Path) -> None:
    done = call(tmp_path, "init", "my site")
    steps = done.stdout.partition("Next:\n")[2].splitlines()
    enter, *commands = (step.strip() for step in steps)
    assert enter == "cd 'my site'"
    assert commands == ["aggregator check", "aggregator run --dry-run", "aggregator run"]
    for step in commands:
        assert call(tmp_path / "my site", *shlex.split(step)[1:]).returncode == 0
    assert (tmp_path / "my site" / "out" / "all.rss").is_file()


def test_in_the_working_folder_the_next_commands_need_no_path(tmp_path: Path) -> None:
    assert "\n  aggregator check\n" in call(tmp_path, "init", ".").stdout


def test_every_key_is_one_comment_away_and_shows_its_default(tmp_path: Path) -> None:
    file = begun(tmp_path)
    marked = uncommented(file)
    shown = {re.sub(r"(?<=\.headers)\..*|(?<=\.rules)\..*", "", name) for name in written(marked.values)}
    others = {
        "schedule.cron",
        "upstream.login.password_file",
        "upstream_from.url",
    }  # in place of those that are shown, as they say
    assert shown | others == set(leaves(ConfigFile))
    full = ConfigFile.model_validate(marked.values)
    plain = ConfigFile.model_validate(MarkedYaml(file.read_text(encoding="utf-8"), "").values)
    for section in ("output", "window", "related", "entry", "providers", "schedule", "text"):
        assert getattr(full, section) == getattr(ConfigFile(base_url=plain.base_url), section)
    file.write_text(COMMENTED.sub(r"\1", file.read_text(encoding="utf-8")), encoding="utf-8")
    file.with_name("upstreams.yaml").write_text("upstream: []\n", encoding="utf-8")  # which it includes now
    loaded = config.load(file, {})
    assert (loaded.site.language, loaded.state) == ("en", tmp_path / "state")


def test_the_schema_lies_beside_the_configuration_that_names_it(tmp_path: Path) -> None:
    file = begun(tmp_path)
    name = re.match(r"# yaml-language-server: \$schema=(\S+)\n", file.read_text(encoding="utf-8"))
    assert name is not None
    assert (file.parent / name[1]).read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("name", FILES[:2])
def test_nothing_is_overwritten(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir()
    path.write_text("mine\n", encoding="utf-8")
    before = files(tmp_path)
    done = call(tmp_path, "init", ".")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {name}: already there, and left as it is")
    assert files(tmp_path) == before


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "aggregator.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert call(tmp_path, "init", ".").returncode == 2
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_a_second_init_finds_the_first(tmp_path: Path) -> None:
    begun(tmp_path)
    assert call(tmp_path, "init", ".").returncode == 2


def test_articles_that_are_there_get_no_sample_among_them(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "articles"
    folder.mkdir(parents=True)
    (folder / "mine.md").write_text("---\ntitle: Mine\noriginalUrl: https://x.example/1\n---\n", encoding="utf-8")
    begun(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["mine.md"]
    assert "1 file   1 new" in call(tmp_path, "run").stdout


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("", encoding="utf-8")
    done = call(tmp_path, "init", "site")
    assert done.returncode == 2
    assert "is a file" in done.stderr


@pytest.mark.parametrize(
    "title",
    [
        'A "quoted" title',
        "It's ours: news # and views",
        "- [not, a, list]",
        "2026",
        "null",
        "yes",
        "*star & {braces} %percent @at `tick` !bang |pipe >more",
        "Küste – 海 🌊 \u2028 end",
        "base_url: https://feeds.example.org/",
        "My News: https://feeds.example.org/ ",
        "back\\slash \\n",
        "tab\there",
    ],
)
def test_any_title_makes_a_valid_file(title: str, tmp_path: Path) -> None:
    file = begun(tmp_path, "--title", title, "--base-url", "https://news.test.example/feeds")
    site = config.load(file, {}).site
    assert site.title == " ".join(title.split())
    assert site.base_url == "https://news.test.example/feeds/"
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["title"] == site.title
    assert config.load(file, {}).warnings == ()


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--base-url", "ftp://x.example/", "an http or https address is expected"),
        ("--base-url", "https://x.example/?a=1", "an address that file names can follow is expected"),
        ("--title", " ", "a text is expected"),
    ],
)
def test_what_the_configuration_would_not_take_is_refused_at_once(
    option: str, value: str, reason: str, tmp_path: Path
) -> None:
    done = call(tmp_path, "init", ".", option, value)
    assert done.returncode == 2
    assert f"Invalid value for '{option}': {reason}" in done.stderr
    assert files(tmp_path) == {}


def answered(folder: Path, keys: bytes, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a terminal where somebody has typed ahead."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, keys)
        return subprocess.run(
            [*COMMAND, "init", ".", *words],
            cwd=folder,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)


def test_on_a_terminal_it_asks_for_what_no_option_gives(tmp_path: Path) -> None:
    done = answered(tmp_path, b"Tidal: News\nnowhere\nhttps://tidal.test.example/\n")
    assert done.returncode == 0
    site = config.load(tmp_path / "config" / "aggregator.yaml", {}).site
    assert (site.title, site.base_url) == ("Tidal: News", "https://tidal.test.example/")


def test_on_a_terminal_an_empty_answer_takes_the_default(tmp_path: Path) -> None:
    assert answered(tmp_path, b"\n", "--title", "Ours").returncode == 0
    site = config.load(tmp_path / "config" / "aggregator.yaml", {}).site
    assert (site.title, site.base_url) == ("Ours", "https://feeds.example.org/")
