"""What a daemon says of faults in files: each when it is new or another one, and when it is over."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from aggregator.log import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregator.config import Config
    from aggregator.core.model import Fault
    from aggregator.run import Report

NAMED = 10
"""So many faults are named at once; the others are counted, or a thousand bad files would be a thousand lines."""

_SPOT = re.compile(r"(?::\d+){1,2}$")  # line and column


class FileFaults:
    """Remembers the faults of files from one pass to the next."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[Fault]] = {}

    def said(self, report: Report, config: Config) -> tuple[Record, ...]:
        """Return what is to be logged of the faults of a pass, which are what the next pass goes by."""
        found = _by_file(report.gathered.faults)
        unread = _paused(report, config)  # nobody looked: what was wrong there still is
        found |= {file: faults for file, faults in self._known.items() if file.startswith(unread)}
        before, self._known = self._known, found
        new = [one for file, faults in found.items() for one in _in_order(faults - before.get(file, frozenset()))]
        over = [file for file in before if file not in found]
        return (*_begun(new), *_ended(over))


def _by_file(faults: Sequence[Fault]) -> dict[str, frozenset[Fault]]:
    found: defaultdict[str, set[Fault]] = defaultdict(set)
    for one in faults:
        found[_SPOT.sub("", one.location)].add(one)
    return {file: frozenset(of_file) for file, of_file in found.items()}


def _paused(report: Report, config: Config) -> tuple[str, ...]:
    """Return how the files of sources start that the owner paused."""
    paused = [one for one in config.folders if one.name in report.gathered.paused]
    return tuple(f"{root}/" for one in paused for root, _ in one.roots)


def _in_order(faults: frozenset[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda one: (one.location, one.code, one.reason))


def _begun(faults: Sequence[Fault]) -> Iterator[Record]:
    for one in faults[:NAMED]:
        yield Record(logging.WARNING, "a file has a fault", (("place", one.location), ("reason", one.reason)))
    if len(faults) > NAMED:
        facts = (("count", len(faults) - NAMED), ("look", "aggregator check -v"))
        yield Record(logging.WARNING, "more faults in files", facts)


def _ended(files: Sequence[str]) -> Iterator[Record]:
    for file in files[:NAMED]:
        yield Record(logging.INFO, "a file has no fault any more", (("place", file),))
    if len(files) > NAMED:
        yield Record(logging.INFO, "more files have no fault any more", (("count", len(files) - NAMED),))
