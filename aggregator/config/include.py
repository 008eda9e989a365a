"""The configuration file and the files that it includes, read as one."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, Field, ValidationError

from aggregator.config.kinds import Section
from aggregator.config.marks import MarkedYaml, by_place, fault_lines
from aggregator.config.schema import ConfigFile
from aggregator.config.upstream_keys import UpstreamSection  # noqa: TC001  pydantic reads annotations
from aggregator.errors import ConfigError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Key: TypeAlias = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)


class IncludedFile(Section):
    """A file that the configuration includes."""

    upstream: Annotated[
        tuple[UpstreamSection, ...],
        Field(description="Feeds of others, published with the articles."),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """All files together. values: as they are written. paths: of the files that are included.

    parts: each file with the number of its first block, from the last file to the first.
    """

    file: ConfigFile
    values: dict[str, Any]
    paths: tuple[Path, ...]
    parts: tuple[tuple[int, MarkedYaml], ...]

    def fault(self, path: Key, reason: str) -> str:
        """Return `file:line:column: key: reason` for the value at a path."""
        marked, own = self._own(path)
        return marked.fault(own, reason)

    def place(self, path: Key, *, at_key: bool = False) -> str:
        """Return `file:line:column` of the value at a path, or of its key."""
        marked, own = self._own(path)
        return marked.place(own, at_key=at_key)

    def _own(self, path: Key) -> tuple[MarkedYaml, Key]:
        """Return the file that holds a value, and the path there."""
        match path:
            case ("upstream", int(number), *rest):
                first, marked = next(part for part in self.parts if part[0] <= number)
                return marked, ("upstream", number - first, *rest)
            case _:
                return self.parts[-1][1], path


def read(path: Path, *, awaited: bool = False) -> Whole:
    """Read a configuration file and those that it includes; with `awaited`, one that is not there yet is empty.

    Raises:
        ConfigError: one cannot be read or holds faults; all of them at once.
    """
    try:
        main = MarkedYaml(_text(path), str(path))
    except OSError as error:
        raise ConfigError([f"{path}: {reason_of(error)}"]) from None
    faults: list[str] = []
    file = _judged(main, ConfigFile, faults)
    paths = _included(path, main)
    parts = [
        (one, marked) for number, one in paths.items() if (marked := _part(one, number, main, faults, awaited=awaited))
    ]
    files = [_judged(marked, IncludedFile, faults) for _, marked in parts]
    # A file that was cut to nothing, as by a full disk, would take all its feeds along.
    there = [(one, marked) for one, marked in parts if one.exists() or not awaited]
    emptied = [marked for one, marked in there if not _text(one).strip()]
    faults += [marked.fault((), "it is empty; bring its feeds back, or remove it from `include`") for marked in emptied]
    if faults or file is None:
        names = [str(path), *map(str, paths.values())]
        raise ConfigError(sorted(faults, key=lambda line: (_number_of(line, names), by_place(line))))
    blocks, values = list(file.upstream), list(main.values.get("upstream") or [])
    starts = [(0, main)]
    for (_, marked), one in zip(parts, files, strict=True):
        starts.append((len(blocks), marked))
        blocks += one.upstream if one else ()
        values += marked.values.get("upstream") or []
    whole = Whole(
        file=file.model_copy(update={"upstream": tuple(blocks)}),
        values={**main.values, "upstream": values} if values else main.values,
        paths=tuple(one for one, _ in parts),
        parts=tuple(reversed(starts)),
    )
    if twice := list(_twice(whole)):
        raise ConfigError(twice)
    return whole


def written_upstreams(text: str, name: str) -> tuple[UpstreamSection, ...]:
    """Return the feeds that the text of an included file holds.

    Raises:
        ConfigError: it holds faults.
    """
    faults: list[str] = []
    file = _judged(MarkedYaml(text, name), IncludedFile, faults)
    if file is None:
        raise ConfigError(faults)
    return file.upstream


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}:{line}: not UTF-8; save the file as UTF-8"]) from None


def _judged(marked: MarkedYaml, model: type[Model], faults: list[str]) -> Model | None:
    try:
        return model.model_validate(marked.values)
    except ValidationError as error:
        faults += fault_lines(error, marked, model)
        return None


def _included(path: Path, main: MarkedYaml) -> dict[Key, Path]:
    """Return the files to include, as reports call them, each with where the configuration names it."""
    values: Any = main.values  # which a file may make a list of
    given = values.get("include") if isinstance(values, dict) else None
    names: dict[Key, object] = {("include",): given}
    if isinstance(given, list):
        names = {("include", number): one for number, one in enumerate(given)}
    found: dict[Path, Key] = {}
    for key, name in names.items():
        if isinstance(name, str) and name:
            with suppress(RuntimeError):  # no such user: the fault is said where the key is judged
                found.setdefault(Path(os.path.normpath(path.parent / Path(name).expanduser())), key)
    return {key: one for one, key in found.items()}


def _number_of(line: str, names: list[str]) -> int:
    """Return the number of the file that a fault is in."""
    return next((number for number, name in enumerate(names) if line.startswith(f"{name}:")), len(names))


def _part(path: Path, key: Key, main: MarkedYaml, faults: list[str], *, awaited: bool) -> MarkedYaml | None:
    try:
        text = "upstream:\n" if awaited and not path.exists() else _text(path)
        return MarkedYaml(text, str(path))
    except OSError as error:
        faults.append(main.fault(key, f"{path}: {reason_of(error)}"))
    except ConfigError as error:
        faults += error.faults
    return None


def _twice(whole: Whole) -> Iterator[str]:
    """Yield a line for each source that has the name of one before it, and each feed that has its address."""
    names: dict[str, Key] = {}
    addresses: dict[str, Key] = {}
    for section, number, one in _sources(whole.file):
        place = (section, number)
        if section == "upstream" and (first := addresses.setdefault(one.url, place)) != place:
            other = whole.place((*first, "url"))
            yield whole.fault((*place, "url"), f"{other} has the same address; keep one of the two")
        elif (first := names.setdefault(one.called, place)) != place:
            reason = f"another source is called {one.called} too; give it another `name:`"
            if first[0] == "upstream":
                other = whole.place(first)
                reason = f"the feed at {other} is called {one.called} too; give one of them another `name:`"
            key = "name" if one.name else "url" if getattr(one, "url", None) else "path"
            yield whole.fault((*place, key), reason)


def _sources(file: ConfigFile) -> Iterator[tuple[str, int, Any]]:
    for section in ("articles", "feeds_from", "upstream_from", "upstream"):
        for number, one in enumerate(getattr(file, section)):
            yield section, number, one
