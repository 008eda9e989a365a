"""What the sources hold now: folders of articles and of feed files, and upstream feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.gathering import GUARD_LEAST, NAMED, Articles, Gathered, Held
from aggregator.upstream import poll

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.options import Options
    from aggregator.publish import Progress
    from aggregator.store import Store


def gather(config: Config, store: Store, now: datetime, options: Options, progress: Progress) -> Gathered:
    """Read every source, put what changed into the store, and hold what a person should see first."""
    gathered = Gathered()
    for source in config.articles:
        Articles(source, store, now, options, gathered).carry_out(progress)
    for feeds in config.feeds_from:
        from aggregator.feed_files import FeedFiles  # noqa: PLC0415  with it comes what starts processes

        FeedFiles(feeds, store, now, options, gathered).carry_out(progress)
    if options.ask:
        gathered.polled = poll(config, store, now, options, progress)
        gathered.surveyed += gathered.polled.names
    for name in sorted(set(store.sources.names()) - config.source_names()):
        _drop_source(name, store, now, options, gathered)
    return gathered


def _drop_source(name: str, store: Store, now: datetime, options: Options, gathered: Gathered) -> None:
    """Drop a source that the configuration no longer has, unless articles go with it and that looks like an accident.

    A source that only got another name or path loses nothing: its articles have just been read under the new one.
    """
    known = list(store.sources.known(name))
    lost = store.sources.count_alone(name)
    nobody_looked = any(not held.acceptable for held in gathered.held)
    if lost and (nobody_looked or lost > GUARD_LEAST) and name not in options.accept_removals:
        reason = "the configuration no longer has this source"
        gathered.held.append(Held(name, reason, lost, len(known), tuple(known[:NAMED])))
        return
    gathered.put += store.sources.put(name, (), known, now)
