"""`aggregator config`: what the configuration comes to, and which keys it may have."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from aggregator.cli.options import config_option, json_option, located
from aggregator.cli.schema import schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from aggregator.config import Config
    from aggregator.config.include import Whole

Key: TypeAlias = tuple[int | str, ...]

_INCLUDE: Key = ("include",)
_STATE = "STATE_DIRECTORY"
_COLUMN = 48  # where comments start, unless a value is longer


@dataclass(frozen=True, slots=True)
class Setting:
    """A key, what it is set to, who says so, and what that means in full, where it is not the whole truth."""

    path: Key
    value: Any
    origin: str
    means: tuple[str, ...] = ()


@click.group()
def config() -> None:
    """Show what the configuration comes to, or the keys that it may have."""


@config.command()
def schema() -> int:
    """Print the JSON Schema of the configuration file, for editors and other programs."""
    click.echo(schema_text(), nl=False)
    return 0


@config.command()
@config_option
@json_option
def show(*, config_path: Path | None, as_json: bool) -> int:
    """Print every key with its value, and where that comes from; the output is a configuration itself."""
    file = located(config_path)
    settings = list(_settings(file))
    if as_json:
        keys = {
            ".".join(map(str, one.path)): {"value": one.value, "origin": one.origin}
            | ({"means": one.means} if one.means else {})
            for one in settings
        }
        click.echo(json.dumps({"file": str(file.absolute()), "keys": keys}, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(settings)))
    return 0


def _settings(file: Path) -> Iterator[Setting]:
    from aggregator.config import load  # noqa: PLC0415  --help needs none of it
    from aggregator.config.include import read  # noqa: PLC0415

    loaded, whole = load(file, os.environ), read(file)
    computed, meant = _computed(loaded), _meant(loaded)
    for one in _walked(whole.file, whole.values, (), whole):
        if one.path == _INCLUDE:  # what it includes is shown
            yield Setting(one.path, [], one.origin, tuple(map(str, loaded.included)))
            continue
        value, origin = computed.get(one.path, (None, one.origin)) if one.value is None else (one.value, one.origin)
        means = meant.get(one.path, ())
        yield Setting(one.path, value, origin, () if means == (value,) else means)


def _walked(block: BaseModel, given: Mapping[str, Any], above: Key, whole: Whole) -> Iterator[Setting]:
    """Yield the keys of a block and of those inside it; what the file does not give has its default."""
    from pydantic import BaseModel  # noqa: PLC0415

    from aggregator.config.rules import RuleSection  # noqa: PLC0415

    for name, field in type(block).model_fields.items():
        value, written, path = getattr(block, name), given.get(name), (*above, name)
        if isinstance(value, BaseModel):
            yield from _walked(value, written or {}, path, whole)
        elif isinstance(value, tuple) and value and isinstance(value[0], RuleSection):
            yield Setting(path, written, _line_of(path, whole))  # a language, not keys: as it was written
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for number, (inner, own) in enumerate(zip(value, written or [{}], strict=True)):
                yield from _walked(inner, own, (*path, number), whole)
        else:
            shown = list(value) if isinstance(value, tuple) else _as_written(value, written, field)
            yield Setting(path, shown, "default" if written is None else _line_of(path, whole))


def _as_written(value: object, written: str | None, field: FieldInfo) -> object:
    """Return a value; a length of time and a size as a file says it."""
    extra = field.json_schema_extra
    words = extra.get("default") if isinstance(extra, dict) else None
    if words is None and not isinstance(value, timedelta):
        return value
    return words if written is None else int(written) if written.isdecimal() else written


def _span(span: timedelta) -> str:
    """Return a length of time as a file says it."""
    seconds = round(span.total_seconds())
    if seconds % 60:
        return f"{seconds} s"
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds // 60} min"


def _line_of(path: Key, whole: Whole) -> str:
    return whole.place(path, at_key=True).rpartition(":")[0]


def _computed(loaded: Config) -> dict[Key, tuple[str | None, str]]:
    """Return the values that come out of others where the file does not give them, and out of which."""
    from aggregator.config import given_state  # noqa: PLC0415  --help needs none of it

    by_system = given_state(os.environ, loaded.output)
    return {
        ("title",): (loaded.site.title, "from base_url"),
        ("homepage",): (loaded.site.homepage, "from base_url"),
        ("author",): (loaded.site.author, "from title"),
        ("state",): (str(loaded.state), f"environment {_STATE}" if by_system else "from output.path"),
        ("serve", "max_age"): (_span(loaded.serve.max_age), "from schedule"),
        **{("articles", number, "name"): (one.name, "from path") for number, one in enumerate(loaded.articles)},
        **{("topics", number, "slug"): (None, "from name") for number, _ in enumerate(loaded.style.policy.labels)},
    }


def _meant(loaded: Config) -> dict[Key, tuple[str, ...]]:
    """Return the folders that keys name, in full, and the file names of topics, not all of which a file may give."""
    from aggregator.core.channels import topic_slug  # noqa: PLC0415

    policy = loaded.style.policy
    return {
        ("output", "path"): (str(loaded.output),),
        ("state",): (str(loaded.state),),
        **{("upstream_from", number, "path"): (str(one.path),) for number, one in enumerate(loaded.lists) if one.path},
        **{
            ("articles", number, "path"): tuple(str(folder) for _, folder in one.roots)
            for number, one in enumerate(loaded.articles)
        },
        **{("topics", number, "slug"): (topic_slug(key, policy),) for number, key in enumerate(policy.labels)},
    }


def _lines(settings: list[Setting]) -> Iterator[str]:
    """Yield YAML, a key a line, with origins as comments."""
    from aggregator.config.one_line import one_line  # noqa: PLC0415  --help needs none of it

    above: Key = ()
    for one in settings:
        *outer, name = one.path
        indent = "  " * len(outer)
        if outer and outer[:1] != list(above[:1]):
            yield f"{outer[0]}:"
        if len(outer) > 1 and tuple(outer) != above:
            indent = "  - "
        above = tuple(outer)
        text = f"{indent}{name}: {one_line(one.value)}"
        means = f", that is {', '.join(one.means)}" if one.means else ""
        yield f"{text:<{_COLUMN}} # {one.origin}{means}"
