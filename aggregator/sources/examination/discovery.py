"""The feeds that a web page names, by `link rel="alternate"` with the type of a feed, or else only links to."""

from __future__ import annotations

import re
from dataclasses import dataclass

import ada_url
from lxml import etree

from aggregator.core import text
from aggregator.core.address import legal_href
from aggregator.sources.feed.charset import decode

MAX_FEEDS = 10
MAX_LINKS = 5

_MAX_PAGE = 512 * 1024  # what names feeds stands in the head
_FEEDS = frozenset({"application/atom+xml", "application/rss+xml", "application/feed+json"})
_JSON = "application/json"  # as JSON Feed 1.0 has it; mostly some other document
_COMMENTS = re.compile(r"comment|kommentar|comentario|commenti", re.IGNORECASE)
# Where most sites keep a feed that their pages do not name; relative to the page.
_USUAL = ("feed", "rss", "atom.xml", "index.xml", "feed.json", "feed.xml", "rss.xml")
_LOOKS_LIKE_ONE = re.compile(r"(?:\.(?:xml|rss|atom)|/feed|/rss)/?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lead:
    """A feed that a page names: its address, in full and legal; its title and media type, as the page has them."""

    href: str
    title: str = ""
    media_type: str = ""


def find_feeds(page: bytes, charset: str, url: str) -> tuple[Lead, ...]:
    """Return the feeds that the page at an address names, those of articles before those of comments."""
    root = _root(page, charset)
    if root is None:
        return ()
    base = _base(root, url)
    leads: dict[str, Lead] = {}
    for link in root.iter("link"):
        media_type = link.get("type", "").partition(";")[0].strip().lower()
        is_named = "alternate" in link.get("rel", "").lower().split() and media_type in _FEEDS | {_JSON}
        if is_named and (href := _joined(base, link.get("href", ""))):
            leads.setdefault(href, Lead(href, text.plain(link.get("title", ""), text.MAX_NAME), media_type))
    return tuple(sorted(leads.values(), key=_rank)[:MAX_FEEDS])


def find_links(page: bytes, charset: str, url: str) -> tuple[str, ...]:
    """Return what the page at an address links to that looks like a feed by its path, for pages that name none."""
    root = _root(page, charset)
    if root is None:
        return ()
    base = _base(root, url)
    found: dict[str, None] = {}
    for link in root.iter("a"):
        href = _joined(base, link.get("href", ""))
        if _LOOKS_LIKE_ONE.search(href.partition("?")[0]) and href != url:
            found.setdefault(href)
    return tuple(sorted(found, key=lambda one: bool(_COMMENTS.search(one)))[:MAX_LINKS])


def usual_places(url: str) -> tuple[str, ...]:
    """Return where a site may have a feed, beside one of its pages."""
    found = (_joined(url, one) for one in _USUAL)
    return tuple(dict.fromkeys(one for one in found if one))


def _root(page: bytes, charset: str) -> etree._Element | None:
    markup = decode(page[:_MAX_PAGE], charset).encode("utf-8", "replace")
    # A fresh parser: one that is shared would keep the encoding and the errors of the last page.
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(markup, parser)
    except etree.XMLSyntaxError:  # nothing in it that is a page
        return None


def _base(root: etree._Element, url: str) -> str:
    return next((_joined(url, one.get("href", "")) for one in root.iter("base") if one.get("href")), "") or url


def _rank(lead: Lead) -> tuple[bool, bool]:
    return bool(_COMMENTS.search(lead.title) or _COMMENTS.search(lead.href)), lead.media_type == _JSON


def _joined(base: str, link: str) -> str:
    """Return a link against a base, without name, password and fragment; nothing where feeds cannot be."""
    if not link.strip():
        return ""
    try:
        made = ada_url.URL(link.strip(), base=base)
    except ValueError:
        return ""
    made.hash = ""
    return legal_href(made.href) or ""
