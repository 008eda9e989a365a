"""`aggregator install-service`: what systemd has to know of this site, printed."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import config_option, loaded
from aggregator.cli.words import command

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aggregator.cli.units import Place
    from aggregator.config import Config

_OURS = "aggregator"
_SPLIT = "awk '/^# \\/etc\\// {file = $2} {print > file}'"


@click.command("install-service")
@config_option
@click.option("--print", "as_text", is_flag=True, help="Print the files; the only way for now.")
@click.option("--timer", is_flag=True, help="A pass every ten minutes in place of a daemon.")
@click.option(
    "--user", metavar="NAME", help=f"Whom it runs as; else whoever owns the state, or {_OURS} in place of root."
)
def install_service(*, config_path: Path | None, as_text: bool, timer: bool, user: str | None) -> int:
    """Print unit files for systemd that fit this configuration; each starts with where it belongs.

    Nothing is changed: stderr says what root has to do, and what is there of the state and the output that belongs to
    another user than the one that the units name.
    """
    from aggregator.cli.units import daemon_files, timer_files  # noqa: PLC0415  --help needs none of it

    if not as_text:
        raise click.UsageError("it does not install yet, it only prints: add --print")
    config = loaded(config_path)
    place = _place(config, user or _owner(config))
    files = (timer_files if timer else daemon_files)(place)
    click.echo("\n".join(f"# {path}\n{text}" for path, text in files.items()), nl=False)
    others = [one for one in (place.state, place.output) if not _is_of(one, place.user)]
    named = ["--user", user] if user else []
    steps = _steps(config, files, others, place.user, ["--timer"] * timer + named)
    for step in [*_doubts(place, timer=timer), *_owned(others, place.user), *steps]:
        click.echo(step, err=True)
    return 0


def _doubts(place: Place, *, timer: bool) -> list[str]:
    from aggregator.cli.units import RUNS  # noqa: PLC0415

    return [
        f"unix:{one.path}: only root makes files in {RUNS}; name one in a folder of its own: unix:{RUNS}/{_OURS}/feeds.sock"
        for one in place.listens
        if one.path and Path(one.path).parent == RUNS and not timer
    ]


def _owned(others: Sequence[Path], user: str) -> list[str]:
    """Say which folders a unit could not write as it is printed; of root it takes over nothing by itself."""
    return [
        f"{one}: not all of it is of {user}, whom the units name: give it away with the chown below, or print them for "
        "the user that has it with --user NAME"
        for one in others
    ]


def _is_of(folder: Path, user: str) -> bool:
    """Say whether a folder and what is in it belong to a user, or there is none yet; who may not look says so."""
    try:
        number = pwd.getpwnam(user).pw_uid
    except KeyError:
        number = -1  # not there yet: then nothing is its own
    try:
        return all(one.lstat().st_uid == number for one in (folder, *folder.iterdir()))
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _steps(config: Config, files: Collection[Path], others: Sequence[Path], user: str, given: list[str]) -> list[str]:
    from aggregator.cli.units import FOLDERS, USERS  # noqa: PLC0415

    folders = " ".join(sorted({str(path.parent) for path in files}))
    unit = "aggregator-run.timer" if "--timer" in given else "aggregator.service"
    printed = command(config.file.absolute(), "install-service", "--print", *given)
    return [
        "Next, as root:",
        f"  install -d {folders}",
        f"  {printed} | {_SPLIT}",
        # Each names its file: without one, they would carry out those of all other programs, too.
        *([f"  systemd-sysusers {USERS}"] if USERS in files else []),
        *([f"  systemd-tmpfiles --create {FOLDERS}"] if FOLDERS in files else []),
        *([f"  {shlex.join(['chown', '-R', f'{user}:', *map(str, others)])}"] if others else []),
        "  systemctl daemon-reload",
        f"  systemctl enable --now {unit}",
    ]


def _place(config: Config, user: str) -> Place:
    from aggregator.cli.units import Place  # noqa: PLC0415

    lists = [one.path for one in config.lists if one.path is not None]
    secrets = [one for feed in config.upstream for one in (*feed.headers.values(), feed.password) if one is not None]
    held = [Path(one.place) for one in secrets if not one.place.startswith("$")]
    words = _running()
    # A link in a folder of programs leads to an environment of its own, which stands on another Python.
    lies_in = (Path(words[0]).parent, Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[2])
    reads = [*(folder for _, folder in config.roots), *lists, *config.included, *held]
    listens = tuple(one for one in (config.serve.listen, config.serve.health) if one and config.serve.daemon)
    sockets = [Path(one.path).parent for one in listens if one.path]
    return Place(
        command=words,
        program=tuple(dict.fromkeys(Path(os.path.normpath(one)) for one in lies_in)),
        config=Path(os.path.normpath(config.file.absolute())),
        user=user,
        reads=tuple(dict.fromkeys(Path(os.path.normpath(one.absolute())) for one in reads)),
        state=config.state,
        output=config.output,
        listens=listens,
        variables=tuple(sorted({one.place.removeprefix("$") for one in secrets if one.place.startswith("$")})),
        missing=tuple(one for one in (config.state, config.output, *sockets) if not one.is_dir()),
    )


def _running() -> tuple[str, ...]:
    """Return the words that start this program from anywhere."""
    found = shutil.which(sys.argv[0])
    if found and Path(sys.argv[0]).name != "__main__.py":
        return (os.path.abspath(found),)  # noqa: PTH100  a link stays, since updates change where it leads
    return (os.path.abspath(sys.executable), "-m", "aggregator")  # noqa: PTH100


def _owner(config: Config) -> str:
    """Return who has run this site so far; root has only set it up."""
    for folder in (config.state, config.output, config.file.absolute().parent):
        try:
            name = pwd.getpwuid(folder.stat().st_uid).pw_name
        except (OSError, KeyError):
            continue
        return _OURS if name == "root" else name
    return _OURS
