"""What feedparser found in a document, field by field.

The dictionaries of feedparser answer to old names too, and warn of it; they are only asked as plain ones.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aggregator.sources.feed.given import (
    GivenEnclosure,
    GivenEntry,
    GivenFeed,
    GivenImage,
    GivenLink,
    GivenSource,
    as_html,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Fields = Mapping[str, Any]

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_FORMS = {  # by what feedparser calls them
    "rss090": "RSS 0.90",
    "rss091n": "RSS 0.91",
    "rss091u": "RSS 0.91",
    "rss092": "RSS 0.92",
    "rss093": "RSS 0.93",
    "rss094": "RSS 0.94",
    "rss20": "RSS 2.0",
    "rss10": "RSS 1.0",
    "rss": "RSS",
    "atom": "Atom",
    "atom01": "Atom 0.1",
    "atom02": "Atom 0.2",
    "atom03": "Atom 0.3",
    "atom10": "Atom 1.0",
}
_LONGEST_TTL = timedelta(hours=24)
_DIGITS = re.compile(r"0*([0-9]+)")
_MOST = 999_999
_ABSOLUTE = re.compile(r"\s*https?:", re.IGNORECASE)
_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif")
_FLASH = "application/x-shockwave-flash"  # what video sites called their players, and still do


def read_feed(head: Fields, entries: Iterable[Fields], version: str) -> GivenFeed:
    """Return a feed in our words."""
    head = dict(head)
    links = _links(head)
    rss = not version.startswith("atom")
    authors = () if rss else _authors(head)  # RFC 4287 section 4.1.2: those of the feed count for its entries
    return GivenFeed(
        about=GivenSource(
            id=_text(head, "id"),
            title=_markup(head, "title", rss=rss),
            href=_first(links, "self"),
            updated=_text(head, "updated") or _text(head, "published"),
        ),
        form=_FORMS.get(version, ""),
        home=_first(links, "alternate") or _text(head, "link"),
        base=_text(head, "feed_base"),
        links_from_home=rss,
        language=_text(head, "language"),
        hub=_first(links, "hub"),
        ttl=_ttl(head),
        entries=tuple(_entry(dict(one), head, authors, rss=rss) for one in entries),
    )


def _entry(found: Fields, head: Fields, authors: tuple[str, ...], *, rss: bool) -> GivenEntry:
    links = _links(found)
    content = _content(found, rss=rss)
    title = found.get("title_detail") or {}
    base = _text(found, "entry_base")
    updated = _text(found, "updated")
    published = _text(found, "published") or _text(found, "created")
    return GivenEntry(
        id=_text(found, "id"),
        opaque=found.get("opaque") is True,
        links=_addresses(found, links),
        # Proxies of links count readers, and know the address behind them.
        aliases=(_text(found, "link"),) if "feedburner_origlink" in found else (),
        title=_markup(found, "title", rss=rss),
        # Without a summary of its own, an entry gets its content from feedparser a second time.
        summary=_markup(found, "summary") if "summary_detail" in found or not content else "",
        content=_html_of(content),
        base=base if base != head.get("feed_base") else "",
        content_base=_text(found, "field_base") or base,
        language=_text(found, "language") or str(dict.get(title, "language") or content.get("language") or ""),
        published=published or updated,
        updated=updated if published else "",
        authors=_authors(found) or authors,
        terms=tuple(str(one.get("label") or one.get("term") or "") for one in map(dict, found.get("tags", ()))),
        images=_images(found, links),
        video=_is_video(found, links),
        enclosures=tuple(
            GivenEnclosure(str(one["href"]), str(one.get("type", "")), str(one.get("length", "")))
            for one in links
            if one.get("rel") == "enclosure" and one.get("href")
        ),
        related=tuple(
            GivenLink(str(one["href"]), str(one.get("title", "")), language=str(one.get("hreflang", "")))
            for one in links
            if one.get("rel") == "related" and one.get("href")
        ),
        source=_source(found.get("source")),
    )


def _text(found: Fields, name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _markup(found: Fields, name: str, *, rss: bool = False) -> str:
    """Return a text as HTML; RSS does not say what its titles are, and most that hold markup mean it."""
    value = _text(found, name)
    detail = found.get(f"{name}_detail")
    if rss or not detail or dict.get(detail, "type") in _HTML:
        return value
    return as_html(value)


def _content(found: Fields, *, rss: bool) -> Fields:
    """Return the content that is HTML, else a plain one; that of RSS is a second summary, as podcasts have it."""
    contents = [dict(one) for one in found.get("content", ())]
    plain = [one for one in contents if str(one.get("type", "")).startswith("text/")]
    if rss and "summary_detail" in found:
        plain = []
    return next((one for one in contents if one.get("type") in _HTML), plain[0] if plain else {})


def _html_of(content: Fields) -> str:
    value = str(content.get("value") or "")
    return value if content.get("type") in _HTML else as_html(value).replace("\n", "<br>\n")


def _links(found: Fields) -> list[Fields]:
    return [dict(one) for one in found.get("links", ())]


def _first(links: list[Fields], rel: str) -> str:
    return next((str(one["href"]) for one in links if one.get("rel") == rel and one.get("href")), "")


def _addresses(found: Fields, links: list[Fields]) -> tuple[str, ...]:
    """Return the addresses of an entry: what a proxy stands for, then pages, then other kinds."""
    alternates = [one for one in links if one.get("rel") == "alternate" and one.get("href")]
    alternates.sort(key=lambda one: one.get("type") not in _HTML)
    link = _text(found, "link")
    if found.get("guidislink") and link == _text(found, "id") and not _ABSOLUTE.match(link):
        link = ""  # a guid, which is an address only as a whole
    named = [_text(found, "feedburner_origlink"), *(str(one["href"]) for one in alternates), link]
    return tuple(dict.fromkeys(filter(None, named)))


def _authors(found: Fields) -> tuple[str, ...]:
    """Return names, as written."""
    return tuple(filter(None, (_text(one, "name") for one in map(dict, found.get("authors", ())))))


def _media(found: Fields, links: list[Fields]) -> list[Fields]:
    """Return Media RSS content and enclosures, each with `url`, `type` and `medium`."""
    enclosures = [{**one, "url": one.get("href", "")} for one in links if one.get("rel") == "enclosure"]
    return [*map(dict, found.get("media_content", ())), *enclosures]


def _images(found: Fields, links: list[Fields]) -> tuple[GivenImage, ...]:
    """Return pictures, the widest first: several widths of one are common, smallest first."""
    images = [one for one in _media(found, links) if _is_picture(one)] or [*map(dict, found.get("media_thumbnail", ()))]
    images.sort(key=lambda one: _number(one, "width"), reverse=True)
    image = found.get("image")
    if isinstance(image, dict):
        images.append({"url": dict.get(image, "href") or dict.get(image, "url") or ""})
    return tuple(GivenImage(_text(one, "url"), _text(one, "width"), _text(one, "height")) for one in images)


def _is_picture(media: Fields) -> bool:
    kind = _text(media, "medium") or _text(media, "type").partition("/")[0]
    return kind == "image" if kind else _text(media, "url").lower().partition("?")[0].endswith(_PICTURES)


def _is_video(found: Fields, links: list[Fields]) -> bool:
    """Say whether the first thing that comes with an entry, apart from pictures, is a video."""
    media = [one for one in _media(found, links) if not _is_picture(one)]
    pictures = bool(found.get("media_content")) and _is_picture(dict(found["media_content"][0]))
    if not media or (pictures and not any(one.get("rel") == "enclosure" for one in media)):
        return "yt_videoid" in found
    kind = _text(media[0], "type")
    return _text(media[0], "medium") == "video" or kind.startswith("video/") or kind == _FLASH


def _source(found: Fields | None) -> GivenSource | None:
    if not found:
        return None
    found = dict(found)
    href = _first(_links(found), "self") or _text(found, "href") or _text(found, "link")
    title = _markup(found, "title", rss="title_detail" not in found)
    return GivenSource(_text(found, "id"), title, href, _text(found, "updated")) if href or title else None


def _ttl(head: Fields) -> timedelta | None:
    """Return the longest wait that a feed asks for; `skipHours` and `skipDays` are passed over, as they are by all."""
    wait = timedelta(minutes=_number(head, "ttl"))
    period = _PERIODS.get(_text(head, "sy_updateperiod").strip().lower(), timedelta(0))
    wait = max(wait, period / max(_number(head, "sy_updatefrequency"), 1))
    return min(wait, _LONGEST_TTL) if wait else None


def _number(found: Fields, name: str) -> int:
    """Return a whole number, or the most that anybody means; 0 where there is none."""
    match = _DIGITS.fullmatch(_text(found, name).strip())
    if match is None:
        return 0
    return int(match[1]) if len(match[1]) <= len(str(_MOST)) else _MOST
