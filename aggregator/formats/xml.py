"""Atom 1.0 (RFC 4287) and RSS 2.0 through feedgen: the only module that knows it.

feedgen 1.0 drops the attributes of Atom entry links, takes the current time for whatever has none, and writes some
elements only in one of the two formats; the extensions below put that right after it has built its elements.
"""

from __future__ import annotations

from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING, Any

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from aggregator.core.text import looks_like_markup, without_markup
from aggregator.formats import GENERATOR, Format
from aggregator.formats.content import scheme_of
from aggregator.formats.xml_check import check_atom, check_rss, titles_in_atom, titles_in_rss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.core.model import Channel, Entry, Link
    from aggregator.formats import Site, Style
    from aggregator.formats.content import Content

_ATOM_NS = "http://www.w3.org/2005/Atom"
_CONTENT_NS = "http://purl.org/rss/1.0/modules/content/"
_DC_NS = "http://purl.org/dc/elements/1.1/"
_MEDIA_NS = "http://search.yahoo.com/mrss/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ATOM_PREFIXES = {"media": _MEDIA_NS}
_RSS_PREFIXES = {"atom": _ATOM_NS, "content": _CONTENT_NS, "dc": _DC_NS, "media": _MEDIA_NS}


class _AtomEntry(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Links with all their attributes, markup declared, pictures, language, source last."""

    def __init__(self) -> None:
        self.entry: Entry
        self.related: Sequence[Link] = ()

    def extend_atom(self, element: Any) -> Any:
        entry = self.entry
        links = [_page_link("link", "alternate", entry)]
        links += [_page_link("link", "related", one, one.title) for one in self.related]
        links += [
            etree.Element("link", rel="enclosure", type=one.media_type, length=str(one.length), href=one.href)
            for one in entry.enclosures
        ]
        position = element.index(element.find("updated")) + 1
        element[position:position] = links
        _declare_markup(element.find("title"))
        _declare_markup(element.find("summary"))
        _add_images(element, entry)
        if entry.language:
            element.set(_LANG, entry.language)
        if entry.origin:
            # Last, because some readers take the first id, link or date below an entry, wherever it stands.
            source = etree.SubElement(element, "source")
            for name, value in (("id", entry.origin.id), ("title", entry.origin.title)):
                etree.SubElement(source, name).text = value
            _declare_markup(source.find("title"))
            etree.SubElement(source, "updated").text = entry.origin.updated.isoformat()
            if entry.origin.href:
                etree.SubElement(source, "link", rel="self", href=entry.origin.href)
        return element


class _RssItem(BaseEntryExtension):  # type: ignore[misc]
    """Names without e-mail addresses, pictures, the source feed, related links if wanted.

    The date too, because feedgen would switch the locale of the whole process for it.
    """

    def __init__(self) -> None:
        self.entry: Entry
        self.related: Sequence[Link] = ()

    def extend_rss(self, element: Any) -> Any:
        for name in (self.entry.providers[0].name, *self.entry.authors):
            etree.SubElement(element, f"{{{_DC_NS}}}creator").text = without_markup(name)
        etree.SubElement(element, "pubDate").text = format_datetime(self.entry.published)
        _add_images(element, self.entry)
        for played in self.entry.enclosures[:1]:  # readers take one (RSS Profile)
            etree.SubElement(element, "enclosure", url=played.href, length=str(played.length), type=played.media_type)
        if self.entry.origin and self.entry.origin.href:
            title = without_markup(self.entry.origin.title)
            etree.SubElement(element, "source", url=self.entry.origin.href).text = title
        for one in self.related:
            element.append(_page_link(f"{{{_ATOM_NS}}}link", "related", one, one.title))
        return element


class _AtomHead(BaseExtension):  # type: ignore[misc]
    def extend_ns(self) -> dict[str, str]:
        return _ATOM_PREFIXES

    def extend_atom(self, element: Any) -> Any:
        _declare_markup(element.find("title"))
        _declare_markup(element.find("subtitle"))
        return element


class _RssHead(BaseExtension):  # type: ignore[misc]
    hubs: Sequence[str] = ()

    def extend_ns(self) -> dict[str, str]:
        return _RSS_PREFIXES

    def extend_rss(self, element: Any) -> Any:
        channel = element.find("channel")
        channel[4:4] = [etree.Element(f"{{{_ATOM_NS}}}link", rel="hub", href=hub) for hub in self.hubs]
        return element


def _add_images(element: Any, entry: Entry) -> None:
    """Add pictures as Media RSS: in the entry itself, since a group holds alternatives of one object."""
    for image in entry.images:
        content = etree.SubElement(element, f"{{{_MEDIA_NS}}}content", url=image.href, medium="image")
        for name, pixels in (("width", image.width), ("height", image.height)):
            if pixels:
                content.set(name, str(pixels))


def _page_link(name: str, rel: str, link: Link | Entry, title: str = "") -> Any:
    """Return a link element to an article's page (RFC 4287 section 4.2.7)."""
    element = etree.Element(name, rel=rel, type="text/html", href=link.href)
    if link.language:
        element.set("hreflang", link.language)
    if title:
        element.set("title", without_markup(title))
    return element


def _declare_markup(element: Any) -> None:
    """Write text that a reader could take for HTML as HTML that says the text."""
    if element is not None and element.text and element.get("type") is None and looks_like_markup(element.text):
        element.set("type", "html")
        element.text = escape(element.text, quote=False)


def _started(entry: Entry, content: Content) -> Any:
    """Return a feedgen entry with what both formats share."""
    made = FeedEntry()
    made.id(entry.id)
    made.updated(entry.updated)
    made.content(content.html, type="html")
    return made


def _atom_fragment(entry: Entry, content: Content, style: Style) -> bytes:
    made = _started(entry, content)
    made.title(content.title)
    made.published(entry.published)
    made.summary(content.summary)
    made.author({"name": without_markup(entry.providers[0].name), "uri": f"https://{entry.providers[0].domain}/"})
    for name in entry.authors:
        made.author({"name": without_markup(name)})
    scheme = scheme_of(style)
    made.category([{"term": term, "scheme": scheme, "label": without_markup(label)} for term, label in content.terms])
    made.register_extension("ours", _AtomEntry)
    made.ours.entry = entry
    made.ours.related = entry.related if style.related_in_atom else ()
    return _serialised(made.atom_entry(), "feed", _ATOM_PREFIXES)


def _rss_fragment(entry: Entry, content: Content, style: Style) -> bytes:
    made = _started(entry, content)
    made.title(without_markup(content.title))
    made.description(escape(content.summary, quote=False))
    made.link(href=entry.href, rel="alternate")
    scheme = scheme_of(style)
    made.category([{"term": without_markup(label), "scheme": scheme} for _, label in content.terms])
    made.register_extension("ours", _RssItem)
    made.ours.entry = entry
    made.ours.related = entry.related if style.related_in_rss else ()
    return _character_data(_serialised(made.rss_entry(), "rss", _RSS_PREFIXES))


def _serialised(element: Any, root: str, prefixes: dict[str, str]) -> bytes:
    """Return the XML of an element as it stands inside a root that declares the prefixes."""
    parent = etree.Element(root, nsmap=prefixes)
    parent.append(element)
    whole: bytes = etree.tostring(parent, pretty_print=True, encoding="UTF-8", xml_declaration=False)
    return whole[whole.index(b">") + 1 : whole.rindex(b"</")].strip(b"\n")


def _character_data(xml: bytes) -> bytes:
    """Write references in the numeric form of the RSS Profile: the same XML, safe in readers that decode twice."""
    return xml.replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;").replace(b"&gt;", b"&#x3E;")


def _head(channel: Channel, site: Site, form: Format) -> Any:
    made = FeedGenerator()
    made.id(channel.id)
    made.updated(channel.updated)
    made.generator(GENERATOR)
    if site.language:
        made.language(site.language)
    made.link(href=f"{site.base_url}{channel.path}.{form.suffix}", rel="self", type=form.media_type)
    for hub in site.hubs:
        made.link(href=hub, rel="hub")
    made.link(href=site.homepage, rel="alternate", type="text/html")  # last: RSS takes the last one for its own
    return made


def _wrap_atom(channel: Channel, fragments: Sequence[bytes], site: Site) -> bytes:
    made = _head(channel, site, ATOM)
    made.title(channel.title)
    made.subtitle(channel.subtitle)
    made.author({"name": without_markup(site.author)})
    if site.icon:
        made.icon(site.icon)
    made.register_extension("ours", _AtomHead)
    return _joined(made.atom_str(pretty=True), fragments, b"</feed>")


def _wrap_rss(channel: Channel, fragments: Sequence[bytes], site: Site) -> bytes:
    made = _head(channel, site, RSS)
    made.title(without_markup(channel.title))
    made.description(escape(channel.subtitle, quote=False))
    made.lastBuildDate(channel.updated)
    if site.icon:
        made.image(url=site.icon, title=without_markup(channel.title), link=site.homepage)
    made.register_extension("ours", _RssHead)
    made.ours.hubs = site.hubs
    return _joined(_character_data(made.rss_str(pretty=True)), fragments, b"</channel>")


def _joined(document: bytes, fragments: Sequence[bytes], end: bytes) -> bytes:
    position = document.rindex(end)
    return b"\n".join([document[:position].rstrip(), *fragments, document[position:].strip(), b""])


ATOM = Format(
    suffix="atom",
    fragment=_atom_fragment,
    wrap=_wrap_atom,
    check=check_atom,
    titles=titles_in_atom,
)
RSS = Format(
    suffix="rss",
    fragment=_rss_fragment,
    wrap=_wrap_rss,
    check=check_rss,
    titles=titles_in_rss,
)
