from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.identity import Assignment, LedgerRow, assign, id_of, remembered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from aggregator.core.identity import Place

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def at(name: str) -> Place:
    return ("news", f"articles/{name}.md")


def row(id_: str, key: str, hour: int = 0, former: tuple[str, ...] = ()) -> LedgerRow:
    return LedgerRow(id_, key, NOON + timedelta(hours=hour), former)


@dataclass(frozen=True)
class Scenario:
    """Keys and file names are single letters; `ids` and `claims` are what is expected."""

    groups: Mapping[str, str]
    ids: Mapping[str, str]
    claimed: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[LedgerRow, ...] = ()
    elsewhere: Mapping[str, set[str]] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)


SCENARIOS = {
    "a new key is its own id": Scenario(
        groups={"a": "f"}, ids={"a": "a"}, claims={"f": "a"}
    ),
    "files of one new key share it": Scenario(
        groups={"a": "fg"}, ids={"a": "a"}, claims={"f": "a", "g": "a"}
    ),
    "what is known stays": Scenario(
        groups={"a": "f"}, claimed={"f": "a"}, rows=(row("a", "a"),), ids={"a": "a"}
    ),
    "a file that changes its address keeps its id": Scenario(
        groups={"b": "f"}, claimed={"f": "a"}, rows=(row("a", "a"),), ids={"b": "a"}
    ),
    "another file with a known address joins it": Scenario(
        groups={"a": "fg"}, claimed={"f": "a"}, rows=(row("a", "a"),), ids={"a": "a"}, claims={"g": "a"}
    ),
    "a new file takes over from one that is gone": Scenario(
        groups={"a": "g"}, rows=(row("a", "a"),), ids={"a": "a"}, claims={"g": "a"}
    ),
    "a file that moved with a new address brings its claim": Scenario(
        groups={"b": "g"}, claimed={"g": "a"}, rows=(row("a", "a"),), ids={"b": "a"}
    ),
    "of two keys that claim an id the ledger's keeps it": Scenario(
        groups={"a": "f", "b": "g"}, claimed={"f": "x", "g": "x"}, rows=(row("x", "b"),),
        ids={"a": "a", "b": "x"}, claims={"f": "a"},
    ),
    "of two strange keys that claim an id the smaller gets it": Scenario(
        groups={"b": "f", "c": "g"}, claimed={"f": "a", "g": "a"}, rows=(row("a", "a"),),
        ids={"b": "a", "c": "c"}, claims={"g": "c"},
    ),
    "a key elsewhere keeps the id that the ledger has for it": Scenario(
        groups={"b": "g"}, claimed={"g": "a"}, rows=(row("a", "a"),), elsewhere={"a": {"a"}},
        ids={"b": "b"}, claims={"g": "b"},
    ),
    "a smaller key elsewhere gets an id that nobody has by right": Scenario(
        groups={"c": "g"}, claimed={"g": "a"}, rows=(row("a", "a"),), elsewhere={"a": {"b"}},
        ids={"c": "c"}, claims={"g": "c"},
    ),
    "nobody elsewhere is no claim": Scenario(
        groups={"a": "g"}, rows=(row("a", "a"),), elsewhere={"a": set()}, ids={"a": "a"}, claims={"g": "a"}
    ),
    "entries that become one keep the id first seen": Scenario(
        groups={"c": "fg"}, claimed={"f": "a", "g": "b"}, rows=(row("a", "a", 2), row("b", "b", 1)), ids={"c": "b"}
    ),
    "of ids seen together the smaller stays": Scenario(
        groups={"c": "fg"}, claimed={"f": "b", "g": "a"}, rows=(row("a", "a"), row("b", "b")), ids={"c": "a"}
    ),
    "the id that waited returns on a split": Scenario(
        groups={"b": "g", "c": "f"}, claimed={"f": "a", "g": "b"},
        rows=(row("a", "c", 1, ("a",)), row("b", "b", 2)), ids={"b": "b", "c": "a"},
    ),
    "a split gives the new key an id of its own": Scenario(
        groups={"a": "f", "d": "g"}, claimed={"f": "a", "g": "a"}, rows=(row("a", "a"),),
        ids={"a": "a", "d": "d"}, claims={"g": "d"},
    ),
    "an address whose id moved away gets a numbered one": Scenario(
        groups={"a": "g", "b": "f"}, claimed={"f": "a"}, rows=(row("a", "b", 0, ("a",)),),
        ids={"a": "a#2", "b": "a"}, claims={"g": "a#2"},
    ),
    "and the next one the next number": Scenario(
        groups={"a": "h", "b": "f", "c": "g"}, claimed={"f": "a", "g": "a#2"},
        rows=(row("a", "b", 0, ("a",)), row("a#2", "c", 1, ("a",))),
        ids={"a": "a#3", "b": "a", "c": "a#2"}, claims={"h": "a#3"},
    ),
    "a file that returns to its former address finds its id": Scenario(
        groups={"a": "g"}, rows=(row("a", "b", 0, ("a",)),), ids={"a": "a"}, claims={"g": "a"}
    ),
    "an id at its key comes before one that left it": Scenario(
        groups={"a": "g"}, rows=(row("a", "b", 0, ("a",)), row("a#2", "a", 1)), ids={"a": "a#2"}, claims={"g": "a#2"}
    ),
    "of ids that left the key the one first seen returns": Scenario(
        groups={"a": "g"}, rows=(row("x", "b", 2, ("a",)), row("y", "c", 1, ("a",))), ids={"a": "y"}, claims={"g": "y"}
    ),
    "who has an id keeps it before who had it": Scenario(
        groups={"a": "f", "b": "g"}, rows=(row("x", "b", 0, ("a",)),),
        ids={"a": "a", "b": "x"}, claims={"f": "a", "g": "x"},
    ),
    "of two that had an id the smaller gets it": Scenario(
        groups={"a": "f", "b": "g"}, rows=(row("x", "c", 0, ("b", "a")),),
        ids={"a": "x", "b": "b"}, claims={"f": "x", "g": "b"},
    ),
    "a new file at an address with an older id brings it back": Scenario(
        groups={"b": "fg"}, claimed={"f": "a"}, rows=(row("a", "a", 2), row("b", "b", 1)),
        ids={"b": "b"}, claims={"g": "b"},
    ),
    "a file alone does not: its claim is enough": Scenario(
        groups={"b": "f"}, claimed={"f": "a"}, rows=(row("a", "a", 2), row("b", "b", 1)), ids={"b": "a"}
    ),
    "two files trade their addresses": Scenario(
        groups={"a": "g", "b": "f"}, claimed={"f": "a", "g": "b"}, rows=(row("a", "a"), row("b", "b")),
        ids={"a": "b", "b": "a"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_ids_over_time(scenario: Scenario) -> None:
    assert assign(
        groups={key: [at(name) for name in names] for key, names in scenario.groups.items()},
        claims={at(name): id_ for name, id_ in scenario.claimed.items()},
        rows={one.id: one for one in scenario.rows},
        elsewhere=scenario.elsewhere,
    ) == Assignment(
        row_of=scenario.ids,
        claims={at(name): id_ for name, id_ in scenario.claims.items()},
    )


KEYS = st.sampled_from("abcde")
IDS = ("a", "b", "c", "a#2", "x", "y")
PLACES = [at(name) for name in "abcdef"]


@st.composite
def worlds(
    draw: st.DrawFn,
) -> tuple[dict[str, list[Place]], dict[Place, str], dict[str, LedgerRow], dict[str, set[str]]]:
    groups: dict[str, list[Place]] = {}
    claims: dict[Place, str] = {}
    for place in PLACES[: draw(st.integers(1, len(PLACES)))]:
        groups.setdefault(draw(KEYS), []).append(place)
        claim = draw(st.one_of(st.none(), st.sampled_from(IDS)))
        if claim is not None:
            claims[place] = claim
    rows = {
        id_: row(id_, draw(KEYS), draw(st.integers(0, 2)), tuple(draw(st.lists(KEYS, max_size=2))))
        for id_ in IDS
        if id_ in claims.values() or draw(st.booleans())
    }
    others = st.sets(st.sampled_from(sorted(set("abcdefg") - set(groups))), max_size=2)
    return groups, claims, rows, {id_: draw(others) for id_ in rows if draw(st.booleans())}


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_every_key_has_one_id_and_no_two_share_one(
    world: tuple[dict[str, list[Place]], dict[Place, str], dict[str, LedgerRow], dict[str, set[str]]],
) -> None:
    groups, claims, rows, elsewhere = world
    made = assign(groups, claims, rows, elsewhere)
    assert set(made.row_of) == set(groups)
    assert len(set(made.row_of.values())) == len(groups)
    for key, places in groups.items():
        for place in places:
            # Whoever is not where its claim is has a new one, and that is the key's id.
            assert place in claims or place in made.claims
            assert made.claims.get(place, made.row_of[key]) == made.row_of[key]


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_no_id_is_taken_from_a_key_elsewhere_that_the_ledger_has_for_it(
    world: tuple[dict[str, list[Place]], dict[Place, str], dict[str, LedgerRow], dict[str, set[str]]],
) -> None:
    groups, claims, rows, elsewhere = world
    theirs = {id_ for id_, keys in elsewhere.items() if rows[id_].key in keys}
    assert theirs.isdisjoint(assign(groups, claims, rows, elsewhere).row_of.values())


@settings(max_examples=200, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_ids_do_not_depend_on_the_order_of_anything(
    world: tuple[dict[str, list[Place]], dict[Place, str], dict[str, LedgerRow], dict[str, set[str]]],
    random: Random,
) -> None:
    groups, claims, rows, elsewhere = world

    def shuffled(mapping: dict[str, list[Place]]) -> dict[str, list[Place]]:
        return {
            key: random.sample(mapping[key], len(mapping[key])) for key in random.sample(sorted(mapping), len(mapping))
        }

    assert assign(groups, claims, rows, elsewhere) == assign(
        shuffled(groups),
        {place: claims[place] for place in random.sample(sorted(claims), len(claims))},
        {id_: rows[id_] for id_ in random.sample(sorted(rows), len(rows))},
        {id_: elsewhere[id_] for id_ in random.sample(sorted(elsewhere), len(elsewhere))},
    )


@pytest.mark.parametrize(
    "key",
    [
        "https://x.example/a",
        "https://x.example/caf%C3%A9?q=a%20b",
        "https://x.example/50%25",
        "https://x.example/a%2Fb",
    ],
)
def test_a_key_in_normal_form_is_its_own_id(key: str) -> None:
    assert id_of(key) == key


@pytest.mark.parametrize(
    ("key", "id_"),
    [
        pytest.param("https://x.example/caf%E9", "urn:uuid:ae5bd89d-979e-56f1-971d-efb892d37221", id="not UTF-8"),
        pytest.param("https://x.example/cafe%CC%81", "urn:uuid:f75e2b0b-9d4f-5e66-bdc4-e078e2de07ce", id="not NFC"),
        pytest.param("https://x.example/50%252F", "urn:uuid:45acd14c-3d1b-50a9-a9f3-6aca4cbeecec", id="escaped twice"),
    ],
)
def test_a_key_that_readers_may_rewrite_gives_a_uuid(key: str, id_: str) -> None:
    assert id_of(key) == id_
    assert assign({key: [at("f")]}, {}, {}, {}).row_of == {key: id_}


FORMER = tuple(f"https://x.example/{number}" for number in range(60))


@pytest.mark.parametrize(
    ("id_", "kept"),
    [
        ("https://x.example/3", (FORMER[3], *FORMER[10:])),
        ("https://x.example/3#2", (FORMER[3], *FORMER[10:])),
        ("https://x.example/55", FORMER[10:]),
        ("https://elsewhere.example/", FORMER[10:]),
    ],
)
def test_of_many_former_keys_the_latest_are_kept_and_the_one_that_gave_the_id(id_: str, kept: tuple[str, ...]) -> None:
    assert remembered(FORMER, id_) == kept
    assert remembered(FORMER[:50], id_) == FORMER[:50]


def test_former_keys_that_gave_a_uuid_are_kept() -> None:
    odd = "https://x.example/caf%E9"
    assert remembered((odd, *FORMER), id_of(f"{odd}#2")) == (odd, *FORMER[10:])
