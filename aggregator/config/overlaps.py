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
    sections = [("articles", number) for number in range(len(config.articles))]
    sections += [("feeds_from", number) for number in range(len(config.feeds_from))]
    for section, source in zip(sections, config.folders, strict=True):
        for _, root in source.roots:
            real = os.path.realpath(root)
            for name in (name for name, folder in written.items() if folder.is_relative_to(real)):
                held = f"{root} holds the {name} ({getattr(config, name)})"
                yield whole.fault((*section, "path"), f"{held}, which passes would read; keep it elsewhere")
