"""The daemon ended at fifty random moments: while it starts, in a pass, while it tells hubs, and at rest."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from daemons import Running, command
from newsroom import CONFIG, Newsroom
from websub_hub import Asked, Hub, Reply

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # other processes do the work

MOMENTS = int(os.environ.get("AGGREGATOR_MOMENTS", "50"))
GROUPS = 5  # that workers may share out
TOPICS = 12
# Parts of its life: after which line of the log they begin, and how many seconds they may take.
PARTS = {"start": ("", 0.5), "pass": ("daemon begins", 0.25), "hubs": ("pass done", 0.5)}
CLEAN = {0}
EARLY = {0, 143, -signal.SIGTERM}  # before it listens to signals, it ends as any program does


def slow(asked: Asked) -> Reply:
    time.sleep(0.02)
    assert asked.form["hub.mode"] == "publish"
    return Reply(204)


@pytest.mark.parametrize("group", range(GROUPS))
def test_sigterm_at_any_moment_ends_it_at_once_tears_nothing_and_repeats_nothing(tmp_path: Path, group: int) -> None:
    chance, written = random.Random(group), set[str]()  # noqa: S311  no secret
    number = -(-MOMENTS // GROUPS)
    with Hub() as hub:
        room = _room(tmp_path, hub)
        for moment in range(number):
            written |= _news(room, moment)
            _ended(room, moment, chance, signal.SIGTERM)
        _all_is_there(room, written)
        told = Counter(asked.form["hub.url"] for asked in hub.asked)
        assert max(told.values()) <= number


def test_sigkill_at_any_moment_tears_nothing(tmp_path: Path) -> None:
    chance, written = random.Random(7), set[str]()  # noqa: S311  as above
    with Hub() as hub:
        room = _room(tmp_path, hub)
        for moment in range(6):
            written |= _news(room, moment)
            _ended(room, moment, chance, signal.SIGKILL)
        _all_is_there(room, written)


def _room(folder: Path, hub: Hub) -> Newsroom:
    hub.down = slow
    room = Newsroom(folder / "site")
    room.configure(f"{CONFIG.replace('[atom, rss, json]', '[atom, json]')}hub: {hub.url}\n")
    return room


def _news(room: Newsroom, moment: int) -> set[str]:
    """Write an article of each topic, and return their titles."""
    for topic in range(TOPICS):
        room.article(f"a{moment}-{topic}.md", topics=[f"Topic {topic}"])
    return {f"Title of a{moment}-{topic}" for topic in range(TOPICS)}


def _ended(room: Newsroom, moment: int, chance: random.Random, number: signal.Signals) -> None:
    """Start a daemon, and end it at a random moment of one of the parts of its life, in their order."""
    part = list(PARTS)[moment % len(PARTS)]
    after, seconds = PARTS[part]
    with Running(room) as running:
        if after:
            running.logged(after)
        time.sleep(chance.uniform(0, seconds))
        running.send(number)
        code = running.ended(5)
        expected = {-signal.SIGKILL} if number is signal.SIGKILL else EARLY if part == "start" else CLEAN
        assert code in expected, running.everything()
        assert "Traceback" not in running.everything()
    for path in room.out.rglob("*.json"):
        assert json.loads(path.read_bytes())["version"] == "https://jsonfeed.org/version/1.1"


def _all_is_there(room: Newsroom, written: set[str]) -> None:
    assert command(room, "run").returncode == 0
    published = room.output()
    assert {title for number in range(TOPICS) for title in room.titles(f"topics/topic-{number}")} == written
    assert command(room, "run", "--full").returncode == 0
    assert room.output() == published
    assert not json.loads((room.state / "manifest.json").read_bytes())["owed"]
