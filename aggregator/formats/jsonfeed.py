"""JSON Feed 1.1; what it has no field for stands under `_aggregator`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aggregator.core.dates import parse_instant
from aggregator.formats import GENERATOR, Format

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from aggregator.core.model import Channel, Entry, Link
    from aggregator.formats import Site, Style
    from aggregator.formats.content import Content

_VERSION = "https://jsonfeed.org/version/1.1"
_ABOUT = "https://www.rfc-editor.org/rfc/rfc4287#section-4.2.7.2"  # what `related` means
_ITEMS = b'"items": ['
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _fragment(entry: Entry, content: Content, _style: Style) -> bytes:
    extension: dict[str, Any] = {"about": _ABOUT, "related": [_related(link) for link in entry.related]}
    if entry.related_more:
        extension["more"] = entry.related_more
    provider = entry.providers[0]
    item: dict[str, Any] = {
        "id": entry.id,
        "url": entry.href,
        "title": content.title,
        "content_html": content.html,
        "summary": content.summary,
        "image": entry.images[0].href if entry.images else None,
        "date_published": _date(entry.published),
        "date_modified": _date(entry.updated),
        "authors": [
            {"name": provider.name, "url": f"https://{provider.domain}/"},
            *({"name": name} for name in entry.authors),
        ],
        "tags": [label for _, label in content.terms],
        "language": entry.language,
        "attachments": [
            _present(url=one.href, mime_type=one.media_type, size_in_bytes=one.length or None)
            for one in entry.enclosures
        ],
        "_aggregator": extension if entry.related else None,
    }
    return _dump(item)


def _related(link: Link) -> dict[str, Any]:
    return _present(
        url=link.href,
        title=link.title,
        provider=link.provider,
        date_published=_date(link.published) if link.published else None,
        language=link.language,
    )


def _wrap(channel: Channel, fragments: Sequence[bytes], site: Site) -> bytes:
    head = _present(
        version=_VERSION,
        title=channel.title,
        home_page_url=site.homepage,
        feed_url=f"{site.base_url}{channel.path}.{JSON.suffix}",
        description=channel.subtitle,
        icon=site.icon,
        authors=[{"name": site.author}],
        language=site.language,
        hubs=[{"type": "WebSub", "url": hub} for hub in site.hubs],
        _aggregator={"about": _ABOUT, "generator": GENERATOR, "updated": _date(channel.updated)},
    )
    start = json.dumps(head, ensure_ascii=False, indent=1)[:-2].encode() + b",\n " + _ITEMS
    return start + b",".join(b"\n" + fragment for fragment in fragments) + b"\n]\n}\n"


def _check(document: bytes) -> str:
    try:
        items = json.loads(document)["items"]
        ids = [item["id"] for item in items]
        dates = [item["date_published"] for item in items]
    except (ValueError, KeyError, TypeError) as error:
        return f"not a JSON Feed: {error!r}"
    if not all(ids) or len(set(ids)) != len(ids):
        return "ids that are missing or repeated"
    bad = [date for date in dates if parse_instant(str(date)) is None]
    return f"a date that is none: {bad[0]}" if bad else ""


def _titles(document: bytes) -> Mapping[str, str]:
    return {item["id"]: item["title"] for item in json.loads(document)["items"]}


def _dump(item: dict[str, Any]) -> bytes:
    return _ENCODER.encode(_present(**item)).encode()


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], "")}


def _date(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


JSON = Format(
    suffix="json",
    fragment=_fragment,
    wrap=_wrap,
    check=_check,
    titles=_titles,
)
