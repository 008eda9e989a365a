"""What waits for a person after a pass, and the commands that end the waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.cli.words import PLACES, command, count, line
from aggregator.options import ALL_SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.config import Config
    from aggregator.core.flood import Flood
    from aggregator.gather.gathered import Held


def held_lines(held: Sequence[Held], config: Config) -> list[str]:
    """Return what waits for a person, one after the other; many sources that left the configuration are one thing."""
    left = [one for one in held if one.source not in config.source_names() and one.acceptable]
    together = left if len(left) > PLACES else []
    lines = [line for one in held if one not in together for line in _held(one, config)]
    if together:
        names = ", ".join(one.source for one in together[:PLACES])
        gone = count(sum(one.gone for one in together), "article")
        lines += [
            line(
                "needs you",
                f"{count(len(together), 'source')} left the configuration, and with them {gone}; nothing was",
            ),
            line("", f"taken down: {names} and {len(together) - PLACES:,} more."),
            line("", "Bring them back (is an included file or a list complete?), or, if they are meant to be gone:"),
            line("", command(config.file, "run", "--accept-removals", ALL_SOURCES)),
        ]
    return lines


def _held(held: Held, config: Config) -> list[str]:
    if not held.acceptable:
        return [
            line("needs you", f"{held.source}: {held.reason}; nothing was taken down."),
            line("", f"Bring it back, or change `articles.path` in {config.file}."),
        ]
    return [
        line(
            "needs you",
            f"{held.source}: {held.gone:,} of {held.of:,} {held.what} are gone ({held.reason}); nothing was taken down.",
        ),
        *_examples("gone", held.examples, held.gone),
        line("", "Bring them back, or, if they are meant to be gone:"),
        line("", command(config.file, "run", "--accept-removals", held.source)),
    ]


def flood_lines(flood: Flood, config: Config) -> list[str]:
    """Return what is new but looks known, and how its owner lets it in."""
    return [
        line(
            "needs you",
            f"{flood.source}: {flood.alike:,} of {count(flood.new, 'new article')} have the title or the date of "
            "a known one; none of the new ones was published.",
        ),
        *_examples("new", flood.examples, flood.new),
        *_cure(flood, config),
    ]


def _cure(flood: Flood, config: Config) -> list[str]:
    """Say what helps: an upstream waits for the word of its owner, a folder may be put in order as well."""
    if flood.source in {one.name for one in config.upstream}:
        return [
            line("", "Its site seems to have new addresses; what is published stays. If these are new articles:"),
            line("", command(config.file, "sources accept", flood.source)),
        ]
    return [
        line("", "Give known ones their old addresses or file names back, or, if these are new:"),
        line("", command(config.file, "run", "--accept-new", flood.source)),
    ]


def paused_lines(names: Sequence[str], config: Config) -> list[str]:
    """Say in one line what was left alone because its owner wants that."""
    if not names:
        return []
    shown = ", ".join(names[:PLACES]) + (f" and {len(names) - PLACES:,} more" if len(names) > PLACES else "")
    again = command(config.file, "sources resume", *names[:PLACES])
    return [line("paused", f"{shown}: not read, nothing taken down; to go on: {again}")]


def _examples(what: str, examples: Sequence[str], total: int) -> list[str]:
    more = [line("", f"and {total - len(examples):,} more")] if total > len(examples) else []
    return [*(line("", f"{what}: {one}") for one in examples), *more]
