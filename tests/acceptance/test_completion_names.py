"""What TAB gives in a bash that somebody types into, and names of sources in every shell."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from generated import ROOT, SHELLS
from newsroom import CONFIG, Newsroom
from talk import here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS = 60  # until something that does not come is a failure
FEEDS = """\
upstream:
  - {url: "https://coast.example/f", name: "Coast Wire"}
  - {url: "https://pier.example/f", name: "L'Écho $HOME"}
"""
# Asked how a line may go on, it answers; else it only notes what it was given.
PROGRAM = f"""\
#!/bin/sh
test -n "$_AGGREGATOR_COMPLETE" && exec '{sys.executable}' -m aggregator "$@"
{{ printf '<%s>' "$@"; echo; }} >> "$GIVEN"
"""


@pytest.fixture
def site(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.configure(f"{CONFIG}{FEEDS}")
    (room.folder / "reader.opml").touch()
    (room.folder / "paper.md").touch()
    return room


@pytest.fixture
def shell(site: Newsroom) -> Iterator[Callable[[str], str]]:
    """A bash at a terminal, with the script that is committed: given what is typed, it says what the program is given."""
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    program, given = site.folder / "bin" / "aggregator", site.folder / "given"
    program.parent.mkdir()
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    os.mkfifo(given)
    keys, terminal = pty.openpty()
    variables = {
        **{name: value for name, value in os.environ.items() if name != "AGGREGATOR_CONFIG"},
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "GIVEN": str(given),
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
        "INPUTRC": os.devnull,
        "HISTFILE": "",
    }
    process = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        cwd=site.folder,
        env=variables,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    watch = threading.Timer(SECONDS, process.kill)
    watch.start()
    reader = threading.Thread(target=drain, args=(keys,))
    reader.start()
    os.write(keys, f"source '{ROOT}/config/completions/aggregator.bash'\n".encode())
    with os.fdopen(os.open(given, os.O_RDWR), encoding="utf-8") as lines:

        def typed(text: str) -> str:
            os.write(keys, f"{text}\n".encode())
            assert select.select([lines], [], [], SECONDS)[0]
            return lines.readline().removesuffix("\n")

        yield typed
    os.write(keys, b"exit\n")
    process.wait()
    watch.cancel()
    reader.join()
    os.close(keys)


def drain(keys: int) -> None:
    """Read what a terminal shows until nobody holds its other end; Linux says that with an error."""
    with suppress(OSError):
        while os.read(keys, 65536):
            pass


def answers(room: Newsroom, shell: str, words: list[str]) -> list[str]:
    """Return what a shell is told of a line, each answer without its description."""
    cword = words[-1] if shell == "fish" else str(len(words) - 1)
    line = f"{shlex.join(words[:-1])} {words[-1]}"
    asked = {"_AGGREGATOR_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": cword}
    code, out, err = here((), {**os.environ, **asked}, room.folder)
    assert (code, err) == (0, "")
    lines = out.strip().splitlines()
    return lines[1::3] if shell == "zsh" else [line.partition(",")[2].partition("\t")[0] for line in lines]


def test_tab_completes_commands_names_and_files(shell: Callable[[str], str]) -> None:
    assert shell("aggregator sources p\t") == "<sources><pause>"
    assert shell("aggregator sou\tpau\tCo\t") == "<sources><pause><Coast Wire>"
    assert shell("aggregator sources Co\t--js\t") == "<sources><Coast Wire><--json>"
    assert shell("aggregator sources --js\t") == "<sources><--json>"
    assert shell("aggregator run --on\tL\t") == "<run><--only><L'Écho $HOME>"
    assert shell('aggregator sources reset "Coast W\t') == "<sources><reset><Coast Wire>"
    assert shell("aggregator sources reset Coast\\ W\t") == "<sources><reset><Coast Wire>"
    assert shell("aggregator explain pap\t") == "<explain><paper.md>"
    assert shell("aggregator import-opml re\t") == "<import-opml><reader.opml>"
    assert shell("aggregator run --config conf\taggr\t") == "<run><--config><config/aggregator.yaml>"
    assert shell("aggregator help sou\tpa\t") == "<help><sources><pause>"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_is_told_the_names_of_the_configuration(site: Newsroom, shell: str) -> None:
    everything = ["Coast Wire", "L'Écho $HOME", "articles"]
    assert answers(site, shell, ["aggregator", "sources", "pause", ""]) == everything
    assert answers(site, shell, ["aggregator", "sources", ""])[-3:] == everything
    assert answers(site, shell, ["aggregator", "sources", "accept", "Coast Wire", ""]) == everything[1:]
    assert answers(site, shell, ["aggregator", "run", "--only", ""]) == everything[:2]


@pytest.mark.parametrize("text", [None, "title: [", "base_url: nowhere"])
def test_where_no_configuration_can_be_read_nothing_is_said(site: Newsroom, text: str | None) -> None:
    site.config_file.unlink()
    if text:
        site.configure(text)
    words = ["aggregator", "sources", "pause", "--config", "config/aggregator.yaml", ""]
    assert answers(site, "bash", words) == []


def test_the_names_of_another_configuration_are_those_that_are_named(site: Newsroom) -> None:
    (site.folder / "other.yaml").write_text(f"{CONFIG}upstream: [{{url: 'https://a.example/f', name: Other}}]\n")
    assert answers(site, "bash", ["aggregator", "run", "--config", "other.yaml", "--only", ""]) == ["Other"]
