"""`aggregator state`: what cannot be computed again, out, in, and forgotten."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import config_option, loaded
from aggregator.cli.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.store.ledger import LedgerTables


@click.group()
def state() -> None:
    """Export, import or correct the ledger: the ids and dates that cannot be computed again."""


@state.command("export")
@config_option
def export(*, config_path: Path | None) -> int:
    """Print the ledger as one JSON object a line."""
    from aggregator.store import ledger_text  # noqa: PLC0415  --help needs none of it

    with _ledger(config_path) as (_, ledger):
        for line in ledger_text.lines(ledger):
            click.echo(line, nl=False)
    return 0


@state.command("import")
@config_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(*, config_path: Path | None, file: Path) -> int:
    """Take in what `state export` printed; for an entry that both have, FILE has the say."""
    from aggregator.store import ledger_text  # noqa: PLC0415

    with _ledger(config_path) as (folder, ledger):
        taken = ledger_text.take_in(file, folder, ledger)
    click.echo(f"{taken:,} lines taken in; the next run publishes what they change", err=True)
    return 0


@state.command("forget")
@config_option
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def forget(*, config_path: Path | None, ids: tuple[str, ...]) -> int:
    """Forget entries by their ids, as feeds show them: the next run gives ids and dates anew."""
    from aggregator.store import ledger_text  # noqa: PLC0415

    with _ledger(config_path) as (folder, ledger):
        unknown = [id_ for id_ in dict.fromkeys(ids) if not ledger.forget(id_)]
        ledger_text.rewrite(folder, ledger)
    for id_ in unknown:
        click.echo(f"{id_}: no entry has this id; feeds show it as id or guid", err=True)
    forgotten = len(set(ids)) - len(unknown)
    if forgotten:
        click.echo(f"{count(forgotten, 'entry', 'entries')} forgotten; the next run gives id and dates anew", err=True)
    return 1 if unknown else 0


@contextmanager
def _ledger(config_path: Path | None) -> Iterator[tuple[Path, LedgerTables]]:
    """Open the ledger that the configuration names, with all that its text knows."""
    from aggregator.store import ledger_text, sqlite  # noqa: PLC0415

    folder = loaded(config_path).state
    with sqlite.opened(folder, timedelta(0)) as store:
        ledger_text.recover(folder, store.ledger)
        yield folder, store.ledger
