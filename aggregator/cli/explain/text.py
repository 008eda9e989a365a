"""What `explain` found, in words and as JSON."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.cli.words import command, line
from aggregator.masking import Mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.config import Config
    from aggregator.explain.facts import Answer, Copy, Dates, Explained, Leaving, Neighbour, Seat, TopicGiven

_CELL = "   "
_CLEAN = Mask()
_HINT = "Name the id as a feed shows it, the file by its path or its name, or fewer words of the title."


def as_text(answer: Answer, config: Config) -> str:
    """Return what was found, for people."""
    if answer.entry:
        lines = _entry(answer.entry, config)
    elif answer.choices:
        lines = _choices(answer, config)
    else:
        lines = _absent(answer)
    return "\n".join(lines)


def _absent(answer: Answer) -> Iterator[str]:
    asked = _CLEAN.line(answer.asked)
    if answer.is_known:
        yield f"{asked}: no entry."
        yield from (line("", _CLEAN.line(": ".join(filter(None, (one.place, one.text))))) for one in answer.reasons)
        return
    yield f"{asked}: nothing has this as its id, as an address, as the path of a file, or in its title."
    yield _HINT
    if answer.reasons:
        yield "It may be in what was not read:"
    for one in answer.reasons:
        yield line("", _CLEAN.line(one.text))


def _choices(answer: Answer, config: Config) -> Iterator[str]:
    yield f"{_CLEAN.line(answer.asked)}: {len(answer.choices) + answer.more:,} entries may be meant."
    for one in answer.choices:
        yield line(f"{one.published:%Y-%m-%d}", _cells(one.title, one.provider))
        yield line("", command(config.file, "explain", one.name))
    if answer.more:
        yield line("", f"and {answer.more:,} older ones; more words of the title leave fewer")


def _entry(entry: Explained, config: Config) -> Iterator[str]:
    yield _cells(entry.title, entry.provider, "Times are UTC.")
    yield from _labelled("address", [entry.href])
    yield from _labelled("id", _id(entry))
    yield from _labelled("dates", _dates(entry.dates))
    yield from _labelled("copies", _copies(entry.copies))
    yield from _labelled("topics", _topics(entry.topics))
    suffix = config.formats[0]
    yield from _labelled("in", (_seat(one, suffix) for one in entry.channels))
    yield from _labelled("not in", (f"{one.path}: {one.because}" for one in entry.not_in))
    yield from _labelled("leaves", _leaves(entry.channels))
    yield from _labelled("related", _related(entry))
    yield from _labelled("note", entry.notes)


def _labelled(label: str, texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        yield line("" if number else label, text)


def _cells(*texts: str) -> str:
    return _CELL.join(_CLEAN.line(text) for text in texts if text)


def _id(entry: Explained) -> Iterator[str]:
    identity = entry.identity
    yield _cells(identity.id, identity.because)
    yield from (f"also found by {one}, which it had before" for one in identity.former)
    yield from (f"also found by {one}" for one in identity.aliases)


def _dates(dates: Dates) -> Iterator[str]:
    updated = f"updated {_time(dates.updated)}: title, text or address changed" if dates.updated else "never updated"
    yield f"published {_time(dates.published)}{_CELL}first seen {_time(dates.first_seen)}{_CELL}{updated}"
    yield f"the date is {_CLEAN.line(dates.because)}"
    if dates.ranked_by != dates.published:
        yield f"feeds choose it as of {_time(dates.ranked_by)}, when it came"


def _copies(copies: tuple[Copy, ...]) -> Iterator[str]:
    every = {name for one in copies for name in one.wins}
    for one in copies:
        wins = "every field" if every and set(one.wins) == every else ", ".join(one.wins) or "nothing"
        told = one.left_out or f"wins {wins}"
        dated = f"dated {_time(one.published)}" if one.published else "no date"
        behind = f"behind the one before: {one.behind}" if one.behind else ""
        yield _cells(one.location, f"of {one.source}", dated, told, behind)
        yield from (_CLEAN.line(text) for text in (*one.faults, one.trouble) if text)


def _topics(topics: Iterable[TopicGiven]) -> Iterator[str]:
    """Yield topics with who gave them, those of the same givers together."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for one in topics:
        groups[one.given_by].append(one.spelling)
    yield from (_cells(", ".join(names), f"from {', '.join(givers)}") for givers, names in groups.items())


def _seat(seat: Seat, suffix: str) -> str:
    if seat.position:
        where = f"{seat.position:,} of {seat.shown:,} shown"
    else:
        why = "the feed is full" if seat.by_size else "behind the window"
        where = f"not shown: {why}, {seat.ahead:,} newer"
    return _cells(f"{seat.path}.{suffix}", where, "the next run publishes it so" if seat.pending else "")


def _leaves(seats: Iterable[Seat]) -> Iterator[str]:
    """Yield what takes an entry out of its feeds, those with the same answer together."""
    paths: dict[Leaving, list[str]] = defaultdict(list)
    for seat in seats:
        if seat.leaves:
            paths[seat.leaves].append(seat.path)
    for leaving, together in paths.items():
        newer = "1 newer entry is" if leaving.newer == 1 else f"{leaving.newer:,} newer entries are"
        after = f", one of them from after {_time(leaving.after)}" if leaving.after else ""
        full = "; or sooner, as the feed is full" if leaving.full else ""
        yield f"{', '.join(together)}: once {newer} in{after}{full}"


def _related(entry: Explained) -> Iterator[str]:
    yield from (_neighbour(one) for one in entry.related)
    if entry.related_more:
        yield f"and {entry.related_more:,} more, which `related.show` leaves no room for"


def _neighbour(one: Neighbour) -> str:
    quality = f"quality {one.quality}" if one.quality is not None else "no quality"
    both = "names this one, too" if one.names and one.named_by else "names this one" if one.named_by else ""
    return _cells(one.title, one.provider, quality, f"ours, {one.ours}" if one.ours else "link only", both)


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"


def as_object(answer: Answer) -> object:
    """Return what was found, for programs: the same facts, under the names that they have here."""
    return _plain(asdict(answer))


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return _CLEAN(value) if isinstance(value, str) else value
