"""What a daemon does turn by turn: passes over the folders, asking feeds, telling hubs, upkeep; nothing of it ends it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from threading import Event, Lock
from typing import TYPE_CHECKING

from aggregator import run as passes
from aggregator.core.owing import is_due
from aggregator.daemon.chronicle import Chronicle
from aggregator.daemon.turns import Turns
from aggregator.daemon.upkeep import keep_up
from aggregator.errors import AggregatorError
from aggregator.gather.gathered import Polled
from aggregator.gather.upstream import ask, asking, follow
from aggregator.options import Options
from aggregator.run import noted
from aggregator.store import sqlite
from aggregator.websub.announced import Announced
from aggregator.websub.announcing import announce
from aggregator.websub.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.options import Progress
    from aggregator.run import Report
    from aggregator.store import Put
    from aggregator.store.tables import Store

_AGAIN_SECONDS = 60.0  # after a pass that failed


class Stopped(Exception):  # noqa: N818  not an error: the daemon ends, and its work with it
    """The daemon ends in the middle of a turn."""


@dataclass(slots=True)
class Outcome:
    """What the last pass came to; None in both before there was one."""

    report: Report | None = None
    error: Exception | None = None


class Duty:
    """The threads of a daemon, and what each does in a turn.

    config: may be set at any time; each turn begins with what it is then. last: what the last pass came to. publish: a
    pass over the folders that asks nobody, so that no stranger can hold up a file that was just saved. upstream: asks the
    feeds that are due; what they bring is published by the first thread. hubs: announces what has news; what that came
    to is kept by the first thread.
    """

    def __init__(
        self, config: Config, environment: Mapping[str, str], clock: Callable[[], datetime], over: Callable[[], None]
    ) -> None:
        self.config = config
        self.last = Outcome()
        self.publish = Turns("publish", self._pass, over)
        self.upstream = Turns("upstream", self._ask, over)
        self.hubs = Turns("hubs", self._tell, over)
        self._clock = clock
        self._options = Options(environment=environment)
        self._chronicle = Chronicle()
        self._lock = Lock()  # of the three below, which threads hand to each other
        self._polled = Polled()  # since the last pass
        self._announced = Announced()  # since the last pass
        self._are_hubs_settled = True  # no longer from when they are told until a pass has kept what that came to
        self._upkeep = Event()
        self._stopped = Event()
        self._try_again: float | None = None  # on the monotonic clock

    def tick(self) -> None:
        """Wish for what is due: feeds to be asked, hubs to be told."""
        if self.last.report is None and self.last.error is None:
            return  # the first pass makes the state
        self._ask_for_hubs()
        try:
            with sqlite.looked_into(self.config.state) as store:
                if asking(self.config, store, self._clock(), self._options).is_any_due():
                    self.upstream.ask()
        except AggregatorError as error:
            self._chronicle.failed("looking for what is due", error)
        else:
            self._chronicle.went_well("looking for what is due")

    def try_again(self) -> None:
        """Wish for a pass in place of one that failed a while ago."""
        if self._try_again is not None and time.monotonic() >= self._try_again:
            self._try_again = None
            self.publish.ask()

    def maintain(self) -> None:
        """Wish for upkeep, after a pass."""
        self._upkeep.set()
        self.publish.ask()

    def stop(self) -> None:
        """Let both threads end as soon as they can."""
        self._stopped.set()
        for turns in self.all():
            turns.stop()

    def all(self) -> tuple[Turns, ...]:
        """Return all threads."""
        return self.publish, self.upstream, self.hubs

    def _pass(self) -> None:
        config = self.config
        with self._lock:
            polled, self._polled = self._polled, Polled()
            announced, self._announced = self._announced, Announced()
            is_quiet = self._are_hubs_settled and self.last.report is None
        every = None if config.schedule.cron else config.schedule.every
        try:
            with ExitStack() as stack:
                with noted.opening(config, self._clock, interval=every):
                    store = stack.enter_context(sqlite.opened_within(config.state))
                progress = self._progress(self.publish)
                beside = passes.Beside(polled, announced, is_quiet)
                report = noted.run(config, store, self._clock, self._options, progress, interval=every, beside=beside)
                with self._lock:
                    self._are_hubs_settled = self._are_hubs_settled or bool(announced.given)
                self._after_pass(report, config)
                if self._upkeep.is_set():
                    self._keep_up(config, store)
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001  also a mistake of ours must not end all later passes
            with self._lock:
                self._polled = polled + self._polled
                self._announced = announced if announced.given else self._announced
            if not isinstance(error, AggregatorError):
                noted.failed(config, self._clock(), self._clock(), error, interval=every)
            self._try_again = time.monotonic() + _AGAIN_SECONDS
            self.last = Outcome(error=error)
            self._chronicle.failed("a pass", error)

    def _after_pass(self, report: Report, config: Config) -> None:
        self._try_again = None
        self.last = Outcome(report=report)
        self._chronicle.went_well("a pass")
        self._chronicle.passed(report, config)
        self._ask_for_hubs()

    def _ask_for_hubs(self) -> None:
        """Wish that hubs are told, if one of them is due."""
        report, now = self.last.report, self._clock()
        if (
            report is not None
            and self._are_hubs_settled
            and any(is_due(owing, now) for owing in report.announced.owed.values())
        ):
            self.hubs.ask()

    def _tell(self) -> None:
        """Tell the hubs what they are owed; the next pass, which is wished for, keeps what it came to."""
        config, now = self.config, self._clock()
        with self._lock:
            report = self.last.report
            if report is None or not self._are_hubs_settled:  # what the last report says they are owed is told already
                return
            given = {hub: owing for hub, owing in report.announced.owed.items() if is_due(owing, now)}
            if not given:
                return
            self._are_hubs_settled = False
        told = Told(config.state)
        try:
            made = announce(given, config.site, now, self._progress(self.hubs), note=told.note)
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001  as above
            with self._lock:
                self._are_hubs_settled = True
            self._chronicle.failed("telling hubs", error)
            return
        self._chronicle.went_well("telling hubs")
        self._chronicle.told(made)
        with self._lock:
            self._announced = replace(made, given=given)
        self.publish.ask()

    def _keep_up(self, config: Config, store: Store) -> None:
        self._upkeep.clear()
        try:
            keep_up(config.state, store, self._clock())
        except AggregatorError as error:
            self._chronicle.failed("upkeep", error)
        else:
            self._chronicle.went_well("upkeep")

    def _ask(self) -> None:
        config, now, progress = self.config, self._clock().replace(microsecond=0), self._progress(self.upstream)
        try:
            with sqlite.opened_within(config.state) as store:
                followed = follow(config, store, now, self._options, progress)
                polled = ask(followed.config, store, now, self._options, progress)
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001  as above
            self._chronicle.failed("asking upstream feeds", error)
            return
        self._chronicle.went_well("asking upstream feeds")
        self._chronicle.asked(polled)
        with self._lock:
            self._polled += polled
        if _is_news(polled.put):
            self.publish.ask()

    def _progress(self, turns: Turns) -> Progress:
        def note(what: str, done: int, total: int) -> None:  # noqa: ARG001  the shape is the protocol's
            if self._stopped.is_set():
                raise Stopped
            turns.advance()

        return note


def _is_news(put: Put) -> bool:
    return bool(put.new or put.changed or put.related or put.removed)
