"""`aggregator check`: the configuration and every article, read and judged; nothing is written."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import config_option, json_option, loaded
from aggregator.cli.screen import fitted
from aggregator.cli.words import PLACES, command, count, grouped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aggregator.config import Config
    from aggregator.core.model import Fault

_FAULTY = 1
_WORDS = {"not_article": "passed over"}  # as `run` calls it
_MISSING = "no folder that can be read; bring it back, or change `articles.path`"


@click.command()
@config_option
@json_option
@click.option("-v", "--verbose", is_flag=True, help="Name every place of a fault.")
def check(*, config_path: Path | None, as_json: bool, verbose: bool) -> int:
    """Check the configuration and every article; write nothing. Ends with 1 if there is a fault."""
    config = loaded(config_path)
    outcomes, faults = _read_all(config)
    if as_json:
        lines = [{"code": one.code, "location": one.location, "reason": one.reason} for one in faults]
        click.echo(json.dumps({"files": dict(sorted(outcomes.items())), "faults": lines}, ensure_ascii=False))
    else:
        _say(config, outcomes, faults, every=verbose)
    return _FAULTY if faults else 0


def _say(config: Config, outcomes: Counter[str], faults: Sequence[Fault], *, every: bool) -> None:
    """Print the faults on stdout, the same ones together, and what they come to on stderr."""
    cut = False
    for first, *places in grouped(faults, every=every):
        click.echo(fitted("\n".join([first, *(f"    {place}" for place in places)]), err=False))
        cut = cut or (not every and len(places) > PLACES)
    if cut:
        click.echo(fitted(f"For every place:\n{command(config.file, 'check', '-v')}", err=True), err=True)
    counts = ", ".join(f"{number:,} {_WORDS.get(name, name)}" for name, number in sorted(outcomes.items()))
    folders = ", ".join(str(path) for source in config.articles for _, path in source.roots)
    nothing = [f"no articles in {folders}; an article starts with a line `---`"] if not outcomes and not faults else []
    for warning in (*config.warnings, *nothing):
        click.echo(fitted(f"warning: {warning}", err=True), err=True)
    text = f"{config.file} is in order. Articles: {counts or 'none'}; {count(len(faults), 'fault')}."
    click.echo(fitted(text, err=True), err=True)


def _read_all(config: Config) -> tuple[Counter[str], list[Fault]]:
    from aggregator.core.model import Fault  # noqa: PLC0415  --help needs none of it
    from aggregator.lists import read_files  # noqa: PLC0415
    from aggregator.registry import parser_named  # noqa: PLC0415
    from aggregator.sources import folder  # noqa: PLC0415

    parse = parser_named("article")
    outcomes: Counter[str] = Counter()
    faults: list[Fault] = []
    for one in config.lists:
        if one.path is not None:
            listed = read_files(one)
            faults += [*listed.faults, *listed.skipped]
    for source in config.articles:
        listing = folder.survey(source.roots)
        faults += listing.faults
        faults += [Fault("missing_folder", name, _MISSING) for name in listing.missing]
        for location, path in ((found, listing.paths[found]) for found in listing.found):
            resource = folder.read(location, path)
            if isinstance(resource, Fault):
                faults.append(resource)
                continue
            document = parse(resource.data, location, source.context)
            outcomes[document.outcome] += 1
            faults += document.faults
    return outcomes, faults
