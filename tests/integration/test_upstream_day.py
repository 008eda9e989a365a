"""A day of polling on a clock of the test's own: nobody is asked earlier, or otherwise, than they said."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from faultserver_day import SERVERS, START, Day
from loopback import Loopback, Talk
from newsroom import CONFIG, Newsroom

from aggregator.gather.upstream import ask
from aggregator.options import Options
from aggregator.store import sqlite

if TYPE_CHECKING:
    from pathlib import Path

STEP = timedelta(minutes=20)
RESTARTS = 10


def played(day: Day, room: Newsroom, talk: Talk) -> None:
    """Answer as the server of the day does whose name is the first part of the path."""
    _, name, rest = talk.seen.path.split("/", 2)
    headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in talk.seen.headers}
    try:
        reply = day.answer(f"https://{name}.example/{rest}", headers, room.now)
    except ConnectionRefusedError:
        return  # hanging up is what can be done once connected
    said = {**reply.headers, "Content-Length": str(len(reply.body))}
    location = re.sub(r"^https://([a-z-]+)\.example/", r"/\1/", said.get("Location", ""))
    if location:
        said["Location"] = location
    head = "".join(f"{key}: {value}\r\n" for key, value in said.items())
    talk.send(f"HTTP/1.1 {reply.status} Said\r\n{head}\r\n".encode("latin-1"), reply.body)


def test_a_day_of_polling_breaks_no_promise_to_twenty_servers_with_ten_restarts(tmp_path: Path) -> None:
    day = Day()
    room = Newsroom(tmp_path / "site", now=START)
    with Loopback() as server:
        server.answers = {"*": lambda talk: played(day, room, talk)}
        blocks = [f"  - {{name: {name}, url: {server.url(f'/{name}/feed')}, private: true}}\n" for name in SERVERS]
        room.configure(f"{CONFIG}upstream:\n{''.join(blocks)}")
        config = room.loaded()
        for _ in range(RESTARTS):
            with sqlite.opened(config.state, timedelta(0)) as store:
                for _ in range(timedelta(days=1) // STEP // RESTARTS):
                    ask(config, store, room.now, Options(), lambda *_: None)
                    room.now += STEP
            with sqlite.opened(config.state, timedelta(0)) as store:  # started again, at once
                ask(config, store, room.now - STEP, Options(), lambda *_: None)
    assert list(day.complaints(timedelta(hours=1))) == []
    asked = {name: len(turns) for name, turns in day.turns.items()}
    assert asked["etag-without-304"] >= 23
    assert asked["max-age-absurd"] == 1
    assert asked["max-age"] in {11, 12}
    assert max(len({turn.at for turn in turns}) for turns in day.turns.values()) <= 24
    assert min(asked.values()) >= 1
    assert day.turns["moved"][-1].url.endswith("/new")
