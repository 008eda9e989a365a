"""`aggregator serve`: the published feeds, handed out by the program itself."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import config_option, loaded
from aggregator.cli.words import count

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.config.serve import Address


class _Listen(click.ParamType["Address"]):
    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        from aggregator.config.serve import parse_address  # noqa: PLC0415  --help needs none of it

        try:
            return parse_address(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@config_option
@click.option("--listen", type=_Listen(), metavar="ADDRESS", help="Listen there, as 127.0.0.1:8080 or unix:/path.")
def serve(*, config_path: Path | None, listen: Address | None) -> int:
    """Hand out the published feeds until SIGTERM or Ctrl-C; runs may go on beside it."""
    config = loaded(config_path)
    from aggregator.daemon import signals  # noqa: PLC0415  --help, and a fault of the configuration, need none of it
    from aggregator.serve.descriptors import raise_limit  # noqa: PLC0415
    from aggregator.serve.hosting import Hosting  # noqa: PLC0415

    told = signals.listen(signals.ENDINGS)
    raise_limit()
    hosting = Hosting(lambda: datetime.now(UTC), _no_room)
    try:
        places = "; health at ".join(_shown(one.at) for one in hosting.follow(config, listen))
        what = f"{config.site.title}: {os.path.relpath(config.output)}"
        click.echo(f"{what} at {places}; for {config.site.base_url}", err=True)
        if not config.output.is_dir():
            click.echo("nothing is published yet: aggregator run", err=True)
        hosting.stay(told)
    finally:
        hosting.end()
    return 0


def _no_room(number: int) -> None:
    click.echo(f"{count(number, 'connection')} ended, since there was no room for more: serve.connections", err=True)


def _shown(place: Address) -> str:
    return str(place) if place.path else f"http://{place}/"
