"""OPML 1.0 to 2.0, the list of feeds that feed readers export: bytes in, subscriptions and faults out.

Its outlines need neither a DTD nor entities, so that none of both ever reaches the parser.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from html.entities import html5
from typing import TYPE_CHECKING

from aggregator.core.address import legal_href
from aggregator.core.model import Fault
from aggregator.core.text import MAX_TITLE, plain
from aggregator.masking import masked
from aggregator.sources.feed.charset import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml import etree

    from aggregator.sources.feed.context import FeedContext

MAX_BYTES = 10 * 1024 * 1024
MAX_OUTLINES = 20_000
MAX_DEPTH = 50

_PROLOG = re.compile(r"(?>\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*+(?>\[.*?\]\s*+)?>)*+", re.IGNORECASE | re.DOTALL)
_ROOT = re.compile(r"<([A-Za-z_][\w.-]{0,40}:)?([A-Za-z_][\w.-]{0,40})")
_PAGE = re.compile(r"<!DOCTYPE\s+html\b", re.IGNORECASE)
_FEEDS = frozenset({"rss", "feed", "rdf", "channel"})
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6});|#([0-9]{1,7});|([A-Za-z][A-Za-z0-9]{1,31};))?")
_OWN = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0 section 2.2
_FEED_BEFORE = re.compile(r"^feed:(?://)?(?=https?:)", re.IGNORECASE)
_FEED_OF_HTTP = re.compile(r"^feed:(?=//)", re.IGNORECASE)
_MAILBOX = re.compile(r"mailto:[^/?#:@]*@", re.IGNORECASE)
_LOGIN = re.compile(r"//[^/?#]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed that a list names. topics: its categories and the folders above it. bare: a login was cut from its address."""

    url: str
    title: str = ""
    topics: tuple[str, ...] = ()
    line: int = 0
    bare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """A list, understood; with a `fault`, it is none.

    skipped: outlines that name no feed that can be asked. again: addresses that differ from that of another feed only in
    http and https, or a slash at the end.
    """

    fault: Fault | None = None
    subscriptions: tuple[Subscription, ...] = ()
    skipped: tuple[Fault, ...] = ()
    again: int = 0


class _NoList(Exception):  # noqa: N818  never leaves this module: a fault says it
    def __init__(self, code: str, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.place = place


def parse_list(data: bytes, location: str, charset: str = "") -> FeedList:
    """Return the feeds that a list names, each once; what is wrong with it is a fault in the answer."""
    try:
        root = _root(data, charset)
        feeds, skipped = _feeds(root, location)
    except _NoList as reason:
        return FeedList(fault=Fault(reason.code, f"{location}{reason.place}", reason.reason))
    merged = _merged(feeds.values())
    return FeedList(subscriptions=merged, skipped=tuple(skipped), again=len(feeds) - len(merged))


def is_list(data: bytes, charset: str = "") -> bool:
    """Say whether a document is OPML by how it begins."""
    text = decode(data, charset)
    prolog = _PROLOG.match(text)
    root = _ROOT.match(text, prolog.end() if prolog else 0)
    return root is not None and root[2].lower() == "opml"


def parse_list_pair(pair: tuple[bytes, FeedContext]) -> FeedList:
    """Return `parse_list` of a document and where it came from, for workers that take one argument."""
    data, context = pair
    return parse_list(data, context.source, context.charset)


def _root(data: bytes, charset: str) -> etree._Element:
    from lxml import etree  # noqa: PLC0415  most passes read no list

    if len(data) > MAX_BYTES:
        raise _NoList("too_large", f"more than {MAX_BYTES >> 20} MiB: not read; split it")
    text = decode(data, charset)
    match = _PROLOG.match(text)
    prolog, rest = text[: match.end() if match else 0], text[match.end() if match else 0 :]
    _judge(prolog, rest)
    # Lines stay what they are, without what stands before the root.
    document = "\n" * prolog.count("\n") + _REFERENCE.sub(_legal_reference, rest)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    try:
        return etree.fromstring(encode(document), parser)
    except etree.XMLSyntaxError as error:
        if "depth" in str(error).lower():
            raise _too_deep("") from None
        line, column = error.position
        reason = "XML that is not well-formed here; mend it, or export the list again"
        raise _NoList("malformed", reason, f":{max(line, 1)}:{max(column, 1)}") from None


def _judge(prolog: str, rest: str) -> None:
    """Refuse what is no OPML, or declares what no OPML needs."""
    if "<!ENTITY" in prolog:
        raise _NoList("entities", "it declares entities, which no list of feeds needs; remove its DOCTYPE")
    root = _ROOT.match(rest)
    name = root[2].lower() if root else ""
    if name == "opml":
        return
    if not rest.strip("\0 \t\r\n"):
        raise _NoList("empty", "an empty document; export the list again")
    if name == "html" or _PAGE.search(prolog):
        raise _NoList("html_page", "a web page, no list of feeds; look for the OPML export of your reader")
    if name in _FEEDS:
        raise _NoList("is_feed", "a feed, no list of feeds; put its address under `upstream:`")
    raise _NoList("not_opml", "no OPML, which would start with <opml>; export the list as OPML")


def _legal_reference(reference: re.Match[str]) -> str:
    """Return a reference that every XML parser takes: many lists have stray ampersands, and entities of HTML."""
    hexadecimal, decimal, name = reference.groups()
    if hexadecimal or decimal:
        number = int(hexadecimal, 16) if hexadecimal else int(decimal)
        return "" if number > sys.maxunicode or _NO_CHARACTER.match(chr(number)) else reference[0]
    if name in _OWN:
        return reference[0]
    if name in html5:
        return "".join(f"&#{ord(one)};" for one in html5[name])
    return f"&amp;{reference[0][1:]}"


def _feeds(root: etree._Element, location: str) -> tuple[dict[str, Subscription], list[Fault]]:
    """Return the feeds by address, one that stands in several folders with the topics of all, and what names none."""
    feeds: dict[str, Subscription] = {}
    skipped: list[Fault] = []
    for number, (outline, given, folders) in enumerate(_outlines(root)):
        if number >= MAX_OUTLINES:
            raise _NoList("too_many", f"more than {MAX_OUTLINES:,} outlines; split it", f":{outline.sourceline}")
        if "xmlurl" not in given:
            if len(outline) == 0:
                skipped.append(_skipped(location, outline, "an outline without an address (xmlUrl); not taken"))
            continue
        address = _FEED_OF_HTTP.sub("http:", _FEED_BEFORE.sub("", given["xmlurl"].strip()))
        url = legal_href(address)
        if url is None:
            said = f'"{plain(_shown(address), 80)}" is no http or https address of a feed; not taken'
            skipped.append(_skipped(location, outline, said))
            continue
        topics = (*_categories(given.get("category", "")), *folders)
        old = feeds.get(url)
        feeds[url] = Subscription(
            url=url,
            title=(old.title if old else "") or _title(given),
            topics=tuple(dict.fromkeys((*(old.topics if old else ()), *topics))),
            line=old.line if old else outline.sourceline or 0,
            bare=_LOGIN.search(address) is not None,
        )
    return feeds, skipped


def _merged(feeds: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """Return feeds without those that another one is by a variant of its address; of both, that with https stays."""
    found: dict[str, Subscription] = {}
    for one in feeds:
        rest = one.url.partition("://")[2]
        key = rest if "?" in rest else rest.rstrip("/")
        old = found.get(key)
        if old is None:
            found[key] = one
            continue
        better = one if one.url.startswith("https:") and not old.url.startswith("https:") else old
        found[key] = replace(
            better,
            title=old.title or one.title,
            topics=tuple(dict.fromkeys((*old.topics, *one.topics))),
            bare=old.bare or one.bare,
        )
    return tuple(found.values())


def _shown(address: str) -> str:
    """Return an address as reports show it; what stands before the @ of a mailbox is no secret."""
    return address.partition("?")[0] if _MAILBOX.match(address) else masked(address)


def _outlines(root: etree._Element) -> Iterator[tuple[etree._Element, dict[str, str], tuple[str, ...]]]:
    """Yield outlines in the order of the document, with their attributes and the folders above; names in any case."""
    waiting: list[tuple[etree._Element, tuple[str, ...], int]] = [(root, (), 0)]
    while waiting:
        element, folders, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise _too_deep(f":{element.sourceline}")
        if _local(element) == "outline":
            given = {str(name).lower(): str(value) for name, value in element.attrib.items()}
            yield element, given, folders
            is_folder = "xmlurl" not in given and (title := _title(given))
            folders = (*folders, title) if is_folder else folders
            depth += 1
        waiting += [(one, folders, depth) for one in reversed(element) if isinstance(one.tag, str)]


def _local(element: etree._Element) -> str:
    return str(element.tag).lower().rpartition("}")[2]


def _title(given: dict[str, str]) -> str:
    return plain(given.get("text", ""), MAX_TITLE) or plain(given.get("title", ""), MAX_TITLE)


def _categories(given: str) -> list[str]:
    """Return the words of a `category`: a list with commas, each of them a path with slashes (OPML 2.0)."""
    words = (plain(word, MAX_TITLE) for path in given.split(",") for word in path.split("/"))
    return [word for word in words if word]


def _skipped(location: str, outline: etree._Element, reason: str) -> Fault:
    return Fault("outline", f"{location}:{outline.sourceline}", reason)


def _too_deep(place: str) -> _NoList:
    return _NoList("too_deep", f"folders more than {MAX_DEPTH} deep inside each other; make it flatter", place)
