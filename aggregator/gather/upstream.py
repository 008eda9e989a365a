"""Upstream feeds: who is asked, who is forgotten, and what is wrong with each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.gather.asking import Asking
from aggregator.gather.gathered import Followed, Gathered, Polled
from aggregator.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.config.upstream import Upstream
    from aggregator.options import Progress
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
    asking = Asking(config.upstream, store, now, options)
    polled = asking.carry_out(config.site.homepage, progress)
    return replace(polled, failing=asking.known().polled.failing)


def known_of(config: Config, store: Store, now: datetime) -> Gathered:
    """Return what is wrong with upstream feeds and lists, and what waits for a person; nobody is asked."""
    known = Asking(config.upstream, store, now, Options()).known()
    if config.lists:
        from aggregator.gather import lists  # noqa: PLC0415  as above

        faults = lists.known_faults(config, store, now)
        known += Gathered(polled=Polled(failing=len(faults), faults=tuple(faults)))
    return known


def _rename(upstreams: Iterable[Upstream], store: Store) -> None:
    """Let sources keep what they have where only their name in the configuration is another one."""
    known, named = store.polls.all(), {one.name for one in upstreams}
    left = {poll.given: name for name, poll in known.items() if name not in named}
    for one in upstreams:
        if one.name not in known and one.url in left:
            store.polls.rename(left.pop(one.url), one.name)
