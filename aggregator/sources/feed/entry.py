"""One entry of a feed, checked, cleaned and made ours: a Sighting, or the reason why it is none."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ada_url

from aggregator.core import text
from aggregator.core.address import Address, host_of, legal_href, public_href, read_address
from aggregator.core.channels import topic_key
from aggregator.core.model import Edge, Enclosure, Image, Provider, Sighting
from aggregator.sources.feed import words
from aggregator.sources.feed.dates import read_date
from aggregator.sources.feed.origin import origin_of, with_id

if TYPE_CHECKING:
    from aggregator.core.model import Origin
    from aggregator.sources.feed.context import FeedContext
    from aggregator.sources.feed.given import (
        GivenEnclosure,
        GivenEntry,
        GivenFeed,
        GivenImage,
        GivenLink,
        GivenSource,
    )

_MAX_NAME = 2_048
_MAX_LISTED = 100  # topics, pictures, related links of one entry
_SIZE = re.compile(r"0*([1-9][0-9]{0,4})(?:px)?")
_PLAYED = re.compile(r"(?:audio|video)/[a-z0-9][a-z0-9.+-]*")
_LENGTH = re.compile(r"[0-9]{1,15}")
_LOGIN = re.compile(r"(?<=//)[^/?#\s]*@")
_SCHEME = re.compile(r"\s*[a-zA-Z][a-zA-Z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Reader:
    """What all entries of one document share."""

    context: FeedContext
    origin: Origin
    title: str
    site: str  # the domain that the feed's own pages are on
    base: str  # what its links are relative to
    language: str | None

    def sighting(self, given: GivenEntry) -> Sighting | None:
        """Return an entry as a sighting; None where it has no address."""
        if given.base:
            return replace(self, base=_base(self.base, given.base) or self.base).sighting(given._replace(base=""))
        found, address = self._address(given)
        if found is None:
            return None
        context = self.context
        summary, content, said, body = self._words(given, found.href)
        # Audio and video often lie with a host that publishes nothing itself.
        is_played = bool(self.site) and any(one.href == address for one in given.enclosures)
        provider = context.provider or self._provider(given, self.site if is_played else host_of(found.href))
        authors = (words.name(one) for one in given.authors[:_MAX_LISTED])
        return Sighting(
            source=context.source,
            location="",
            name=name_of(given),
            key=found.key,
            href=found.href,
            aliases=self._aliases(given, found.key),
            title=words.line(given.title, text.MAX_TITLE) or text.cut(summary, 200) or words.bare(found.href),
            summary=summary,
            content=content,
            published=read_date(given.published),
            updated=read_date(given.updated),
            provider=provider,
            topics=self._topics(given.terms),
            authors=tuple(dict.fromkeys(one for one in authors if one and one != provider.name)),
            language=context.language or text.language_tag(given.language) or self.language,
            images=self._images(given.images),
            enclosures=self._enclosures(given.enclosures),
            kind="video" if given.video else "article",
            edges=self._edges(given.related, found.key),
            origin=self._origin(given.source),
            given=(_digest(given.title), _digest(said), _digest(body), _digest(address)),
        )

    def _address(self, given: GivenEntry) -> tuple[Address | None, str]:
        """Return the first address that feeds can link to, as read and as given.

        A guid is one if it is absolute. What has neither, as many an episode, is published at what it is to be played.
        """
        for link in given.links:
            found = self._resolve(link)
            if found is not None:
                return found, link
        named = None if given.opaque else read_address(given.id)
        if named is not None:
            return named, given.id
        for one in given.enclosures[:_MAX_LISTED]:
            found = None if one.media_type.lower().startswith("image/") else self._resolve(one.href)
            if found is not None:
                return found, one.href
        return None, ""

    def _resolve(self, link: str) -> Address | None:
        if _SCHEME.match(link):
            return read_address(link)
        return read_address(_joined(self.base, link))

    def _aliases(self, given: GivenEntry, key: str) -> tuple[str, ...]:
        others = (self._resolve(link) for link in given.aliases[:_MAX_LISTED])
        return tuple(dict.fromkeys(other.key for other in others if other and other.key != key))

    def _words(self, given: GivenEntry, href: str) -> tuple[str, str, str, str]:
        """Return summary and content, and what each was made from."""
        own = given.summary
        if not self.context.full:
            said = own or given.content
            return words.summary(said), "", said if own else said[: words.HEAD], ""
        body = given.content or (own if "<" in own else "")
        content = words.content(body, _base(self.base, given.content_base) or href)
        if own and (given.content or not content):
            return words.plain(own, text.MAX_SUMMARY), content, own, body if content else ""
        return words.summary(body), content, "" if content else body[: words.HEAD], body if content else ""

    def _provider(self, given: GivenEntry, domain: str) -> Provider:
        """Return who publishes on a domain: the feed itself, the source that it names, else only the domain."""
        if domain == self.site or domain.endswith(f".{self.site}") or self.site.endswith(f".{domain}"):
            return Provider(self.title or domain, domain)
        name = words.line(given.source.title, text.MAX_NAME) if given.source else ""
        return Provider(name or domain, domain)

    def _topics(self, terms: tuple[str, ...]) -> tuple[str, ...]:
        wanted = self.context.categories
        if wanted is not None and not wanted:
            return self.context.topics
        named = (words.line(one, text.MAX_NAME) for one in terms[:_MAX_LISTED])
        kept = [one for one in named if one and (wanted is None or topic_key(one) in wanted)]
        return tuple(dict.fromkeys([*kept, *self.context.topics]))

    def _images(self, given: tuple[GivenImage, ...]) -> tuple[Image, ...]:
        images: dict[str, Image] = {}
        for one in given[:_MAX_LISTED]:
            found = self._resolve(one.href)
            if found is not None:
                images.setdefault(found.href, Image(found.href, _pixels(one.width), _pixels(one.height)))
        return tuple(images.values())

    def _enclosures(self, given: tuple[GivenEnclosure, ...]) -> tuple[Enclosure, ...]:
        """Return audio and video; pictures are `images`, and what else is attached is nothing that a reader plays."""
        enclosures: dict[str, Enclosure] = {}
        for one in given[:_MAX_LISTED]:
            media_type = one.media_type.partition(";")[0].strip().lower()
            found = self._resolve(one.href) if _PLAYED.fullmatch(media_type) else None
            if found is not None:
                length = int(one.length) if _LENGTH.fullmatch(one.length) else 0
                enclosures.setdefault(found.href, Enclosure(found.href, media_type, length))
        return tuple(enclosures.values())

    def _edges(self, given: tuple[GivenLink, ...], own: str) -> tuple[Edge, ...]:
        edges: dict[str, Edge] = {}
        for one in given[:_MAX_LISTED]:
            found = self._resolve(one.href)
            if found is not None and found.key != own and found.href not in edges:
                edges[found.href] = Edge(
                    href=found.href,
                    key=found.key,
                    title=words.line(one.title, text.MAX_TITLE),
                    provider=words.line(one.provider, text.MAX_NAME),
                    published=read_date(one.published),
                    language=text.language_tag(one.language),
                )
        return tuple(edges.values())

    def _origin(self, given: GivenSource | None) -> Origin:
        found = self._resolve(given.href) if given else None
        if given is None or found is None:
            return self.origin
        return origin_of(given, found.href, "", self.origin.updated)


def reader_of(feed: GivenFeed, context: FeedContext) -> Reader:
    """Return what reads the entries of a feed."""
    given = feed.about
    asked = legal_href(context.url) or ""
    url = public_href(asked)
    base = _base(url, feed.base)
    home = _base(base or url, feed.home)
    href = _joined(base or url, given.href) or asked or home
    named = origin_of(given, href, home, context.now)
    return Reader(
        context=context,
        origin=named if named.id else with_id(named, context.source),
        title=words.line(given.title, text.MAX_NAME),
        site=host_of(home or url),
        base=base or (home if feed.links_from_home else "") or url,
        language=text.language_tag(feed.language),
    )


def _base(base: str, link: str) -> str:
    """Return what links are relative to, without its secrets: of a link like `#a` it is nearly all."""
    return public_href(_joined(base, link))


def _joined(base: str, link: str) -> str:
    """Return a link against an address that may be none; nothing where there is no link."""
    if not link.strip():
        return ""
    try:
        made = ada_url.join_url(base, link) if base and not _SCHEME.match(link) else link
    except ValueError:
        return ""
    return legal_href(made) or ""


def name_of(given: GivenEntry) -> str:
    """Return the guid of an entry, which is only compared."""
    return without_login(text.legal(given.id[:_MAX_NAME]).strip())


def without_login(address: str) -> str:
    """Return what may be an address, without a name and a password in it."""
    return _LOGIN.sub("", address) if "@" in address else address


def _pixels(given: str) -> int | None:
    match = _SIZE.fullmatch(given.strip())
    return int(match[1]) if match else None


def _digest(given: str) -> str:
    return hashlib.blake2b(given.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
