from __future__ import annotations

from pathlib import Path

import pytest
from feed_cases import FULL, as_json, parsed

FOLDER = Path(__file__).parents[1] / "golden" / "feeds-in"
FEEDS = sorted(FOLDER.glob("*.feed"))


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.stem)
def test_a_feed_is_understood_as_ever(feed: Path, update_golden: bool) -> None:
    made = as_json(parsed(feed.read_bytes(), FULL))
    expectation = feed.with_suffix(".json")
    if update_golden:
        expectation.write_text(made, encoding="utf-8")
    assert expectation.is_file(), f"no {expectation.name}: write it with --update-golden, and read it"
    assert made == expectation.read_text(encoding="utf-8")


def test_every_expectation_has_its_feed() -> None:
    assert FEEDS
    assert {path.stem for path in FOLDER.glob("*.json")} == {path.stem for path in FEEDS}
