"""What holds after every step of any history of a folder."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from newsroom import Newsroom, related

pytestmark = pytest.mark.no_cover  # coverage would double its time, and others cover the same lines

NAMES = tuple(f"2026-10-{day}-{word}.md" for day, word in zip(range(10, 16), "abcdef", strict=True))
ADDRESSES = tuple(f"https://www.harbour.example/{word}" for word in "wxyz")
VARIED = {
    "title": st.sampled_from(("One", "Two", "Three & <b>more</b>")),
    "originalUrl": st.sampled_from(ADDRESSES),
    "publishedDateTime": st.sampled_from(("2026-10-20T08:00:00Z", "2026-10-28T08:00:00Z", None)),
    "topics": st.sampled_from((["Sea"], ["Sea", "sea wind"], ["C++"], [])),
    "provider": st.sampled_from(
        ({"name": "Bay", "domain": "bay.example"}, {"name": "The Bay", "domain": "bay.example"})
    ),
    "quality": st.sampled_from((1, 50, 99)),
    "related": st.lists(
        st.sampled_from(ADDRESSES).map(lambda href: related("r.md", webUrl=href, title="As given")), max_size=3
    ),
    "ampWebUrl": st.sampled_from(ADDRESSES),
    "secured": st.sampled_from(("YQ==;YQ==", "Yg==;Yg==")),
}
ALWAYS = {name: VARIED[name] for name in ("originalUrl", "related")}
STEPS: st.SearchStrategy[tuple[str, str, dict[str, Any]]] = st.one_of(
    st.tuples(
        st.just("write"),
        st.sampled_from(NAMES),
        st.fixed_dictionaries(ALWAYS, optional={name: VARIED[name] for name in VARIED.keys() - ALWAYS.keys()}),
    ),
    st.tuples(st.just("edit"), st.sampled_from(NAMES), st.fixed_dictionaries({}, optional=VARIED)),
    st.tuples(st.sampled_from(("remove", "archive", "break", "draft")), st.sampled_from(NAMES), st.just({})),
)


class History:
    """A newsroom, and what its files say now."""

    def __init__(self, folder: Path) -> None:
        self.room = Newsroom(folder / "site")
        self.said: dict[str, dict[str, Any]] = {}
        self.room.article("always-there.md", originalUrl="https://www.harbour.example/always")

    def step(self, what: str, name: str, given: dict[str, Any]) -> None:
        place = next((one for one in self.said if one.endswith(name)), name)
        if what == "write":
            self._write(place, given)
        elif place in self.said:
            if what == "edit":
                self._write(place, {**self.said[place], **given})
            elif what == "draft":
                self._write(place, {**self.said[place], "draft": True})
            elif what == "break":
                self.room.write(place, '---\ntitle: "a" b\n---\n')
            else:
                said = self.said.pop(place)
                self.room.remove(place)
                if what == "archive":
                    self._write(f"archive/{name}" if place == name else name, said)

    def _write(self, place: str, given: dict[str, Any]) -> None:
        self.said[place] = given
        self.room.article(place, **given)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=3, max_size=10))
def test_full_is_incremental_ids_are_unique_and_a_second_run_writes_nothing(
    steps: list[tuple[str, str, dict[str, Any]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        room = history.room
        for step in steps:
            history.step(*step)
            room.run()
            incremental = room.output()
            again = room.run_again()
            assert (again.published.written, again.settled.new, again.settled.changed) == (0, 0, 0)
            full = room.run_again(full=True)
            assert room.output() == incremental
            assert full.published.written == 0
            ids = Counter(item["id"] for item in room.items())
            assert set(ids.values()) <= {1}
        rebuilt = room.copy(Path(folder) / "rebuilt")
        for name in ("aggregator.db", "manifest.json"):
            (rebuilt.state / name).unlink()
        rebuilt.run_again()
        broken = any(step[0] == "break" for step in steps)  # the last good version went with the state
        assert broken or rebuilt.output() == room.output()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=4, max_size=9), st.randoms(use_true_random=False))
def test_the_order_in_which_files_are_listed_shows_nowhere(
    steps: list[tuple[str, str, dict[str, Any]]], shuffler: random.Random
) -> None:
    outputs = []
    for shuffled in (False, True):
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            if shuffled:
                _shuffle_listings(patch, shuffler)
            history = History(Path(folder))
            for number, step in enumerate(steps):
                history.step(*step)
                if number % 3 == 0:
                    history.room.run()
            history.room.run()
            outputs.append(history.room.output())
    assert outputs[0] == outputs[1]


def _shuffle_listings(patch: pytest.MonkeyPatch, shuffler: random.Random) -> None:
    """Let readings arrive in any order, as another file system or more workers would."""
    from aggregator.sources import Listing, folder  # noqa: PLC0415

    survey = folder.survey

    def shuffled(roots: Any) -> Listing:
        listing = survey(roots)
        order = list(listing.found)
        shuffler.shuffle(order)
        found = {location: listing.found[location] for location in order}
        return Listing(found=found, paths=listing.paths, faults=listing.faults, missing=listing.missing)

    patch.setattr(folder, "survey", shuffled)


@pytest.mark.parametrize("seed", range(4))
def test_a_file_alone_on_its_address_keeps_its_id_through_everything(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    history = History(tmp_path)
    before: dict[str, tuple[str, str]] = {}
    for _ in range(60):
        name = rng.choice(NAMES)
        address = rng.choice(ADDRESSES)
        history.step(rng.choice(("write", "edit", "archive")), name, {"originalUrl": address, "title": name})
        history.room.run()
        alone = Counter(said["originalUrl"] for said in history.said.values())
        ids = {item["url"]: item["id"] for item in history.room.items()}
        after = {
            place.rpartition("/")[2]: (ids[said["originalUrl"]], said["originalUrl"])
            for place, said in history.said.items()
            if alone[said["originalUrl"]] == 1
        }
        for name_, (id_, _) in after.items():
            assert name_ not in before or before[name_][0] == id_
        before = after
    shutil.rmtree(tmp_path)
