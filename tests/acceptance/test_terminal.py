"""What somebody at a terminal sees: lines of its width, a little colour, and every word that a file would get."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from newsroom import Newsroom
from terminal import COLOUR, typed

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "aggregator")


@pytest.fixture(scope="module")
def bad_day(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """Return a site with faults, files that are gone, and a name that needs quotes."""
    room = Newsroom(tmp_path_factory.mktemp("bad") / "site")
    room.configure(room.config_file.read_text().replace("path: articles", "path: articles\n    name: 港の ニュース"))
    for number in range(30):
        room.article(f"a{number:02}.md", quality="high" if number % 2 else 50)
    subprocess.run([*COMMAND, "run", "-q"], cwd=room.folder, check=True, timeout=60)
    for number in range(25):
        room.remove(f"a{number:02}.md")
    room.article("a29.md", title="Other", publishedDateTime="a word " * 20)
    return room


@pytest.fixture
def room(bad_day: Newsroom, tmp_path: Path) -> Newsroom:
    return bad_day.copy(tmp_path / "site")


def piped(room: Newsroom, *words: str) -> str:
    done = subprocess.run(
        [*COMMAND, *words], cwd=room.folder, capture_output=True, text=True, timeout=60, check=False, env={**os.environ}
    )
    return done.stdout + done.stderr


def said(text: str) -> list[str]:
    """Return the words of a report; how long a pass took may differ."""
    return [word for word in text.split() if not word.replace(".", "").isdigit()]


@pytest.mark.parametrize("words", [("run", "-v"), ("run", "-q"), ("check", "-v")], ids=" ".join)
def test_lines_fit_the_terminal_and_lose_no_word(room: Newsroom, words: tuple[str, ...]) -> None:
    expected = said(piped(room.copy(room.folder.with_name("piped")), *words))
    for columns in (60, 80, 120):
        copy = room.copy(room.folder.with_name(str(columns)))
        shown, code = typed([*COMMAND, *words], copy.folder, columns)
        assert code == 1
        text = COLOUR.sub("", shown)
        assert "\x1b" not in text
        lines = [line for line in text.splitlines() if not line.strip().startswith("aggregator ")]
        assert [
            line for line in lines if len(line) + line.count("港の") * 2 + line.count("ニュース") * 4 > columns
        ] == []
        assert said(text) == expected


def test_a_command_to_copy_stays_on_its_line(room: Newsroom) -> None:
    shown, _ = typed([*COMMAND, "run", "-q"], room.folder, 50)
    assert "\n            aggregator run --accept-removals '港の ニュース'\n" in shown


def test_cells_of_the_table_stay_whole(room: Newsroom) -> None:
    shown, _ = typed([*COMMAND, "run"], room.folder, 60)
    assert (
        "  articles  5 files   0 new   1 changed   0 related only\n            0 removed   0 skipped   0 faulty\n"
    ) in shown


def test_what_needs_somebody_stands_out(room: Newsroom) -> None:
    shown, _ = typed([*COMMAND, "run"], room.folder, 80)
    assert "  \x1b[33m\x1b[1mneeds you\x1b[0m 港の" in shown
    assert "  \x1b[33mpartly\x1b[0m    " in shown


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
@pytest.mark.parametrize("words", [("run", "-v"), ("run", "-q"), ("check",)], ids=" ".join)
def test_who_wants_no_colour_gets_no_escape(
    room: Newsroom, words: tuple[str, ...], environment: dict[str, str]
) -> None:
    shown, _ = typed([*COMMAND, *words], room.folder, 80, **environment)
    assert shown
    assert "\x1b" not in shown


def test_a_terminal_of_unknown_width_has_80_columns(room: Newsroom) -> None:
    shown, _ = typed([*COMMAND, "check"], room.folder, 0, NO_COLOR="1")
    assert 60 < max(len(line) for line in shown.splitlines()) <= 80


def test_a_report_is_no_reason_to_import_rich(room: Newsroom) -> None:
    shown, _ = typed([sys.executable, "-X", "importtime", "-m", "aggregator", "run"], room.folder, 80)
    assert "aggregator.cli.screen" in shown
    assert "rich" not in {line.rpartition("|")[2].strip() for line in shown.splitlines()}


def test_in_the_journal_each_line_of_an_error_has_its_priority(room: Newsroom, tmp_path: Path) -> None:
    room.configure("titel: One\nbase_url: nowhere\n")
    with (tmp_path / "journal").open("w+b") as journal:
        status = os.fstat(journal.fileno())
        environment = {**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        for command in ("run", "daemon"):
            words = [*COMMAND, command]
            done = subprocess.run(words, cwd=room.folder, env=environment, stderr=journal, timeout=60, check=False)
            assert done.returncode == 3
    lines = (tmp_path / "journal").read_text(encoding="utf-8").splitlines()
    assert [line[:3] for line in lines] == ["<3>", "<3>", "<2>", "<2>"]


def test_what_ends_a_daemon_at_its_start_is_in_the_form_of_its_log(room: Newsroom) -> None:
    room.configure("titel: One\nbase_url: nowhere\n")
    environment = {**os.environ, "AGGREGATOR_LOG": "json"}
    command = [*COMMAND, "daemon"]
    done = subprocess.run(command, cwd=room.folder, env=environment, capture_output=True, timeout=60, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 3
    assert [line["level"] for line in lines] == ["critical", "critical"]
    assert "titel: unknown key" in lines[0]["reason"]
