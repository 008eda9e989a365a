"""Upstream feeds: who is asked, who is forgotten, and what is wrong with each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.core.model import Fault
from aggregator.gather.arrivals import Arrivals
from aggregator.gather.asking import Asking, Kind, Taken
from aggregator.gather.gathered import Followed, Gathered, Polled
from aggregator.options import Options
from aggregator.store import Dropped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.config.upstream import Upstream
    from aggregator.core.flood import Flood
    from aggregator.options import Progress
    from aggregator.sources.feed.context import FeedContext
    from aggregator.sources.feed.parse import FeedDocument
    from aggregator.store.tables import Store


def follow(
    config: Config, store: Store, now: datetime, options: Options, progress: Progress, *, asks: bool = True
) -> Followed:
    """Return the configuration with the feeds that its lists name; one that only got another name keeps what it has.

    asks: whether lists that are due are asked for first.
    """
    followed = Followed(config)
    if config.lists or store.lists.names():
        from aggregator.gather import lists  # noqa: PLC0415  few sites have any, and the import is not free

        if asks:
            lists.ask(config, store, now, options, progress)
        followed = lists.follow(config, store, now)
    _rename(followed.config.upstream, store)
    return followed


def ask(config: Config, store: Store, now: datetime, options: Options, progress: Progress) -> Polled:
    """Ask the upstream feeds that are due and put what is new; a source that fails keeps what it gave."""
    asked = {one.name for one in config.upstream} | {one.name for one in config.lists if one.url}
    if left := sorted(store.polls.all().keys() - asked - {*store.sources.names()}):
        store.polls.forget(left)
        store.health.forget(left)
    store.health.end_old_days(now)
    feeds = Asking(config.upstream, store, now, options)
    polled = feeds.carry_out(_FEEDS, config.site.homepage, progress)
    return replace(polled, failing=feeds.known(_FEEDS).polled.failing)


def asking(config: Config, store: Store, now: datetime, options: Options) -> Asking:
    """Return who is asked: feeds, those of lists as they were in the last pass, and lists; neither asks nor writes."""
    if not config.lists:
        return Asking(config.upstream, store, now, options)
    from aggregator.gather import lists  # noqa: PLC0415  as above

    return Asking([*lists.as_kept(config, store).upstream, *lists.by_address(config)], store, now, options)


def known_of(config: Config, store: Store, now: datetime) -> Gathered:
    """Return what is wrong with upstream feeds and lists, and what waits for a person; nobody is asked."""
    known = Asking(config.upstream, store, now, Options()).known(_FEEDS)
    if config.lists:
        from aggregator.gather import lists  # noqa: PLC0415  as above

        known += Gathered(polled=lists.known_of(config, store, now).polled)  # it says itself which are paused
    return known


def _rename(upstreams: Iterable[Upstream], store: Store) -> None:
    """Let sources keep what they have where only their name in the configuration is another one."""
    known, named = store.polls.all(), {one.name for one in upstreams}
    left = {poll.given: name for name, poll in known.items() if name not in named}
    for one in upstreams:
        if one.name not in known and one.url in left:
            store.polls.rename(left.pop(one.url), one.name)


def _parser() -> Callable[[tuple[bytes, FeedContext]], FeedDocument]:
    from aggregator.sources.feed.parse import parse_pair  # noqa: PLC0415  only where somebody is asked

    return parse_pair


def _take(
    source: Upstream, document: FeedDocument, store: Store, now: datetime, was_held: bool | None
) -> Taken | Flood:
    """Put the entries of a document, unless they look like a flood of known ones."""
    arrivals = Arrivals(source, store, now, document.sightings)
    if was_held is not None and (flood := arrivals.flood(was_held=was_held)):
        return flood
    left, gone = arrivals.absent()
    put = store.sources.put(source.name, [*arrivals.readings(), *left], gone, now)
    dropped = tuple(Dropped(one.place, one.code, one.reason, one.count) for one in document.drops)
    drops = tuple(
        Fault(one.code, f"{source.name}: {' '.join(one.place.split())}", _times(one.reason, one.count))
        for one in dropped
    )
    count = sum(one.count for one in dropped)
    done = Polled(fresh=1, found=document.found, dropped=count, put=put, drops=drops)
    return Taken(done, document.ttl or timedelta(0), dropped)


def _times(reason: str, count: int) -> str:
    return reason if count == 1 else f"{reason} ({count:,} entries)"


_FEEDS = Kind("upstream", "its entries stay", _parser, _take)
