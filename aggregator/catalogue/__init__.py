"""Pages that list what is published: each is a pure function of the site, its channels and its formats."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aggregator.core.model import Channel, Facet
    from aggregator.formats import Format, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A channel on a page. label: its bare name, as `Ocean Energy`; empty for all. count: entries in it."""

    channel: Channel
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    path: below the output folder. check: what makes a document unfit to be published; empty where nothing does.
    """

    path: str
    render: Callable[[Site, Sequence[Listing], Sequence[Format]], bytes]
    check: Callable[[bytes], str]


def of_facet(listings: Sequence[Listing], facet: Facet) -> list[Listing]:
    """Return the listings of one facet as a person looks them up: by name, whatever its case."""
    return sorted((one for one in listings if one.channel.facet is facet), key=_place)


def _place(listing: Listing) -> tuple[str, str]:
    # Decomposed, so that an accent does not send a name behind Z.
    return unicodedata.normalize("NFKD", listing.label).casefold(), listing.channel.key


def address_of(channel: Channel, form: Format, site: Site) -> str:
    """Return what people subscribe to."""
    return f"{site.base_url}{channel.path}.{form.suffix}"
