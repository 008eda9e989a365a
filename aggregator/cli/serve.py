"""`aggregator serve`: the published feeds, handed out by the program itself."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import config_option, loaded
from aggregator.cli.words import count

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from starlette.types import ASGIApp

    from aggregator.config import Config
    from aggregator.config.serve import Address
    from aggregator.serve.connection import Bounds


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
    import asyncio  # noqa: PLC0415  --help, and a fault of the configuration, need none of it

    from aggregator.serve.connection import Bounds  # noqa: PLC0415
    from aggregator.serve.descriptors import MONITORS, READERS, raise_limit, room_for_connections  # noqa: PLC0415
    from aggregator.serve.listening import WATCHERS  # noqa: PLC0415

    site, health = applications(config)
    raise_limit()
    bounds = Bounds(connections=min(config.serve.connections, room_for_connections(READERS)))
    place = listen or config.serve.listen
    with ExitStack() as stack:
        listener = _opened(stack, place, "--listen" if listen else "serve.listen")
        servers = [(site, listener, bounds)]
        said = f"{config.site.title}: {os.path.relpath(config.output)} at {_named(place, listener)}"
        if config.serve.health:
            apart = config.serve.health
            second = _opened(stack, apart, "serve.health")
            servers.append((health, second, Bounds(connections=min(WATCHERS, room_for_connections(MONITORS)))))
            said += f"; health at {_named(apart, second)}"
        click.echo(f"{said}; for {config.site.base_url}", err=True)
        if not config.output.is_dir():
            click.echo("nothing is published yet: aggregator run", err=True)
        asyncio.run(_until_told(servers))
    return 0


def _opened(stack: ExitStack, place: Address, key: str) -> socket.socket:
    from aggregator.errors import ServeError  # noqa: PLC0415
    from aggregator.serve.listening import listening  # noqa: PLC0415

    try:
        return stack.enter_context(listening(place.host, place.port, place.path))
    except ServeError as error:
        raise ServeError(error.address, error.reason, key) from error


def applications(config: Config) -> tuple[ASGIApp, ASGIApp]:
    """Return what hands out the published feeds, and what says how the passes fare."""
    from datetime import UTC, datetime  # noqa: PLC0415
    from functools import partial  # noqa: PLC0415

    from aggregator import status  # noqa: PLC0415
    from aggregator.publish.output import Retired  # noqa: PLC0415
    from aggregator.serve.freshness import allowed  # noqa: PLC0415
    from aggregator.serve.health import health  # noqa: PLC0415
    from aggregator.serve.site import Hosted, site  # noqa: PLC0415
    from aggregator.serve.tally import Tally  # noqa: PLC0415

    tally = Tally()
    hosted = Hosted(
        folder=config.output, base_url=config.site.base_url, hubs=config.site.hubs, max_age=config.serve.max_age
    )
    fresh = partial(allowed, config.schedule, config.serve.stale_after)
    monitored = health(partial(status.read, config.state), partial(datetime.now, UTC), fresh, tally)
    return site(hosted, Retired(config.state), tally), monitored


async def _until_told(servers: list[tuple[ASGIApp, socket.socket, Bounds]]) -> None:
    import asyncio  # noqa: PLC0415
    import signal  # noqa: PLC0415

    from aggregator.serve.listening import serve  # noqa: PLC0415

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await asyncio.gather(*(serve(app, listener, stop, bounds, _no_room) for app, listener, bounds in servers))


def _no_room(number: int) -> None:
    click.echo(f"{count(number, 'connection')} ended, since there was no room for more: serve.connections", err=True)


def _named(place: Address, listener: socket.socket) -> str:
    """Return where a socket listens; the port is the one that the system gave where 0 was asked for."""
    from dataclasses import replace  # noqa: PLC0415

    return str(place) if place.path else f"http://{replace(place, port=listener.getsockname()[1])}/"
