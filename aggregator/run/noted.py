"""Passes with a note of what each came to, whatever it came to."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator import run as passes
from aggregator import status
from aggregator.errors import (
    AggregatorError,
    LockedError,
    StateTaken,
    StoreError,
    UnknownSource,
    wrapped,
)
from aggregator.masking import Mask, masked
from aggregator.status import Counts, Hub, Status, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from aggregator.config import Config
    from aggregator.options import Options, Progress
    from aggregator.run import Report
    from aggregator.store.tables import Store

_CLEAN = Mask()


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
        failed(config, started, clock(), error, interval=interval)
        raise
    ended = clock()
    noted = _good(before, report, config, started, ended)
    if report.is_unwritten:
        noted = _failed(before, started, ended, report.exit_code, str(report.published.faults[0]))
    with wrapped(StoreError, config.state):
        status.keep(config.state, replace(noted, interval=interval))
    return report


@contextmanager
def opening(config: Config, clock: Callable[[], datetime], *, interval: timedelta | None = None) -> Iterator[None]:
    """Keep that a pass failed where the state cannot be opened for it; not where another process holds that.

    Raises:
        AggregatorError: what opening raises.
    """
    started = clock()
    try:
        yield
    except LockedError:
        raise
    except AggregatorError as error:
        failed(config, started, clock(), error, interval=interval)
        raise


def failed(
    config: Config, started: datetime, ended: datetime, error: Exception, *, interval: timedelta | None = None
) -> None:
    """Keep that a pass failed, if that is possible: the first error is the one to be told."""
    code, said = AggregatorError.exit_code, f"{type(error).__name__}, a mistake of ours; the log has it"
    if isinstance(error, AggregatorError):
        code, said = error.exit_code, str(error)
    before = status.read(config.state)
    with suppress(OSError):
        status.keep(config.state, replace(_failed(before, started, ended, code, said), interval=interval))


def _failed(before: Status | None, started: datetime, ended: datetime, code: int, reason: str) -> Status:
    """Return what is known after a pass that did not publish all it had: what there was still stands."""
    work = before.work if before else Work()
    seconds = work.seconds + (ended - started).total_seconds()
    return Status(
        started=started,
        ended=ended,
        exit_code=code,
        reason=_CLEAN.line(reason),
        last_good=before.last_good if before else None,
        counts=before.counts if before else Counts(),
        work=replace(work, failed=work.failed + 1, seconds=seconds),
        hubs=before.hubs if before else (),
    )


def _good(before: Status | None, report: Report, config: Config, started: datetime, ended: datetime) -> Status:
    gathered, polled, work = report.gathered, report.gathered.polled, before.work if before else Work()
    counts = Counts(
        entries=report.totals.entries,
        channels=sum(report.published.channels.values()),
        sources=len(config.folders) + len(config.lists) + report.followed,
        failing=polled.failing,
        paused=len(gathered.paused) + len(gathered.resting),
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
        announced=work.announced + report.announced.sent,
        refused=work.refused + sum(one.refused for one in report.announced.answers.values()),
    )
    hubs = tuple(_hubs(before, report, config))
    code = report.exit_code
    return Status(started=started, ended=ended, exit_code=code, last_good=ended, counts=counts, work=done, hubs=hubs)


def _hubs(before: Status | None, report: Report, config: Config) -> Iterator[Hub]:
    """Yield how each hub stands; of one that was told nothing by this pass, what it said the last time."""
    if not config.site.hubs:
        return
    known = {one.name: one for one in before.hubs} if before else {}
    for address in config.site.hubs:
        name = masked(address)
        said, owing = report.announced.answers.get(address), report.announced.owed.get(address)
        if said is None:
            hub = known.get(name, Hub(name=name))
        else:
            hub = Hub(name=name, refused=said.refused, reason=said.reason)
        yield replace(hub, owed=len(owing.feeds) if owing else 0, again=owing.not_before if owing else None)
