"""Options that several commands share."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from aggregator.config import Config
    from aggregator.store import Store

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


def any_source(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return how the name of a source may go on."""
    from aggregator.cli.completion import sources_that_begin  # noqa: PLC0415  only shells ask for it

    return sources_that_begin(ctx, incomplete)


def any_upstream(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return how the name of an upstream feed may go on."""
    from aggregator.cli.completion import sources_that_begin  # noqa: PLC0415  only shells ask for it

    return sources_that_begin(ctx, incomplete, upstream=True)


def any_file(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return that a file may stand here, for what may be another thing too."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415  only shells ask for it

    return [CompletionItem(incomplete, type="file")]


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
    from aggregator.lists import as_kept  # noqa: PLC0415  lxml only where there are any

    return as_kept(config, store)
