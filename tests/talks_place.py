"""Talks about where the program works: its configuration, its state, its output, the address that it serves at."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from message_cases import WRONG, WRONG_ALONE
from newsroom import CONFIG

if TYPE_CHECKING:
    from talk import Talk


def a_configuration_with_faults(talk: Talk) -> None:
    talk.room.configure(WRONG)
    talk("run")
    talk("run", "--json")


def a_configuration_with_one_fault(talk: Talk) -> None:
    for text in WRONG_ALONE:
        talk.room.configure(text + "\n")
        talk.said += ["", *(f"| {line[:60]}".rstrip().replace("\x07", "^G") for line in text.splitlines())]
        talk("check")


def a_configuration_that_cannot_be_read(talk: Talk) -> None:
    talk("run", "--config", "nowhere.yaml")
    talk("run", "--config", "config")
    talk.room.config_file.write_bytes(b"title: x\nauthor: caf\xe9\n")
    talk("run")
    talk.room.config_file.chmod(0)
    talk("run", humble=True)
    talk.room.config_file.unlink()
    talk("run")


def a_state_that_is_gone_or_belongs_to_another(talk: Talk) -> None:
    talk.room.article("a.md")
    talk("run", "-q")
    talk.room.configure(CONFIG.replace("../out", "../other"))
    talk("run")
    talk.room.configure(CONFIG)
    shutil.rmtree(talk.room.state)
    talk("run")
    talk("run", "--dry-run")
    talk("run", "--json")
    talk("run", "--start-over")


def a_state_that_is_held_or_damaged(talk: Talk) -> None:
    talk.room.article("a.md")
    talk("run", "-q")
    with (talk.room.state / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        talk("run")
        talk("run", "--wait", "0.1s")
    database = talk.room.state / "aggregator.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 999")
    talk("run")
    database.write_bytes(b"rubbish" * 10_000)
    talk("run")
    talk("status")
    talk("run", "--dry-run")
    database.unlink()
    ledger = talk.room.state / "ledger.jsonl"
    text = ledger.read_bytes()
    ledger.write_bytes(b"rubbish\n" + text)
    talk("run")
    ledger.write_bytes(b'{"kind": "entry", "id": "https://www.harbour.example/a"}\n' + text)
    talk("run")
    ledger.chmod(0)
    talk("run", humble=True)
    shutil.rmtree(talk.room.state)
    talk.room.state.write_text("a file")
    talk("run")


def folders_that_hold_what_is_written(talk: Talk) -> None:
    talk.room.article("a.md")
    text = CONFIG.replace("../out", "articles/out") + "state: articles/state\n"
    talk.room.configure(text + "feeds_from: [{path: articles/out}]\n")
    talk("check")


def an_output_that_cannot_be_written(talk: Talk) -> None:
    talk.room.article("a.md")
    talk.room.out.write_text("a file")
    talk("run")
    talk.room.out.unlink()
    talk.room.out.mkdir(mode=0o555)
    talk("run", humble=True)
    talk.room.out.chmod(0o755)
    talk("run", "-q")
    (talk.room.out / "topics" / "wind.atom").write_text("somebody's own")
    (talk.room.out / "topics" / "wind.rss").mkdir()
    talk.room.article("b.md", topics=["Wind"])
    talk("run", "-q")
    talk("run")


def a_state_that_is_handed_over(talk: Talk) -> None:
    talk.room.article("a.md")
    talk("run", "-q")
    talk("state", "forget", "https://nowhere.example/")
    talk("state", "forget")
    talk("state", "import", "nowhere.jsonl")
    (talk.room.folder / "mine.txt").write_text("my notes\n")
    talk("state", "import", "mine.txt")


def a_server_that_cannot_listen_and_a_site_without_a_pass(talk: Talk) -> None:
    talk.room.article("a.md")
    talk("status")
    talk("serve", "--listen", "here")
    talk("serve", "--listen", f"unix:{talk.room.folder}/none/socket")
    talk("run", "-q")
    talk("status")
    talk.room.configure(f"{CONFIG}serve: {{listen: 8080, health: none, max_age: soon}}\n")
    talk("status")
    talk.room.configure(f"{CONFIG}serve: {{listen: 127.0.0.1:80, health: 127.0.0.1:80}}\n")
    talk("serve")
