"""A note of announcements that hubs took, kept as they are made: no end repeats more than those just under way.

What is owed stands in the manifest, which a pass writes when all hubs have been told, or the next one does.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from aggregator.core.owing import Owing

FILE = "told"
_MODE = 0o600


class Told:
    """The note beside a state; to be written by any thread.

    A line is the digest of a hub, a feed and the instant of its news: it says nothing to others, and what is torn or was
    written by somebody else fits nothing.
    """

    def __init__(self, state: Path) -> None:
        self._file = state / FILE

    def note(self, hub: str, path: str, since: datetime) -> None:
        """Write down that a hub was told of the news of a feed; where that cannot be written, it is told once more."""
        with suppress(OSError):
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _MODE)
            try:
                os.write(descriptor, f"{_line(hub, path, since)}\n".encode())
            finally:
                os.close(descriptor)

    def left(self, owed: Mapping[str, Owing]) -> dict[str, Owing]:
        """Return what is still owed, without what the note says was done."""
        try:
            lines = frozenset(self._file.read_bytes().decode("ascii", "replace").splitlines())
        except OSError:
            return dict(owed)
        made = {}
        for hub, owing in owed.items():
            feeds = {path: since for path, since in owing.feeds.items() if _line(hub, path, since) not in lines}
            if feeds:
                made[hub] = owing if len(feeds) == len(owing.feeds) else replace(owing, feeds=feeds)
        return made

    def forget(self) -> None:
        """Remove the note: the manifest says all of it."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)


def _line(hub: str, path: str, since: datetime) -> str:
    return hashlib.sha256(f"{hub}\n{path}\n{since.timestamp()}".encode()).hexdigest()
