"""`aggregator run`: one pass, and what it came to."""

from __future__ import annotations

import gc
import json
import os
import shlex
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from aggregator.cli.completion import any_source, any_upstream
from aggregator.cli.options import config_option, json_option, loaded

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.config import Config
    from aggregator.options import Options, Progress
    from aggregator.run import Report


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from aggregator.config.kinds import parse_duration  # noqa: PLC0415

        try:
            return value if isinstance(value, timedelta) else parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@config_option
@click.option("--full", is_flag=True, help="Read and render everything again, on the same ledger.")
@click.option("--strict", is_flag=True, help="End with 1 on any fault in an article.")
@click.option(
    "--accept-removals",
    multiple=True,
    metavar="NAME",
    shell_complete=any_source,
    help="What is gone from NAME, or from all sources ('*'), is meant to be.",
)
@click.option(
    "--accept-new",
    multiple=True,
    metavar="NAME",
    shell_complete=any_source,
    help="The new articles of NAME are meant to be new.",
)
@click.option("--start-over", is_flag=True, help="Begin a new ledger although feeds of ours are published.")
@click.option("--dry-run", is_flag=True, help="Say what a run would do to each feed; write nothing, not even state.")
@click.option(
    "--now", "ask_now", is_flag=True, help="Ask upstream feeds before it is time; no server's wish is ignored."
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    shell_complete=any_upstream,
    help="Of the upstream feeds, ask this one.",
)
@click.option("--wait", type=_Duration(), default=timedelta(0), help="Wait so long for another pass to end, as 5m.")
@json_option
@click.option("-v", "--verbose", is_flag=True, help="Say more: every feed that has news.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what needs a person, and errors.")
def run(  # noqa: PLR0913  an option each
    *,
    config_path: Path | None,
    full: bool,
    strict: bool,
    accept_removals: tuple[str, ...],
    accept_new: tuple[str, ...],
    start_over: bool,
    dry_run: bool,
    ask_now: bool,
    only: tuple[str, ...],
    wait: timedelta,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Gather the articles, publish the feeds that changed, and say what was done."""
    from aggregator.cli.progress import progress_bar  # noqa: PLC0415  --help needs none of it
    from aggregator.options import Options  # noqa: PLC0415

    # A pass makes many values and next to no cycles: looking for those every 700 values would cost 3 % of it.
    gc.set_threshold(50_000, 20, 100)
    config = loaded(config_path)
    options = Options(
        full=full,
        strict=strict,
        accept_removals=frozenset(accept_removals),
        accept_new=frozenset(accept_new),
        start_over=start_over,
        ask_now=ask_now,
        only=frozenset(only),
        environment=os.environ,
    )
    started = datetime.now(UTC)
    if not (quiet or dry_run):
        _warn_root(config)
    with progress_bar(quiet=quiet or as_json) as progress:
        report = _dry(config, options, progress) if dry_run else _wet(config, options, progress, wait)
    elapsed = datetime.now(UTC) - started
    # Loaded here, so that the pass begins sooner.
    from aggregator.cli.plan import notices, plan_lines, plan_object  # noqa: PLC0415
    from aggregator.cli.report import Tone, as_object, as_text  # noqa: PLC0415
    from aggregator.cli.screen import fitted  # noqa: PLC0415

    if as_json:
        plan = plan_object(report.published) if dry_run else {}
        click.echo(json.dumps(as_object(report) | plan, ensure_ascii=False))
        return report.exit_code
    text = as_text(report, config, elapsed, Tone(quiet=quiet, verbose=verbose, strict=strict, dry=dry_run))
    more = [] if quiet else [*notices(report, config), *(plan_lines(report.published) if dry_run else [])]
    for part in filter(None, (text, "\n".join(more))):
        click.echo(fitted(part, err=quiet), err=quiet)
    return report.exit_code


def _warn_root(config: Config) -> None:
    """Warn who runs this as root on the state of a service: its user could not write to what is made."""
    from aggregator.cli.screen import fitted  # noqa: PLC0415  --help needs none of it
    from aggregator.store import lock  # noqa: PLC0415

    if owner := lock.owner_beside_root(config.state):
        text = f"warning: the state is that of the user {owner}, who cannot write into folders that root makes"
        click.echo(fitted(f"{text}; better: sudo -u {shlex.quote(owner)} aggregator run", err=True), err=True)


def _wet(config: Config, options: Options, progress: Progress, wait: timedelta) -> Report:
    from aggregator.run import noted, refuse_lost  # noqa: PLC0415
    from aggregator.store import sqlite  # noqa: PLC0415

    if not options.start_over:
        refuse_lost(config)
    clock = partial(datetime.now, UTC)
    with ExitStack() as stack:
        with noted.opening(config, clock):
            store = stack.enter_context(sqlite.opened(config.state, wait, many=bool(config.upstream or config.lists)))
        if options.start_over and not store.ledger.is_empty():
            click.echo("warning: --start-over has no effect: the ledger is there", err=True)
        # After a wait for the lock: no pass is older than the last.
        return noted.run(config, store, clock, options, progress)


def _dry(config: Config, options: Options, progress: Progress) -> Report:
    from aggregator.run.rehearsal import rehearse  # noqa: PLC0415

    return rehearse(config, datetime.now(UTC).replace(microsecond=0), options, progress)
