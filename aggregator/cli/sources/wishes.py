"""`aggregator sources pause`, `resume`, `reset` and `accept`: what an owner wishes, noted for the next pass."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator.cli.completion import any_source
from aggregator.cli.options import Refused, config_option, loaded, with_lists

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from aggregator.config import Config
    from aggregator.core.health import Survey
    from aggregator.core.polling import Poll
    from aggregator.store.tables import Store

_LET_IN = "what is held is let in with the next run"
_NOTHING_HELD = "nothing is held that could be let in; `aggregator sources NAME` says how it stands"
_PAUSED_LIST = "paused, and the feeds that it alone names; what they gave stays published"
_NEVER_HELD = "a list of feeds, of which nothing is ever held; name the feed that is"
_READ_ANEW = "a list of files, which every run reads anew; there is nothing to forget"
_NOT_DONE = 1
_names = click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=any_source)


@click.command()
@_names
@config_option
def pause(*, names: tuple[str, ...], config_path: Path | None) -> int:
    """Leave sources alone until they are resumed: not read, nothing taken down."""
    from aggregator.core.health import Wish  # noqa: PLC0415  --help needs none of it

    with _state(config_path, names) as (store, config):
        lists = {one.name for one in config.lists}
        for name in names:
            store.health.make_wish(name, Wish.PAUSE, datetime.now(UTC))
            _say(name, _PAUSED_LIST if name in lists else "paused; what it gave stays published")
    return 0


@click.command()
@_names
@config_option
def resume(*, names: tuple[str, ...], config_path: Path | None) -> int:
    """Read paused sources again."""
    from aggregator.core.health import Wish  # noqa: PLC0415

    with _state(config_path, names) as (store, config):
        paused_with = {one.name: one.paused_with for one in config.upstream if one.paused_with}
        for name in names:
            was_paused = store.health.end_wish(name, Wish.PAUSE)
            other = paused_with.get(name)
            if other and other not in names:
                _say(name, f"stays paused with the list {other}; resume that")
            else:
                _say(name, "is read again with the next run that finds it due" if was_paused else "was not paused")
    return 0


@click.command()
@_names
@config_option
def reset(*, names: tuple[str, ...], config_path: Path | None) -> int:
    """Begin anew with sources: failures, 410, validators and moves are forgotten; of a folder, every file is read.

    Entries keep their ids and dates, and a server that asked to be left alone is left alone as long as it asked.
    """
    from aggregator.core.health import Wish  # noqa: PLC0415

    with _state(config_path, names) as (store, config):
        _refuse({one.name for one in config.lists if one.path}.intersection(names), _READ_ANEW)
        polls = store.polls.all()
        for name in names:
            now = datetime.now(UTC)
            store.health.make_wish(name, Wish.RESET, now)
            wait = polls[name].not_before if name in polls else None
            later = f", but not before {wait:%Y-%m-%d %H:%M} UTC, as its server asked" if wait and wait > now else ""
            _say(name, f"begins anew with the next run{later}")
    return 0


@click.command()
@_names
@config_option
def accept(*, names: tuple[str, ...], config_path: Path | None) -> int:
    """Let in what is held of sources: new entries that look like known ones, and files that are gone."""
    from aggregator.core.health import Wish  # noqa: PLC0415

    with _state(config_path, names) as (store, config):
        _refuse({one.name for one in config.lists}.intersection(names), _NEVER_HELD)
        polls, surveys = store.polls.all(), store.health.surveys()
        held = [name for name in names if _is_held(polls.get(name), surveys.get(name))]
        for name in names:
            if name in held:
                store.health.make_wish(name, Wish.ACCEPT, datetime.now(UTC))
            _say(name, _LET_IN if name in held else _NOTHING_HELD)
    return 0 if len(held) == len(names) else _NOT_DONE


def _is_held(poll: Poll | None, survey: Survey | None) -> bool:
    """Say whether something waits for a word that can be given: where nobody could look, none can."""
    return bool(poll and poll.held) or bool(survey and survey.code not in {"", "missing"})


@contextmanager
def _state(config_path: Path | None, names: tuple[str, ...]) -> Iterator[tuple[Store, Config]]:
    """Open the state beside a pass that may be running, for sources that there are; those of lists are configured too."""
    from aggregator.errors import UnknownSource  # noqa: PLC0415
    from aggregator.store import sqlite  # noqa: PLC0415

    config = loaded(config_path)
    with sqlite.beside(config.state) as store:
        config = with_lists(config, store)
        known = dict.fromkeys([*sorted(config.source_names()), *store.polls.all(), *store.sources.names()])
        known |= dict.fromkeys(one.name for one in config.lists)
        if unknown := sorted(set(names) - set(known)):
            raise UnknownSource(unknown, list(known))
        yield store, config


def _refuse(names: Collection[str], reason: str) -> None:
    if names:
        raise Refused(f"{', '.join(sorted(names))}: {reason}")


def _say(name: str, text: str) -> None:
    click.echo(f"{name}: {text}", err=True)
