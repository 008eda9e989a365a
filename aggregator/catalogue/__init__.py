"""Pages that list what is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aggregator.core.model import Channel
    from aggregator.formats import Format, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A channel on a page. label: its bare name. count: entries in it."""

    channel: Channel
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    path: below the output folder. check: what makes a document unfit to be published; empty where nothing does.
    """

    path: str
    render: Callable[[Site, Sequence[Listing], Sequence[Format]], bytes]
    check: Callable[[bytes], str]
