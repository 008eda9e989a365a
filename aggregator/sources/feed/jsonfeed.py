"""JSON Feed 1.0 and 1.1, read by us; our own extension `_aggregator` is understood."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from aggregator.sources.feed.charset import decode
from aggregator.sources.feed.given import (
    MAX_READ,
    GivenEnclosure,
    GivenEntry,
    GivenFeed,
    GivenImage,
    GivenLink,
    GivenSource,
    NoFeed,
    as_html,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Fields = Mapping[str, Any]

_VERSION = "https://jsonfeed.org/version/"
_NUMBER = re.compile(r"[0-9.]{1,5}")
_OURS = "_aggregator"


def looks_like_json(data: bytes) -> bool:
    """Say whether a document can be JSON, which an XML document never is."""
    return data[:64].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b" \t\r\n\xff\xfe")[:1] == b"{"


def read(data: bytes, charset: str) -> GivenFeed:
    """Return what a JSON Feed says.

    Raises:
        NoFeed: it is other JSON, or none.
    """
    try:
        feed = json.loads(decode(data, charset))
    except (ValueError, RecursionError) as error:
        raise NoFeed("malformed", f"broken JSON ({type(error).__name__}); its publisher must mend it") from None
    version, items = _text(feed, "version"), _list(feed, "items")
    if not version.startswith(_VERSION) and not (items and _text(feed, "title")):
        raise NoFeed("not_feed", "JSON, but no JSON Feed; look at what the address returns now")
    hubs = _mappings(_list(feed, "hubs"))
    return GivenFeed(
        about=GivenSource(
            title=as_html(_text(feed, "title")), href=_text(feed, "feed_url"), updated=_text(_ours(feed), "updated")
        ),
        form=f"JSON Feed {number}" if _NUMBER.fullmatch(number := version.removeprefix(_VERSION)) else "JSON Feed",
        home=_text(feed, "home_page_url"),
        language=_text(feed, "language"),
        hub=next((_text(one, "url") for one in hubs if _text(one, "type").lower() == "websub"), ""),
        entries=tuple(_entry(one if isinstance(one, dict) else {}, _authors(feed)) for one in items[:MAX_READ]),
        further=len(items[MAX_READ:]),
    )


def _entry(item: Fields, authors: tuple[str, ...]) -> GivenEntry:
    published, updated = _text(item, "date_published"), _text(item, "date_modified")
    attachments = _mappings(_list(item, "attachments"))
    return GivenEntry(
        id=_text(item, "id"),
        links=tuple(filter(None, (_text(item, "url"), _text(item, "external_url")))),
        title=as_html(_text(item, "title")),
        summary=as_html(_text(item, "summary")),
        content=_text(item, "content_html") or as_html(_text(item, "content_text")).replace("\n", "<br>\n"),
        language=_text(item, "language"),
        published=published or updated,
        updated=updated if published else "",
        authors=_authors(item) or authors,
        terms=tuple(one for one in _list(item, "tags") if isinstance(one, str)),
        images=_images(item, attachments),
        video=bool(attachments) and _text(attachments[0], "mime_type").startswith("video/"),
        enclosures=tuple(
            GivenEnclosure(_text(one, "url"), _text(one, "mime_type"), str(one.get("size_in_bytes", "")))
            for one in attachments
        ),
        related=tuple(
            GivenLink(
                href=_text(one, "url"),
                title=as_html(_text(one, "title")),
                provider=_text(one, "provider"),
                published=_text(one, "date_published"),
                language=_text(one, "language"),
            )
            for one in _mappings(_list(_ours(item), "related"))
        ),
    )


def _images(item: Fields, attachments: list[Fields]) -> tuple[GivenImage, ...]:
    attached = [_text(one, "url") for one in attachments if _text(one, "mime_type").startswith("image/")]
    return tuple(GivenImage(one) for one in (_text(item, "image"), _text(item, "banner_image"), *attached) if one)


def _authors(fields: Fields) -> tuple[str, ...]:
    """Return names: `authors` of version 1.1, else the `author` of 1.0."""
    authors = _mappings(_list(fields, "authors")) or _mappings([fields.get("author")])
    return tuple(filter(None, (_text(one, "name") for one in authors)))


def _ours(fields: Fields) -> Fields:
    extension = fields.get(_OURS)
    return extension if isinstance(extension, dict) else {}


def _text(fields: Any, name: str) -> str:
    """Return a text; a number stands for one, as version 1.0 has it for ids."""
    value = fields.get(name) if isinstance(fields, dict) else None
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _list(fields: Any, name: str) -> list[Any]:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, list) else []


def _mappings(values: list[Any]) -> list[Fields]:
    return [one for one in values if isinstance(one, dict)]
