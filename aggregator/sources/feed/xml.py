"""RSS 0.90 to 2.0, RSS 1.0 and Atom 0.3 and 1.0, read by feedparser.

It neither resolves nor cleans anything: we do, later and only what we keep. No DTD ever reaches expat, so that there
are no entities but those of XML and HTML.
"""

from __future__ import annotations

import re
import sys
from xml.parsers import expat

from feedparser.api import LooseFeedParser, StrictFeedParser

from aggregator.sources.feed.charset import decode, encode
from aggregator.sources.feed.events import Events, Guids
from aggregator.sources.feed.fields import read_feed
from aggregator.sources.feed.given import MAX_READ, GivenFeed, NoFeed

_ROOT = re.compile(r"<(?:(!doctype\s+html|html)|(?:[\w.-]{1,40}:)?(?:rss|feed|rdf|channel))(?=[\s>/])", re.IGNORECASE)
_TERMS = frozenset(
    {"category", "dc:subject", "keywords", "media:category", "media:keywords", "itunes:category", "itunes:keywords"}
)
# What most feeds carry and nobody here asks for; half the work is in the number of elements.
_UNREAD = frozenset(
    {"generator", "docs", "cloud", "comments", "wfw:commentrss", "slash:comments", "thr:total", "wfw:comment"}
    | {"copyright", "rights", "dc:rights", "skiphours", "skipdays", "webmaster", "textinput", "rating"}
    | {"media:credit", "media:copyright", "media:rating", "media:community", "media:restriction"}
)
_AT_THE_END = frozenset(
    {
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    }
)
_PREFIX = re.compile(r"[<\s]/?([A-Za-z_][\w.-]{0,40}):[A-Za-z_]")
_DECLARED_PREFIX = re.compile(r"\sxmlns:([\w.-]{1,40})\s*=")
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0 section 2.2
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,8});|#([0-9]{1,9});|(?![A-Za-z][A-Za-z0-9]{1,31};))")


class _Loose(Guids, LooseFeedParser):  # type: ignore[misc]  # feedparser has no types
    pass


def read(data: bytes, charset: str, *, terms: bool) -> GivenFeed:
    """Return what an XML feed says; its categories only if `terms` are wanted.

    Raises:
        NoFeed: it is another kind of document, or too broken to find an entry in it.
    """
    text = decode(data, charset)
    root = _root(text)
    if root is None:
        raise _no_feed()
    if root[1]:
        raise NoFeed("html_page", "a web page, no feed; look for the address of its feed")
    text = text[root.start() :]
    unread = _UNREAD if terms else _UNREAD | _TERMS
    events = _strict(encode(text), unread) or _strict(encode(_mended(text)), unread)
    if events is None:
        loose = _loose(text)
        return read_feed(loose.feeddata, loose.entries, loose.version)
    handler, torn = events.handler, events.depth > 0 and bool(events.handler.inentry)
    if torn:
        handler.entries.pop()
    if not handler.entries and not handler.version:
        raise _no_feed()
    feed = read_feed(handler.feeddata, handler.entries, handler.version)
    return feed._replace(further=events.further, torn=torn, lost=events.lost)


def _root(text: str) -> re.Match[str] | None:
    """Return the first tag that a feed or a page begins with, whatever comments before it say."""
    first = root = _ROOT.search(text)
    start = 0
    while root is not None:
        opened = text.find("<!--", start, root.start())
        closed = text.find("-->", opened + 4) if opened >= 0 else -1
        if closed < 0:
            return root
        start = closed + 3
        if start > root.start():
            root = _ROOT.search(text, start)
    return first  # some never end a comment


def _strict(data: bytes, unread: frozenset[str]) -> Events | None:
    """Return all events of a document; None where it is not well-formed before its end."""
    events = Events(unread)
    try:
        events.parser.Parse(data, True)
    except expat.ExpatError as error:
        behind = events.begun and events.depth == 0  # all that went wrong stands behind the feed
        if behind and (events.handler.entries or not (b"<item" in data or b"<entry" in data)):
            return events
        if not (error.code in _AT_THE_END and events.handler.entries):
            return None
    return events


def _no_feed() -> NoFeed:
    return NoFeed("not_feed", "neither RSS nor Atom nor JSON Feed; look at what the address returns now")


def _mended(text: str) -> str:
    """Return a document without what most often keeps one from being well-formed.

    Stray ampersands, references to characters that do not exist, and prefixes that nobody declared.
    """
    text = _REFERENCE.sub(_legal_reference, text)
    missing = {*_PREFIX.findall(text)} - {*_DECLARED_PREFIX.findall(text), "xml", "xmlns"}
    known = {prefix: address for address, prefix in StrictFeedParser.namespaces.items()}
    declared = "".join(f' xmlns:{one}="{known.get(one, f"urn:{one}")}"' for one in sorted(missing)[:50])
    return re.sub(r"^<[^\s>/]+", lambda tag: tag[0] + declared, text, count=1)


def _legal_reference(reference: re.Match[str]) -> str:
    if not reference[1] and not reference[2]:
        return "&amp;"
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return "" if number > sys.maxunicode or _NO_CHARACTER.match(chr(number)) else reference[0]


def _loose(text: str) -> _Loose:
    """Return feedparser after reading tags alone, for what no XML parser accepts."""
    handler = _Loose("", None, "utf-8", {})
    handler.resolve_relative_uris = handler.sanitize_html = False
    try:
        handler.feed(_REFERENCE.sub(_legal_reference, text))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  whatever feedparser stumbles over is the document's fault
        raise NoFeed(
            "malformed", f"broken XML that cannot be read ({type(error).__name__}); its publisher must mend it"
        ) from None
    if not handler.entries:
        raise NoFeed("malformed", "broken XML without a single entry; its publisher must mend it")
    del handler.entries[MAX_READ:]
    return handler
