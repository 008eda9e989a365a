"""Which feed an entry came from, as everybody may read it in ours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from aggregator.core import text
from aggregator.core.address import host_of, legal_href, public_href
from aggregator.core.model import Origin
from aggregator.sources.feed import words
from aggregator.sources.feed.dates import read_date

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.sources.feed.given import GivenSource

_MAX_ID = 2_048
_NAMELESS = "feed"


def origin_of(given: GivenSource, href: str, home: str, updated: datetime) -> Origin:
    """Return a feed as the place that an entry came from; `home`: its page, `updated`: where it does not say.

    Its id is its own, else its address, as feeds of one site share their page; the page where the address may be told
    in part only.
    """
    shown = public_href(href)
    page = public_href(home)
    is_whole = shown == href.partition("#")[0]
    return Origin(
        id=_own_id(given.id) or (shown if is_whole else page) or shown or page,
        title=words.line(given.title, text.MAX_NAME) or host_of(shown or page) or _NAMELESS,
        href=shown or page,
        updated=read_date(given.updated) or updated,
    )


def with_id(origin: Origin, source: str) -> Origin:
    """Return a feed that names neither id nor address as one that is known by the name of its source and its title.

    It has to come from somewhere: what has no origin counts as a file of our own.
    """
    return replace(origin, id=uuid5(NAMESPACE_URL, f"{source}#{origin.title}").urn)


def _own_id(given: str) -> str:
    """Return what a feed calls itself; where that is an address, what everybody may see of it."""
    made = words.line(given, _MAX_ID)
    href = legal_href(made)
    return made if href is None or public_href(href) == href else public_href(href)
