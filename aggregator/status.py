"""What the last pass came to, kept beside the state for those who watch: a person, a monitor, a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta  # noqa: TC003  pydantic reads the annotations
from functools import cache
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from aggregator import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = "status.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What there was after the last good pass.

    failing, held, paused: of the sources. faulty: faults in files; a feed of others that fails is none of them.
    """

    entries: int = 0
    channels: int = 0
    sources: int = 0
    failing: int = 0
    held: int = 0
    paused: int = 0
    faulty: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What all passes did together. asked, fresh, unchanged: fetches. written: files. seconds: how long they took.

    announced, refused: what hubs took, and what they refused for good.
    """

    good: int = 0
    failed: int = 0
    asked: int = 0
    fresh: int = 0
    unchanged: int = 0
    written: int = 0
    seconds: float = 0.0
    announced: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """How a hub stands. name: its address, without secrets. owed: announcements. again: it is left alone until then.

    refused: announcements that it refused when it was last told of some. reason: why it did not take all of them.
    """

    name: str
    owed: int = 0
    again: datetime | None = None
    refused: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is known of passes; instants are aware UTC.

    started, ended, exit_code: of the last one. reason: why it failed, where an error says so. last_good: when one last
    published all it had. interval: how often there is one, where that is known. hubs: those of the configuration.
    """

    started: datetime
    ended: datetime
    exit_code: int
    reason: str = ""
    last_good: datetime | None = None
    interval: timedelta | None = None
    counts: Counts = field(default_factory=Counts)
    work: Work = field(default_factory=Work)
    hubs: tuple[Hub, ...] = ()


@cache
def _adapter() -> TypeAdapter[Status]:
    return TypeAdapter(Status)


def keep(folder: Path, status: Status) -> None:
    """Write what is known into the folder of the state.

    Raises:
        OSError: it cannot be written; what was known before stays.
    """
    files.write_all({folder / FILE: _adapter().dump_json(status, indent=1)})


def read(folder: Path) -> Status | None:
    """Return what is known; None where there was no pass yet, or nothing of it can be read."""
    try:
        return _adapter().validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def staleness(status: Status | None, now: datetime, allowed: Callable[[Status], timedelta]) -> str:
    """Say why what is published is stale; nothing where it is not. allowed: how old the last good pass may be."""
    if status is None:
        return "no pass has ended yet"
    if status.last_good is None:
        return f"no pass was good; the last one ended with {status.exit_code}"
    age, most = now - status.last_good, allowed(status)
    if age <= most:
        return ""
    return f"the last good pass is {_seconds(age)} s old, {_seconds(most)} s are allowed"


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())
