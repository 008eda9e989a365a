"""A newsroom whose owner looks after its feeds: asks how they stand, and says what he wishes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import following
from newsroom import CONFIG
from prompt import said

from aggregator.standing import Standing, standings
from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsroom import Newsroom

    from aggregator.core.health import Wish

HOURS = timedelta(hours=2)


def rss(numbers: Sequence[int], site: str = "www.pier.example", edit: str = "") -> bytes:
    items = "".join(
        f"<item><title>Story {one}{edit}</title><link>https://{site}/{one}</link><guid>{site} {one}</guid>"
        f"<pubDate>Tue, 20 Oct 2026 {one // 60:02}:{one % 60:02}:00 GMT</pubDate></item>"
        for one in numbers
    )
    return f"<rss version='2.0'><channel><title>Pier</title><link>/</link>{items}</channel></rss>".encode()


def standing_of(room: Newsroom, name: str) -> Standing:
    """Return how a source stands after the last pass."""
    with sqlite.looked_into(room.state) as store:
        (found,) = (one for one in standings(room.loaded(), store) if one.name == name)
    return found


class Tended(following.Site):
    """A newsroom that follows feeds of a server on loopback, by name."""

    def follow(self, *names: str, extra: str = "") -> None:
        blocks = [f"  - {{url: {self.server.url(f'/{one}')}, private: true, name: {one}}}\n" for one in names]
        self.room.configure(f"{CONFIG}{extra}upstream:\n{''.join(blocks)}")

    def asked(self, name: str = "pier") -> int:
        return sum(seen.path == f"/{name}" for seen in self.server.seen)

    def command(self, *words: str) -> tuple[int, str]:
        return said(self.room, "sources", *words)

    def standing(self, name: str = "pier") -> Standing:
        return standing_of(self.room, name)

    def wish(self, name: str, wish: Wish) -> None:
        with sqlite.beside(self.room.state) as store:
            store.health.make_wish(name, wish, self.room.now)
