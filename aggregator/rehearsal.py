"""A pass as it would be: on a copy of the state, with an output that only listens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aggregator.errors import AggregatorError
from aggregator.output import opened
from aggregator.run import run
from aggregator.store import snapshot, sqlite

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.options import Options
    from aggregator.publish import Progress
    from aggregator.run import Report


def rehearse(config: Config, now: datetime, options: Options, progress: Progress) -> Report:
    """Return what a pass would come to; its `published.changes` say what would happen to each feed.

    Nothing is written to the state or the output, no upstream feed is asked, and another pass may be running.

    Raises:
        StateMissing, StateTaken, StoreError, PublishError: as `run` would.
    """
    output = opened(config.output, config.state, dry=True)
    dry = replace(options, ask=False)
    with TemporaryDirectory(prefix="aggregator-") as folder:
        snapshot.copy_state(config.state, Path(folder))
        try:
            with sqlite.opened(Path(folder), timedelta(0)) as store:
                return run(replace(config, state=Path(folder)), store, now, dry, progress, output=output)
        except AggregatorError as error:
            error.args = (str(error).replace(folder, str(config.state)),)  # nobody can mend a copy
            raise
