"""OPML 2.0: the lists that feed readers import, one of the topics and one of the providers.

Each list is one folder, never nested: readers make a category of it, so that what was imported stays together and can
be dropped in one step. The two folders have different names, because readers merge folders of one name.
"""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Protocol

from lxml import etree

from aggregator.catalogue import Page, address_of, of_facet
from aggregator.core.model import Facet
from aggregator.core.text import quoted
from aggregator.formats import GENERATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.catalogue import Listing
    from aggregator.formats import Format, Site

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
_ADDRESSES = etree.XPath("body//outline[@type = 'rss']/@xmlUrl")
_FEEDS = etree.XPath("count(body//outline[@type = 'rss'])")


class Subscribed(Protocol):
    """A feed of others: what it is called, where it is, and its topics."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def url(self) -> str:
        """Where it is."""
        ...

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics of each of its entries."""
        ...


def subscriptions(title: str, feeds: Sequence[Subscribed]) -> bytes:
    """Return a list of feeds of others: a folder for each topic, and a feed in those of all its topics.

    Folders cannot say in which order a feed has its topics; `category` does, unless a topic holds what parts them there.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    body = etree.SubElement(root, "body")
    folders: dict[str, etree._Element] = {}
    for feed in feeds:
        topics = list(dict.fromkeys(feed.topics))
        for topic in topics:
            if topic not in folders:
                folders[topic] = etree.SubElement(body, "outline", text=quoted(topic), title=quoted(topic))
        outline = {"type": "rss", "text": quoted(feed.name), "title": quoted(feed.name), "xmlUrl": feed.url}
        if len(topics) > 1 and not any("," in topic or "/" in topic for topic in topics):
            outline["category"] = ",".join(f"/{quoted(topic)}" for topic in topics)
        for place in [folders[topic] for topic in topics] or [body]:
            etree.SubElement(place, "outline", outline)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _feeds(site: Site, listings: Sequence[Listing], forms: Sequence[Format]) -> bytes:
    chosen = [*of_facet(listings, Facet.ALL), *of_facet(listings, Facet.TOPIC)]
    return _document(site.title, site, chosen, forms)


def _providers(site: Site, listings: Sequence[Listing], forms: Sequence[Format]) -> bytes:
    return _document(f"Providers – {site.title}", site, of_facet(listings, Facet.PROVIDER), forms)


def _document(title: str, site: Site, listings: Sequence[Listing], forms: Sequence[Format]) -> bytes:
    """Return a list of one folder: it is there without feeds too, since a body needs an outline."""
    root = etree.Element("opml", version="2.0")
    root.addprevious(etree.Comment(f" Made by {GENERATOR} "))
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    if listings:
        newest = max(one.channel.updated for one in listings)
        etree.SubElement(head, "dateModified").text = format_datetime(newest)
    if site.author:
        etree.SubElement(head, "ownerName").text = site.author
    folder = etree.SubElement(etree.SubElement(root, "body"), "outline", text=title, title=title)
    form = _best(forms)
    for one in listings:
        etree.SubElement(folder, "outline", _attributes(one, form, site))
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _best(forms: Sequence[Format]) -> Format:
    """Return the format that most readers take best: Atom, else the owner's first."""
    return next((form for form in forms if form.suffix == "atom"), forms[0])


def _attributes(listing: Listing, form: Format, site: Site) -> dict[str, str]:
    channel = listing.channel
    attributes = {
        "type": "rss",  # of Atom and JSON too: readers know no other type of feed
        "text": channel.title,
        "title": channel.title,
        "xmlUrl": address_of(channel, form, site),
        "htmlUrl": site.homepage,
        "description": channel.subtitle,
    }
    # OPML 2.0 names versions of RSS only.
    return attributes | ({"version": "RSS"} if form.suffix == "rss" else {})


def _check(document: bytes) -> str:
    try:
        root = etree.fromstring(document, _PARSER)
    except etree.XMLSyntaxError as error:
        return f"not well-formed: {error}"
    if root.tag != "opml" or root.find("body/outline") is None:
        return "not a list of feeds"
    addresses = [str(address) for address in _ADDRESSES(root)]
    if "" in addresses or len(set(addresses)) != int(float(str(_FEEDS(root)))):
        return "addresses that are missing or repeated"
    return ""


FEEDS_OPML = Page(path="feeds.opml", render=_feeds, check=_check)
PROVIDERS_OPML = Page(path="providers.opml", render=_providers, check=_check)
