"""Which entries a feed shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

_MOST_BYTES = 4_000_000  # validators and readers give up at 5 MB: the least number of entries does not go beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How much a feed shows: the newest `entries`, and all within `span` of the newest, but never more than
    `max_bytes` in the largest format once `at_least` entries are in.
    """  # noqa: D205  one sentence

    entries: int
    span: timedelta
    at_least: int
    max_bytes: int


class Candidate(Protocol):
    """What the cut looks at; `size` is that of the entry in the largest format, in bytes."""

    @property
    def shown(self) -> datetime:
        """The instant to choose by."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...


C = TypeVar("C", bound=Candidate)


@dataclass(frozen=True, slots=True)
class Cut(Generic[C]):
    """The entries that a feed shows, latest shown first; `by_size` says that bytes ended it before time did."""

    shown: tuple[C, ...]
    by_size: bool


def cut(members: Iterable[C], window: Window) -> Cut[C]:
    """Cut members, latest shown first, to what a feed shows; reads no further than it must."""
    shown: list[C] = []
    total = 0
    for member in members:
        recent = bool(shown) and shown[0].shown - member.shown <= window.span
        if len(shown) >= max(window.entries, window.at_least) and not recent:
            break
        limit = window.max_bytes if len(shown) >= window.at_least else max(window.max_bytes, _MOST_BYTES)
        if shown and total + member.size > limit:
            return Cut(tuple(shown), by_size=True)
        shown.append(member)
        total += member.size
    return Cut(tuple(shown), by_size=False)
