"""`aggregator sources`: feeds of others, one by one."""

from __future__ import annotations

import click

from aggregator.cli.sources.try_ import try_


@click.group()
def sources() -> None:
    """Try feeds of others before they are followed."""


sources.add_command(try_)
