"""`aggregator daemon` and `aggregator poke`: gathering and publishing around the clock, and a pass out of turn."""

from __future__ import annotations

import gc
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import config_option, loaded, located
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from pathlib import Path
    from queue import SimpleQueue

    from aggregator.config import Config


@click.command()
@config_option
def daemon(*, config_path: Path | None) -> int:
    """Gather and publish around the clock, in the foreground, until SIGTERM; SIGHUP reads the configuration again."""
    from aggregator.daemon.signals import listen  # noqa: PLC0415  --help needs none of it

    signals = listen()  # at once, and before the lock, which tells others whom to signal
    import logging  # noqa: PLC0415

    gc.set_threshold(50_000, 20, 100)  # as in `run`
    form = _log()
    try:
        config = loaded(config_path)
        form = _log(config)
        code = _lived(config, config_path, signals)
    except AggregatorError as error:
        if form == "text":
            raise
        from aggregator.daemon.chronicle import said  # noqa: PLC0415  only where it cannot begin

        for line in str(error).splitlines():
            said("the daemon cannot begin", logging.CRITICAL, reason=line)
        code = error.exit_code
    # Not by the usual way, which waits for threads that nobody waits for any more.
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)


def _lived(config: Config, config_path: Path | None, signals: SimpleQueue[int]) -> int:
    """Be a daemon; return what to end with. All that takes is loaded here: a fault of the configuration is said before."""
    from aggregator.config import load  # noqa: PLC0415
    from aggregator.daemon.life import Daemon, World  # noqa: PLC0415
    from aggregator.daemon.notify import Notifier  # noqa: PLC0415
    from aggregator.serve.descriptors import raise_limit  # noqa: PLC0415

    def read_again() -> Config:
        return load(located(config_path), os.environ)

    raise_limit()
    world = World(read_again, os.environ, _now, Notifier(os.environ), signals, _log)
    return Daemon(config, world).live()


@click.command()
@config_option
def poke(*, config_path: Path | None) -> int:
    """Ask the running daemon for a pass now, over all folders and the upstream feeds that are due."""
    from aggregator.daemon.poke import poke as ask  # noqa: PLC0415  --help needs none of it

    pid = ask(loaded(config_path).state)
    click.echo(f"the daemon (process {pid}) was asked for a pass; its log says what that comes to", err=True)
    return 0


def _log(config: Config | None = None) -> str:
    """Send what is logged to stderr, as the configuration and the environment want it; return the form."""
    from aggregator import log  # noqa: PLC0415

    wanted = (config.log.form, config.log.level) if config else ("auto", "info")
    form, level = log.chosen(*wanted, os.environ, sys.stderr)
    log.configure(form, level, sys.stderr, secrets=config.secrets(os.environ) if config else ())
    return form


def _now() -> datetime:
    return datetime.now(UTC)
