"""Channels to be listed, and pages as strict parsers read them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from format_cases import BASE, CHANNEL, SITE
from lxml import etree

from aggregator.catalogue import Listing
from aggregator.catalogue.index import INDEX
from aggregator.catalogue.opml import FEEDS_OPML, PROVIDERS_OPML
from aggregator.core.model import Facet
from aggregator.registry import FORMATS, format_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.catalogue import Page
    from aggregator.formats import Format

PAGES = (INDEX, FEEDS_OPML, PROVIDERS_OPML)
ATOM, RSS, JSON = FORMS = tuple(format_named(name) for name in FORMATS)
H = "{http://www.w3.org/1999/xhtml}"
HOSTILE = (
    "<b>&\"'",
    "</title><script>alert(1)</script>",
    "&amp; &#60; ]]> -->",
    "🌊 Tides 👩‍🔬",
    "أخبار البحر",
    "{braces} %s $x",
    "a" * 200,
)


def listed(facet: Facet, label: str, slug: str = "", count: int = 3) -> Listing:
    path = f"{facet}/{slug or label.lower()}"
    channel = replace(
        CHANNEL, key=path, facet=facet, id=BASE + path, title=f"{label} – Quay News", subtitle=f"On {label}.", path=path
    )
    return Listing(channel=channel, label=label, count=count)


ALL = Listing(channel=CHANNEL, label="", count=12)
TOPICS = [listed(Facet.TOPIC, "Sea"), listed(Facet.TOPIC, "Éclairs"), listed(Facet.TOPIC, "cranes", count=1)]
PROVIDERS = [listed(Facet.PROVIDER, "Pier Gazette", "pier.example"), listed(Facet.PROVIDER, "buoy.example")]
SOME = [*PROVIDERS, *TOPICS, ALL]


def rendered(page: Page, listings: Sequence[Listing] = SOME, forms: Sequence[Format] = FORMS) -> etree._Element:
    """Return a page as a strict parser reads it."""
    document = page.render(SITE, listings, forms)
    assert page.check(document) == ""
    return etree.fromstring(document)


def outlines(page: Page, listings: Sequence[Listing] = SOME, forms: Sequence[Format] = FORMS) -> list[dict[str, str]]:
    """Return the feeds of a list, all of them in its one folder."""
    root = rendered(page, listings, forms)
    found = root.findall("body/outline/outline")
    assert len(found) == len(root.findall(".//outline")) - 1
    return [{str(name): str(value) for name, value in one.attrib.items()} for one in found]


def text(element: etree._Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def links(page: etree._Element) -> list[str]:
    return [link.get("href", "") for link in page.iter(f"{H}a")]
