"""A server that may listen at one of its two addresses only says which key to change, and leaves nothing behind."""

from __future__ import annotations

import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from daemons import Running, command
from newsroom import CONFIG, Newsroom

from aggregator.errors import ServeError
from aggregator.serve.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED = 4


@pytest.fixture
def place() -> Iterator[Path]:
    """The path of a socket, which has to be short."""
    with TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder) / "feeds.sock"


@pytest.fixture
def taken() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        yield f"127.0.0.1:{holder.getsockname()[1]}"


@pytest.fixture
def site(tmp_path: Path, taken: str) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.configure(f"{CONFIG}serve: {{listen: '127.0.0.1:0', health: '{taken}'}}\n")
    return room


def test_what_was_bound_is_removed_and_the_key_is_named(site: Newsroom, place: Path, taken: str) -> None:
    done = command(site, "serve", "--listen", f"unix:{place}")
    said = " ".join(done.stderr.split())
    assert (done.returncode, said.startswith(f"error: {taken}: cannot listen there: ")) == (FAILED, True)
    assert said.endswith("; it is set with serve.health")
    assert not place.exists()
    done = command(site, "serve", "--listen", taken)
    assert " ".join(done.stderr.split()).endswith("; it is set with --listen")


def test_a_daemon_names_the_key_too(site: Newsroom, place: Path, taken: str) -> None:
    site.configure(f"{CONFIG}serve: {{daemon: true, listen: 'unix:{place}', health: '{taken}'}}\n")
    with Running(site) as daemon:
        assert daemon.ended() == FAILED
        assert "it is set with serve.health" in " ".join(daemon.everything().split())
        assert "Warning" not in daemon.everything()
    assert not place.exists()


def test_a_path_is_given_back_whatever_ends_the_listening(place: Path) -> None:
    with pytest.raises(KeyboardInterrupt), listening("", 0, str(place)):
        raise KeyboardInterrupt
    assert not place.exists()


def test_a_path_that_another_program_listens_at_stays_its_own(place: Path) -> None:
    with listening("", 0, str(place)):
        with pytest.raises(ServeError), listening("", 0, str(place)):
            pass
        assert place.exists()
    assert not place.exists()
