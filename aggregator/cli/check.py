"""`aggregator check`: the configuration and every article, read and judged; nothing is written."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import config_option, json_option, loaded

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.config import Config
    from aggregator.core.model import Fault

_FAULTY = 1


@click.command()
@config_option
@json_option
def check(*, config_path: Path | None, as_json: bool) -> int:
    """Check the configuration and every article; write nothing. Ends with 1 if there is a fault."""
    config = loaded(config_path)
    outcomes, faults = _read_all(config)
    if as_json:
        lines = [{"code": one.code, "location": one.location, "reason": one.reason} for one in faults]
        click.echo(json.dumps({"files": dict(sorted(outcomes.items())), "faults": lines}, ensure_ascii=False))
    else:
        for fault in faults:
            click.echo(str(fault))
        counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in sorted(outcomes.items()))
        for warning in config.warnings:
            click.echo(f"warning: {warning}", err=True)
        click.echo(f"{config.file} is in order. Articles: {counts or 'none'}; {_faults(len(faults))}.", err=True)
    return _FAULTY if faults else 0


def _read_all(config: Config) -> tuple[Counter[str], list[Fault]]:
    from aggregator.core.model import Fault  # noqa: PLC0415  --help needs none of it
    from aggregator.registry import parser_named  # noqa: PLC0415
    from aggregator.sources import folder  # noqa: PLC0415

    parse = parser_named("article")
    outcomes: Counter[str] = Counter()
    faults: list[Fault] = []
    for source in config.articles:
        listing = folder.survey(source.roots)
        faults += listing.faults
        faults += [Fault("missing_folder", name, "no folder that can be read") for name in listing.missing]
        for location, path in ((one, listing.paths[one]) for one in listing.found):
            resource = folder.read(location, path)
            if isinstance(resource, Fault):
                faults.append(resource)
                continue
            document = parse(resource.data, location, source.context)
            outcomes[document.outcome] += 1
            faults += document.faults
    return outcomes, faults


def _faults(number: int) -> str:
    return "1 fault" if number == 1 else f"{number:,} faults"
