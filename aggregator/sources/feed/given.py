"""What a feed says, the same for XML and JSON, before any of it is checked or made ours.

Text is HTML as given, whatever the document called it; addresses may be relative, dates are still text.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import timedelta

MAX_READ = 20_000  # entries of one document that are looked at; those beyond are only counted

_LOOKS_LIKE_HTML = re.compile(r"</[a-zA-Z][^<>]*>|<br\s*/?>|&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]+);")


class GivenImage(NamedTuple):
    """A picture, with its size as written."""

    href: str
    width: str = ""
    height: str = ""


class GivenEnclosure(NamedTuple):
    """Audio or video, with its length in bytes as written."""

    href: str
    media_type: str
    length: str = ""


class GivenLink(NamedTuple):
    """A related article; what only our own feeds say of it is empty elsewhere."""

    href: str
    title: str = ""
    provider: str = ""
    published: str = ""
    language: str = ""


class GivenSource(NamedTuple):
    """A feed: this one, or the one that a republished entry comes from."""

    id: str = ""
    title: str = ""
    href: str = ""
    updated: str = ""


class GivenEntry(NamedTuple):
    """One entry.

    opaque: whether the id says that it is no address. links: addresses of the article, the best first. aliases: others
    that lead there. base: what its links are relative to; content_base: and those in its content; both may be relative
    themselves.
    """

    id: str = ""
    opaque: bool = False
    links: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    title: str = ""
    summary: str = ""
    content: str = ""
    base: str = ""
    content_base: str = ""
    language: str = ""
    published: str = ""
    updated: str = ""
    authors: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    images: tuple[GivenImage, ...] = ()
    video: bool = False
    enclosures: tuple[GivenEnclosure, ...] = ()
    related: tuple[GivenLink, ...] = ()
    source: GivenSource | None = None


class GivenFeed(NamedTuple):
    """A document.

    form: the kind of feed that it is, as people call it; empty where it does not say.
    home: the page it belongs to. base: what links are relative to, if the document says so; else links_from_home says
    whether they are relative to its page, rather than to the document.
    further: entries beyond `MAX_READ`. torn: whether the document ends inside one. lost: tags that could not be read.
    """

    about: GivenSource
    form: str = ""
    home: str = ""
    base: str = ""
    links_from_home: bool = False
    language: str = ""
    hub: str = ""
    ttl: timedelta | None = None
    entries: tuple[GivenEntry, ...] = ()
    further: int = 0
    torn: bool = False
    lost: int = 0


class NoFeed(Exception):  # noqa: N818  what the document is, rather than that something went wrong
    """The document is no feed: a stable code and a reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def as_html(text: str) -> str:
    """Return plain text as HTML; what calls itself plain but holds markup stays as it is."""
    if "<" not in text and "&" not in text:
        return text
    return text if _LOOKS_LIKE_HTML.search(text) else escape(text, quote=False)
