"""A newsroom that follows feeds of a server on loopback, and the documents that it serves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom

if TYPE_CHECKING:
    from pathlib import Path


def rss(*items: dict[str, Any], title: str = "Pier News") -> bytes:
    """Return an RSS document; an item has a name, and what differs from what is made up of it."""
    return (
        f"<rss version='2.0'><channel><title>{title}</title><link>https://pier.example/</link>"
        f"<description>d</description>{''.join(map(_item, items))}</channel></rss>"
    ).encode()


def _item(given: dict[str, Any]) -> str:
    name = given["name"]
    fields = {
        "title": f"Pier on {name}",
        "link": f"https://www.pier.example/{name}",
        "guid": f"guid {name}",
        "pubDate": "Tue, 20 Oct 2026 10:00:00 GMT",
        "description": f"What the pier says of {name}.",
        **{key: value for key, value in given.items() if key != "name"},
    }
    parts = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in fields.items() if value is not None)
    return f"<item>{parts}</item>"


class Site:
    """A newsroom that follows one or more feeds of a server on loopback."""

    def __init__(self, folder: Path, server: Loopback) -> None:
        self.room = Newsroom(folder / "site")
        self.server = server
        self.answers: dict[str, Any] = {}
        server.answers = self.answers

    def follow(self, *blocks: str, extra: str = "") -> None:
        lines = [
            f"  - {{url: {self.server.url(f'/{number}')}, private: true, {one}}}\n" for number, one in enumerate(blocks)
        ]
        self.room.configure(f"{CONFIG}{extra}upstream:\n{''.join(lines)}")

    def gives(self, *items: dict[str, Any], number: int = 0) -> None:
        self.answers[f"/{number}"] = answer(rss(*items), "Content-Type: application/rss+xml")

    def run(self, after: timedelta = timedelta(hours=2), **options: Any) -> Any:
        return self.room.run(after=after, **options)


def names(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [
        {"name": f"n{number:02}", "pubDate": f"Tue, 20 Oct 2026 {number:02}:00:00 GMT"}
        for number in range(first, first + count)
    ]
