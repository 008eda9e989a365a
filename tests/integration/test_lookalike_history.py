"""A folder as real ones are, through weeks of edits as real ones see them."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import lookalikes
import pytest
from newsroom import Newsroom

from aggregator.core.model import Outcome

if TYPE_CHECKING:
    from pathlib import Path

PASSES = 40


def without_marker(room: Newsroom, marker: str) -> bool:
    places = [path for folder in (room.out, room.state) for path in folder.rglob("*") if path.is_file()]
    return not any(marker.encode() in path.read_bytes() for path in places)


@pytest.mark.parametrize("seed", [1, 2])
def test_full_is_incremental_through_a_history_of_edits(tmp_path: Path, seed: int) -> None:
    room = Newsroom(tmp_path / "site")
    manifest = lookalikes.generate(room.articles, 150, seed)
    rng = random.Random(seed)  # noqa: S311
    first = room.run()
    assert first.gathered.outcomes[Outcome.READ] == manifest.articles
    assert first.totals.entries == manifest.addresses
    for number in range(PASSES):
        edits = [lookalikes.edit(room.articles, rng) for _ in range(rng.randint(1, 6))]
        room.run(accept_removals=frozenset({"articles"}), after=timedelta(days=400 if number == 0 else 1))
        again = room.run_again()
        assert (again.published.written, again.settled.changed) == (0, 0), edits
        if number % 4 == 3 or number == PASSES - 1:
            incremental = room.output()
            room.run_again(full=True)
            assert room.output() == incremental, edits
    assert without_marker(room, manifest.marker)
    assert manifest.marker not in repr(room.run_again().faults)
