"""What the service manager is told, as it comes out of its socket."""

from __future__ import annotations

import os
import re
import socket
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.daemon.notify import Notifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECOND = timedelta(seconds=1)


class Manager:
    """The end of the socket where the service manager listens."""

    def __init__(self, line: socket.socket, address: str) -> None:
        self._line = line
        self.notifier = Notifier({"NOTIFY_SOCKET": address})

    def heard(self) -> list[str]:
        """Return the lines of the next message."""
        return self._line.recv(65_536).decode().split("\n")

    def is_told_nothing(self) -> bool:
        self._line.setblocking(False)
        with pytest.raises(BlockingIOError):
            self._line.recv(1)
        return True


@contextmanager
def listening(address: str) -> Iterator[Manager]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.settimeout(10)
        line.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        yield Manager(line, address)


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    address = str(tmp_path / "notify é") if request.param == "path" else f"@aggregator-test-{os.getpid()}"
    with listening(address) as manager:
        yield manager


def test_each_thing_is_said_in_one_message(manager: Manager) -> None:
    say = manager.notifier
    assert say.ready("12 feeds")
    assert manager.heard() == ["READY=1", "STATUS=12 feeds"]
    assert say.status("reading")
    assert manager.heard() == ["STATUS=reading"]
    assert say.stopping()
    assert manager.heard() == ["STOPPING=1"]
    assert say.watchdog()
    assert manager.heard() == ["WATCHDOG=1"]
    assert say.extend_timeout(90 * SECOND)
    assert manager.heard() == ["EXTEND_TIMEOUT_USEC=90000000"]


def test_reloading_says_when_by_the_clock_of_the_system(manager: Manager) -> None:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert manager.notifier.reloading("reading the configuration")
    first, stamp, status = manager.heard()
    assert (first, status) == ("RELOADING=1", "STATUS=reading the configuration")
    assert before <= int(stamp.removeprefix("MONOTONIC_USEC=")) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def test_a_status_stays_one_line_without_control_characters_and_passwords(manager: Manager) -> None:
    manager.notifier.status("a\nREADY=1\r\x1b[31m\x00b\u2028c\ud800 https://me:word@pier.example/feed")
    assert manager.heard() == ["STATUS=a READY=1 [31m b c https://***@pier.example/feed"]


def test_a_long_status_is_cut_at_a_character(manager: Manager) -> None:
    manager.notifier.ready("x" + "é" * 10_000)
    ready, status = manager.heard()
    assert ready == "READY=1"
    assert re.fullmatch(r"STATUS=xé{999}", status)


def test_an_empty_status_says_nothing(manager: Manager) -> None:
    assert not manager.notifier.status("\n")
    assert manager.is_told_nothing()


@pytest.mark.parametrize(
    "address", ["", "relative", "vsock:2:1234", "@", "/" + "x" * 300, "@" + "x" * 300, "/nowhere/x"]
)
def test_nothing_happens_without_a_socket_that_takes_it(address: str) -> None:
    say = Notifier({"NOTIFY_SOCKET": address})
    assert [say.ready("x"), say.watchdog(), say.reloading(), say.stopping()] == [False] * 4
    assert Notifier({}).ready() is False


def test_a_manager_that_is_gone_or_comes_back_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with listening(str(path)) as manager:
        pass
    assert manager.notifier.watchdog() is False
    path.unlink()
    assert manager.notifier.watchdog() is False
    with listening(str(path)) as again:
        assert manager.notifier.watchdog() is True
        assert again.heard() == ["WATCHDOG=1"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "120000000"}, 60 * SECOND),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": str(os.getpid())}, 60 * SECOND),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "9" * 40}, None),
    ],
)
def test_the_watchdog_wants_a_sign_in_half_of_its_time(given: dict[str, str], expected: timedelta | None) -> None:
    assert Notifier(given).watchdog_interval == expected
