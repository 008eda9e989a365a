"""A bar on long work, for a person who is looking."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import rich.progress

    from aggregator.publish import Progress

_PATIENCE_SECONDS = 2.0


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress]:
    """Yield what a pass reports to; it shows a bar on stderr after a while, if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda what, done, total: None  # noqa: ARG005  the shape is the protocol's
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.stop()


class _Bar:
    """Nothing at first, then a bar; rich is imported only where somebody looks, and waits."""

    def __init__(self) -> None:
        self._patient_until = time.monotonic() + _PATIENCE_SECONDS
        self._bar: rich.progress.Progress | None = None
        self._tasks: dict[str, rich.progress.TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._bar is None:
            if time.monotonic() < self._patient_until:
                return
            self._bar = self._started()
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=total)
        self._bar.update(self._tasks[what], completed=done)

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    @staticmethod
    def _started() -> rich.progress.Progress:
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
        bar.start()
        return bar
