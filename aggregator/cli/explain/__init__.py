"""`aggregator explain`: why an entry is where it is, or why something gives none."""

from __future__ import annotations

import json
from pathlib import Path

import click

from aggregator.cli.completion import any_file
from aggregator.cli.options import config_option, json_option, loaded, with_lists

_NOT_FOUND = 1


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="WHAT...", shell_complete=any_file)
@config_option
@json_option
def explain(*, what: tuple[str, ...], config_path: Path | None, as_json: bool) -> int:
    """Say why an entry is where it is: WHAT is its id, an address, a file, or words of its title. Changes nothing.

    Where several entries are meant, the newest are named to choose from. Ends with 1 if there is none, and says why.
    """
    asked = " ".join(what).strip()
    if not asked:
        raise click.UsageError("WHAT is empty: name an id, an address, a file, or words of a title")
    config = loaded(config_path)
    from aggregator.cli.explain.text import as_object, as_text  # noqa: PLC0415  --help needs none of it
    from aggregator.cli.screen import fitted  # noqa: PLC0415
    from aggregator.explain import explain as explained  # noqa: PLC0415
    from aggregator.publish.output import opened  # noqa: PLC0415
    from aggregator.store import sqlite  # noqa: PLC0415

    with sqlite.looked_into(config.state) as store:
        config = with_lists(config, store)
        manifest = opened(config.output, config.state, dry=True).manifest
        answer = explained(config, store, manifest, asked, Path.cwd())
    if as_json:
        click.echo(json.dumps(as_object(answer), ensure_ascii=False))
    else:
        click.echo(fitted(as_text(answer, config), err=False))
    return 0 if answer.entry or answer.choices else _NOT_FOUND
