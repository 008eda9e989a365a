"""Upstream feeds: who is asked, who is forgotten, and what is wrong with each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.gather.asking import Asking

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.config.upstream import Upstream
    from aggregator.gather.polled import Polled
    from aggregator.options import Options, Progress
    from aggregator.store.tables import Store


def poll(config: Config, store: Store, now: datetime, options: Options, progress: Progress) -> Polled:
    """Ask the upstream feeds that are due and put what is new; a source that fails keeps what it gave."""
    pass_ = Asking(config.upstream, store, now, options)
    asked = {one.name for one in config.upstream} | {one.name for one in config.lists if one.url}
    if left := sorted(store.polls.all().keys() - asked - {*store.sources.names()}):
        store.polls.forget(left)
        store.health.forget(left)
    store.health.end_old_days(now)
    due = pass_.due(options.only, ask_now=options.ask_now)
    if due:
        pass_.carry_out(due, config.site.homepage, options.environment, progress)
    return pass_.finish()


def known_of(config: Config, store: Store, now: datetime, options: Options) -> Polled:
    """Return what is wrong with upstream feeds, and what waits for a person; nobody is asked."""
    return Asking(config.upstream, store, now, options).finish()


def rename(upstreams: Iterable[Upstream], store: Store) -> None:
    """Let sources keep what they have where only their name in the configuration is another one."""
    known, named = store.polls.all(), {one.name for one in upstreams}
    left = {poll.given: name for name, poll in known.items() if name not in named}
    for one in upstreams:
        if one.name not in known and one.url in left:
            store.polls.rename(left.pop(one.url), one.name)
