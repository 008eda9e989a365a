"""Two connections to one state: what one reads or takes in never keeps the other from writing, nor itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aggregator.core.model import Document, Outcome
from aggregator.sources import Validators
from aggregator.store import Reading, Rendered, ledger_text, sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsroom import Newsroom

    from aggregator.store.tables import Store


@pytest.fixture
def other(room: Newsroom) -> Iterator[Store]:
    for number in range(70):  # more than are read at a time
        room.article(f"a{number:02}.md")
    room.run()
    with sqlite.opened_within(room.state) as store:
        yield store


def test_what_was_rendered_can_be_kept_in_the_middle_of_a_channel_whoever_wrote_meanwhile(
    room: Newsroom, other: Store
) -> None:
    with sqlite.opened_within(room.state) as store:
        members = store.entries.members("all")
        read = [next(members)]
        other.ledger.keep_setting("a", "1")
        store.entries.keep_fragments({read[0].key: Rendered("digest", (b"<entry/>",))})
        assert len([*read, *members]) == len({one.key for one in read}) + 69 == store.entries.size("all")


def test_readings_may_take_their_time_and_nobody_waits_for_them(room: Newsroom, other: Store) -> None:
    def readings() -> Iterator[Reading]:
        document = Document(outcome=Outcome.NOT_ARTICLE)
        for number in range(1200):
            other.ledger.keep_setting("a", str(number))
            yield Reading(str(number), Validators(1, 1), racy=False, hash="", document=document)

    with sqlite.opened_within(room.state) as store:
        store.sources.put("slow", readings(), (), room.now)
        assert len(store.sources.known("slow")) == 1200


def test_what_comes_to_the_ledger_while_its_text_is_written_is_not_said_to_be_in_it(
    room: Newsroom, other: Store
) -> None:
    with sqlite.opened_within(room.state) as store:
        text, before = ledger_text.lines(store.ledger), store.ledger.revision()
        next(text)
        other.entries.forget_fragments()  # as all that is written, it is a revision
        *_, commit = text
    assert other.ledger.revision() > json.loads(commit)["revision"] == before
