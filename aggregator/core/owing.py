"""What hubs are owed: announcements of feeds that have news (W3C WebSub, section 6), and when the next one is tried."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  pydantic reads the types of these fields from the manifest's
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIRST_WAIT = timedelta(minutes=1)  # after a failure; twice as long after each further one
_LONGEST_WAIT = timedelta(hours=6)
PATIENCE = timedelta(days=7)  # with a hub that fails, counted from the last news of a feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """What one hub is owed; instants are aware UTC.

    feeds: paths below the output folder, with the instant of their last news. not_before: the hub is left alone until
    then. failures: in a row. reason: of the last one, without secrets.
    """

    feeds: Mapping[str, datetime] = field(default_factory=dict)
    not_before: datetime | None = None
    failures: int = 0
    reason: str = ""


def with_news(
    before: Mapping[str, Owing], hubs: Iterable[str], news: Iterable[str], published: Iterable[str], now: datetime
) -> dict[str, Owing]:
    """Return what each hub is owed once the feeds in `news` have some at an instant, longest owed first.

    The instant is what tells news from news of which a hub was told: no two passes may give the same. Nothing is owed to a hub that left the configuration, or for a feed that is published no more.
    """
    fresh, there = tuple(news), set(published)
    made = {}
    for hub in hubs:
        old = before.get(hub, Owing())
        owed = {**old.feeds, **dict.fromkeys(fresh, now)}
        feeds = {path: since for path, since in owed.items() if path in there}
        if feeds:
            made[hub] = replace(old, feeds=feeds)
    return made


def reconciled(
    now_owed: Mapping[str, Owing], given: Mapping[str, Owing], left: Mapping[str, Owing]
) -> dict[str, Owing]:
    """Return what hubs are owed after some were told of what was `given`, while feeds may have had further news.

    left: what of it was not taken. News that came meanwhile is owed in any case.
    """
    made = {}
    for hub, owing in now_owed.items():
        told, kept = given.get(hub, Owing()), left.get(hub, Owing())
        feeds = {
            path: since for path, since in owing.feeds.items() if path in kept.feeds or told.feeds.get(path) != since
        }
        if feeds:
            state = kept if hub in given else owing
            made[hub] = replace(
                owing, feeds=feeds, not_before=state.not_before, failures=state.failures, reason=state.reason
            )
    return made


def is_sound(owing: Owing) -> bool:
    """Say whether what is owed can be worked with: a file that somebody edited may hold anything."""
    instants = [*owing.feeds.values(), *([owing.not_before] if owing.not_before else [])]
    return owing.failures >= 0 and all(one.tzinfo is not None and 1 < one.year < MAXYEAR for one in instants)


def is_due(owing: Owing, now: datetime) -> bool:
    """Say whether a hub may be asked; an instant further ahead than our patience is from a clock that was wrong."""
    return owing.not_before is None or not now < owing.not_before <= now + PATIENCE


def answered(owing: Owing, path: str) -> Owing:
    """Return what is owed after a hub took an announcement, or refused it for good."""
    return Owing(feeds={one: since for one, since in owing.feeds.items() if one != path})


def put_off(owing: Owing, now: datetime, retry_after: timedelta | None, reason: str) -> Owing:
    """Return what is owed after a failure of the hub: twice the wait each time, and never less than it asks for."""
    wait = min(_FIRST_WAIT * 2 ** min(owing.failures, 10), _LONGEST_WAIT)
    not_before = now + max(wait, retry_after or wait)
    return replace(owing, not_before=not_before, failures=owing.failures + 1, reason=reason)


def given_up(owing: Owing, now: datetime) -> tuple[str, ...]:
    """Return the feeds whose last news is so old that a hub which still fails is not told of it any more."""
    return tuple(path for path, since in owing.feeds.items() if now - since.replace(microsecond=0) >= PATIENCE)
