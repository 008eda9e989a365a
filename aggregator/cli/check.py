"""`aggregator check`: the configuration and every article, read and judged; nothing is written."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import config_option, json_option, loaded, with_lists
from aggregator.cli.screen import fitted
from aggregator.cli.words import PLACES, command, count, fault_objects, grouped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aggregator.config import Config
    from aggregator.core.model import Fault, Sighting

_FAULTY = 1
_WORDS = {"not_article": "passed over"}  # as `run` calls it
_MISSING = "no folder that can be read; bring it back, or change `articles.path`"


@click.command()
@config_option
@json_option
@click.option("-v", "--verbose", is_flag=True, help="Name every place of a fault, and every file that was passed over.")
def check(*, config_path: Path | None, as_json: bool, verbose: bool) -> int:
    """Check the configuration and every article; write nothing. Ends with 1 if there is a fault."""
    config = loaded(config_path)
    found = _read_all(config)
    found.hints += _other_dates(config, found.sightings)
    found.hints += _futile_rules(config)
    if as_json:
        warnings = {"warnings": [*config.warnings, *_unset(config)]}
        click.echo(json.dumps(_as_object(found) | warnings, ensure_ascii=False))
    else:
        _say(config, found, every=verbose)
    return _FAULTY if found.faults else 0


@dataclass(slots=True)
class _Found:
    """What the files are. hints: what may be a mistake, or meant. passed_over: files without a fence.

    sightings: of each key, the one whose words win.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    hints: list[Fault] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    sightings: dict[str, Sighting] = field(default_factory=dict)


def _as_object(found: _Found) -> dict[str, object]:
    return {
        "files": dict(sorted(found.outcomes.items())),
        "faults": fault_objects(found.faults),
        "hints": fault_objects(found.hints),
        "passed_over": found.passed_over,
    }


def _say(config: Config, found: _Found, *, every: bool) -> None:
    """Print the faults on stdout, the same ones together, and what they come to on stderr."""
    outcomes, faults = found.outcomes, found.faults
    cut = False
    for prefix, group in [("", one) for one in grouped(faults, every=every)] + [
        ("perhaps   ", one) for one in grouped(found.hints, every=every)
    ]:
        first, *places = group
        click.echo(fitted("\n".join([prefix + first, *(f"    {place}" for place in places)]), err=False))
        cut = cut or (not every and len(places) > PLACES)
    if every:
        for location in found.passed_over:
            click.echo(fitted(f"{location}: no line `---` at its start: no article, passed over", err=False))
    if cut:
        click.echo(fitted(f"For every place:\n{command(config.file, 'check', '-v')}", err=True), err=True)
    counts = ", ".join(f"{number:,} {_WORDS.get(name, name)}" for name, number in sorted(outcomes.items()))
    folders = ", ".join(str(path) for source in config.articles for _, path in source.roots)
    nothing = [f"no articles in {folders}; an article starts with a line `---`"] if not outcomes and not faults else []
    for warning in (*config.warnings, *_unset(config), *nothing):
        click.echo(fitted(f"warning: {warning}", err=True), err=True)
    text = f"{config.file} is in order. Articles: {counts or 'none'}; {count(len(faults), 'fault')}."
    click.echo(fitted(text, err=True), err=True)


def _read_all(config: Config) -> _Found:
    from aggregator.core.merge import in_order  # noqa: PLC0415  --help needs none of it
    from aggregator.core.model import Fault, Outcome  # noqa: PLC0415
    from aggregator.sources import folder  # noqa: PLC0415
    from aggregator.sources.article import HINTS, parse  # noqa: PLC0415

    found = _Found(faults=_read_lists(config))
    for source in config.articles:
        listing = folder.survey(source.roots)
        context = source.context._replace(hints=True)
        found.faults += listing.faults
        found.faults += [Fault("missing_folder", name, _MISSING) for name in listing.missing]
        for location, path in ((one, listing.paths[one]) for one in listing.found):
            resource = folder.read(location, path)
            if isinstance(resource, Fault):
                found.faults.append(resource)
                continue
            document = parse(resource.data, location, context)
            found.outcomes[document.outcome] += 1
            if sighting := document.sighting:
                rivals = [one for one in (found.sightings.get(sighting.key), sighting) if one]
                found.sightings[sighting.key] = replace(in_order(rivals)[0], edges=(), content="", summary="")
            if document.outcome is Outcome.NOT_ARTICLE:
                found.passed_over.append(location)
            for fault in document.faults:
                (found.hints if fault.code in HINTS else found.faults).append(fault)
    return found


def _read_lists(config: Config) -> list[Fault]:
    files = [one for one in config.lists if one.path is not None]
    if not files:
        return []
    from aggregator.gather.lists import read_files  # noqa: PLC0415  few sites have any, and the import is not free

    return [fault for listed in map(read_files, files) for fault in (*listed.faults, *listed.skipped)]


def _unset(config: Config) -> list[str]:
    if not any(one.headers or one.password for one in config.upstream):
        return []
    from aggregator.config.missing_secrets import unset  # noqa: PLC0415  few feeds want a secret

    return unset(config.upstream, os.environ)


def _futile_rules(config: Config) -> list[Fault]:
    """Return the rules that hardly do what was meant, as far as the state can tell."""
    if not config.rules.by_source and not any(one.rules for one in config.lists):
        return []
    from aggregator.errors import StoreError  # noqa: PLC0415  --help needs none of it
    from aggregator.explain.futile import futile  # noqa: PLC0415
    from aggregator.store import sqlite  # noqa: PLC0415

    try:
        with sqlite.looked_into(config.state) as store:
            return futile(with_lists(config, store), store)
    except StoreError:  # what a run says
        return []


def _other_dates(config: Config, sightings: Mapping[str, Sighting]) -> list[Fault]:
    """Return the files whose date is not the one that their entry was published with, and keeps."""
    from aggregator.core.model import Fault  # noqa: PLC0415
    from aggregator.errors import StoreError  # noqa: PLC0415
    from aggregator.store import sqlite  # noqa: PLC0415

    try:
        with sqlite.looked_into(config.state) as store:
            published = store.ledger.published(sightings)
    except StoreError:  # what a run says
        return []
    hints = []
    for key, (id_, kept) in sorted(published.items()):
        sighting = sightings[key]
        if sighting.published is not None and sighting.published != kept:
            reason = f"published with the date {kept:%Y-%m-%d %H:%M} UTC, which stays; for the one in the file:"
            hints.append(Fault("other_date", sighting.location, f'{reason} "aggregator state forget {id_}"'))
    return hints
