"""A pass as it would be: on a copy of the state, with an output that only listens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.publish.output import opened
from aggregator.run import run
from aggregator.store import sqlite

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.options import Options, Progress
    from aggregator.run import Report
    from aggregator.store.tables import Store


def rehearse(config: Config, now: datetime, options: Options, progress: Progress) -> Report:
    """Return what a pass would come to; its `published.changes` say what would happen to each feed.

    Nothing is written to the state or the output, no upstream feed is asked, and another pass may be running.

    Raises:
        StateMissing, StateTaken, StoreError, PublishError: as `run` would.
    """
    output = opened(config.output, config.state, dry=True, packs=config.gzip)
    with sqlite.copied(config.state) as (store, state):
        report = run(replace(config, state=state), store, now, options, progress, output=output)
        return replace(report, unasked=_due(config, store, now, options))


def _due(config: Config, store: Store, now: datetime, options: Options) -> int:
    """Count the feeds, and lists of them, that a run would ask; the store is a copy that may be written to."""
    if not config.upstream and not config.lists:
        return 0
    from aggregator.gather.upstream import asking  # noqa: PLC0415  few sites have any, and the import is not free

    return len(asking(config, store, now, options).due())
