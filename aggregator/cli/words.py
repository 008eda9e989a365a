"""How the command line puts things: counts, labelled lines, commands to type, and faults, the same ones together."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aggregator.core.model import Fault

LABEL = 12  # columns before the text of a labelled line
PLACES = 3
_USUAL = Path("config/aggregator.yaml")
# What differs from file to file in faults that are the same: a value that is quoted, and when a file was last read.
_VARYING = re.compile(r'"[^"]*"|\d{4}-\d\d-\d\d \d\d:\d\d UTC')


def line(label: str, text: str) -> str:
    """Return a line of a report; without a label it goes on with the one before."""
    return f"  {label:<9} {text}"


def count(number: int, what: str, several: str = "") -> str:
    """Return a number of things in words: `1 feed`, `2,611 files`; what several are called, if not with an s."""
    return f"{number:,} {what if number == 1 else several or f'{what}s'}"


def command(file: Path, *words: str) -> str:
    """Return a command as somebody would type it with this configuration; the first of the words may be two of them."""
    named = () if file == _USUAL else ("--config", str(file))
    return shlex.join(["aggregator", *words[0].split(" "), *named, *words[1:]])


def fault_objects(faults: Iterable[Fault]) -> list[dict[str, str]]:
    """Return faults for programs."""
    return [{"code": one.code, "location": one.location, "reason": one.reason} for one in faults]


def grouped(faults: Iterable[Fault], *, every: bool = False) -> list[tuple[str, ...]]:
    """Return the lines for each fault; the same ones together, with the first places, or `every` one."""
    groups: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        groups.setdefault((fault.code, _VARYING.sub("…", fault.reason)), []).append(fault)
    return [tuple(_together(group, every=every)) for group in groups.values()]


def _together(group: Sequence[Fault], *, every: bool) -> Iterator[str]:
    first = group[0].reason
    if len(group) == 1:
        yield str(group[0])
        return
    words = [_VARYING.findall(fault.reason) for fault in group]
    differs = [len(set(column)) > 1 for column in zip(*words, strict=True)]
    shared = iter("…" if other else word for word, other in zip(words[0], differs, strict=True))
    yield f"{len(group):,} places: {_VARYING.sub(lambda _: next(shared), first)}"
    shown = group if every else group[:PLACES]
    for fault, given in zip(shown, words, strict=False):
        own = ", ".join(word for word, other in zip(given, differs, strict=True) if other)
        yield f"{fault.location}: {own}" if own else fault.location
    if len(group) > len(shown):
        yield f"and {len(group) - len(shown):,} more"
