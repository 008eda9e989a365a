"""What is published: the feeds of channels that changed, the pages that list them, and nothing that is wanted no more."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.errors import PublishError, StoreError, wrapped
from aggregator.publish.press import Press

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from aggregator.config import Config
    from aggregator.core.model import Facet, Fault
    from aggregator.options import Progress
    from aggregator.publish.changes import Change
    from aggregator.publish.output import Output
    from aggregator.publish.press import Since
    from aggregator.store.tables import Store

_BATCH = 50  # channels: what is in memory at a time, and what one failure can hold up


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What publishing came to. written, unchanged, removed: files. channels: how many there are of each facet.

    news: paths of the channels whose subscribers see something new; the others changed in looks only. cut_short: by
    path, how much time a feed shows that had no room for all that is recent. moved_from, upgraded_from: address and
    program version of the last pass, where they were others. changes: of each feed, in a rehearsal only.
    """

    written: int
    unchanged: int
    removed: int
    channels: dict[Facet, int]
    news: tuple[str, ...]
    faults: tuple[Fault, ...]
    cut_short: Mapping[str, timedelta] = field(default_factory=dict)
    moved_from: str = ""
    upgraded_from: str = ""
    changes: tuple[Change, ...] = ()


def publish(  # noqa: PLR0913  what a pass has, each once
    config: Config,
    store: Store,
    output: Output,
    now: datetime,
    *,
    since: Since,
    remember: Callable[[], None],
    progress: Progress,
) -> Published:
    """Write the feeds of every channel that changed since the manifest, prune what the configuration retired.

    remember: puts the ledger's text on the disk; called before the files that depend on it.

    Raises:
        PublishError: a file or folder could not be written; all others are as they were or as they should be.
    """
    with wrapped(PublishError, config.output):
        press = Press(config, store, output, now, since)
        was = (output.manifest.base_url, output.manifest.program)
        try:
            output.prepare()
            todo = press.todo()
            for start in range(0, len(todo), _BATCH):
                progress("feeds", start, len(todo))
                press.print(todo[start : start + _BATCH], remember)
            press.retire(remember)
            press.list_feeds()
            press.prune()
        except BaseException:
            with suppress(StoreError):  # what was rendered is not lost, and the first error is the one to be told
                press.fragments.flush()
            raise
        press.fragments.flush()
        press.finish()
        if todo:
            press.fragments.forget_old(config.window, store.ledger)
    return Published(
        written=output.written,
        unchanged=output.unchanged,
        removed=output.removed,
        channels=press.channels(),
        news=tuple(press.news),
        faults=tuple(output.faults),
        cut_short=press.cut_short,
        moved_from=was[0] if was[0] != output.manifest.base_url else "",
        upgraded_from=was[1] if was[1] != output.manifest.program else "",
        changes=tuple(press.changes),
    )
