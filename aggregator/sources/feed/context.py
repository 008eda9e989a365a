"""What a parser of feeds is told beside the bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.core.model import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContext:
    """What a parser has to know of an upstream besides the bytes.

    url: where they were fetched. media_type, charset: what the server called them. provider: of all entries; None:
    told from each entry. topics: added to each entry. categories: keys of those that become topics; None: all.
    language: of all entries, whatever the feed says. full: whether its content is republished. now: stands for the
    date of a feed that names none.
    """

    source: str
    url: str
    media_type: str = ""
    charset: str = ""
    provider: Provider | None = None
    topics: tuple[str, ...] = ()
    categories: frozenset[str] | None = frozenset()
    language: str | None = None
    full: bool = False
    now: datetime
