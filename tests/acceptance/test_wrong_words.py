"""What is typed in another order, or nearly right, is answered with what was meant."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom
from talk import here

if TYPE_CHECKING:
    from pathlib import Path

USAGE = 2


@pytest.fixture
def site(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.configure(f"{CONFIG}upstream: [{{url: 'https://coast.example/f', name: Coast}}]\n")
    return room


def said(room: Newsroom, *words: str) -> tuple[object, str]:
    code, out, err = here(words, {**os.environ, "NO_COLOR": "1"}, room.folder)
    return code, " ".join((out or err).split())


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("puase", "Coast"), "error: no source is called puase; did you mean `aggregator sources pause`?"),
        (("Coast", "puase"), "error: no source is called puase; there is: articles, Coast"),
        (("Coats",), "error: no source is called Coats; there is: articles, Coast"),
    ],
)
def test_a_command_that_is_nearly_one_is_no_name(site: Newsroom, words: tuple[str, ...], answer: str) -> None:
    assert said(site, "sources", *words) == (USAGE, answer)


def test_a_near_name_is_suggested_where_there_are_too_many_to_list(site: Newsroom) -> None:
    feeds = ", ".join(f"{{url: 'https://coast.example/{number}', name: 'x{number}'}}" for number in range(20))
    site.configure(f"{CONFIG}upstream: [{{url: 'https://coast.example/f', name: Coast}}, {feeds}]\n")
    assert said(site, "sources", "Coats") == (USAGE, "error: no source is called Coats; did you mean Coast?")


@pytest.mark.parametrize("words", [(), ("run",), ("sources", "pause")])
def test_help_is_a_word_too(site: Newsroom, words: tuple[str, ...]) -> None:
    code, text = said(site, "help", *words)
    assert (code, text) == said(site, *words, "--help")
    assert text.startswith(f"Usage: {' '.join(('aggregator', *words))} [OPTIONS]")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("help", "rnu"), "No such command 'rnu'. Did you mean 'run'?"),
        (("--config", "F", "run"), "--config belongs behind the command: aggregator run --config F"),
        (("--config=a b", "run", "-q"), "--config belongs behind the command: aggregator run -q '--config=a b'"),
        (
            ("--config", "F", "state", "export"),
            "--config belongs behind the command: aggregator state export --config F",
        ),
        (("--config", "F"), "--config belongs behind the command: aggregator run --config F"),
        (("--cnfig", "F", "run"), "No such option '--cnfig'."),
    ],
)
def test_an_option_before_its_command_is_said_to_belong_behind_it(
    site: Newsroom, words: tuple[str, ...], answer: str
) -> None:
    code, text = said(site, *words)
    assert code == USAGE
    assert text.endswith(f"Error: {answer}")
