"""Subscriptions of a feed reader, as a file that the configuration includes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.config.include import written_upstreams
from aggregator.config.one_line import one_line
from aggregator.config.upstream import name_by
from aggregator.core.text import MAX_TITLE, quoted
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aggregator.sources.opml import Subscription

FIRST_LINE = "# Written by `aggregator import-opml`, which adds here what no file of the configuration has yet.\n"
_START = f"{FIRST_LINE}# Change what you like: what is here stays as it is.\nupstream:\n"
_ROOM = MAX_TITLE - 10  # for a number behind a title


@dataclass(slots=True)
class Added:
    """A file with the subscriptions that were new. known: how many were not. refused: lines of others, with the reason."""

    text: str
    new: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def is_written(text: str) -> bool:
    """Say whether an import wrote a file, whatever an editor made of the ends of its lines."""
    return text.removeprefix("\ufeff").partition("\n")[0].rstrip("\r") == FIRST_LINE.rstrip("\n")


def add(old: str, found: Sequence[Subscription], addresses: Collection[str], names: Collection[str]) -> Added:
    """Return the text of an included file with the subscriptions that are not among the known addresses.

    Nothing that stands in the file is touched; each new feed gets a name that no source has.
    """
    end = "\r\n" if is_written(old) and "\r" in old.partition("\n")[0] else "\n"
    added = Added(old.rstrip("\r\n") + end if old else _START)
    taken = set(names)
    for one in found:
        if one.url in addresses:
            added.known += 1
            continue
        block = _block(one, _free(one, taken))
        try:
            written_upstreams(f"upstream:\n{block}", "")
        except ConfigError as error:
            added.refused.append((one.line, error.faults[0].partition(": ")[2]))
            continue
        added.text += block.replace("\n", end)
        added.new += 1
    return added


def _free(one: Subscription, taken: set[str]) -> str:
    """Return a name that no source has, and take it; empty where the address is enough."""
    wanted = one.title or name_by(one.url)
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted[:_ROOM]} {number}"
    taken.add(name)
    return name if one.title or number > 1 else ""


def _block(one: Subscription, name: str) -> str:
    lines = [f"  - url: {one_line(one.url)}\n"]
    if name:
        lines.append(f"    name: {one_line(quoted(name))}\n")
    if one.topics:
        lines.append(f"    topics: {one_line([quoted(topic) for topic in one.topics])}\n")
    return "".join(lines)
