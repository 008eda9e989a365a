"""A folder as real ones are, through weeks of edits as real ones see them."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import feedcheck
import lookalikes
import pytest
from newsroom import Newsroom

from aggregator.core.model import Outcome
from aggregator.sources import Listing, folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # coverage would double its time, and others cover the same lines

EDITS = 100
ACCEPTED: dict[str, Any] = {"accept_removals": frozenset({"articles"}), "accept_new": frozenset({"articles"})}


def without_marker(room: Newsroom, marker: str) -> bool:
    places = [path for folder in (room.out, room.state) for path in folder.rglob("*") if path.is_file()]
    return not any(marker.encode() in path.read_bytes() for path in places)


@pytest.mark.parametrize("seed", [1, 2])
def test_full_is_incremental_after_each_of_a_hundred_edits(tmp_path: Path, seed: int) -> None:
    room = Newsroom(tmp_path / "site")
    manifest = lookalikes.generate(room.articles, 300, seed)
    rng = random.Random(seed)  # noqa: S311
    first = room.run()
    assert first.gathered.outcomes[Outcome.READ] == manifest.articles
    assert first.totals.entries == manifest.addresses
    room.now += timedelta(days=400)
    for _ in range(EDITS):
        edit = lookalikes.edit(room.articles, rng)
        room.run(**ACCEPTED)
        incremental = room.output()
        full = room.run_again(full=True)
        assert room.output() == incremental, edit
        assert (full.published.written, full.settled.new, full.settled.removed) == (0, 0, 0), edit
    assert without_marker(room, manifest.marker)
    assert manifest.marker not in repr(room.run_again().faults)


def test_twenty_orders_of_the_files_give_one_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Newsroom(tmp_path / "site")
    lookalikes.generate(room.articles, 80, 5)
    survey = folder.survey
    outputs: list[dict[str, bytes]] = []
    for seed in range(20):
        rng = random.Random(seed)  # noqa: S311

        def shuffled(roots: Sequence[tuple[str, Path]], rng: random.Random = rng) -> Listing:
            listing = survey(roots)
            order = rng.sample(list(listing.found), len(listing.found))
            return listing._replace(found={location: listing.found[location] for location in order})

        monkeypatch.setattr(folder, "survey", shuffled)
        copy = room.copy(tmp_path / f"copy{seed}")
        copy.run()
        outputs.append(copy.output())
    assert all(output == outputs[0] for output in outputs)


def test_a_whole_collection_becomes_feeds_that_nothing_objects_to(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    manifest = lookalikes.generate(room.articles, 5_000, 3)
    room.now += timedelta(days=400)
    report = room.run()
    outcomes = report.gathered.outcomes
    assert outcomes[Outcome.READ] == manifest.articles
    assert outcomes[Outcome.FAULTY] == manifest.broken
    assert outcomes[Outcome.REMOVED] == manifest.removed
    assert outcomes[Outcome.NOT_ARTICLE] == manifest.not_articles
    assert report.totals.entries == manifest.addresses
    assert without_marker(room, manifest.marker)
    assert room.run().published.written == 0
    output = room.output()
    base = "https://feeds.test.example/"
    for path in sorted(output)[::7]:
        assert not feedcheck.objections(output[path], f"{base}{path}", now=room.now), path
