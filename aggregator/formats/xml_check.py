"""An Atom or RSS document read back: whether it is fit to replace a published one, and what its entries are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import etree

from aggregator.core.dates import parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
_ATOM = {"a": "http://www.w3.org/2005/Atom"}
# As we write them; anything else has to be read to be believed.
_DATE = re.compile(
    r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\+00:00|"
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3]\d [A-Z][a-z]{2} \d{4} [0-2]\d:[0-5]\d:[0-5]\d \+0000"
)


@dataclass(frozen=True, slots=True)
class _Paths:
    """Where a format has what is read: entries, their ids and titles, all dates, the ids of entries with a bad link."""

    entries: etree.XPath
    ids: etree.XPath
    titles: etree.XPath
    dates: etree.XPath
    misled: etree.XPath


_IN_ATOM = _Paths(
    entries=etree.XPath("count(a:entry)", namespaces=_ATOM),
    ids=etree.XPath("a:entry/a:id", namespaces=_ATOM),
    titles=etree.XPath("a:entry/a:title", namespaces=_ATOM),
    dates=etree.XPath("a:updated | a:entry/a:updated", namespaces=_ATOM),
    misled=etree.XPath("string(a:entry[count(a:link[not(@rel) or @rel = 'alternate']) != 1]/a:id)", namespaces=_ATOM),
)
_IN_RSS = _Paths(
    entries=etree.XPath("count(channel/item)"),
    ids=etree.XPath("channel/item/guid"),
    titles=etree.XPath("channel/item/title"),
    dates=etree.XPath("channel/item/pubDate"),
    misled=etree.XPath("string(channel/item[count(link) != 1]/guid)"),
)


def check_atom(document: bytes) -> str:
    """Say what makes an Atom document unfit; empty where nothing does."""
    return _check(document, _IN_ATOM, dates_beside=1)


def check_rss(document: bytes) -> str:
    """Say what makes an RSS document unfit; empty where nothing does."""
    return _check(document, _IN_RSS, dates_beside=0)


def titles_in_atom(document: bytes) -> Mapping[str, str]:
    """Return ids and titles of the entries of an Atom document of ours."""
    return _titles(document, _IN_ATOM)


def titles_in_rss(document: bytes) -> Mapping[str, str]:
    """Return ids and titles of the items of an RSS document of ours."""
    return _titles(document, _IN_RSS)


def _titles(document: bytes, paths: _Paths) -> Mapping[str, str]:
    root = etree.fromstring(document, _PARSER)
    return dict(zip(_texts(paths.ids, root), _texts(paths.titles, root), strict=True))


def _check(document: bytes, paths: _Paths, dates_beside: int) -> str:
    """Check a document; `dates_beside` is how many dates there are besides one for each entry."""
    try:
        root = etree.fromstring(document, _PARSER)
    except etree.XMLSyntaxError as error:
        return f"not well-formed: {error}"
    ids, dates = _texts(paths.ids, root), _texts(paths.dates, root)
    entries = int(float(str(paths.entries(root))))
    misled = str(paths.misled(root))
    if misled:
        return f"not exactly one alternate link in {misled}"
    if len(ids) != entries or len(set(ids)) != entries or "" in ids:
        return "ids that are missing or repeated"
    if len(dates) != entries + dates_beside:
        return "dates that are missing"
    bad = [date for date in dates if not _DATE.fullmatch(date) and parse_instant(date) is None]
    return f"a date that is none: {bad[0]}" if bad else ""


def _texts(path: Any, root: Any) -> list[str]:
    """Return the texts of the elements at a path."""
    return [element.text or "" for element in path(root)]
