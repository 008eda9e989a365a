"""What can be said of an entry, or of what is none; frozen, for people and programs alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The id of an entry, why it has it, and other names it goes by: addresses it had, and other addresses given."""

    id: str
    because: str
    address: str
    former: tuple[str, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """When an entry was published and why that date, when it changed, and what windows rank it by."""

    published: datetime
    because: str
    first_seen: datetime
    updated: datetime | None
    ranked_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One sighting, in the order of the merge.

    wins: fields of the entry that are its. behind: why the one before goes first. left_out: the rule that leaves it out.
    faults: of its document. trouble: how its source stands, where that is not well.
    """

    source: str
    location: str
    published: datetime | None
    wins: tuple[str, ...] = ()
    behind: str = ""
    left_out: str = ""
    faults: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class TopicGiven:
    """A topic of an entry: as it is spelled, the topic that this means, and who gave it."""

    spelling: str
    means: str
    given_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What has to come before an entry leaves a window: so many newer entries, one of them from after an instant.

    full: whether the feed is as large as it may be, so that fewer may do.
    """

    newer: int
    after: datetime | None
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """The place of an entry in a channel that has a feed.

    path: without a suffix. position, shown: the how manieth it is of how many that the feed shows; 0 where it is behind
    the window. ahead: entries that the window takes before it. by_size: whether bytes end the window. pending: whether a
    change waits to be published.
    """

    path: str
    position: int
    shown: int
    ahead: int
    by_size: bool
    pending: bool
    leaves: Leaving | None


@dataclass(frozen=True, slots=True)
class NotIn:
    """A channel that an entry could be expected in, and why it is not."""

    path: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A related link that is shown. ours: where our own entry comes from, empty where it is none of ours."""

    title: str
    provider: str
    quality: int | None
    href: str
    ours: str
    names: bool
    named_by: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why an entry is where it is."""

    title: str
    provider: str
    href: str
    identity: Identity
    dates: Dates
    copies: tuple[Copy, ...]
    topics: tuple[TopicGiven, ...]
    channels: tuple[Seat, ...]
    not_in: tuple[NotIn, ...]
    related: tuple[Neighbour, ...]
    related_more: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several entries that were meant; `name` is what to ask for it by."""

    name: str
    id: str
    title: str
    provider: str
    published: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something gives no entry: its place, and what is there, with what to do."""

    place: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found: an entry, or several to choose from, or reasons why there is none.

    choices: the newest; more: how many there are besides. is_known: whether there is something of it, if no entry; where
    there is not, the reasons say where it may wait.
    """

    asked: str
    entry: Explained | None = None
    choices: tuple[Choice, ...] = ()
    more: int = 0
    is_known: bool = True
    reasons: tuple[Reason, ...] = ()
