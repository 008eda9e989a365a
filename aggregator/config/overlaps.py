"""Folders that the program writes to, inside those that it reads."""

from __future__ import annotations

import os.path
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.config import Config
    from aggregator.config.include import Whole


def overlaps(config: Config, whole: Whole) -> Iterator[str]:
    """Yield a warning for each folder that is read and holds state or output, by their real paths."""
    written = {name: Path(os.path.realpath(getattr(config, name))) for name in ("state", "output")}
    roots = [("articles", number, one.roots) for number, one in enumerate(config.articles)]
    roots += [("feeds_from", number, one.roots) for number, one in enumerate(config.feeds_from)]
    for section, number, folders in roots:
        for _, root in folders:
            real = os.path.realpath(root)
            for name in (name for name, folder in written.items() if folder.is_relative_to(real)):
                reason = (
                    f"{root} holds the {name} ({getattr(config, name)}), which passes would read; keep it elsewhere"
                )
                yield whole.fault((section, number, "path"), reason)
