"""What a pass came to, in words and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aggregator.core.model import Facet, Fault, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from aggregator.config import Config
    from aggregator.gather import Flood, Held
    from aggregator.run import Report

_FAULTS_SHOWN = 20
_SKIPPED = (Outcome.DRAFT, Outcome.REMOVED)


def as_object(report: Report) -> str:
    """Return a report as one JSON object."""
    gathered, published, totals = report.gathered, report.published, report.totals
    outcome: dict[str, Any] = {
        "first": report.first,
        "files": {
            "found": gathered.found,
            "new": gathered.put.new,
            "changed": gathered.put.changed,
            "related": gathered.put.related,
            "removed": gathered.put.removed,
            "skipped": _skipped(report),
            "not_articles": gathered.outcomes.get(Outcome.NOT_ARTICLE, 0),
            "faulty": gathered.outcomes.get(Outcome.FAULTY, 0),
        },
        "entries": {
            "total": totals.entries,
            "new": report.settled.new,
            "changed": report.settled.changed,
            "removed": report.settled.removed,
            "merged": totals.merged,
            "related_links": totals.links,
            "related_to_ours": totals.own_links,
        },
        "feeds": {
            "channels": sum(published.channels.values()),
            "written": published.written,
            "unchanged": published.unchanged,
            "removed": published.removed,
        },
        "held": [
            {"source": held.source, "reason": held.reason, "gone": held.gone, "of": held.of} for held in gathered.held
        ],
        "floods": [{"source": flood.source, "new": flood.new, "alike": flood.alike} for flood in gathered.floods],
        "faults": [{"code": one.code, "location": one.location, "reason": one.reason} for one in report.faults],
    }
    return json.dumps(outcome, ensure_ascii=False)


def as_text(report: Report, config: Config, elapsed: timedelta, *, quiet: bool, verbose: bool) -> str:
    """Return a report for people: one line where nothing happened, else a line for each thing that did."""
    needs = [line for held in report.gathered.held for line in _held(held)]
    needs += [line for flood in report.gathered.floods for line in _flood(flood)]
    unwritten = [_line("error", str(fault)) for fault in report.published.faults]
    if quiet:
        return "\n".join(needs + unwritten)
    faults = _faults(report.gathered.faults)
    seconds = f"{elapsed.total_seconds():.1f} s"
    if _is_idle(report):
        newest = report.totals.newest
        last = f", newest entry {newest:%Y-%m-%d %H:%M} UTC" if newest else ""
        head = f"{config.site.title}: nothing changed. {_count(report.gathered.found, 'file')}, "
        lines = [f"{head}{_count(sum(report.published.channels.values()), 'feed')}{last}.   {seconds}"]
    else:
        lines = _summary(report, config, seconds)
    if verbose:
        lines += [_line("news in", path) for path in report.published.news]
    warnings = [_line("warning", warning) for warning in config.warnings] if not _is_idle(report) else []
    return "\n".join([*lines, *needs, *unwritten, *faults, *warnings])


def _is_idle(report: Report) -> bool:
    published, put = report.published, report.gathered.put
    done = put.new + put.changed + put.related + put.removed + published.written + published.removed
    return not report.first and done == 0


def _summary(report: Report, config: Config, seconds: str) -> list[str]:
    gathered, published, totals = report.gathered, report.published, report.totals
    put, outcomes = gathered.put, gathered.outcomes
    first = "first run, ids and dates start here" if report.first else "done"
    strays = outcomes.get(Outcome.NOT_ARTICLE, 0)
    facets = ", ".join(
        text
        for text in (
            "all",
            _count(published.channels.get(Facet.TOPIC, 0), "topic"),
            _count(published.channels.get(Facet.PROVIDER, 0), "provider"),
        )
        if not text.startswith("0 ")
    )
    form = "atom" if "atom" in config.formats else config.formats[0]
    return [
        f"{config.site.title}: {first}",
        _line(
            "articles",
            f"{_count(gathered.found, 'file')}   {put.new:,} new   {put.changed:,} changed   "
            f"{put.related:,} related only   {put.removed:,} removed   {_skipped(report):,} skipped   "
            f"{outcomes.get(Outcome.FAULTY, 0):,} faulty" + (f"   {strays:,} not articles" if strays else ""),
        ),
        _line(
            "entries",
            f"{totals.entries:,}   {totals.merged:,} merged   {_count(totals.links, 'related link')}, "
            f"{totals.own_links:,} to entries of our own",
        ),
        _line(
            "feeds",
            f"{sum(published.channels.values()):,} ({facets})   {_count(published.written, 'file')} written   "
            f"{published.unchanged:,} unchanged   {published.removed:,} removed",
        ),
        _line("subscribe", f"{config.site.base_url}all.{form}   {seconds}"),
    ]


def _held(held: Held) -> list[str]:
    if not held.acceptable:
        return [_line("needs you", f"{held.source}: {held.reason}; nothing was taken down.")]
    return [
        _line("needs you", f"{held.source}: {held.gone:,} of {_count(held.of, 'file')} are gone ({held.reason});"),
        _line("", "nothing was taken down."),
        *(_line("", f"gone: {example}") for example in held.examples),
        _line("", f"If that is right: aggregator run --accept-removals {held.source}"),
    ]


def _flood(flood: Flood) -> list[str]:
    return [
        _line(
            "needs you",
            f"{flood.source}: {flood.alike:,} of {_count(flood.new, 'new article')} have the title or the date of",
        ),
        _line("", "a known one; none of the new ones was published."),
        *(_line("", f"new: {example}") for example in flood.examples),
        _line("", f"If they are new: aggregator run --accept-new {flood.source}"),
    ]


def _faults(faults: Sequence[Fault]) -> list[str]:
    lines = [_line("faulty", str(fault)) for fault in faults[:_FAULTS_SHOWN]]
    more = len(faults) - len(lines)
    return [*lines, _line("", f"and {more:,} more; aggregator check lists them all")] if more > 0 else lines


def _skipped(report: Report) -> int:
    return sum(report.gathered.outcomes.get(outcome, 0) for outcome in _SKIPPED)


def _line(label: str, text: str) -> str:
    return f"  {label:<9} {text}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
