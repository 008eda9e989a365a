"""What a pass says of what it rebuilt, of a feed that is gone for good, and of a bad file that is away."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom

from aggregator.cli.plan import notices
from aggregator.cli.report import Tone, as_text
from aggregator.store import ledger_text, sqlite

if TYPE_CHECKING:
    from pathlib import Path

NOTE = "what is called new has the id and dates that it had"
AWAY = "The file itself was not found."


def test_a_run_after_an_import_says_that_what_is_new_has_its_old_ids(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    room.run()
    kept = room.folder / "kept.jsonl"
    shutil.copy(room.state / ledger_text.FILE, kept)
    shutil.rmtree(room.state)
    with sqlite.opened(room.state, timedelta(0)) as store:
        ledger_text.take_in(kept, room.state, store.ledger)
    report = room.run()
    assert report.settled.new == 1
    assert any(NOTE in one for one in notices(report, room.loaded()))
    room.article("b.md")
    assert not room.run().recovered


def test_an_import_into_a_state_that_has_its_articles_needs_no_such_note(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    room.run()
    kept = room.folder / "kept.jsonl"
    shutil.copy(room.state / ledger_text.FILE, kept)
    with sqlite.opened(room.state, timedelta(0)) as store:
        ledger_text.take_in(kept, room.state, store.ledger)
    room.article("b.md")
    report = room.run()
    assert (report.settled.new, report.recovered) == (1, False)


def test_a_feed_that_is_gone_for_good_is_reset_by_its_own_name(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    with Loopback({"*": answer(status="410 Gone")}) as server:
        blocks = [
            f"  - {{url: '{server.url(f'/{number}')}', private: true, name: '{name}'}}\n"
            for number, name in enumerate(("pier", "the quay"))
        ]
        room.configure(f"{CONFIG}upstream:\n{''.join(blocks)}")
        report = room.run()
    first, second = (fault.reason for fault in report.gathered.polled.faults)
    assert first.endswith('"aggregator sources reset pier"')
    assert second.endswith("\"aggregator sources reset 'the quay'\"")
    said = as_text(report, room.loaded(), timedelta(0), Tone())
    assert "2 places: " in said  # one thing, however many feeds have it
    assert 'pier: "aggregator sources reset pier"' in said


def test_a_bad_file_that_is_away_while_its_source_is_held_says_so(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    for number in range(30):
        room.article(f"a{number:02}.md")
    room.write("a00.md", "---\ntitle: [\n---\n")
    room.article("a01.md", quality="high")
    room.article("stays.md", quality="high")
    assert not any(AWAY in fault.reason for fault in room.run().faults)
    for number in range(30):
        room.remove(f"a{number:02}.md")
    reasons = {fault.location: fault.reason for fault in room.run().faults}
    assert reasons["articles/a00.md:3:1"].endswith(f". Not published. {AWAY}")
    assert reasons["articles/a01.md:6"].endswith(f"ignored. {AWAY}")
    assert sorted(AWAY in one for one in reasons.values()) == [False, True, True]
