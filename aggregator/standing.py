"""How each source stands: what is wrong with it, since when, what it has, and when it is read next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from aggregator.core.health import Counts, Tally, Wish
from aggregator.masking import masked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.config.lists import SourceList
    from aggregator.config.upstream import Upstream
    from aggregator.core.health import Survey, Wishes
    from aggregator.core.polling import Poll
    from aggregator.store.tables import Store


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

    kind: `articles`, `feed files`, `upstream`, `list` for one of feeds, or `left`. title: what a list calls it. address:
    without a password or query, or folders. paused_with: the list that is paused and alone names it. code, reason, since:
    what is wrong now. succeeded: when it was last read well. erred, error: when something last went wrong, and what.
    failures: in a row. due, because: when it is asked next, and why then; None for a folder, which every pass reads, and
    for what is never asked again. files: None for what is asked. feeds: that a list names. held: some of the new entries
    that wait for a person. left_out: by rules. days: what asking it came to, by day.
    """

    name: str
    kind: str
    address: str
    title: str = ""
    paused_with: str = ""
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
    feeds: int | None = None
    held: tuple[str, ...] = ()
    left_out: int = 0
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
    left_out = _left_out(config, store)
    found = [
        *(_folder(one.name, "articles", _places(one.roots), surveys.get(one.name)) for one in config.articles),
        *(_folder(one.name, "feed files", _places(one.roots), surveys.get(one.name)) for one in config.feeds_from),
    ]
    found = [_read_before(one, store) if one.code == "missing" else one for one in found]
    for source in config.lists:
        survey, own = surveys.get(source.name), source.itself() if source.url else None
        made = _asked(own, "list", polls.get(source.name)) if own else _list_of_files(source, survey, store)
        urls = {feed.url for feeds in store.lists.kept(source.name).values() for feed in feeds}
        found.append(replace(made, feeds=len(urls)))
    found += [_asked(feed, "upstream", polls.get(feed.name)) for feed in config.upstream]
    left = sorted(name for name, survey in surveys.items() if survey.code == "left")
    found += [_folder(name, "left", "", surveys[name]) for name in left if name not in config.source_names()]
    return [
        _with_pause(
            replace(
                one,
                counts=counts.get(one.name, Counts()),
                days=days.get(one.name, {}),
                wishes=wishes.get(one.name, {}),
                left_out=left_out.get(one.name, 0),
            ),
            wishes,
        )
        for one in found
    ]


def _left_out(config: Config, store: Store) -> Mapping[str, int]:
    """Return how many entries of each source its rules leave out."""
    found: Counter[str] = Counter()
    if config.rules.by_source:  # it takes counting all there is
        for one in store.entries.totals().left_out:
            found[one.source] += one.count
    return found


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


def _read_before(standing: Standing, store: Store) -> Standing:
    """Return how a folder that is away stands: nobody has noted when it was last there, but its files were read."""
    read = [one.read_at for one in store.sources.known(standing.name).values() if one.read_at]
    return replace(standing, succeeded=max(read, default=None))


def _list_of_files(source: SourceList, survey: Survey | None, store: Store) -> Standing:
    made = _folder(source.name, "list", source.location, survey)
    if survey is None or not survey.code:
        return made
    was_read = any(store.lists.kept(source.name).values())
    return replace(made, state=State.FAILING, succeeded=survey.at if was_read else None)


def _asked(feed: Upstream, kind: str, poll: Poll | None) -> Standing:
    if poll is not None and poll.given != feed.url:
        poll = None
    bare = Standing(
        name=feed.name,
        kind=kind,
        address=masked(poll.url if poll else feed.url),
        title=feed.title,
        paused_with=feed.paused_with,
    )
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
        held=poll.held.examples if poll.held else (),
    )


def _with_pause(standing: Standing, wishes: Mapping[str, Wishes]) -> Standing:
    """Return how a source stands for which its owner may have wished a pause: that counts before all else."""
    if paused := standing.wishes.get(Wish.PAUSE):
        return replace(standing, state=State.PAUSED, since=paused, paused_with="")
    if standing.paused_with:
        since = wishes.get(standing.paused_with, {}).get(Wish.PAUSE)
        return replace(standing, state=State.PAUSED, since=since)
    return standing
