"""`aggregator explain` at a prompt: what it says, what it ends with, and that it changes nothing."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from newsroom import Newsroom, related
from talk import here

from aggregator.store import lock, sqlite

if TYPE_CHECKING:
    from pathlib import Path

FEEDS = "all, topics/sea, providers/harbour.example"


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    other = related("x", title="The third", quality=80, webUrl="https://daily.example/third")
    room.article("a.md", title="Tide one", related=[other, related("b")], ampWebUrl="https://amp.harbour.example/a")
    room.article("b.md", title="Tide two", originalUrl="https://me:word@www.harbour.example/b", heat=0)
    room.run()
    return room


def explain(room: Newsroom, *words: str) -> tuple[object, str, str]:
    return here(["explain", *words], {**os.environ, "NO_COLOR": "1"}, room.folder)


def files(room: Newsroom) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in room.folder.rglob("*") if path.is_file()}


def test_an_entry_is_explained_and_nothing_is_changed(room: Newsroom) -> None:
    before = files(room)
    code, out, err = explain(room, "tide", "one")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Tide one   Harbour Times   Times are UTC.",
        "  address   https://www.harbour.example/a",
        "  id        https://www.harbour.example/a   made of its address",
        "            also found by https://amp.harbour.example/a",
        "  dates     published 2026-10-20 08:00   first seen 2026-11-01 13:00   never updated",
        "            the date is that of articles/a.md",
        "  copies    articles/a.md   of articles   dated 2026-10-20 08:00   wins every field",
        "  topics    Sea   from articles/a.md",
        "  in        all.atom   2 of 2 shown",
        "            topics/sea.atom   2 of 2 shown",
        "            providers/harbour.example.atom   2 of 2 shown",
        f"  leaves    {FEEDS}: once 49 newer entries are in, one of them from after 2026-10-27 08:00",
        "  related   The third   Harbour Times   quality 80   link only",
        "            Tide two   Harbour Times   quality 50   ours, articles/b.md",
    ]
    assert files(room) == before


def test_several_entries_are_named_with_what_asks_for_each(room: Newsroom) -> None:
    code, out, _ = explain(room, "tide")
    assert code == 0
    assert out.splitlines() == [
        "tide: 2 entries may be meant.",
        "  2026-10-20 Tide two   Harbour Times",
        "            aggregator explain articles/b.md",
        "  2026-10-20 Tide one   Harbour Times",
        "            aggregator explain articles/a.md",
    ]


def test_what_is_known_and_gives_no_entry_says_why(room: Newsroom) -> None:
    room.article("c.md", draft=True)
    room.run()
    code, out, _ = explain(room, "config/articles/c.md")
    assert code == 1
    assert out.splitlines() == [
        "config/articles/c.md: no entry.",
        "            articles/c.md: a draft (`draft: true`); `articles.skip` says what is not published",
    ]


def test_what_is_unknown_says_what_was_looked_for_and_hides_a_password(room: Newsroom) -> None:
    code, out, _ = explain(room, "https://me:word@nowhere.example/")
    assert code == 1
    assert out.startswith("https://***@nowhere.example/: nothing has this as its id, as an address, as the path of a ")
    assert "word@" not in out


def test_nothing_asked_is_a_mistake_at_the_prompt(room: Newsroom) -> None:
    assert explain(room)[0] == 2
    assert explain(room, " ")[0] == 2


def test_a_program_gets_the_same_facts_as_one_object(room: Newsroom) -> None:
    def answer(*words: str) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(explain(room, "--json", *words)[1])
        return given

    assert answer("tide")["choices"][0]["id"] == "https://www.harbour.example/b"
    found = answer("articles/b.md")
    assert found["entry"]["identity"]["id"] == "https://www.harbour.example/b"
    assert found["entry"]["dates"]["published"] == "2026-10-20T08:00:00+00:00"
    assert found["entry"]["channels"][0]["leaves"]["newer"] == 50
    assert found["entry"]["notes"] == ["heat 0 (the lead of its story): no rule reads it"]
    assert [one["name"] for one in answer("tide")["choices"]] == ["articles/b.md", "articles/a.md"]
    assert answer("nowhere") == {
        "asked": "nowhere",
        "entry": None,
        "choices": [],
        "more": 0,
        "is_known": False,
        "reasons": [],
    }


def test_it_works_beside_a_pass_and_before_the_first_one(room: Newsroom, tmp_path: Path) -> None:
    with lock.held(room.state, timedelta(0)), sqlite.opened_within(room.state) as store:
        store.ledger.keep_setting("a pass", "is at work")
        assert explain(room, "articles/a.md")[0] == 0
    fresh = Newsroom(tmp_path / "fresh")
    fresh.article("a.md")
    code, out, _ = explain(fresh, "articles/a.md")
    assert (code, out) == (
        1,
        "articles/a.md: no entry.\n            articles/a.md: not read yet: the next run reads it\n",
    )
    assert not fresh.state.exists()


def test_no_secret_and_no_password_reaches_the_answer(room: Newsroom) -> None:
    for words in (["articles/a.md"], ["articles/b.md"], ["tide"], ["me:word"]):
        for form in ([], ["--json"]):
            out = "".join(explain(room, *form, *words)[1:])
            assert "c2VjcmV0" not in out
            assert "secured" not in out
            assert "word@" not in out
