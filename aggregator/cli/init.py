"""`aggregator init`: a configuration to start from, an article to try it on, and the commands that come next."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from aggregator.cli.options import Refused
from aggregator.cli.schema import NAME as SCHEMA
from aggregator.cli.schema import schema_text
from aggregator.cli.words import command

_CONFIG = Path("config/aggregator.yaml")
_ARTICLES = Path("config/articles")
_SAMPLE = "welcome.md"
_TITLE = "My News"
_BASE_URL = "https://feeds.example.org/"


class _Legal(click.ParamType[str]):
    """A text that the configuration takes for a key."""

    def __init__(self, key: str) -> None:
        self.name = key

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from pydantic import ValidationError  # noqa: PLC0415  --help needs none of it

        from aggregator.config.schema import ConfigFile  # noqa: PLC0415

        try:
            # The text as the program takes it: what YAML could not hold is gone.
            return str(getattr(ConfigFile.model_validate({"base_url": _BASE_URL, self.name: value}), self.name))
        except ValidationError as error:
            (fault,) = error.errors()
            self.fail(str(fault.get("ctx", {}).get("error") or "a text is expected"), param, ctx)


_TITLES, _ADDRESSES = _Legal("title"), _Legal("base_url")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--title", type=_TITLES, metavar="TEXT", help=f"Name of the site; else asked for, or {_TITLE}.")
@click.option(
    "--base-url",
    type=_ADDRESSES,
    metavar="URL",
    help=f"Where the feeds will be served; else asked for, or {_BASE_URL}.",
)
def init(*, folder: Path, title: str | None, base_url: str | None) -> int:
    """Write a configuration and a sample article into DIR; nothing that is there is touched."""
    wanted = [folder / _CONFIG, folder / _CONFIG.with_name(SCHEMA)]
    if not _has_files(folder / _ARTICLES):  # nobody wants a sample among articles of their own
        wanted.append(folder / _ARTICLES / _SAMPLE)
    there = [str(path) for path in wanted if os.path.lexists(path)]
    if there:
        raise Refused(f"{', '.join(there)}: already there, and left as it is; name another folder, or move it away")
    if sys.stdin.isatty() and sys.stderr.isatty():
        title = title or click.prompt("Title of the site", _TITLE, type=_TITLES, err=True)
        base_url = base_url or click.prompt("Address that serves the feeds", _BASE_URL, type=_ADDRESSES, err=True)
    texts = {
        _CONFIG.name: _config_text(title or _TITLE, base_url or _BASE_URL),
        SCHEMA: schema_text(),
        _SAMPLE: _start(_SAMPLE),
    }
    for path in wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(texts[path.name])
        click.echo(f"written  {path}")
    enter = [] if folder.resolve() == Path.cwd() else [shlex.join(["cd", str(folder)])]
    steps = (*enter, *(command(_CONFIG, *words) for words in (("check",), ("run", "--dry-run"), ("run",))))
    click.echo("\n".join(["", "Next:", *(f"  {step}" for step in steps)]))
    return 0


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _config_text(title: str, base_url: str) -> str:
    from aggregator.config.one_line import one_line  # noqa: PLC0415  --help needs none of it

    text = _start(_CONFIG.name)
    for given, default in ((base_url, _BASE_URL), (title, _TITLE)):
        text = text.replace(f": {default}", f": {one_line(given)}", 1)
    return text


def _start(name: str) -> str:
    return Path(__file__).with_name("start").joinpath(name).read_text(encoding="utf-8")
