"""What a feed validator would object to, judged from a document alone; events are named as the W3C validator's are.

Feeds of ours are held to rules of good feeds here without a third party's program and without the network. The names
that it has not: NotAFeed; ChannelLinkIsSelf, an RSS channel whose page is the feed itself.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import feedcheck_values as values
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
NAMESPACES = {
    *(name[1:-1] for name in (ATOM, CONTENT, DC, MEDIA)),
    "http://www.w3.org/XML/1998/namespace",
    "http://purl.org/rss/1.0/modules/syndication/",
    "http://purl.org/syndication/history/1.0",
}
MAX_BYTES = 5_000_000
RELATIONS = {
    *("alternate", "current", "describedby", "edit", "enclosure", "first", "hub", "last", "license", "next"),
    *("next-archive", "payment", "prev-archive", "previous", "related", "replies", "search", "self", "up", "via"),
}

_BAD = re.compile("[\x80-\x9f\ufffd]")
_MARKUP_START = re.compile(r"&#[x0-9]|<[/a-zA-Z]")
_EMAIL_IN_TEXT = re.compile(r"<[\w.+'-]+@[\w-]+(\.[\w-]+)+>")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+( \(.+\))?")


def events(document: bytes, self_url: str, *, now: datetime) -> list[str]:
    """Return the events of an Atom, RSS or JSON feed that should be at `self_url`; the same name may recur."""
    if len(document) > MAX_BYTES:
        return ["ValidatorLimit"]
    latest = now + timedelta(minutes=10)  # as for RSS; Atom may be a day ahead
    if document.lstrip().startswith(b"{"):
        return list(_json(document, self_url, latest))
    try:
        root = etree.fromstring(document)
    except etree.XMLSyntaxError:
        return ["SAXError"]
    if root.tag == f"{ATOM}feed":
        found = _atom(root, self_url, latest)
    elif root.tag == "rss":
        found = _rss(root, self_url, latest, document.decode().split("\n"))
    else:
        return ["NotAFeed"]
    return [*_everywhere(root), *found]


def objections(document: bytes, self_url: str, *, now: datetime) -> list[str]:
    """Return the events that our feeds must never raise: articles of the same minute are no fault."""
    return [event for event in events(document, self_url, now=now) if event != "DuplicateUpdated"]


def _everywhere(root: etree._Element) -> Iterator[str]:
    declared = {uri for element in root.iter() for uri in element.nsmap.values()}
    yield from ("UnknownNamespace" for _ in declared - NAMESPACES)
    for element in root.iter():
        if any(_BAD.search(text) for text in (element.text or "", *map(str, element.attrib.values()))):
            yield "BadCharacters"
    for group in root.iter(f"{MEDIA}group"):
        if len(group.findall(f"{MEDIA}content")) < 2:
            yield "MediaGroupWithoutAlternatives"
    for content in root.iter(f"{MEDIA}content"):
        yield from values.uri(content.get("url", ""))


def _atom(feed: etree._Element, self_url: str, latest: datetime) -> Iterator[str]:
    yield from _atom_metadata(feed, "MissingElement", latest)
    links = feed.findall(f"{ATOM}link")
    yield from _self([link.get("href", "") for link in links if link.get("rel") == "self"], self_url, "MissingSelf")
    yield from _repeated_alternates(links)
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        yield from _atom_entry(entry, latest, is_signed=feed.find(f"{ATOM}author") is not None)
    yield from _repeated((entry.findtext(f"{ATOM}id") for entry in entries), "DuplicateEntries")
    yield from _repeated((entry.findtext(f"{ATOM}updated") for entry in entries), "DuplicateUpdated")


def _atom_metadata(parent: etree._Element, missing: str, latest: datetime) -> Iterator[str]:
    """Judge what feeds, entries and sources have in common (RFC 4287 section 4.2)."""
    for name in ("title", "id", "updated"):
        if parent.find(f"{ATOM}{name}") is None:
            yield missing
    for name in ("title", "subtitle", "summary"):
        for text in parent.findall(f"{ATOM}{name}"):
            yield from _text_construct(text)
    for id_ in parent.findall(f"{ATOM}id"):
        yield from values.entry_id(id_.text or "")
    for date in (*parent.findall(f"{ATOM}updated"), *parent.findall(f"{ATOM}published")):
        yield from values.rfc3339(date.text or "", latest)
    for author in parent.findall(f"{ATOM}author"):
        yield from _author(author)
    for category in parent.findall(f"{ATOM}category"):
        yield from _not_blank(category.get("term"), "NotBlank")
        yield from values.html_in(category.get("label", ""))
    for link in parent.findall(f"{ATOM}link"):
        yield from _link(link)
        yield from values.html_in(link.get("title", ""))


def _atom_entry(entry: etree._Element, latest: datetime, *, is_signed: bool) -> Iterator[str]:
    yield from _atom_metadata(entry, "MissingElement", latest)
    if not is_signed and entry.find(f"{ATOM}author") is None:
        yield "MissingElement"
    links = entry.findall(f"{ATOM}link")
    yield from _repeated_alternates(links)
    if entry.find(f"{ATOM}content") is None:
        if entry.find(f"{ATOM}summary") is None:
            yield "MissingTextualContent"
        if not any(link.get("rel", "alternate") == "alternate" for link in links):
            yield "MissingContentOrAlternate"
    for source in entry.findall(f"{ATOM}source"):
        yield from _atom_metadata(source, "MissingSourceElement", latest)


def _text_construct(element: etree._Element) -> Iterator[str]:
    yield from _not_blank(element.text, "NotBlank")
    if element.get("type", "text") == "text" and list(values.html_in(element.text or "")):
        yield "ContainsUndeclaredHTML"


def _author(author: etree._Element) -> Iterator[str]:
    name = author.findtext(f"{ATOM}name")
    if name is None:
        yield "MissingElement"
        return
    yield from _not_blank(name, "NotBlank")
    yield from values.html_in(name)
    if _EMAIL_IN_TEXT.search(name):
        yield "ContainsEmail"
    for uri in author.findall(f"{ATOM}uri"):
        yield from values.uri(uri.text or "")


def _link(link: etree._Element) -> Iterator[str]:
    rel = link.get("rel", "alternate")
    if rel not in RELATIONS and ":" not in rel:
        yield "UnregisteredAtomLinkRel"
    if "title" in link.attrib:
        yield from _not_blank(link.get("title"), "AttrNotBlank")
    if "href" in link.attrib:
        yield from values.uri(link.get("href", ""))
    else:
        yield "MissingHref"


def _repeated_alternates(links: Iterable[etree._Element]) -> Iterator[str]:
    alternates = [link for link in links if link.get("rel", "alternate") == "alternate"]
    yield from _repeated((f"{link.get('type')} {link.get('hreflang')}" for link in alternates), "DuplicateAtomLink")


def _rss(root: etree._Element, self_url: str, latest: datetime, lines: Sequence[str]) -> Iterator[str]:
    channel = root.find("channel")
    if channel is None:
        yield "MissingElement"
        return
    for name, event in (("title", "MissingTitle"), ("link", "MissingLink"), ("description", "MissingDescription")):
        if channel.find(name) is None:
            yield event
    links = channel.findall(f"{ATOM}link")
    own = [link.get("href", "") for link in links if link.get("rel") == "self"]
    yield from _self(own, self_url, "MissingAtomSelfLink")
    if channel.findtext("link") in {self_url, *own}:
        yield "ChannelLinkIsSelf"
    yield from _rss_texts(channel, ("title", "description"), lines)
    yield from _rss_common(channel, latest)
    image = channel.find("image")
    if image is not None and image.findtext("title") != channel.findtext("title"):
        yield "ImageTitleDoesntMatch"
    items = channel.findall("item")
    for item in items:
        yield from _rss_item(item, latest, lines)
    yield from _repeated((item.findtext("guid") for item in items), "DuplicateValue")


def _rss_common(parent: etree._Element, latest: datetime) -> Iterator[str]:
    """Judge what channels and items have in common."""
    yield from (event for link in parent.findall("link") for event in values.uri(link.text or ""))
    yield from (event for link in parent.findall(f"{ATOM}link") for event in _link(link))
    for name in ("pubDate", "lastBuildDate"):
        for date in parent.findall(name):
            yield from values.rfc2822(date.text or "", latest)
    for name in ("title", "category", "source"):
        for element in parent.findall(name):
            yield from _not_blank(element.text, "NotBlank")


def _rss_item(item: etree._Element, latest: datetime, lines: Sequence[str]) -> Iterator[str]:
    yield from _rss_common(item, latest)
    yield from _rss_texts(item, ("title", "category", "source", f"{ATOM}link"), lines)
    if item.find("guid") is None:
        yield "MissingGuid"
    if item.find("title") is None and item.find("description") is None:
        yield "ItemMustContainTitleOrDescription"
    names = [child.tag for child in item]
    if f"{CONTENT}encoded" in names and "description" not in names[: names.index(f"{CONTENT}encoded")]:
        yield "NeedDescriptionBeforeContent"
    for author in item.findall("author"):
        if not _EMAIL.fullmatch(author.text or ""):
            yield "InvalidContact"
    yield from _enclosures(item.findall("enclosure"))


def _enclosures(enclosures: Sequence[etree._Element]) -> Iterator[str]:
    yield from ("DuplicateEnclosure" for _ in enclosures[1:])
    for enclosure in enclosures:
        yield from ("MissingAttribute" for name in ("url", "length", "type") if name not in enclosure.attrib)
        if not enclosure.get("length", "0").isdecimal():
            yield "InvalidIntegerAttribute"
        yield from values.uri(enclosure.get("url", ""))


def _rss_texts(parent: etree._Element, names: Iterable[str], lines: Sequence[str]) -> Iterator[str]:
    """Judge texts that have no way to say whether they are HTML: only numeric references are unmistakable there."""
    for element in (element for name in names for element in parent.findall(name)):
        text = element.get("title", "") if element.tag == f"{ATOM}link" else element.text or ""
        start = (element.sourceline or 1) - 1
        is_numeric = any("&#x" in line for line in lines[start : start + text.count("\n") + 1])
        html = list(values.html_in(values.REFERENCE.sub("", text) if is_numeric else text))
        yield from html
        if not html and not is_numeric and _MARKUP_START.search(text):
            yield "CharacterData"


def _json(document: bytes, self_url: str, latest: datetime) -> Iterator[str]:
    try:
        feed: dict[str, Any] = json.loads(document)
    except ValueError:
        yield "SAXError"
        return
    if not str(feed.get("version", "")).startswith("https://jsonfeed.org/version/"):
        yield "NotAFeed"
    yield from _self([feed["feed_url"]] if "feed_url" in feed else [], self_url, "MissingSelf")
    if feed.get("home_page_url") == self_url:
        yield "ChannelLinkIsSelf"
    yield from _not_blank(feed.get("title"), "NotBlank")
    items: list[dict[str, Any]] = feed.get("items", [])
    if _has_bad_character(feed):
        yield "BadCharacters"
    for item in items:
        yield from _json_item(item, latest, is_signed="authors" in feed)
    yield from _repeated((item.get("id") for item in items), "DuplicateEntries")
    yield from _repeated((item.get("date_modified") for item in items), "DuplicateUpdated")


def _json_item(item: dict[str, Any], latest: datetime, *, is_signed: bool) -> Iterator[str]:
    if "id" not in item or not (is_signed or "authors" in item):
        yield "MissingElement"
    yield from values.entry_id(item.get("id", "tag:"))
    if not any(item.get(name) for name in ("content_html", "content_text")):
        yield "MissingTextualContent"
    for name in ("title", "summary"):
        if name in item:
            yield from _not_blank(item[name], "NotBlank")
    yield from ("NotBlank" for tag in item.get("tags", []) if not tag.strip())
    related = [one["url"] for extension in item if extension.startswith("_") for one in item[extension]["related"]]
    for uri in filter(None, (item.get("url"), item.get("image"), *related)):
        yield from values.uri(uri)
    for name in ("date_published", "date_modified"):
        if name in item:
            yield from values.rfc3339(item[name], latest)


def _has_bad_character(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_bad_character, value.values()))
    if isinstance(value, list):
        return any(map(_has_bad_character, value))
    return isinstance(value, str) and _BAD.search(value) is not None


def _self(own: Sequence[str], self_url: str, missing: str) -> Iterator[str]:
    if not own:
        yield missing
    elif own != [self_url]:
        yield "SelfDoesntMatchLocation"


def _repeated(values: Iterable[str | None], event: str) -> Iterator[str]:
    return (event for count in Counter(filter(None, values)).values() for _ in range(count - 1))


def _not_blank(text: str | None, event: str) -> Iterator[str]:
    if not text or not text.strip():
        yield event
