"""What a terminal gets to see: lines that fit its width, labels in colour; anything else gets the text as it is."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from typing import TYPE_CHECKING, TextIO

import click

from aggregator.cli.words import LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable

_USUAL_WIDTH = 80
_LEAST_WIDTH = 40
_LABEL = re.compile(rf"  (?! ).{{{LABEL - 3}}} (?! )")
_LABELLED = re.compile(r"  (needs you|error|faulty|failing|held|gone|paused|partly|warning|note)(?= {1,7}\S)")
_COLOURS = {
    **dict.fromkeys(("needs you", "held", "paused", "partly", "warning"), "yellow"),
    **dict.fromkeys(("error", "faulty", "failing", "gone"), "red"),
    "note": "cyan",
}
_LOUD = frozenset({"needs you", "error"})
_CELL = "   "  # between the cells of a table, where a line breaks best
_COMMAND = "aggregator "  # a command to copy is never broken


def fitted(text: str, *, err: bool) -> str:
    """Return a text as stdout, or stderr, can show it: as it is, if that is no terminal."""
    stream = sys.stderr if err else sys.stdout
    if not stream.isatty():
        return text
    lines = [part for one in text.split("\n") for part in _wrapped(one, _width(stream))]
    return "\n".join(_coloured(one) for one in lines) if _has_colour() else "\n".join(lines)


def _width(stream: TextIO) -> int:
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except OSError:
        columns = 0
    return max(columns or _USUAL_WIDTH, _LEAST_WIDTH)


def _has_colour() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def _wrapped(line: str, width: int) -> list[str]:
    """Break a line between cells where that does, else between words; a word that is too long stays whole."""
    body = line.lstrip(" ")
    if _columns(line) <= width or body.startswith(_COMMAND):
        return [line]
    indent = LABEL if _LABEL.match(line) else len(line) - len(body)
    room = width - indent
    rows = _filled(line[indent:].split(_CELL), _CELL, room)
    rows = [part for row in rows for part in _filled(row.split(" "), " ", room)]
    return [f"{' ' * indent if number else line[:indent]}{row}" for number, row in enumerate(rows)]


def _filled(parts: Iterable[str], gap: str, room: int) -> list[str]:
    """Join parts to rows that fit into so many columns."""
    rows: list[str] = []
    for part in parts:
        if rows and _columns(f"{rows[-1]}{gap}{part}") <= room:
            rows[-1] += f"{gap}{part}"
        else:
            rows.append(part)
    return rows


def _columns(text: str) -> int:
    """Count the columns of a text: a wide character takes two, a combining one none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    return len(text) + wide - sum(unicodedata.combining(one) > 0 for one in text)


def _coloured(line: str) -> str:
    found = _LABELLED.match(line)
    if found is None:
        return line
    label = click.style(found[1], fg=_COLOURS[found[1]], bold=found[1] in _LOUD or None)
    return f"  {label}{line[found.end() :]}"
