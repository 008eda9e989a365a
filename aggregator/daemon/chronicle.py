"""What a daemon logs: each pass that did something, each trouble once, and again when it is another one."""

from __future__ import annotations

import logging
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from aggregator.daemon.faults import FileFaults
from aggregator.errors import AggregatorError
from aggregator.log import NAME, Record, write
from aggregator.run import logbook

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.gather.gathered import Polled
    from aggregator.log import Value
    from aggregator.run import Report
    from aggregator.websub.announced import Announced

_LONG = frozenset({"reason", "first_fault"})  # they hold times, which do not make another trouble of it


class Chronicle:
    """Remembers what was said, so that it need not be said with each pass; for all threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._standing: frozenset[object] = frozenset()
        self._faults = FileFaults()
        self._failed: dict[str, str] = {}
        self._troubled: dict[str, tuple[str, str]] = {}  # hubs, with what is wrong and why

    def passed(self, report: Report, config: Config) -> None:
        """Log what a pass came to; troubles of sources and faults of files where they are new, all else where it did something."""
        *sources, last = logbook.records(report, config)
        grave = {_key(one): one for one in (*sources, last) if one.level >= logging.WARNING}
        with self._lock:
            said, self._standing = self._standing, frozenset(grave)
        is_idle = not (report.first or report.settled.new or report.settled.changed or report.settled.removed)
        for one in sources:
            is_old = _key(one) in said if one.level >= logging.WARNING else is_idle
            write([Record(logging.DEBUG if is_old else one.level, one.message, one.fields)])
        write(self._faults.said(report, config))
        write([replace(last, level=logging.INFO) if _key(last) in said else last])

    def asked(self, polled: Polled) -> None:
        """Log what asking upstream feeds came to; what is wrong with them is said with the next pass."""
        if polled.asked:
            new, changed = polled.put.new, polled.put.changed
            said(
                "upstream feeds asked",
                asked=polled.asked,
                fresh=polled.fresh,
                unchanged=polled.unchanged,
                failing=polled.failing,
                new=new,
                changed=changed,
            )

    def told(self, announced: Announced) -> None:
        """Log what telling hubs came to, of each a line: a trouble where it is another one, and its end."""
        for hub, one in logbook.hub_records(announced):
            trouble = (one.message, announced.answers[hub].reason) if one.level >= logging.WARNING else None
            with self._lock:
                before = self._troubled.pop(hub, None)
                if trouble:
                    self._troubled[hub] = trouble
            message = "hub works again" if before and not trouble else one.message
            write([Record(logging.DEBUG if trouble and trouble == before else one.level, message, one.fields)])

    def failed(self, what: str, error: Exception) -> None:
        """Log why something could not be done, unless that was said the last time; mistakes of ours with their place."""
        text = str(error) if isinstance(error, AggregatorError) else repr(error)
        with self._lock:
            is_known = self._failed.get(what) == text
            self._failed[what] = text
        if is_known:
            said(f"{what} failed again", logging.DEBUG, reason=text)
        elif isinstance(error, AggregatorError):
            said(f"{what} failed", logging.ERROR, reason=text)
        else:
            logging.getLogger(NAME).critical(
                "%s failed by a mistake of ours; please report it", what, exc_info=error, extra={"fields": ()}
            )

    def went_well(self, what: str) -> None:
        """Log that something works that did not."""
        with self._lock:
            was_failing = self._failed.pop(what, "")
        if was_failing:
            said(f"{what} works again")


def said(message: str, level: int = logging.INFO, /, **facts: Value) -> None:
    """Log a line."""
    write([Record(level, message, tuple(facts.items()))])


def _key(record: Record) -> object:
    return record.level, record.message, tuple(one for one in record.fields if one[0] not in _LONG)
