"""`check` warns of secrets that are not where the configuration says; it never shows one."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from daemons import COMMAND
from newsroom import CONFIG, Newsroom

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # other processes do the work

UPSTREAM = """upstream:
- {url: https://a.test/f, name: pier, login: {user: me, password: $NOPE_PW}}
- {url: https://b.test/f, name: quay, login: {user: me, password_file: nowhere.txt}, headers: {X-Key: $GIVEN_KEY}}
"""


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.configure(CONFIG + UPSTREAM)
    room.article("a.md")
    return room


def check(room: Newsroom, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "check", *words],
        cwd=room.folder,
        env={**os.environ, "COLUMNS": "500", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_secret_that_is_not_there_is_a_warning_with_its_key_and_its_variable(room: Newsroom) -> None:
    done = check(room, GIVEN_KEY="tell-nobody")
    assert (done.returncode, done.stdout) == (0, "")
    assert "warning: pier: login.password: the variable $NOPE_PW is not set here; without it" in done.stderr
    assert "warning: quay: login.password_file: " in done.stderr
    assert "nowhere.txt cannot be read here" in done.stderr
    assert "GIVEN_KEY" not in done.stderr
    assert "tell-nobody" not in done.stderr
    warnings = json.loads(check(room, "--json", GIVEN_KEY="tell-nobody").stdout)["warnings"]
    assert [one.split(": ")[:2] for one in warnings] == [["pier", "login.password"], ["quay", "login.password_file"]]


def test_secrets_that_are_there_are_not_spoken_of(room: Newsroom) -> None:
    (room.folder / "config" / "nowhere.txt").write_text("tell-nobody\n", encoding="utf-8")
    done = check(room, GIVEN_KEY="x", NOPE_PW="tell-nobody")
    assert done.returncode == 0
    assert "warning" not in done.stderr


def test_many_feeds_that_want_one_variable_are_one_warning(room: Newsroom) -> None:
    blocks = [
        f"- {{url: https://a.test/{number}, name: f{number}, headers: {{X-Key: $NOPE}}}}\n" for number in range(9)
    ]
    room.configure(f"{CONFIG}upstream:\n{''.join(blocks)}")
    done = check(room)
    assert done.stderr.count("warning") == 1
    assert "f0: headers.X-Key, f1: headers.X-Key, f2: headers.X-Key and 6 more: the variable $NOPE is" in done.stderr
