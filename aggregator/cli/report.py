"""What a pass came to, in words and as JSON."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aggregator.cli.hubs import hub_lines, hub_object
from aggregator.cli.needs import flood_lines, held_lines, paused_lines
from aggregator.cli.words import PLACES, command, count, fault_objects, grouped, line
from aggregator.core.model import Facet, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from aggregator.config import Config
    from aggregator.core.model import Fault
    from aggregator.run import Report
    from aggregator.store import LeftOut

_FAULTS_SHOWN = 20
_PARTLY = frozenset({"field", "date", "body", "outline"})
_SKIPPED = (Outcome.DRAFT, Outcome.REMOVED)


def as_object(report: Report) -> dict[str, Any]:
    """Return a report for programs."""
    gathered, published, totals = report.gathered, report.published, report.totals
    return {
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
            "left_out": _left_out(report),
        },
        "feeds": {
            "channels": sum(published.channels.values()),
            "written": published.written,
            "unchanged": published.unchanged,
            "removed": published.removed,
        },
        "upstream": {
            "asked": gathered.polled.asked,
            "fresh": gathered.polled.fresh,
            "unchanged": gathered.polled.unchanged,
            "failing": gathered.polled.failing,
            "found": gathered.polled.found,
            "dropped": gathered.polled.dropped,
            "new": gathered.polled.put.new,
            "changed": gathered.polled.put.changed,
            "removed": gathered.polled.put.removed,
            "not_asked": report.unasked,
        },
        "left_out": [
            {"source": one.source, "rule": one.number, "does": one.verb, "count": one.count} for one in totals.left_out
        ],
        "hubs": hub_object(report.announced),
        "held": [
            {"source": held.source, "reason": held.reason, "gone": held.gone, "of": held.of} for held in gathered.held
        ],
        "paused": gathered.paused,
        "floods": [{"source": flood.source, "new": flood.new, "alike": flood.alike} for flood in gathered.floods],
        "faults": fault_objects(report.faults),
        "drops": fault_objects(gathered.polled.drops),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """How much is said. quiet: what needs a person; strict: that is any fault. dry: nothing was written."""

    quiet: bool = False
    verbose: bool = False
    strict: bool = False
    dry: bool = False


def as_text(report: Report, config: Config, elapsed: timedelta, tone: Tone) -> str:
    """Return a report for people: one line where nothing happened, else a line for each thing that did."""
    gathered, published = report.gathered, report.published
    needs = held_lines(gathered.held, config)
    needs += [one for flood in gathered.floods for one in flood_lines(flood, config)]
    paused = paused_lines(gathered.paused, config)
    unwritten = _faults("error", published.faults, config, every=True)
    # A field that does not fit costs itself only: the article is published.
    partly = [one for one in gathered.faults if one.code in _PARTLY]
    faults = _faults("faulty", [one for one in gathered.faults if one.code not in _PARTLY], config, every=tone.verbose)
    faults += _faults("partly", partly, config, every=tone.verbose)
    failing = _faults("failing", gathered.polled.faults, config, every=tone.verbose, look=("sources",))
    faults += _faults("hub", report.announced.faults, config, every=tone.verbose)
    if tone.quiet:
        return "\n".join([*needs, *unwritten, *([*faults, *failing] if tone.strict else [])])
    seconds = f"{elapsed.total_seconds():.1f} s"
    if _is_idle(report):
        newest = report.totals.newest
        last = f", newest entry {newest:%Y-%m-%d %H:%M} UTC" if newest else ""
        head = f"{config.site.title}: nothing changed. {count(gathered.found, 'file')}, "
        lines = [f"{head}{count(sum(published.channels.values()), 'feed')}{last}.   {seconds}"]
        lines += [_not_asked(report)] if tone.dry and report.unasked else []
    else:
        lines = _summary(report, config, seconds, dry=tone.dry)
    if tone.verbose:
        lines += [line("left out", _by_rule(one)) for one in report.totals.left_out]
        lines += [line("news in", path) for path in published.news]
        lines += _faults("dropped", gathered.polled.drops, config, every=True)
    lines += [line("waits", _early(name, due)) for name, due in gathered.polled.early]
    lines += hub_lines(report.announced, dry=tone.dry)
    warnings = [line("warning", one) for one in _warnings(report, config)]
    return "\n".join([*lines, *paused, *needs, *unwritten, *faults, *failing, *warnings])


def _is_idle(report: Report) -> bool:
    published, put = report.published, report.gathered.put
    removed = put.removed + report.gathered.polled.put.removed
    done = put.new + put.changed + put.related + removed + published.written + published.removed
    return not report.first and done == 0


def _summary(report: Report, config: Config, seconds: str, *, dry: bool) -> list[str]:
    gathered, published, totals = report.gathered, report.published, report.totals
    put, outcomes = gathered.put, gathered.outcomes
    first = "first run, ids and dates start here" if report.first else "done"
    index = os.path.relpath(config.output / "index.html")
    strays = outcomes.get(Outcome.NOT_ARTICLE, 0)
    facets = ", ".join(
        text
        for text in (
            "all",
            count(published.channels.get(Facet.TOPIC, 0), "topic"),
            count(published.channels.get(Facet.PROVIDER, 0), "provider"),
        )
        if not text.startswith("0 ")
    )
    form = "atom" if "atom" in config.formats else config.formats[0]
    return [
        f"{config.site.title}: {'what a run would do; nothing is written' if dry else first}.   {seconds}",
        line(
            "articles",
            f"{count(gathered.found, 'file')}   {put.new:,} new   {put.changed:,} changed   "
            f"{put.related:,} related only   {put.removed:,} removed   {_skipped(report):,} skipped   "
            f"{outcomes.get(Outcome.FAULTY, 0):,} faulty" + (f"   {strays:,} passed over" if strays else ""),
        ),
        *_upstream(report, dry=dry),
        line(
            "entries",
            f"{totals.entries:,}   {totals.merged:,} merged   {count(totals.links, 'related link')}, "
            f"{totals.own_links:,} to entries of our own"
            + (f"   {left_out:,} left out by rules" if (left_out := _left_out(report)) else ""),
        ),
        line(
            "feeds",
            f"{sum(published.channels.values()):,} ({facets})   {count(published.written, 'file')} written   "
            f"{published.unchanged:,} unchanged   {published.removed:,} removed",
        ),
        *([line("look at", index)] if config.index and not dry else []),
        line("subscribe", f"{config.site.base_url}all.{form}"),
    ]


def _by_rule(left_out: LeftOut) -> str:
    return f"{left_out.count:,} of {left_out.source} by its rule {left_out.number} ({left_out.verb})"


def _left_out(report: Report) -> int:
    return sum(one.count for one in report.totals.left_out)


def _early(name: str, due: datetime) -> str:
    return f"{name} was not asked, it is due {due:%Y-%m-%d %H:%M} UTC; --now asks at once, unless its server forbade it"


def _upstream(report: Report, *, dry: bool) -> list[str]:
    polled, put = report.gathered.polled, report.gathered.polled.put
    if dry and (report.followed or report.unasked):
        return [_not_asked(report)]
    if not report.followed and not put.removed:
        return []
    return [
        line(
            "upstream",
            f"{count(report.followed, 'feed')}   {polled.asked:,} asked   {polled.fresh:,} with news   "
            f"{polled.unchanged:,} unchanged   {polled.failing:,} failing   "
            f"{polled.found:,} entries: {put.new:,} new, {put.changed:,} changed, {polled.dropped:,} dropped"
            + (f", {put.removed:,} removed" if put.removed else ""),
        )
    ]


def _not_asked(report: Report) -> str:
    """Return what a rehearsal says of upstream feeds: it cannot know what they have."""
    known = "none asked, none is due"
    if report.unasked:
        known = f"{report.unasked:,} due   none asked: what they have is not known before a run"
    removed = report.gathered.polled.put.removed
    cells = [count(report.followed, "feed"), known, *([f"{removed:,} of their entries removed"] if removed else [])]
    return line("upstream", "   ".join(cells))


def _faults(
    label: str, faults: Sequence[Fault], config: Config, *, every: bool, look: Sequence[str] = ("check", "-v")
) -> list[str]:
    groups = grouped(faults, every=every)
    shown = groups if every else groups[:_FAULTS_SHOWN]
    lines = [line(label if number == 0 else "", one) for group in shown for number, one in enumerate(group)]
    more = len(groups) - len(shown)
    lines += [line("", f"and {count(more, 'fault')} of another kind")] if more else []
    if not every and (more or any(len(group) > PLACES + 1 for group in shown)):
        lines += [line("", "For every place:"), line("", command(config.file, *look))]
    return lines


def _warnings(report: Report, config: Config) -> list[str]:
    """Return what is legal, but hardly meant; not where nothing changed, as it was said before."""
    if _is_idle(report):
        return []
    gathered, warnings = report.gathered, list(config.warnings)
    folders = ", ".join(str(folder) for source in config.articles for _, folder in source.roots)
    if gathered.found == 0 and not gathered.held and not gathered.paused and not report.followed:
        warnings.append(f"no files in {folders}: put articles there, or change `articles.path` in {config.file}")
    elif gathered.outcomes.get(Outcome.NOT_ARTICLE, 0) == gathered.found > 0:
        warnings.append(f"no articles in {folders}: an article starts with a line `---`")
    return warnings


def _skipped(report: Report) -> int:
    return sum(report.gathered.outcomes.get(outcome, 0) for outcome in _SKIPPED)
