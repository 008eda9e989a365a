"""Asks of a newsroom why an entry is where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.explain import explain
from aggregator.publish.output import opened
from aggregator.store import sqlite

if TYPE_CHECKING:
    from pathlib import Path

    from newsroom import Newsroom

    from aggregator.explain.facts import Answer, Explained, Seat


def ask(room: Newsroom, what: str, folder: Path | None = None) -> Answer:
    loaded = room.loaded()
    with sqlite.looked_into(loaded.state) as store:
        manifest = opened(loaded.output, loaded.state, dry=True).manifest
        return explain(loaded, store, manifest, what, folder or room.folder)


def entry(room: Newsroom, what: str) -> Explained:
    found = ask(room, what).entry
    assert found is not None
    return found


def reasons(room: Newsroom, what: str) -> list[tuple[str, str]]:
    """Return why something gives no entry, where it is known."""
    answer = ask(room, what)
    assert (answer.entry, answer.choices, answer.is_known) == (None, (), True)
    return [(one.place, one.text) for one in answer.reasons]


def seat(found: Explained, path: str) -> Seat:
    return next(one for one in found.channels if one.path == path)
