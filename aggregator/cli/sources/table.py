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
    """Return how sources stand, for people; `every` also names all of those that are well, and says more of each."""
    groups = {state: [one for one in found if one.state is state] for state in _ORDER}
    counts = ", ".join(
        f"{len(group):,} {'not read yet' if state is State.NEW else state}" for state, group in groups.items() if group
    )
    lines = [f"{count(len(found), 'source')}: {counts or 'none configured'}. Times are UTC."]
    for state in (State.FAILING, State.HELD, State.GONE, State.PAUSED):
        lines += _troubled(groups[state], file, now, every=every)
    rest = [*groups[State.WELL], *groups[State.NEW]]
    if every or len(rest) <= _FEW:
        return "\n".join([*lines, *_well(rest, now, every=every)])
    hidden = f"{len(rest):,} more; -v names them, and a name shows one"
    return "\n".join([*lines, line("well", hidden)])


def _troubled(group: Sequence[Standing], file: Path, now: datetime, *, every: bool) -> Iterator[str]:
    """Yield sources that are in one state, those with the same reason together, and what helps."""
    reasons: dict[str, list[Standing]] = defaultdict(list)
    for one in group:
        reasons[_reason(one)].append(one)
    for reason, sources in reasons.items():
        state, shown = sources[0].state, sources if every else sources[:_NAMED]
        if len(sources) == 1:
            yield line(state, f"{sources[0].name}: {reason}")
            yield line("", _facts(sources[0], now))
            yield from _details(sources[0], every=every)
        else:
            yield line(state, f"{len(sources):,} sources: {reason}")
            for one in shown:
                yield line("", f"{one.name}{_CELL}{_facts(one, now)}")
                yield from _details(one, every=every)
        if len(sources) > len(shown):
            yield line("", f"and {len(sources) - len(shown):,} more; -v names them")
        if sources[0].code == "missing" and state is State.HELD:
            yield line("", f"Bring it back, or change its path in {file}.")
        elif state in _CURES:
            what, words = _CURES[state]
            yield line("", what)
            yield line("", command(file, words, *dict.fromkeys(one.paused_with or one.name for one in shown)))


def _reason(one: Standing) -> str:
    if one.state is not State.PAUSED:
        return one.reason
    return f"left alone with the list {one.paused_with}" if one.paused_with else "left alone, as you wished"


def _details(one: Standing, *, every: bool) -> Iterator[str]:
    """Yield what else is known of a source that somebody asks for."""
    if not every:
        return
    is_well = one.state in {State.WELL, State.NEW}
    cells = [
        one.title,
        one.address if one.address != one.name else "",
        *([] if is_well else [_entries(one), _left_out(one), *_traffic(one)]),
        f"received {_size(one.tally.received)}" if one.tally.requests else "",
    ]
    if any(cells):
        yield line("", f"  {_CELL.join(filter(None, cells))}")
    if one.erred and one.error != one.reason:
        yield line("", f"  last error {_time(one.erred)}: {one.error}")
    yield from (line("", f"  held: {shown}") for shown in one.held)


def _left_out(one: Standing) -> str:
    return f"{one.left_out:,} left out by rules" if one.left_out else ""


def _traffic(one: Standing) -> list[str]:
    """Return what asking a source came to, as far as that says something."""
    share = one.tally.share_unchanged if one.tally.requests > 1 else None
    return [
        f"304 {share:.0%}" if share is not None else "",
        f"saved {_size(one.tally.saved)}" if one.tally.saved else "",
    ]


def _facts(one: Standing, now: datetime) -> str:
    """Return since when a source is as it is, and what comes next."""
    cells = [
        f"since {_time(one.since)}" if one.since else "",
        f"{one.failures:,} times in a row" if one.failures > 1 else "",
        f"last read {_time(one.succeeded)}" if one.succeeded else "never read",
        "" if one.state is State.PAUSED else _next(one, now),
    ]
    return _CELL.join(filter(None, cells))


def _well(group: Sequence[Standing], now: datetime, *, every: bool) -> Iterator[str]:
    """Yield a row for each source that is well, names and counts below each other."""
    room = max((len(one.name) for one in group), default=0)
    digits = max((len(f"{_count(one):,}") for one in group), default=0)
    nouns = max((len(_entries(one).partition(" ")[2]) for one in group), default=0)
    for number, one in enumerate(group):
        figure, _, noun = _entries(one).partition(" ")
        cells = [
            one.name.ljust(min(room, 40)),
            f"{figure.rjust(digits)} {noun.ljust(nouns)}",
            count(one.files, "file") if one.files is not None and one.succeeded else "",
            f"{one.counts.faulty:,} faulty" if one.counts.faulty else "",
            f"read {_time(one.succeeded)}" if one.succeeded else "not read yet",
            _next(one, now) if one.due else "",
            _left_out(one),
            *_traffic(one),
        ]
        is_first = number == 0 or group[number - 1].state is not one.state
        yield line(one.state if is_first else "", _CELL.join(filter(None, cells)).rstrip())
        yield from _details(one, every=every)


def _count(one: Standing) -> int:
    return one.counts.entries if one.feeds is None else one.feeds


def _entries(one: Standing) -> str:
    if one.feeds is not None:
        return count(one.feeds, "feed")
    return count(one.counts.entries, "entry", "entries")


def _next(one: Standing, now: datetime) -> str:
    if one.files is not None:  # every pass reads a folder
        return ""
    if one.due is None:
        return "asked no more"
    when = "with the next run" if one.due <= now else _time(one.due)
    return f"next {when} ({_BECAUSE.get(one.because, one.because)})"


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"


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
        "title": one.title or None,
        "paused_with": one.paused_with or None,
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
        "feeds": one.feeds,
        "faulty": one.counts.faulty,
        "dropped": one.counts.dropped,
        "left_out": one.left_out,
        "held": list(one.held),
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
