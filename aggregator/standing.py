"""How each source stands: what is wrong with it, since when, what it has, and when it is read next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from aggregator.core.health import Counts, Tally, Wish
from aggregator.sources.http import masked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.core.health import Survey, Wishes
    from aggregator.core.polling import Poll
    from aggregator.store import Store


class State(StrEnum):
    """How a source stands, those that need somebody first."""

    FAILING = "failing"
    HELD = "held"
    GONE = "gone"
    PAUSED = "paused"
    NEW = "new"
    WELL = "well"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one source stands.

    kind: `articles`, `feed files`, `upstream`, `list` for one of feeds that has an address, or `left`. address: without a password or query, or folders. code, reason, since:
    what is wrong now. succeeded: when it was last read well. erred, error: when something last went wrong, and what.
    failures: in a row. due, because: when it is asked next, and why then; None for a folder, which every pass reads, and
    for what is never asked again. files: None for an upstream. days: what asking it came to, by day.
    """

    name: str
    kind: str
    address: str
    state: State = State.NEW
    code: str = ""
    reason: str = ""
    since: datetime | None = None
    succeeded: datetime | None = None
    erred: datetime | None = None
    error: str = ""
    failures: int = 0
    due: datetime | None = None
    because: str = ""
    files: int | None = None
    counts: Counts = field(default_factory=Counts)
    days: Mapping[str, Tally] = field(default_factory=dict)
    wishes: Wishes = field(default_factory=dict)

    @property
    def tally(self) -> Tally:
        """Return what asking it came to in all the days that are remembered."""
        return reduce(add, self.days.values(), Tally())


def standings(config: Config, store: Store) -> list[Standing]:
    """Return how each source stands: folders first, in the order of the configuration, then what has left it."""
    surveys, polls, counts = store.health.surveys(), store.polls.all(), store.health.counts()
    days, wishes = store.health.tallies(), store.health.wishes()
    found = [
        *(_folder(one.name, "articles", _places(one.roots), surveys.get(one.name)) for one in config.articles),
        *(_folder(one.name, "feed files", _places(one.roots), surveys.get(one.name)) for one in config.feeds_from),
    ]
    asked = [("list", one.itself()) for one in config.lists if one.url]
    asked += [("upstream", one) for one in config.upstream]
    for kind, feed in asked:
        poll = polls.get(feed.name)
        found.append(_asked(feed.name, kind, feed.url, poll if poll and poll.given == feed.url else None))
    left = sorted(name for name, survey in surveys.items() if survey.code == "left")
    found += [_folder(name, "left", "", surveys[name]) for name in left if name not in config.source_names()]
    return [
        _with_pause(
            replace(
                one,
                counts=counts.get(one.name, Counts()),
                days=days.get(one.name, {}),
                wishes=wishes.get(one.name, {}),
            )
        )
        for one in found
    ]


def _places(roots: tuple[tuple[str, object], ...]) -> str:
    return ", ".join(name for name, _ in roots)


def _folder(name: str, kind: str, address: str, survey: Survey | None) -> Standing:
    bare = Standing(name=name, kind=kind, address=address, files=0)
    if survey is None:
        return bare
    return replace(
        bare,
        state=State.HELD if survey.code else State.WELL,
        code=survey.code,
        reason=survey.reason,
        since=survey.since,
        succeeded=None if survey.code == "missing" else survey.at,
        files=survey.files,
    )


def _asked(name: str, kind: str, url: str, poll: Poll | None) -> Standing:
    bare = Standing(name=name, kind=kind, address=masked(poll.url if poll else url))
    if poll is None:
        return bare
    known = {"held": State.HELD, "gone": State.GONE, "": State.WELL if poll.succeeded else State.NEW}
    return replace(
        bare,
        state=known.get(poll.code, State.FAILING),
        code=poll.code,
        reason=poll.reason,
        since=poll.since,
        succeeded=poll.succeeded,
        erred=poll.erred,
        error=poll.error,
        failures=poll.failures,
        due=poll.due,
        because=poll.because,
    )


def _with_pause(standing: Standing) -> Standing:
    """Return how a source stands for which its owner may have wished a pause: that counts before all else."""
    paused = standing.wishes.get(Wish.PAUSE)
    return replace(standing, state=State.PAUSED, since=paused) if paused else standing
