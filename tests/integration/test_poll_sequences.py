"""Whatever feeds do to ids, addresses, titles and dates between polls: no entry comes twice, and each keeps its id."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from loopback import Loopback, Talk, answer, redirect
from newsroom import CONFIG, Newsroom
from poll_sequences import CHANGE, FLOODS, POLLS, SEQUENCES

from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

REALLY_CHANGED = {name for name in SEQUENCES if re.search("comments|moved|secured|rewritten", name)}
ALL = {**SEQUENCES, **FLOODS}
WINDOW = "window: {entries: 1000, days: 900, max_size: 50 MB}\n"
TRUTH = re.compile(r"In truth it is (\d+) of ([a-z-]+)\.")


@dataclass
class Watched:
    """What was published of each feed after each poll: the ids of each article, and of which feeds a flood was held."""

    ids: dict[str, list[dict[int, list[str]]]] = field(default_factory=dict)
    held: list[set[str]] = field(default_factory=list)
    redated: set[str] = field(default_factory=set)
    entries: Mapping[str, int] = field(default_factory=dict)


def watched(folder: Path) -> Watched:
    """Return what came of all sequences, polled side by side."""
    room, watched, polls = Newsroom(folder / "site"), Watched(), [0]

    def say(talk: Talk) -> None:
        name = talk.seen.path.split("/")[1]
        if name == "moved" and polls[0] >= CHANGE and not talk.seen.path.endswith("/new"):
            talk.send(redirect(f"/{name}/new", 301))
        else:
            talk.send(answer(ALL[name].document(name, polls[0])))

    with Loopback({"*": say}) as server:
        blocks = [
            f"  - {{url: {server.url(f'/{name}/feed')}, private: true, name: {name}, backlog: 1000}}\n" for name in ALL
        ]
        room.configure(f"{CONFIG}{WINDOW}upstream:\n{''.join(blocks)}")
        for poll in range(POLLS):
            polls[0] = poll
            report = room.run(after=timedelta(hours=2))
            assert report.gathered.polled.faults == ()
            watched.held.append({flood.source for flood in report.gathered.floods})
            _note(room, watched)
    with sqlite.looked_into(room.state) as store:
        watched.entries = {name: counts.entries for name, counts in store.health.counts().items()}
    return watched


def _note(room: Newsroom, watched: Watched) -> None:
    found: dict[str, dict[int, list[str]]] = {name: {} for name in ALL}
    for item in room.items():
        truth = TRUTH.search(item["content_html"])
        assert truth, item
        if item.get("date_modified", item["date_published"]) != item["date_published"]:
            watched.redated.add(truth[2])
        found[truth[2]].setdefault(int(truth[1]), []).append(item["id"])
    for name, ids in found.items():
        watched.ids.setdefault(name, []).append(ids)


def complaints(watched: Watched, name: str) -> Iterator[str]:
    """Say what is wrong with what was published of a sequence."""
    first: dict[int, str] = {}
    for poll, ids in enumerate(watched.ids[name]):
        if name in watched.held[poll]:
            yield f"{name}: held in poll {poll}"
        for number, found in ids.items():
            if len(found) > 1:
                yield f"{name}: {number} is there {len(found)} times in poll {poll}"
            elif first.setdefault(number, found[0]) != found[0]:
                yield f"{name}: {number} has another id in poll {poll}"
        if missing := first.keys() - ids.keys():
            yield f"{name}: {missing} are gone in poll {poll}"
    if first.keys() != ALL[name].seen or watched.entries[name] != len(first):
        yield f"{name}: {len(ALL[name].seen)} articles, {watched.entries[name]} entries"


def test_no_entry_comes_twice_each_keeps_its_id_and_what_only_a_person_can_tell_is_held(tmp_path: Path) -> None:
    seen = watched(tmp_path)
    assert [one for name in SEQUENCES for one in complaints(seen, name)] == []
    assert seen.redated <= REALLY_CHANGED
    for name in FLOODS:
        assert [name in held for held in seen.held] == [poll >= CHANGE for poll in range(POLLS)]
        assert seen.ids[name][-1] == seen.ids[name][CHANGE - 1]
