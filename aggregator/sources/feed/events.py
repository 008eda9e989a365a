"""The events of an XML document, handed to feedparser in the names that it goes by.

All characters between two tags come at once, each name is mapped once, and what nobody asks for is left out.
"""

from __future__ import annotations

from contextlib import suppress
from html.entities import html5
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from xml.parsers import expat
from xml.sax.saxutils import escape as xml_escape

from feedparser.api import StrictFeedParser
from feedparser.util import FeedParserDict

from aggregator.sources.feed.given import MAX_READ

if TYPE_CHECKING:
    from collections.abc import Callable

_BASE = "http://www.w3.org/XML/1998/namespace base xml"
_ENTRY = frozenset({"item", "entry"})


class _Settings(FeedParserDict):  # type: ignore[misc]  # feedparser has no types
    """What holds for the text that is being read: asked all the time, and by its own names only."""

    get = dict.get

    def __deepcopy__(self, _: object) -> FeedParserDict:
        return FeedParserDict(self)


class Guids:
    """Let feedparser note of a guid that it says to be no address: where there is a link too, it does not tell."""

    def _start_guid(self, attributes: dict[str, str]) -> None:
        parser: Any = super()
        parser._start_guid(attributes)  # noqa: SLF001  feedparser looks its listeners up by such names
        if attributes.get("ispermalink", "").strip().lower() == "false":
            own: Any = self
            own._get_context()["opaque"] = True  # noqa: SLF001


class _Parser(Guids, StrictFeedParser):  # type: ignore[misc]  # feedparser has no types
    """Leave out what we do ourselves, or again: cleaning, resolving, reading dates and names."""

    contentparams: Any
    resolve_relative_uris = sanitize_html = False

    def handle_data(self, text: str, escape: int = 1) -> None:
        if self.elementstack:
            markup = escape and dict.get(self.contentparams, "type") == "application/xhtml+xml"
            self.elementstack[-1][2].append(xml_escape(text) if markup else text)

    def resolve_uri(self, uri: str) -> str:
        return uri

    def push_content(self, *arguments: Any) -> None:
        super().push_content(*arguments)
        self.contentparams = _Settings(self.contentparams)

    def _sync_author_detail(self, key: str = "author") -> None:
        # feedparser takes mail addresses out of names by itself, and leaves the half of most.
        context = self._get_context()
        authors = dict.get(context, f"{key}s")
        if authors and not authors[-1]:
            authors[-1]["name"] = dict.get(context, key, "")

    def _end_published(self) -> None:
        self.pop("published")

    def _end_updated(self) -> None:
        self.pop("updated")

    def _end_created(self) -> None:
        self.pop("created")

    _end_issued = _end_pubdate = _end_published
    _end_modified = _end_lastbuilddate = _end_updated


class Events:
    """Hand the events of expat to feedparser, in the names that it goes by."""

    def __init__(self, unread: frozenset[str]) -> None:
        self.handler = _Parser("", None, "utf-8")
        self.handler.contentparams = _Settings()
        self._unread = unread
        # Under another name, feedparser does not act upon it.
        self.names = {_BASE: "xml-base", "base": "no-base"}
        self._bases: list[tuple[int, str]] = []
        self.begun = False
        self.depth = 0
        self.further = 0
        self.lost = 0
        self._skipped_from = 0
        self.parser = parser = expat.ParserCreate("utf-8", " ")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.UseForeignDTD(True)  # entities that nobody declared become events instead of errors
        parser.SkippedEntityHandler = self._entity
        parser.StartNamespaceDeclHandler = self.handler.startPrefixMapping
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.handler.handle_data

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.begun = True
        if self._skipped_from:
            return
        names = self.names
        tag = names.get(name) or self._name(name)
        if tag in self._unread or tag in _ENTRY:
            handler = self.handler
            beyond = tag in _ENTRY and not handler.inentry and len(handler.entries) >= MAX_READ
            if beyond or (tag in self._unread and not handler.incontent):
                self.further += beyond
                self._skipped_from = self.depth
                self.parser.CharacterDataHandler = None
                return
        pairs = [(names.get(key) or self._name(key), value) for key, value in attributes.items()]
        self._tell(self.handler.unknown_starttag, tag, pairs)
        if _BASE in attributes or (self._bases and tag in _ENTRY):
            self._rebase(tag, attributes.get(_BASE, ""))

    def _end(self, name: str) -> None:
        self.depth -= 1
        if self._bases and self._bases[-1][0] > self.depth:
            self._bases.pop()
        if not self._skipped_from:
            self._tell(self.handler.unknown_endtag, self.names[name])
        elif self.depth < self._skipped_from:
            self._skipped_from = 0
            self.parser.CharacterDataHandler = self.handler.handle_data

    def _tell(self, listener: Callable[..., None], *event: object) -> None:
        try:
            listener(*event)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  feedparser stumbles over some elements out of place; only they are lost
            self.lost += 1

    def _rebase(self, tag: str, given: str) -> None:
        """Note what links are relative to from here on: in the feed, in an entry, in one field of it (xml:base)."""
        base = self._bases[-1][1] if self._bases else ""
        if given:
            with suppress(ValueError):
                base = urljoin(base, given)
            self._bases.append((self.depth, base))
        if self.handler.inentry:
            self.handler.entries[-1]["entry_base" if tag in _ENTRY else "field_base"] = base
        elif self.depth <= len(("rss", "channel")):
            self.handler.feeddata["feed_base"] = base

    def _entity(self, name: str, is_parameter: bool) -> None:
        if not is_parameter and not self._skipped_from:
            self.handler.handle_data(html5.get(f"{name};", f"&{name};"))

    def _name(self, name: str) -> str:
        """Return what feedparser calls `address local prefix`: its own prefix, else the document's."""
        address, _, rest = name.rpartition(" ") if name.count(" ") < 2 else name.partition(" ")  # noqa: PLR2004
        local, _, prefix = rest.partition(" ")
        if "backend.userland.com/rss" in address:
            prefix = ""
        known = self.handler._matchnamespaces.get(address.lower(), prefix)  # noqa: SLF001  there is no other table of them
        made = self.names[name] = (f"{known}:{local}" if known else local).lower()
        return made
