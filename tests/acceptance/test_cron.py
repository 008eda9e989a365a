"""Runs as cron starts them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from prompt import COMMAND

if TYPE_CHECKING:
    from newsroom import Newsroom

ROOT = Path(__file__).parents[2]


def bare_run(room: Newsroom, *words: str) -> subprocess.Popen[str]:
    """Start a run as cron does: hardly an environment, no terminal."""
    return subprocess.Popen(
        [*COMMAND, "run", *words],
        cwd=room.folder,
        env={"PATH": os.defpath, "HOME": str(room.folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def cron(room: Newsroom) -> list[tuple[int, str, str]]:
    """Carry out each line of our crontab for a site, as cron would, and return what became of it."""
    text = (ROOT / "config" / "crontab.example").read_text(encoding="utf-8").replace("/srv/feeds", str(room.folder))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    variables = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]+=", line))
    command = room.folder / ".local" / "bin" / "aggregator"
    if not command.exists():
        command.parent.mkdir(parents=True)
        command.write_text(f'#!/bin/sh\nexec {" ".join(COMMAND)} "$@"\n')
        command.chmod(0o755)
    assert str(command.parent) in variables["PATH"].split(":")
    environment = {"HOME": str(room.folder), "SHELL": "/bin/sh", **variables}
    done = []
    for line in lines:
        if re.match(r"[A-Z]+=", line):
            continue
        words = line.split(maxsplit=5)[5]
        assert "%" not in words, "cron takes it for the end of the line"
        ran = subprocess.run(["/bin/sh", "-c", words], env=environment, capture_output=True, timeout=60, check=False)
        done.append((ran.returncode, ran.stdout.decode(), ran.stderr.decode()))
    return done


def test_cron_says_nothing_of_good_articles(room: Newsroom) -> None:
    room.article("a.md", title="Ærø – 学")
    assert cron(room) == [(0, "", ""), (0, "", "")]
    assert room.titles() == ["Ærø – 学"]


def test_cron_names_bad_files_once_a_day_as_long_as_there_are_any(room: Newsroom) -> None:
    room.article("a.md")
    room.write("ærø.md", "---\ntitle: [\n---\n")
    often, daily = cron(room)
    assert often == (0, "", "")
    assert daily[:2] == (1, "")
    assert "articles/ærø.md:3:1" in daily[2]
    assert room.titles() == ["Title of a"]
    room.remove("ærø.md")
    assert cron(room) == [(0, "", ""), (0, "", "")]


def test_cron_says_that_removals_are_held_until_somebody_decides(room: Newsroom) -> None:
    for number in range(24):
        room.article(f"ø{number:02}.md", originalUrl=f"https://www.harbour.example/{number}")
    assert outcome(bare_run(room, "-q")) == (0, "", "")
    for number in range(23):
        room.remove(f"ø{number:02}.md")
    code, out, err = outcome(bare_run(room, "-q"))
    assert (code, out) == (1, "")
    assert err.startswith("  needs you articles: 23 of 24 files are gone")
    assert "gone: articles/ø00.md" in err
    assert "--accept-removals articles" in err
    assert outcome(bare_run(room, "-q", "--accept-removals", "articles")) == (0, "", "")
    assert len(room.items()) == 1


def test_of_two_runs_at_once_the_second_waits_or_says_how_to(room: Newsroom) -> None:
    for number in range(300):
        room.article(f"a{number:03}.md")
    first = bare_run(room, "-q")
    try:
        # Stopped in its work, so that the others cannot but meet it.
        while first.poll() is None and not (room.state / "aggregator.db").exists():
            time.sleep(0.001)
        first.send_signal(signal.SIGSTOP)
        code, out, err = outcome(bare_run(room, "-q"))
        assert (code, out) == (5, "")
        assert err == f"error: {room.state}: another pass is running; --wait 5m waits for it\n"
        patient = bare_run(room, "-q", "--wait", "5m")
        time.sleep(0.5)
        assert patient.poll() is None
    finally:
        first.send_signal(signal.SIGCONT)
    assert outcome(first) == (0, "", "")
    assert outcome(patient) == (0, "", "")
    assert len(room.items()) > 0
