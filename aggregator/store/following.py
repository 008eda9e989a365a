"""What is remembered of feeds of others, and of how all sources fare: three of the protocols of a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.core.health import Counts, Survey, Tally, Wish, Wishes
    from aggregator.core.matching import Trace
    from aggregator.core.model import Sighting
    from aggregator.core.polling import Poll
    from aggregator.sources.opml import Subscription


@dataclass(frozen=True, slots=True)
class Dropped:
    """Entries of a feed that became none of ours: guid, address or number; a stable code; why; how many."""

    place: str
    code: str
    reason: str
    count: int = 1


class Polls(Protocol):
    """Upstream feeds between polls, by the name of their source."""

    def all(self) -> Mapping[str, Poll]:
        """Return what is remembered of each upstream."""
        ...

    def keep(self, polls: Mapping[str, Poll]) -> None:
        """Remember upstreams."""
        ...

    def forget(self, sources: Iterable[str]) -> None:
        """Forget upstreams that the configuration no longer has."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give what is known of a source, and of its entries, to another name of it."""
        ...

    def traces(self, source: str) -> Sequence[Trace]:
        """Return what is remembered of the entries of a feed."""
        ...

    def sightings(self, source: str, locations: Iterable[str]) -> Mapping[str, Sighting]:
        """Return what is known of some entries of a feed, without their edges, by location."""
        ...

    def known_keys(self, keys: Iterable[str]) -> set[str]:
        """Return those keys under which there is an entry."""
        ...

    def keep_dropped(self, source: str, dropped: Iterable[Dropped]) -> None:
        """Remember what of the last document of a feed became no entry."""
        ...

    def dropped(self, source: str) -> Sequence[Dropped]:
        """Return what of the last document of a feed became no entry."""
        ...


class Health(Protocol):
    """How sources fare, and what their owner wishes of them; read and written beside a pass, too."""

    def wishes(self) -> Mapping[str, Wishes]:
        """Return what the owner wishes, by the name of the source."""
        ...

    def make_wish(self, source: str, wish: Wish, now: datetime) -> None:
        """Remember a wish."""
        ...

    def end_wish(self, source: str, wish: Wish, made_at: datetime | None = None) -> bool:
        """Forget a wish, or only that of an instant, so that one made since then stays; say whether there was one."""
        ...

    def add_tally(self, source: str, now: datetime, tally: Tally) -> None:
        """Add what asking a source came to to what is known of the day."""
        ...

    def end_old_days(self, now: datetime) -> None:
        """Forget days that nobody asks for any more."""
        ...

    def tallies(self) -> Mapping[str, Mapping[str, Tally]]:
        """Return what asking each source came to, by its name and day, oldest first."""
        ...

    def keep_survey(self, source: str, survey: Survey) -> None:
        """Remember what was found of a folder; what is held for the same reason as before is so since then."""
        ...

    def surveys(self) -> Mapping[str, Survey]:
        """Return what was last found of each folder."""
        ...

    def counts(self) -> Mapping[str, Counts]:
        """Return how much each source has."""
        ...

    def forget(self, sources: Iterable[str]) -> None:
        """Forget all about sources that the configuration no longer has."""
        ...


class Lists(Protocol):
    """Lists of upstream feeds as they were last understood, by their name in the configuration."""

    def names(self) -> set[str]:
        """Return every list of which something is kept."""
        ...

    def kept(self, source: str) -> Mapping[str, tuple[Subscription, ...]]:
        """Return the feeds of a list, by the file that named them."""
        ...

    def keep(self, source: str, parts: Mapping[str, tuple[Subscription, ...]]) -> None:
        """Keep the feeds of a list in place of those that were kept."""
        ...

    def forget(self, sources: Iterable[str]) -> None:
        """Forget lists that the configuration no longer has."""
        ...
