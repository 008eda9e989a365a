"""How sources stand, in words and as JSON: first how many, then those that need somebody, then the others in short."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from aggregator.cli.words import command, count, line
from aggregator.core.health import Tally
from aggregator.standing import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from aggregator.standing import Standing

_NAMED = 10  # sources that have the same trouble
_FEW = 30  # that is how many well ones are shown without being asked for
_ORDER = (State.WELL, State.FAILING, State.HELD, State.GONE, State.PAUSED, State.NEW)
_CELL = "   "
_CURES = {
    State.HELD: ("If that is meant to be:", "sources accept"),
    State.GONE: ("Remove it, give it another url, or ask once more:", "sources reset"),
    State.PAUSED: ("To go on:", "sources resume"),
}
_BECAUSE = {
    "interval": "interval",
    "max_age": "max-age",
    "ttl": "ttl",
    "retry_after": "Retry-After",
    "back_off": "back-off",
    "reset": "reset",
    "new": "new",
}
_UNITS = ("B", "KB", "MB", "GB")
_KILO = 1000


def as_text(found: Sequence[Standing], file: Path, now: datetime, *, every: bool) -> str:
    """Return how sources stand, for people; `every` also names all of those that are well."""
    groups = {state: [one for one in found if one.state is state] for state in _ORDER}
    counts = ", ".join(
        f"{len(group):,} {'not read yet' if state is State.NEW else state}" for state, group in groups.items() if group
    )
    lines = [f"{count(len(found), 'source')}: {counts or 'none configured'}. Times are UTC."]
    for state in (State.FAILING, State.HELD, State.GONE, State.PAUSED):
        lines += _troubled(groups[state], file, now, every=every)
    rest = [*groups[State.WELL], *groups[State.NEW]]
    if every or len(rest) <= _FEW:
        return "\n".join([*lines, *_well(rest, now)])
    hidden = f"{len(rest):,} more; -v names them, and a name shows one"
    return "\n".join([*lines, line("well", hidden)])


def _troubled(group: Sequence[Standing], file: Path, now: datetime, *, every: bool) -> Iterator[str]:
    """Yield sources that are in one state, those with the same reason together, and what helps."""
    reasons: dict[str, list[Standing]] = defaultdict(list)
    for one in group:
        reasons["left alone, as you wished" if one.state is State.PAUSED else one.reason].append(one)
    for reason, sources in reasons.items():
        state, shown = sources[0].state, sources if every else sources[:_NAMED]
        if len(sources) == 1:
            yield line(state, f"{sources[0].name}: {reason}")
            yield line("", _facts(sources[0], now))
        else:
            yield line(state, f"{len(sources):,} sources: {reason}")
            yield from (line("", f"{one.name}{_CELL}{_facts(one, now)}") for one in shown)
        if len(sources) > len(shown):
            yield line("", f"and {len(sources) - len(shown):,} more; -v names them")
        if sources[0].code == "missing" and state is State.HELD:
            yield line("", f"Bring it back, or change its path in {file}.")
        elif state in _CURES:
            what, words = _CURES[state]
            yield line("", what)
            yield line("", command(file, words, *(one.name for one in shown)))


def _facts(one: Standing, now: datetime) -> str:
    """Return since when a source is as it is, and what comes next."""
    cells = [
        f"since {_time(one.since)}" if one.since else "",
        f"{one.failures:,} times in a row" if one.failures > 1 else "",
        f"last read {_time(one.succeeded)}" if one.succeeded else "never read",
        "" if one.state is State.PAUSED else _next(one, now),
    ]
    return _CELL.join(filter(None, cells))


def _well(group: Sequence[Standing], now: datetime) -> Iterator[str]:
    """Yield a row for each source that is well, names and counts below each other."""
    room = max((len(one.name) for one in group), default=0)
    for number, one in enumerate(group):
        share = one.tally.share_unchanged
        cells = [
            one.name.ljust(min(room, 40)),
            _entries(one),
            count(one.files, "file") if one.files is not None and one.succeeded else "",
            f"{one.counts.faulty:,} faulty" if one.counts.faulty else "",
            f"read {_time(one.succeeded)}" if one.succeeded else "not read yet",
            _next(one, now) if one.due else "",
            f"304 {share:.0%}" if share is not None else "",
            f"saved {_size(one.tally.saved)}" if one.tally.saved else "",
        ]
        yield line("well" if number == 0 else "", _CELL.join(filter(None, cells)))


def _entries(one: Standing) -> str:
    if one.kind == "list":
        return "a list of feeds"
    return "1 entry" if one.counts.entries == 1 else f"{one.counts.entries:,} entries"


def _next(one: Standing, now: datetime) -> str:
    if one.files is not None:  # every pass reads a folder
        return ""
    if one.due is None:
        return "asked no more"
    when = "with the next run" if one.due <= now else _time(one.due)
    return f"next {when} ({_BECAUSE.get(one.because, one.because)})"


def _time(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else ""


def _size(number: int) -> str:
    """Return so many bytes in words."""
    size, unit = float(number), 0
    while size >= _KILO and unit < len(_UNITS) - 1:
        size, unit = size / _KILO, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 or size >= 10 else f"{size:.1f} {_UNITS[unit]}"  # noqa: PLR2004


def as_object(found: Sequence[Standing]) -> dict[str, Any]:
    """Return how sources stand, for programs, with what was asked of servers on each day."""
    days: dict[str, Tally] = defaultdict(Tally)
    for one in found:
        for day, tally in one.days.items():
            days[day] += tally
    return {
        "counts": {state: sum(one.state is state for one in found) for state in _ORDER},
        "sources": [_object(one) for one in found],
        "etiquette": [_tally_object(day, days[day]) for day in sorted(days)],
    }


def _object(one: Standing) -> dict[str, Any]:
    tally = one.tally
    return {
        "name": one.name,
        "kind": one.kind,
        "address": one.address,
        "state": one.state,
        "code": one.code,
        "reason": one.reason,
        "since": _instant(one.since),
        "last_success": _instant(one.succeeded),
        "last_error": {"at": _instant(one.erred), "reason": one.error} if one.erred else None,
        "failures": one.failures,
        "next": _instant(one.due),
        "because": one.because,
        "entries": one.counts.entries,
        "files": one.files,
        "faulty": one.counts.faulty,
        "dropped": one.counts.dropped,
        "share_unchanged": tally.share_unchanged,
        "bytes_received": tally.received,
        "bytes_saved": tally.saved,
        "wishes": {wish: _instant(made_at) for wish, made_at in one.wishes.items()},
        "days": [_tally_object(day, one.days[day]) for day in sorted(one.days)],
    }


def _tally_object(day: str, tally: Tally) -> dict[str, Any]:
    return {
        "day": day,
        "requests": tally.requests,
        "fresh": tally.fresh,
        "unchanged": tally.unchanged,
        "failed": tally.failed,
        "share_unchanged": tally.share_unchanged,
        "bytes_received": tally.received,
        "bytes_saved": tally.saved,
        "slowed": tally.slowed,
        "slowed_by": sorted(tally.slowed_by),
    }


def _instant(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
