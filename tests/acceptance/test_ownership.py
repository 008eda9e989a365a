"""Units are printed for a user; what of the site belongs to another is said, with what to do about it."""

from __future__ import annotations

import os
import pwd
import shlex
from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom
from talk import here

if TYPE_CHECKING:
    from pathlib import Path

ME = pwd.getpwuid(os.geteuid()).pw_name
OTHER = next(one.pw_name for one in pwd.getpwall() if one.pw_uid != os.geteuid())


@pytest.fixture
def site(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "the site")
    room.configure(CONFIG)
    room.article("a.md")
    room.run()
    return room


def printed(room: Newsroom, *words: str) -> tuple[str, list[str]]:
    code, out, err = here(("install-service", "--print", *words), {**os.environ}, room.folder)
    assert code == 0
    return out, err.splitlines()


def chowns(lines: list[str]) -> list[list[str]]:
    return [shlex.split(line) for line in lines if line.startswith("  chown ")]


def test_what_belongs_to_another_user_is_to_be_given_away(site: Newsroom) -> None:
    out, said = printed(site, "--user", OTHER)
    assert f"User={OTHER}\n" in out
    assert chowns(said) == [["chown", "-R", f"{OTHER}:", str(site.state), str(site.out)]]
    assert f"{site.state}: not all of it is of {OTHER}, whom the units name: " in "\n".join(said)
    assert "--user NAME" in "\n".join(said)
    assert any(f"--print --user {OTHER} | awk" in line for line in said)


@pytest.mark.skipif(os.geteuid() != 0, reason="what root owns is root's to make")
def test_a_state_of_root_is_not_passed_over(site: Newsroom) -> None:
    out, said = printed(site)
    assert "User=aggregator\n" in out
    assert chowns(said) == [["chown", "-R", "aggregator:", str(site.state), str(site.out)]]


def test_of_what_is_well_nothing_is_said(site: Newsroom) -> None:
    assert chowns(printed(site, "--user", ME)[1]) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives away")
def test_one_file_of_another_user_is_enough(site: Newsroom) -> None:
    number = pwd.getpwnam(OTHER).pw_uid
    for path in (site.state, *site.state.iterdir(), site.out, *site.out.iterdir()):
        os.chown(path, number, -1)
    assert chowns(printed(site)[1]) == []
    os.chown(site.state / "lock", 0, -1)
    assert chowns(printed(site)[1]) == [["chown", "-R", f"{OTHER}:", str(site.state)]]


def test_before_there_is_a_state_there_is_nothing_to_give_away(tmp_path: Path) -> None:
    assert chowns(printed(Newsroom(tmp_path), "--user", OTHER)[1]) == []
