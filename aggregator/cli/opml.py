"""`aggregator import-opml` and `export-opml`: the subscriptions of a feed reader, in and out."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Refused, config_option, loaded, located
from aggregator.cli.screen import fitted
from aggregator.cli.words import command, count, grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.config import Config
    from aggregator.config.subscriptions import Added
    from aggregator.config.upstream_keys import UpstreamSection
    from aggregator.sources.opml import FeedList

_NAME = "upstreams.yaml"


class _Unreadable(click.ClickException):
    exit_code = 1


@click.command("import-opml")
@config_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"File to write; else {_NAME} beside the configuration.",
)
def import_opml(*, config_path: Path | None, file: Path, target: Path | None) -> int:
    """Write the feeds of an OPML FILE (- is standard input) into a file that the configuration includes.

    Feeds that any file of the configuration has already are left as they are.
    """
    from aggregator.config.subscriptions import add  # noqa: PLC0415  --help needs none of it
    from aggregator.files import write_all  # noqa: PLC0415

    config = _configuration(config_path, target)
    target = _target(config, target)
    document = _read(file)
    old = _written(target)
    there = _blocks(old, target)
    addresses, names = {one.url for one in there}, {one.called for one in there}
    if config:
        addresses |= {one.url for one in config.upstream}
        names |= config.source_names() | {one.name for one in config.lists}
    added = add(old, document.subscriptions, addresses, names)
    if added.new:
        if len(_blocks(added.text, target)) != len(there) + added.new:
            raise _cannot_grow(target)
        place = target.resolve()  # what a link leads to is written, and the link stays
        write_all({place: added.text.encode()}, mode=S_IMODE(place.stat().st_mode) if place.exists() else 0o644)
    _say(file, document, added, target)
    if config and (added.new or (target.exists() and not _is_included(config, target))):
        _say_next(config, target)
    return 0


@click.command("export-opml")
@config_option
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), required=False)
def export_opml(*, config_path: Path | None, file: Path | None) -> int:
    """Write all upstream feeds as OPML to FILE, or to standard output; secrets stay here."""
    from aggregator.catalogue.opml import subscriptions  # noqa: PLC0415  --help needs none of it
    from aggregator.files import write_all  # noqa: PLC0415
    from aggregator.gather.gathered import Followed  # noqa: PLC0415
    from aggregator.gather.lists import followed_now  # noqa: PLC0415

    if file is not None and str(file) != "-" and not file.absolute().parent.is_dir():
        raise Refused(f"{file.parent}: there is no such folder; make it, or name another file")
    config = loaded(config_path)
    followed = followed_now(config, datetime.now(UTC)) if config.lists else Followed(config)
    for fault in followed.polled.faults:
        click.echo(fitted(f"warning: {fault}", err=True), err=True)
    feeds = [replace(one, name=one.title or one.name) for one in followed.config.upstream]
    document = subscriptions(config.site.title, feeds)
    if file is None or str(file) == "-":
        click.echo(document, nl=False)
    else:
        write_all({file.absolute(): document})
        click.echo(f"{count(len(followed.config.upstream), 'feed')} written to {file}", err=True)
    return 0


def _configuration(path: Path | None, target: Path | None) -> Config | None:
    """Return the configuration; None where there is none yet, and none is needed."""
    from aggregator.config import load  # noqa: PLC0415
    from aggregator.errors import ConfigError  # noqa: PLC0415

    try:
        found = located(path)
    except ConfigError as error:
        if target is not None:
            return None
        raise Refused(f"{error}; or name the file to write with --to") from None
    config = load(found, os.environ, awaited=True)
    missing = {one for one in config.included if not one.exists()}
    if missing and missing != {_plain(_target(config, target))}:
        return load(found, os.environ)  # which says what is missing
    return config


def _target(config: Config | None, named: Path | None) -> Path:
    """Return the file to write: the named one, that which the configuration waits for, or the usual one beside it."""
    if named is not None:
        return named
    if config is None:
        return Path(_NAME)
    missing = [one for one in config.included if not one.exists()]
    if len(missing) == 1:
        return missing[0] if config.file.is_absolute() else Path(os.path.relpath(missing[0]))
    return config.file.parent / _NAME


def _read(file: Path) -> FeedList:
    from aggregator.sources.opml import MAX_BYTES, parse_list  # noqa: PLC0415

    if str(file) == "-":
        data, name = sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"
    else:
        with file.open("rb") as stream:
            data, name = stream.read(MAX_BYTES + 1), str(file)
    document = parse_list(data, name)
    if document.fault:
        raise _Unreadable(f"{document.fault}. Nothing was written")
    return document


def _written(target: Path) -> str:
    """Return what an earlier import wrote; a file of somebody else is not touched."""
    from aggregator.config.subscriptions import is_written  # noqa: PLC0415

    data = target.read_bytes() if target.exists() else b""
    if data and not is_written(data.decode(errors="replace")):
        raise Refused(f"{target}: not written by an import, and left as it is; name another file with --to")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused(f"{target}: not UTF-8, and left as it is; save it as UTF-8") from None


def _blocks(text: str, target: Path) -> Sequence[UpstreamSection]:
    from aggregator.config.include import written_upstreams  # noqa: PLC0415
    from aggregator.errors import ConfigError  # noqa: PLC0415

    try:
        return written_upstreams(text, str(target))
    except ConfigError:
        raise _cannot_grow(target) from None


def _cannot_grow(target: Path) -> Refused:
    return Refused(
        f"{target}: cannot be added to, and left as it is; let it end with the blocks of `upstream:`, each with `  - ` "
        "before it, or name another file with --to"
    )


def _say(file: Path, document: FeedList, added: Added, target: Path) -> None:
    """Print what was done, and on stderr what was not."""
    from aggregator.core.model import Fault  # noqa: PLC0415

    skipped = [*document.skipped, *(Fault("outline", f"{file}:{line}", reason) for line, reason in added.refused)]
    counts = f"{count(added.new, 'feed')} added, {added.known:,} already there, {len(skipped):,} skipped"
    if document.again:
        counts += f"; {document.again:,} twice, by http and https or with a slash at the end"
    click.echo(f"{target if added.new else 'nothing written'}: {counts}")
    if not document.subscriptions:
        text = f"{file}: names no feed; look whether it is the export of your reader, and export it again"
        click.echo(fitted(f"warning: {text}", err=True), err=True)
    bare = [one for one in document.subscriptions if one.bare]
    if bare:
        lines = ", ".join(str(one.line) for one in bare)
        text = f"line {lines}: a name and a password in the address were left out; give these feeds a `login:`"
        click.echo(fitted(f"warning: {text}", err=True), err=True)
    for first, *places in grouped(skipped):
        click.echo(fitted("\n".join([f"skipped: {first}", *(f"    {one}" for one in places)]), err=True), err=True)


def _say_next(config: Config, target: Path) -> None:
    from aggregator.config.one_line import one_line  # noqa: PLC0415

    if not _is_included(config, target):
        folder = config.file.absolute().parent
        paths = [os.path.relpath(one, folder) for one in (*config.included, _plain(target))]
        line = f"include: {one_line(paths if len(paths) > 1 else paths[0])}"
        click.echo(f"\nPut this line into {config.file}:\n  {line}")
    click.echo(f"\nNext:\n  {command(config.file, 'check')}\n  {command(config.file, 'run')}")


def _is_included(config: Config, target: Path) -> bool:
    return _plain(target) in config.included


def _plain(target: Path) -> Path:
    return Path(os.path.normpath(target.absolute()))
