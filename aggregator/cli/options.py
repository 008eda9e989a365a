"""Options that several commands share."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.store.tables import Store

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file; else $AGGREGATOR_CONFIG, config/aggregator.yaml, the user's, the system's.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")


class Refused(click.ClickException):
    """What somebody wants cannot be done like that."""

    exit_code = 2


def located(path: Path | None) -> Path:
    """Return the configuration file that a command works with."""
    from aggregator.config import find  # noqa: PLC0415  --help needs none of it

    return find(path, os.environ, Path())


def loaded(path: Path | None) -> Config:
    """Return the configuration that a command works with; the work begins here."""
    from aggregator.config import load  # noqa: PLC0415

    config = load(located(path), os.environ)
    gc.freeze()
    gc.enable()
    return config


def with_lists(config: Config, store: Store) -> Config:
    """Return the configuration with the feeds that its lists named in the last pass."""
    if not config.lists:
        return config
    from aggregator.gather.lists import as_kept  # noqa: PLC0415  lxml only where there are any

    return as_kept(config, store)
