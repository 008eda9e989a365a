"""The records that everything else is a filter into or out of.

Instants are aware datetimes in UTC. Text is plain and legal in XML 1.0 unless a field says HTML, and HTML is
sanitised. Addresses are absolute http or https URIs in ASCII. Names follow RFC 4287 where it has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Facet(StrEnum):
    """What a channel collects by."""

    ALL = "all"
    TOPIC = "topics"
    PROVIDER = "providers"


@dataclass(frozen=True, slots=True)
class Provider:
    """Who published an article.

    name: what readers see (Atom author, `dc:creator`, JSON Feed `authors`). domain: what we tell providers apart by,
    lower case, in punycode, without a leading `www.`.
    """

    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of an article (Media RSS `media:content`, JSON Feed `image`); sizes in pixels."""

    href: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Audio or video that comes with an article (RFC 4287 section 4.2.7.2); length in bytes, 0 where unknown."""

    href: str
    media_type: str
    length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One article naming another, as the document gave it; `key` is that of `href`."""

    href: str
    key: str
    title: str = ""
    provider: str = ""
    published: datetime | None = None
    quality: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A related article as shown (Atom `link rel="related"`, RFC 4287 section 4.2.7.2).

    ours: whether the article is an entry of our own, so that its own words are shown.
    """

    href: str
    title: str
    provider: str = ""
    published: datetime | None = None
    quality: int | None = None
    language: str | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The feed that an article came from (Atom `source`, RSS `source`), frozen at the sighting.

    href: where the feed is, as far as everybody may see it; empty where nobody knows.
    """

    id: str
    title: str
    href: str
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An article as one document gave it.

    key: what we dedupe on. aliases: keys of other addresses of the same article. given: digests of title, summary,
    content and address before any cleaning of ours, in this order, so that an upgrade re-dates nothing. published,
    updated: the author's clock; None where the document says nothing usable. content: HTML. heat: -1 is "not the
    lead of its story". topics: spellings, in the order of the document. backlog: whether it was old stock of a feed
    that we had just come to know; alone, such sightings are in no channel.
    """

    source: str
    location: str
    name: str
    key: str
    href: str
    aliases: tuple[str, ...] = ()
    title: str
    summary: str = ""
    content: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    provider: Provider
    topics: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    language: str | None = None
    images: tuple[Image, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    quality: int | None = None
    heat: int | None = None
    kind: str = "article"
    edges: tuple[Edge, ...] = ()
    origin: Origin | None = None
    backlog: bool = False
    given: tuple[str, str, str, str] = ("", "", "", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the sightings of one article merge into: complete, and all that a feed shows of it.

    id: the published identifier, the same in every feed and format, for ever (RFC 4287 section 4.2.6). href: the
    address we link to, as its document wrote it. shown: the instant that feed windows choose by; feeds print in
    order of `published`. providers: the winner of the merge first. related: best first, as many as are shown;
    related_more: how many further there are. listed: whether it is in channels at all.
    """

    key: str
    id: str
    href: str
    title: str
    summary: str
    content: str
    published: datetime
    updated: datetime
    shown: datetime
    providers: tuple[Provider, ...]
    copies: tuple[tuple[str, str], ...] = ()
    topics: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    language: str | None = None
    images: tuple[Image, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    quality: int | None = None
    heat: int | None = None
    kind: str = "article"
    origin: Origin | None = None
    related: tuple[Link, ...] = ()
    related_more: int = 0
    listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Something people subscribe to; a feed is a channel written in one format.

    key: what the ledger knows it by. id: its Atom id, frozen at first publication. path: where it is below the
    output folder and below the base address, without a suffix. updated: RFC 4287 section 4.2.15, from the ledger.
    """

    key: str
    facet: Facet
    id: str
    title: str
    subtitle: str
    path: str
    updated: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in someone else's data: a stable code, the place (`path` or `path:line:column`), the reason."""

    code: str
    location: str
    reason: str

    def __str__(self) -> str:
        return f"{self.location}: {self.reason}"


class Outcome(StrEnum):
    """What became of a document."""

    READ = "read"
    DRAFT = "draft"
    REMOVED = "removed"
    FEED = "feed"
    NOT_ARTICLE = "not_article"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A resource, understood. `faults` may be there although it was read: a date that no one can read, say."""

    outcome: Outcome
    sighting: Sighting | None = None
    faults: tuple[Fault, ...] = ()


def to_micros(instant: datetime) -> int:
    """Count the microseconds from the epoch to an aware instant."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant so many microseconds after the epoch."""
    return EPOCH + timedelta(microseconds=micros)
