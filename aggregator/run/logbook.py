"""What is logged of a pass: a line for each source that has something to say, and one for the pass."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.core.model import Facet
from aggregator.log import Record, Value
from aggregator.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregator.config import Config
    from aggregator.core.model import Fault
    from aggregator.run import Report
    from aggregator.websub.announced import Announced


@dataclass(slots=True)
class _Line:
    """What is to be said of one source, as it comes together: the gravest message, and all facts."""

    kind: str
    level: int = logging.INFO
    message: str = "source read"
    facts: dict[str, Value] = field(default_factory=dict)

    def graver(self, level: int, message: str, **facts: Value) -> None:
        if level > self.level:
            self.level, self.message = level, message
        self.facts |= facts


def records(report: Report, config: Config) -> tuple[Record, ...]:
    """Return the log records of a pass: a source each, in the order of the configuration, and the pass last.

    What needs a person is a warning, what we could not publish an error. An upstream feed that was not asked, and is
    well, is for those who debug.
    """
    return (*_sources(report, config), _pass(report))


def hub_records(announced: Announced) -> Iterator[tuple[str, Record]]:
    """Yield for each hub that was asked its address, and a record of what it made of that."""
    for hub, one in announced.answers.items():
        owing = announced.owed.get(hub)
        facts: dict[str, Value] = {"hub": masked(hub), "taken": one.taken}
        facts |= _some({"refused": one.refused, "dropped": one.dropped, "owed": len(owing.feeds) if owing else 0})
        level, message = logging.INFO, "hub told"
        if one.reason:
            level = logging.WARNING
            message = "hub given up" if one.dropped else "hub refuses" if one.refused else "hub fails"
            facts["reason"] = one.reason
        if owing and owing.not_before:
            facts["again"] = f"{owing.not_before:%Y-%m-%dT%H:%M:%SZ}"
        yield hub, Record(level, message, tuple(facts.items()))


def status(report: Report) -> str:
    """Return what a pass came to, in the few words that the service manager shows."""
    counts = {
        "entries": report.totals.entries,
        "feeds": sum(report.published.channels.values()),
        **_some({"failing": report.gathered.polled.failing, "faults": len(report.gathered.faults)}),
        **_some({"unpublished": len(report.published.faults)}),
    }
    needed = ["a person is needed"] if report.is_held else []
    return "; ".join([*(f"{name}: {number:,}" for name, number in counts.items()), *needed])


def _sources(report: Report, config: Config) -> Iterator[Record]:
    gathered = report.gathered
    lines = {one.name: _Line("articles") for one in config.articles}
    lines |= {one.name: _Line("feeds_from") for one in config.feeds_from}
    lines |= {one.name: _Line("upstream_from") for one in config.lists}
    lines |= {one.name: _Line("upstream", logging.DEBUG, "source not asked") for one in config.upstream}
    for source in config.folders:
        below = tuple(f"{folder}/" for folder, _ in source.roots)
        _add_faults(lines[source.name], [one for one in gathered.faults if one.location.startswith(below)])
    for name in gathered.polled.names:
        lines.setdefault(name, _Line("upstream")).graver(logging.INFO, "source read")
    for name in (*gathered.paused, *gathered.resting):
        lines.setdefault(name, _Line("upstream")).message = "source paused"
    for fault in gathered.polled.faults:
        line = lines.setdefault(fault.location, _Line("upstream"))
        code = fault.code.removeprefix("upstream_")
        line.graver(logging.WARNING, "source failing", code=code, reason=fault.reason)
    for held in gathered.held:  # also of a source that is no longer in the configuration
        line = lines.setdefault(held.source, _Line("gone"))
        line.graver(logging.WARNING, "removals held", reason=held.reason, gone=held.gone, known=held.of)
    for flood in gathered.floods:  # those of upstream feeds are among them
        line = lines.setdefault(flood.source, _Line("upstream"))
        line.graver(logging.WARNING, "new entries held", new=flood.new, alike=flood.alike)
    for name, line in lines.items():
        facts = {"source": name, "kind": line.kind, **line.facts}
        yield Record(line.level, line.message, tuple(facts.items()))


def _add_faults(line: _Line, faults: Sequence[Fault]) -> None:
    if faults:
        line.facts |= {"faults": len(faults), "first_fault": str(faults[0])}


def _pass(report: Report) -> Record:
    gathered, published, polled = report.gathered, report.published, report.gathered.polled
    facts: dict[str, Value] = {
        "files": gathered.found,
        "new": gathered.put.new + polled.put.new,
        "changed": gathered.put.changed + polled.put.changed,
        "removed": gathered.put.removed + polled.put.removed,
        "entries": report.totals.entries,
        "feeds": sum(published.channels.values()),
        "topics": published.channels.get(Facet.TOPIC, 0),
        "providers": published.channels.get(Facet.PROVIDER, 0),
        "written": published.written,
        "deleted": published.removed,
        "faults": len(report.gathered.faults),  # in files, as `status` counts them; the others have words of their own
    }
    facts |= _some({"asked": polled.asked, "failing": polled.failing, "dropped": polled.dropped})
    facts |= _some({"held": len(gathered.held), "floods": len(gathered.floods)})
    level, message = logging.INFO, "first pass done" if report.first else "pass done"
    if report.is_held:
        level = logging.WARNING
    if published.faults:
        facts["unpublished"] = len(published.faults)
        level, message = logging.ERROR, "pass done, but not all is published"
        facts["first_fault"] = str(published.faults[0])
    return Record(level, message, tuple(facts.items()))


def _some(facts: dict[str, int]) -> dict[str, int]:
    return {name: value for name, value in facts.items() if value}
