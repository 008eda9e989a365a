"""`aggregator sources test`: one feed fetched and understood as a run would, with nothing stored."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator.cli.completion import any_upstream
from aggregator.cli.options import config_option, json_option, loaded, located
from aggregator.cli.screen import fitted
from aggregator.errors import ConfigError, UnknownSource
from aggregator.masking import masked

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.config import Config
    from aggregator.config.upstream import Upstream

_UNUSABLE = 1


@click.command("test")
@click.argument("address", metavar="URL|NAME", shell_complete=any_upstream)
@config_option
@click.option("--private", is_flag=True, help="Its host and port may have an address that is not public.")
@json_option
@click.option("-v", "--verbose", is_flag=True, help="Show every entry, and all that is dropped.")
def try_(*, address: str, config_path: Path | None, private: bool, as_json: bool, verbose: bool) -> int:
    """Fetch a feed, or the one that a page names, and show what a run would make of it.

    Nothing is stored. The name or the address of a source has its terms, and its entries are compared with those that
    are known. Without a configuration it works too. Ends with 1 if there is no feed that can be followed.
    """
    from aggregator.cli.sources.block import as_block  # noqa: PLC0415  --help needs none of it
    from aggregator.cli.sources.trial_json import as_object  # noqa: PLC0415
    from aggregator.cli.sources.trial_text import as_text  # noqa: PLC0415
    from aggregator.core.channels import Policy  # noqa: PLC0415
    from aggregator.gather.trial import Question, try_feed  # noqa: PLC0415

    config = _config(config_path)
    source = _source(config, address)
    question = Question(
        url=source.url if source else _address(config, address),
        source=source,
        private=private,
        contact=config.site.homepage if config else "",
        state=config.state if config else None,
        environment=os.environ,
        rules=dict(config.rules.by_source).get(source.name, ()) if config and source else (),
        policy=config.rules.policy if config else Policy(),
    )
    now = datetime.now(UTC).replace(microsecond=0)
    trial = try_feed(question, now)
    if as_json:
        click.echo(json.dumps(as_object(trial, question, now), ensure_ascii=False))
    else:
        click.echo(fitted(as_text(trial, now, every=verbose), err=False))
        if block := as_block(trial, question):
            click.echo(f"\nTo follow it, put this into the configuration:\n\n{block}")
    return _UNUSABLE if trial.fault else 0


def _config(path: Path | None) -> Config | None:
    """Return the configuration, if there is one: an address can be tried before there is."""
    try:
        file = located(path)
    except ConfigError:
        return None
    return loaded(file)


def _source(config: Config | None, address: str) -> Upstream | None:
    """Return the source that has a name or an address."""
    from aggregator.core.address import legal_href  # noqa: PLC0415

    if config is None:
        return None
    known = {one.url: one for one in config.upstream} | {one.name: one for one in config.upstream}
    return known.get(address) or known.get(legal_href(address) or "")


def _address(config: Config | None, given: str) -> str:
    """Return what was given as an address; https stands before one that lacks its scheme.

    Raises:
        UnknownSource: it can only be a name, and no source has it.
    """
    from aggregator.cli.sources.trial_text import shown  # noqa: PLC0415

    if "://" in given:
        return given
    host = given.partition("/")[0]
    if "." in host or ":" in host:
        address = f"https://{given}"
        text = f"taken for {shown(masked(address))}: http:// has to be written out"
        click.echo(fitted(text, err=True), err=True)
        return address
    if config is None:
        raise click.UsageError(f"{given!r} is no address; write it in full, as https://example.org/feed")
    raise UnknownSource([given], [one.name for one in config.upstream] or ["none yet"])
