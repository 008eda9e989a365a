"""Passes with a note of what each came to, whatever it came to."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator import run as passes
from aggregator import status
from aggregator.errors import AggregatorError, PublishError, StateTaken, StoreError, UnknownSource, reason_of
from aggregator.status import Counts, Status, Work

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from aggregator.config import Config
    from aggregator.options import Options
    from aggregator.publish import Progress
    from aggregator.run import Report
    from aggregator.store import Store

_NEEDED = 1  # a person decides; what may be published is


def run(  # noqa: PLR0913  what a pass has, and how often there is one
    config: Config,
    store: Store,
    clock: Callable[[], datetime],
    options: Options,
    progress: Progress,
    *,
    interval: timedelta | None = None,
    beside: passes.Beside | None = None,
) -> Report:
    """Carry out one pass and keep what it came to; `interval` is how often there is one, where that is known.

    beside: as in `run.run`.

    Raises:
        AggregatorError: as `run.run`; it is noted unless the pass never began.
    """
    started = clock()
    before = status.read(config.state)
    try:
        report = passes.run(config, store, started.replace(microsecond=0), options, progress, beside=beside)
    except (StateTaken, UnknownSource):
        raise
    except AggregatorError as error:
        failed = _failed(before, started, clock(), error.exit_code)
        with suppress(OSError):  # the first error is the one to be told
            status.keep(config.state, replace(failed, interval=interval))
        raise
    ended = clock()
    if report.is_unwritten:
        noted = _failed(before, started, ended, PublishError.exit_code)
    else:
        noted = _good(before, report, config, started, ended)
    try:
        status.keep(config.state, replace(noted, interval=interval))
    except OSError as error:
        raise StoreError(f"{error.filename or config.state}: {reason_of(error)}") from error
    return report


def _failed(before: Status | None, started: datetime, ended: datetime, code: int) -> Status:
    """Return what is known after a pass that did not publish all it had: what there was still stands."""
    work = before.work if before else Work()
    seconds = work.seconds + (ended - started).total_seconds()
    return Status(
        started=started,
        ended=ended,
        exit_code=code,
        last_good=before.last_good if before else None,
        counts=before.counts if before else Counts(),
        work=replace(work, failed=work.failed + 1, seconds=seconds),
    )


def _good(before: Status | None, report: Report, config: Config, started: datetime, ended: datetime) -> Status:
    gathered, polled, work = report.gathered, report.gathered.polled, before.work if before else Work()
    counts = Counts(
        entries=report.totals.entries,
        channels=sum(report.published.channels.values()),
        sources=len(config.articles) + len(config.feeds_from) + len(config.lists) + report.followed,
        failing=polled.failing,
        held=len({one.source for one in gathered.held} | {one.source for one in gathered.floods}),
        faulty=len(gathered.faults),
    )
    done = Work(
        good=work.good + 1,
        failed=work.failed,
        asked=work.asked + polled.asked,
        fresh=work.fresh + polled.fresh,
        unchanged=work.unchanged + polled.unchanged,
        written=work.written + report.published.written,
        seconds=work.seconds + (ended - started).total_seconds(),
    )
    code = _NEEDED if report.is_held else 0
    return Status(started=started, ended=ended, exit_code=code, last_good=ended, counts=counts, work=done)
