"""The life of a daemon, in its main thread: it begins, listens to signals, sees that all goes on, and ends."""

from __future__ import annotations

import faulthandler
import logging
import multiprocessing
import signal
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty
from typing import TYPE_CHECKING

from aggregator.daemon.agenda import BEAT, Agenda
from aggregator.daemon.chronicle import said
from aggregator.daemon.clock import Clocks
from aggregator.daemon.duty import Duty
from aggregator.daemon.signals import ENDINGS
from aggregator.daemon.watch import Watch
from aggregator.errors import AggregatorError, ConfigError
from aggregator.run import noted
from aggregator.run.logbook import status
from aggregator.serve.hosting import LISTEN, Hosting
from aggregator.store import lock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from queue import SimpleQueue

    from aggregator.config import Config
    from aggregator.daemon.notify import Notifier
    from aggregator.store.lock import Hold

OVERDUE = LOST = 4
_AWAKE = 0  # in the queue of signals: no signal, a turn is over
_LOOK_SECONDS = 1.0
_DRIFT = timedelta(seconds=5)
_LOST_BEATS = 4
_EXTEND = timedelta(minutes=1)
_PATIENCE_SECONDS = 3.0  # for what is just being written, before it is cut off


@dataclass(frozen=True, slots=True)
class World:
    """What a daemon lives in.

    load: reads the configuration anew; adopt: told of one that counts from now on. signals: those that came, from
    `listen`.
    """

    load: Callable[[], Config]
    environment: Mapping[str, str]
    clock: Callable[[], datetime]
    notifier: Notifier
    signals: SimpleQueue[int]
    adopt: Callable[[Config], object] = lambda _: None


class Daemon:
    """A daemon; `live` is its life. beat: how often its agenda shows that it goes on."""

    def __init__(self, config: Config, world: World, clocks: Clocks | None = None, beat: timedelta = BEAT) -> None:
        self._world = world
        self._clocks = clocks or Clocks()
        self._duty = Duty(config, world.environment, world.clock, lambda: world.signals.put(_AWAKE))
        self._told = {"watchdog": 0.0, "extend": 0.0}
        self._is_ready = False
        self._is_blocked = False
        self._status = ""
        self._refused = ""  # what of the last reload did not come to be
        work = {"tick": self._duty.tick, "publish": self._duty.publish.ask, "maintain": self._duty.maintain}
        self._agenda = Agenda(config.schedule, work, beat)
        self._patience = beat.total_seconds() * _LOST_BEATS
        self._watch = self._watching(config)
        self._hosting = Hosting(world.clock, _no_room)

    def live(self) -> int:
        """Return what the process is to end with: 0 after a signal, OVERDUE where a pass hangs, LOST without a state or a thread.

        Where the first pass fails, its exit code; what fails later is logged, and tried again.

        Raises:
            LockedError: another process works on the state.
            AggregatorError: the state cannot be had, or nothing can listen where it should.
        """
        config = self._duty.config
        with ExitStack() as stack:
            with noted.opening(config, self._world.clock):
                hold = stack.enter_context(lock.held(config.state, timedelta(0), lock.DAEMON))
            self._host(config)
            said("daemon begins", config=str(config.file), state=str(config.state), output=str(config.output))
            self._watch.start()
            self._duty.publish.start()
            self._duty.publish.ask()
            self._agenda.start()
            try:
                return self._listen(hold)
            finally:
                self._end()

    def _listen(self, hold: Hold) -> int:
        while True:
            try:
                number = self._world.signals.get(timeout=_LOOK_SECONDS)
            except Empty:
                number = _AWAKE
            if number in ENDINGS:
                said("daemon ends", signal=signal.Signals(number).name)
                return 0
            if number == signal.SIGHUP:
                self._reload()
            elif number == signal.SIGUSR1:
                said("asked for a pass")
                self._ask_for_all()
            if hold.is_lost():
                said("the state was taken away; the daemon ends", logging.CRITICAL, state=str(self._duty.config.state))
                return LOST
            if code := self._look():
                return code

    def _look(self) -> int:
        """See that all goes on, and say so; return what to end with where it does not."""
        drift = self._clocks.drift()
        if abs(drift) > _DRIFT:
            said(
                "the clock was set, or the machine slept: planned anew", logging.WARNING, seconds=drift.total_seconds()
            )
            self._agenda.plan_anew()
        failed = self._duty.last.error
        if failed and not self._is_ready:
            said("the first pass failed; the daemon ends", logging.CRITICAL)
            return getattr(failed, "exit_code", AggregatorError.exit_code)
        if (address := self._hosting.lost()) or self._watch.is_lost():
            thread = f"serve {address}" if address else "watch"
            said("a thread died; the daemon ends, to be restarted", logging.CRITICAL, thread=thread)
            return LOST
        self._tell()
        self._duty.try_again()
        deadline = self._duty.config.schedule.deadline
        silent = self._agenda.silent_for()
        stuck = overdue({**{one.name: one.stuck_for() for one in self._duty.all()}, "agenda": silent}, deadline)
        if stuck:
            said("a turn hangs; the daemon ends, to be restarted", logging.CRITICAL, turn=stuck)
            dump_stacks()
            return OVERDUE
        if (silent >= self._patience) != self._is_blocked:
            self._is_blocked = not self._is_blocked
            if self._is_blocked:
                said("a job blocks the agenda", logging.WARNING, job=self._agenda.at_work())
            else:
                said("the agenda goes on")
        if not self._is_blocked:
            self._now_and_then("watchdog", self._world.notifier.watchdog_interval, self._world.notifier.watchdog)
        return 0

    def _tell(self) -> None:
        """Tell the service manager what the last pass came to."""
        text = self._said_now()
        if text and not self._is_ready:
            self._is_ready = True
            self._duty.upstream.start()
            self._duty.hubs.start()
            self._duty.upstream.ask()
            self._world.notifier.ready(text)
        elif text and text != self._status:
            self._world.notifier.status(text)
        self._status = text
        if not self._is_ready:
            self._now_and_then("extend", _EXTEND / 4, lambda: self._world.notifier.extend_timeout(_EXTEND))

    def _said_now(self) -> str:
        """Return what the last pass came to, after what was refused; nothing before the first is over."""
        last = self._duty.last
        text = status(last.report) if last.report else f"a pass failed: {last.error}" if last.error else ""
        return "; ".join(filter(None, (self._refused, text))) if text else ""

    def _now_and_then(self, what: str, every: timedelta | None, tell: Callable[[], object]) -> None:
        if every is not None and time.monotonic() - self._told[what] >= every.total_seconds() / 2:
            self._told[what] = time.monotonic()
            tell()

    def _reload(self) -> None:
        old = self._duty.config
        if self._is_ready:
            self._world.notifier.reloading("reading the configuration again")
        try:
            new = self._world.load()
        except ConfigError as error:
            for fault in error.faults:
                said("the configuration has a fault; the old one stays", logging.ERROR, fault=fault)
            self._refused = f"the old configuration stays: {error.faults[0]}"
        else:
            if elsewhere := [name for name in ("state", "output") if getattr(new, name) != getattr(old, name)]:
                names = " and ".join({"output": "output.path"}.get(name, name) for name in elsewhere)
                said("restart for another place; the old configuration stays", logging.ERROR, changed=names)
                self._refused = f"the old configuration stays: restart for another place of {names}"
            else:
                self._take(new)
        if self._is_ready:
            self._world.notifier.ready(self._said_now())

    def _take(self, config: Config) -> None:
        self._duty.config = config
        self._world.adopt(config)
        self._agenda.change(config.schedule)
        self._watch.stop()
        self._watch = self._watching(config)
        self._watch.start()
        try:
            self._host(config)
            self._refused = ""
        except AggregatorError as error:
            self._refused = f"not served as the configuration wants: {error}"
            said("not served as the configuration wants; what was served goes on", logging.ERROR, reason=str(error))
        said("configuration read again")
        self._ask_for_all()

    def _host(self, config: Config) -> None:
        """Serve, if the configuration says that a daemon does."""
        for one in self._hosting.follow(config if config.serve.daemon else None):
            what = "serving" if one.offer.key == LISTEN else "answering monitors"
            said(what, listen=str(one.offer.place), port=one.at.port)

    def _ask_for_all(self) -> None:
        self._duty.publish.ask()
        self._duty.upstream.ask()

    def _watching(self, config: Config) -> Watch:
        watched = [folder for _, folder in config.roots] if config.schedule.watch else []
        return Watch(watched, self._duty.publish.ask, apart=(config.state, config.output))

    def _end(self) -> None:
        """End what goes on; what does not end soon is cut off, which a pass can bear anywhere."""
        self._world.notifier.stopping("ending")
        self._agenda.stop()
        self._watch.stop()
        self._duty.stop()
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until and not all(one.is_over() for one in self._duty.all()):
            try:
                if self._world.signals.get(timeout=0.02) in ENDINGS:
                    break
            except Empty:
                pass
        self._hosting.end(max(until - time.monotonic(), 0.0))
        for child in multiprocessing.active_children():
            child.kill()


def dump_stacks() -> None:
    """Write the stacks of all threads to stderr, and before them which thread has which number there."""
    names = ", ".join(f"{one.name} 0x{one.ident or 0:016x}" for one in threading.enumerate())
    said("stacks follow, by the numbers of threads", logging.CRITICAL, threads=names)
    faulthandler.dump_traceback(file=sys.stderr, all_threads=True)


def _no_room(count: int) -> None:
    said("connections ended, since there was no room for more", logging.WARNING, count=count)


def overdue(stuck: Mapping[str, float], deadline: timedelta) -> str:
    """Return the first of the threads that got nowhere for longer than the deadline; nothing where all go on."""
    return next((name for name, seconds in stuck.items() if seconds > deadline.total_seconds()), "")
