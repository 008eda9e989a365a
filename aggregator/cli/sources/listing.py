"""`aggregator sources list`: how each source stands, as a table or as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator.cli.completion import any_source
from aggregator.cli.options import config_option, json_option, loaded, with_lists

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.standing import Standing
    from aggregator.status import Status

_READ_BY_ALL = frozenset({"articles", "feed files", "list"})  # where they are files


@click.command("list")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=any_source)
@config_option
@json_option
@click.option("-v", "--verbose", is_flag=True, help="Name every source, and say more of each.")
def listing(*, names: tuple[str, ...], config_path: Path | None, as_json: bool, verbose: bool) -> int:
    """Say how each source stands: what is wrong, since when, and when it is read next. Changes nothing."""
    config = loaded(config_path)
    from aggregator import status  # noqa: PLC0415  --help, and a fault of the configuration, need none of it
    from aggregator.cli.screen import fitted  # noqa: PLC0415
    from aggregator.cli.sources.table import as_object, as_text  # noqa: PLC0415
    from aggregator.errors import UnknownSource  # noqa: PLC0415
    from aggregator.standing import standings  # noqa: PLC0415
    from aggregator.store import sqlite  # noqa: PLC0415

    with sqlite.looked_into(config.state) as store:
        config = with_lists(config, store)
        found = [_read_since(one, status.read(config.state)) for one in standings(config, store)]
    known = [one.name for one in found]
    if unknown := sorted(set(names) - set(known)):
        if names[0] in unknown and (meant := _meant(names[0])):
            raise UnknownSource(names[:1], known, meant)
        raise UnknownSource(unknown, known)
    chosen = [one for one in found if not names or one.name in names]
    if as_json:
        click.echo(json.dumps(as_object(chosen), ensure_ascii=False))
    else:
        text = as_text(chosen, config.file, datetime.now(UTC), every=verbose or bool(names))
        click.echo(fitted(text, err=False))
    return 0


def _meant(name: str) -> list[str]:
    """Return the command that was meant, if a name looks like that of one."""
    from difflib import get_close_matches  # noqa: PLC0415

    ctx = click.get_current_context()
    group = ctx.parent.command if ctx.parent else None
    commands = sorted(group.commands) if isinstance(group, click.Group) else []
    return [f"sources {one}" for one in get_close_matches(name, commands, n=1)]


def _read_since(standing: Standing, known: Status | None) -> Standing:
    """Return how a folder stands, with the last good pass as the time it was read: the state notes only what is new."""
    from aggregator.core.health import Wish  # noqa: PLC0415

    if known is None or known.last_good is None or standing.succeeded is None:
        return standing
    is_read_by_all = standing.kind in _READ_BY_ALL and standing.files is not None
    return (
        standing
        if standing.code or Wish.PAUSE in standing.wishes or not is_read_by_all
        else replace(standing, succeeded=max(standing.succeeded, known.last_good))
    )
