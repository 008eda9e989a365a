"""A process at a terminal of its own: what somebody who sits there would see."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def typed(words: Sequence[str], folder: Path, columns: int, **environment: str) -> tuple[str, int]:
    """Return what a command writes to a terminal so many columns wide, and what it ends with."""
    reader, terminal = pty.openpty()
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        plain = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "LINES"}}
        process = subprocess.Popen(
            words, cwd=folder, env={**plain, "TERM": "xterm", **environment}, stdout=terminal, stderr=terminal
        )
    finally:
        os.close(terminal)
    watch = threading.Timer(60, process.kill)
    watch.start()
    try:
        shown = b"".join(iter(lambda: _read(reader), b""))
        return shown.decode().replace("\r\n", "\n"), process.wait()
    finally:
        watch.cancel()
        os.close(reader)


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 65536)
    except OSError:  # Linux says so where nobody holds the other end any more
        return b""
