"""A bar on long work, for a person who is looking."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import rich.progress

    from aggregator.options import Progress

PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.1  # more often than that nobody can see it
_FEEDS = "feeds"  # what a pass calls its writing; all else are sources of articles


@contextmanager
def progress_bar(*, quiet: bool, patience: float = PATIENCE_SECONDS) -> Iterator[Progress]:
    """Yield what a pass reports to; it shows a bar on stderr after a while (seconds), if that is a terminal."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield lambda what, done, total: None  # noqa: ARG005  the shape is the protocol's
        return
    bar = _Bar(patience)
    try:
        yield bar
    finally:
        bar.stop()


class _Bar:
    """Nothing at first, then a bar; rich is imported only where somebody looks, and waits."""

    def __init__(self, patience: float) -> None:
        self._next = time.monotonic() + patience
        self._bar: rich.progress.Progress | None = None
        self._tasks: dict[str, rich.progress.TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        is_new = self._bar is not None and what not in self._tasks
        if now < self._next and not is_new:
            return
        self._next = now + _PAUSE_SECONDS
        self._bar = self._bar or _started()
        if what not in self._tasks:
            for task in self._bar.tasks:  # whatever comes next, what came before is through
                self._bar.update(task.id, completed=task.total)
            unit = _FEEDS if what == _FEEDS else "articles"
            self._tasks[what] = self._bar.add_task(what, total=total, completed=done, unit=unit)
        self._bar.update(self._tasks[what], completed=done)

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def _started() -> rich.progress.Progress:
    from rich.console import Console  # noqa: PLC0415  nobody waits for it where no bar is shown
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}", markup=False),  # a source may be called [bold]
        BarColumn(),
        MofNCompleteColumn(),
        _rate_column(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.start()
    return bar


def _rate_column() -> rich.progress.ProgressColumn:
    from rich.progress import ProgressColumn, Task  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f} {task.fields['unit']}/s" if speed else "")

    return Rate()
