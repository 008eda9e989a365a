"""When many new articles look like known ones: an address scheme that changed, not news."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from aggregator.core.model import Sighting

LEAST = 10
"""So many new articles, at least, make a flood."""
_FEW = 5
_SHARE = 2  # more than one in so many
TELLING = 2
"""So many known articles may share a title or a date that tells something: two, as one flood may have been accepted."""


@dataclass(frozen=True, slots=True)
class Flood:
    """New articles of a source that wait for a person: how many, and how many of them look like known ones."""

    source: str
    new: int
    alike: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Familiar:
    """What is known: which of the keys that were asked for, and the titles and dates that few articles of a source share."""

    keys: Collection[str]
    titles: Collection[str]
    dates: Collection[datetime]


def alike(arrivals: Sequence[Sighting], familiar: Familiar) -> tuple[int, int]:
    """Return how many arrivals are new, and how many of those have the title or the date of a known article.

    A date that several share, as midnight of a day, says nothing; nor does a title, as that of a weekly column, unless
    so many known titles are there that it is the document that has them more than once.
    """
    new = [one for one in arrivals if one.key not in familiar.keys]
    dates, titles = Counter(one.published for one in new), Counter(one.title for one in new)
    are_copies = sum(title in familiar.titles for title in titles) >= LEAST
    return len(new), sum(
        (one.title in familiar.titles and (are_copies or titles[one.title] == 1))
        or (one.published in familiar.dates and dates[one.published] == 1)
        for one in new
    )


def is_flood(new: int, known_by_sight: int, *, before: int = 0, was_held: bool = False) -> bool:
    """Say whether so many new articles, of which so many look like known ones, should wait for a person.

    Where some wait already, news that comes meanwhile must not make them few in comparison; nor do they become fewer by
    coming a few at a time, `before` having come already. One or two are no flood even then: columns have issues.
    """
    are_many = new >= LEAST or (known_by_sight >= _FEW and known_by_sight + before >= LEAST)
    return (was_held and known_by_sight > 0) or (are_many and known_by_sight * _SHARE > new)
