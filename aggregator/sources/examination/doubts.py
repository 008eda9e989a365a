"""What of a feed may not be meant as it is, and what it means for those who follow it; nothing of it is a fault."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.core import text
from aggregator.core.dates import EARLIEST, believed
from aggregator.sources.feed.dates import read_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from aggregator.sources.feed.given import GivenEntry, GivenFeed

    Sign = Callable[[GivenEntry, datetime], bool]

_MANY = 500
_FEW = 3  # so many may have one date by chance
_ABSOLUTE = re.compile(r"\s*(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//)")
_NO_ZONE = re.compile(r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s*[ap]\.?m\b\.?)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What may not be meant: a stable code, what was seen, what it means."""

    code: str
    seen: str
    means: str


def doubts_of(feed: GivenFeed, now: datetime) -> tuple[Doubt, ...]:
    """Return what is doubtful about a feed, as it was given."""
    found = []
    if feed.lost:
        means = "out of place, or beyond the parser: what they say is left out"
        found.append(Doubt("lost_tags", f"tags that cannot be read ({feed.lost:,})", means))
    if not feed.entries:
        return (*found, Doubt("no_entries", "no entries", "it can be followed, and brings nothing until it has some"))
    entries, total = feed.entries, len(feed.entries)
    for code, sign, seen, means in _SIGNS:
        count = sum(sign(one, now) for one in entries)
        if count:
            found.append(Doubt(code, f"{_share(count, total)} {seen}", means))
    return (*found, *_together(feed, now))


def _together(feed: GivenFeed, now: datetime) -> Iterator[Doubt]:
    """Yield what only all entries together show."""
    entries = feed.entries
    total = len(entries) + feed.further
    guids = Counter(one.id.strip() for one in entries if one.id.strip())
    shared = sum(count for count in guids.values() if count > 1)
    if shared:
        means = "these guids tell nothing: such entries are known again by their address"
        yield Doubt("repeated_guid", f"{_share(shared, len(entries))} with a guid that others have too", means)
    dates = [date for one in entries if (date := believed(read_date(one.published), now))]
    if len(dates) > _FEW and len(set(dates)) == 1:
        means = "it is when the document was made, it seems: nobody can tell which entry is the newest"
        yield Doubt("same_date", f"{_share(len(dates), len(entries))} with one and the same date", means)
    if _is_short(entries):
        yield Doubt("summary_only", "summaries only", "`content: full` would add nothing")
    if not any(text.language_tag(one) for one in (feed.language, *(entry.language for entry in entries))):
        yield Doubt("no_language", "no language", "readers have to guess it; `language` in its block says it")
    if total > _MANY:
        means = "each poll that finds something new fetches and reads them all"
        yield Doubt("many_entries", f"{total:,} entries in one document", means)


def _is_short(entries: Sequence[GivenEntry]) -> bool:
    """Say whether there are texts, and none of them is more than a summary."""
    some = any(one.summary.strip() for one in entries)
    return some and not any(one.content.strip() or "<" in one.summary for one in entries)


def _share(count: int, total: int) -> str:
    if count == total:
        return "the only entry" if total == 1 else f"all {total:,} entries"
    return f"{count:,} of {total:,} entries"


def _has_no_guid(entry: GivenEntry, _: datetime) -> bool:
    return not entry.id.strip()


def _has_no_link(entry: GivenEntry, _: datetime) -> bool:
    return not any(one.strip() for one in entry.links)


def _has_relative_link(entry: GivenEntry, _: datetime) -> bool:
    return bool(entry.links) and bool(entry.links[0].strip()) and not _ABSOLUTE.match(entry.links[0])


def _has_no_title(entry: GivenEntry, _: datetime) -> bool:
    return not entry.title.strip()


def _has_no_text(entry: GivenEntry, _: datetime) -> bool:
    return not entry.summary.strip() and not entry.content.strip()


def _has_no_date(entry: GivenEntry, _: datetime) -> bool:
    return not entry.published.strip()


def _has_odd_date(entry: GivenEntry, _: datetime) -> bool:
    if not entry.published.strip():
        return False
    date = read_date(entry.published)
    return date is None or date < EARLIEST


def _has_local_date(entry: GivenEntry, _: datetime) -> bool:
    given = entry.published.strip()
    time = _NO_ZONE.search(given)
    return time is not None and time.end() == len(given) and read_date(given) is not None


def _is_ahead(entry: GivenEntry, now: datetime) -> bool:
    date = read_date(entry.published)
    return date is not None and date > now


_FIRST_SEEN = "the instant at which we first see such an entry counts as its date"
_SIGNS: tuple[tuple[str, Sign, str, str], ...] = (
    (
        "no_guid",
        _has_no_guid,
        "without a guid",
        "known again by address, else by title and date; where these change, it is a new entry",
    ),
    (
        "no_link",
        _has_no_link,
        "without a link",
        "the guid is taken for the address, else what there is to play; with neither, the entry is dropped",
    ),
    (
        "relative_link",
        _has_relative_link,
        "with a relative link",
        "completed from what the feed calls its own address; see whether the addresses above are right",
    ),
    ("no_title", _has_no_title, "without a title", "its first words stand for it"),
    ("no_text", _has_no_text, "without a text", "readers see the title alone"),
    ("no_date", _has_no_date, "without a date", _FIRST_SEEN),
    ("odd_date", _has_odd_date, "with a date that nobody can read, or from before 1990", _FIRST_SEEN),
    ("local_date", _has_local_date, "with a date without a zone", "read as UTC, which may be hours off"),
    ("future_date", _is_ahead, "with a date in the future", _FIRST_SEEN),
)
