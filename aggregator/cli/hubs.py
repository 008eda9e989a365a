"""What hubs were told and what they are still owed, in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aggregator.cli.words import count, line
from aggregator.masking import masked

if TYPE_CHECKING:
    from aggregator.core.owing import Owing
    from aggregator.websub.announced import Announced


def hub_object(announced: Announced) -> dict[str, Any]:
    """Return how many announcements were taken, are left to make, and were dropped."""
    owed = sum(len(owing.feeds) for owing in announced.owed.values())
    return {"announced": announced.sent, "owed": owed, "dropped": len(announced.faults)}


def hub_lines(announced: Announced, *, dry: bool) -> list[str]:
    """Return a line on what hubs were told, if anything, and one for each that is owed something."""
    lines = [line("hubs", f"{count(announced.sent, 'announcement')} made")] if announced.sent else []
    return lines + [line("hub", _owed(hub, owing, dry=dry)) for hub, owing in announced.owed.items()]


def _owed(hub: str, owing: Owing, *, dry: bool) -> str:
    number = count(len(owing.feeds), "announcement")
    if dry:
        return f"{masked(hub)}: {number} to make"
    again = f"next try {owing.not_before:%Y-%m-%d %H:%M} UTC" if owing.not_before else "the next run goes on"
    return f"{masked(hub)}: {number} owed, {again}{f' ({owing.reason})' if owing.reason else ''}"
