"""A manifest that somebody edited, or that a mistake left behind: no pass fails by it, and nothing of others is touched."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from newsroom import CONFIG, Newsroom
from websub_hub import Hub

from aggregator.websub.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterator

HUGE = 10**30
INSTANTS: tuple[object, ...] = (
    *("2026-11-01T12:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon", "", HUGE, -1, [], {}),
    *(None, True, 253402300800000000),
)
NUMBERS: tuple[object, ...] = (-1, HUGE, -HUGE, 2**63, 1e308, "x", None, [], {})


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        hub.fails(503)
        yield hub


@pytest.fixture
def owing(room: Newsroom, hub: Hub) -> dict[str, Any]:
    """Return the manifest of a site whose hub is owed something."""
    room.configure(f"{CONFIG.replace('[atom, rss, json]', '[atom, json]')}hub: {hub.url}\n")
    room.article("a.md")
    room.run()
    room.article("a.md", title="News")
    room.run()
    manifest: dict[str, Any] = json.loads((room.state / "manifest.json").read_bytes())
    assert manifest["owed"][hub.url]["feeds"]
    return manifest


def passes_with(room: Newsroom, manifest: object) -> None:
    """Check that a pass over an edited manifest publishes the news there is."""
    (room.state / "manifest.json").write_text(json.dumps(manifest))
    title = f"News {room.writes}"
    room.article("a.md", title=title)
    room.run()
    assert room.titles() == [title]


def test_an_instant_that_is_none_of_ours_crashes_nothing(room: Newsroom, hub: Hub, owing: dict[str, Any]) -> None:
    for instant in INSTANTS:
        for where in ("not_before", "feeds"):
            edited = copy.deepcopy(owing)
            edited["owed"][hub.url][where] = {"all.atom": instant} if where == "feeds" else instant
            passes_with(room, edited)
    assert "all.atom" in json.loads((room.state / "manifest.json").read_bytes())["owed"][hub.url]["feeds"]


def test_a_number_that_is_none_of_ours_crashes_nothing(room: Newsroom, hub: Hub, owing: dict[str, Any]) -> None:
    for value in NUMBERS:
        passes_with(room, {**owing, "revision": value})
        passes_with(room, {**owing, "updated": {"all": value}})
        edited = copy.deepcopy(owing)
        edited["owed"][hub.url]["failures"] = value
        edited["files"]["all.atom"]["size"] = value
        passes_with(room, edited)


@pytest.mark.parametrize("path", ["../mine.txt", "topics/../../mine.txt", "SITE/mine.txt", "x\0y", ""])
def test_a_path_out_of_the_output_is_never_pruned(room: Newsroom, owing: dict[str, Any], path: str) -> None:
    mine = room.folder / "mine.txt"
    mine.write_text("mine")
    owing["files"][path.replace("SITE", str(room.folder))] = {"size": 4, "sha256": "x"}
    passes_with(room, owing)
    assert mine.read_text() == "mine"


def test_a_note_of_what_was_told_that_is_rubbish_or_torn_says_nothing(
    room: Newsroom, hub: Hub, owing: dict[str, Any]
) -> None:
    assert owing
    hub.down = None
    hub.asked.clear()
    note = Told(room.state)
    (room.state / "told").write_bytes(b"\xff\x00rubbish\n" + b"0" * 64 + b"\ntorn")
    assert note.left({}) == {}
    room.run()
    assert len(hub.asked) == len(room.output())
    assert not (room.state / "told").exists()
