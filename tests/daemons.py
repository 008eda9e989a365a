"""A daemon in a process of its own: what it logs, what it tells its service manager, and how it ends."""

from __future__ import annotations

import os
import queue
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Sequence

    from newsroom import Newsroom

FEED = b"""<rss version='2.0'><channel><title>Pier</title><link>/</link><item><title>From the pier</title>
<link>https://pier.example/1</link><pubDate>Tue, 20 Oct 2026 08:00:00 GMT</pubDate></item></channel></rss>"""
SECONDS = 30  # until something that does not come is a failure
COMMAND = (sys.executable, "-m", "aggregator")


class Running:
    """A daemon over a site, killed at the end if it has not ended; `words` in place of the command."""

    def __init__(self, room: Newsroom, words: Sequence[str] = (*COMMAND, "daemon"), **environment: str) -> None:
        self.room = room
        self.lines: list[str] = []
        self.messages: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("")  # an abstract address that the system chooses
        self._socket.settimeout(SECONDS)
        address = "@" + self._socket.getsockname()[1:].decode()
        self.process = subprocess.Popen(
            words,
            cwd=room.folder,
            env={**os.environ, "NOTIFY_SOCKET": address, "PYTHONUNBUFFERED": "1", **environment},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self._reader.join()
        self._socket.close()

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as stream:
            for line in stream:
                self._said.put(line)
        self._said.put("")

    def logged(self, wanted: str) -> str:
        """Wait for a line that holds a text."""
        while wanted not in (line := self._said.get(timeout=SECONDS)):
            assert line, "".join(self.lines)
            self.lines.append(line)
        self.lines.append(line)
        return line

    def told(self, wanted: str) -> str:
        """Wait for a message to the service manager that holds a text."""
        while wanted not in (message := self._socket.recv(4096).decode()):
            self.messages.append(message)
        self.messages.append(message)
        return message

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for a pass after which something holds."""
        while not holds():
            self.logged("pass done")

    def everything(self) -> str:
        """Return all that was logged, after the end."""
        self._reader.join(SECONDS)
        while not self._said.empty():
            self.lines.append(self._said.get())
        return "".join(self.lines)

    def passes(self) -> int:
        """Count the passes that were logged up to what was waited for last."""
        return sum("pass done" in line for line in self.lines)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, seconds: float = SECONDS) -> int:
        return self.process.wait(seconds)

    def port(self) -> int:
        """Return where it serves, which it logs before anything else."""
        match = re.search(r"port=(\d+)", self.logged("serving"))
        assert match
        return int(match[1])

    def children(self) -> list[int]:
        """Return the processes that descend from it."""
        parents = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                text = path.read_text(encoding="utf-8", errors="replace")
                parents[int(path.parent.name)] = int(text.rpartition(")")[2].split()[1])
        found = [self.process.pid]
        for parent in found:
            found += [pid for pid, of in parents.items() if of == parent]
        return found[1:]


def until(holds: Callable[[], bool]) -> None:
    """Wait for what no line of a log tells."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def command(room: Newsroom, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=room.folder, capture_output=True, text=True, timeout=60, check=False)
