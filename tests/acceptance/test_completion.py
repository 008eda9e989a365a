from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from generated import ROOT, SHELLS

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "aggregator")
SCRIPTS = ROOT / "config" / "completions"
LINES = [
    (["aggregator", "ru"], {"run"}),
    (
        ["aggregator", ""],
        {
            *("check", "config", "daemon", "export-opml", "import-opml", "init", "install-service", "poke", "run"),
            *("explain", "serve", "sources", "state", "status"),
        },
    ),
    (["aggregator", "config", "s"], {"schema", "show"}),
    (["aggregator", "state", "im"], {"import"}),
    (["aggregator", "run", "--accept"], {"--accept-removals", "--accept-new"}),
]


def asked(shell: str, words: list[str]) -> str:
    """Return what the command says to the script of a shell about a line."""
    variables = {"_AGGREGATOR_COMPLETE": f"{shell}_complete", "COMP_WORDS": " ".join(words)}
    variables["COMP_CWORD"] = words[-1] if shell == "fish" else str(len(words) - 1)
    done = subprocess.run(
        COMMAND, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_the_script_that_is_committed(shell: str) -> None:
    variables = {**os.environ, "_AGGREGATOR_COMPLETE": f"{shell}_source"}
    done = subprocess.run(COMMAND, env=variables, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == (SCRIPTS / f"aggregator.{shell}").read_text(encoding="utf-8")


@pytest.mark.parametrize(("words", "expected"), LINES)
def test_bash_is_told_how_a_line_may_go_on(words: list[str], expected: set[str]) -> None:
    assert set(asked("bash", words).split()) == {f"plain,{one}" for one in expected}


@pytest.mark.parametrize(
    ("shell", "answer"), [("bash", "file,con\n"), ("zsh", "file\ncon\n_\n"), ("fish", "file,con\n")]
)
def test_a_file_is_completed_behind_config(shell: str, answer: str) -> None:
    assert asked(shell, ["aggregator", "run", "--config", "con"]) == answer


def test_zsh_is_told_what_commands_are_for() -> None:
    lines = asked("zsh", ["aggregator", "ru"]).splitlines()
    assert lines[:2] == ["plain", "run"]
    assert lines[2].startswith("Gather the articles")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(("words", "expected"), LINES)
def test_bash_completes_with_the_script(words: list[str], expected: set[str], tmp_path: Path) -> None:
    program = tmp_path / "aggregator"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aggregator "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f"source '{SCRIPTS}/aggregator.bash'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
        '_aggregator_completion aggregator; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    variables = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=variables, capture_output=True, text=True, timeout=60, check=True
    )
    assert set(done.stdout.split()) == expected
