"""Everything that can be plugged in, by name; resolved on first use, so that nothing heavy is imported early."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.catalogue import Page
    from aggregator.formats import Format

FORMATS: Mapping[str, str] = {
    "atom": "aggregator.formats.xml:ATOM",
    "rss": "aggregator.formats.xml:RSS",
    "json": "aggregator.formats.jsonfeed:JSON",
}
PAGES: tuple[str, ...] = (
    "aggregator.catalogue.index:INDEX",
    "aggregator.catalogue.opml:FEEDS_OPML",
    "aggregator.catalogue.opml:PROVIDERS_OPML",
)


def format_named(name: str) -> Format:
    """Return the format that the configuration calls `name`."""
    return cast("Format", _resolve(FORMATS[name]))


def catalogue_pages() -> tuple[Page, ...]:
    """Return the pages that list what is published."""
    return tuple(cast("Page", _resolve(target)) for target in PAGES)


def _resolve(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)
