from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from aggregator.core.model import Edge, Entry, Link, Provider
from aggregator.core.related import Neighbourhood, face_of, owners, resolve

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
OWN = "https://x.example/own"


def key(name: str) -> str:
    return f"https://x.example/{name}"


def edge(name: str, quality: int | None = None, title: str | None = None) -> Edge:
    return Edge(
        href=f"http://x.example/{name}#there",
        key=key(name),
        title=f"Their {name}" if title is None else title,
        provider="Theirs",
        published=NOON,
        quality=quality,
        language="en",
    )


def face(name: str, quality: int | None = None) -> Link:
    return Link(href=key(name), title=f"Our {name}", provider="Ours", quality=quality, ours=True)


def titles(links: list[Link]) -> list[str]:
    return [link.title for link in links]


def test_an_edge_to_what_we_do_not_hold_shows_the_words_it_was_given_with() -> None:
    near = Neighbourhood(edges=[edge("a", 5)], owner={}, faces={})
    assert resolve(OWN, near) == [
        Link(
            href="http://x.example/a#there",
            title="Their a",
            provider="Theirs",
            published=NOON,
            quality=5,
            language="en",
            ours=False,
        )
    ]


def test_an_edge_to_an_entry_of_ours_shows_our_copy() -> None:
    near = Neighbourhood(edges=[edge("a", 5)], owner={}, faces={key("a"): face("a", 7)})
    assert resolve(OWN, near) == [face("a", 7)]


def test_an_alias_leads_to_its_entry() -> None:
    near = Neighbourhood(edges=[edge("amp")], owner={key("amp"): key("a")}, faces={key("a"): face("a")})
    assert resolve(OWN, near) == [face("a")]


def test_an_entrys_own_key_beats_every_alias_and_the_first_of_several_entries_has_one() -> None:
    for pairs in permutations([("amp", "b"), ("amp", "a"), ("a", "b"), ("c", "a")]):
        assert owners(["a", "b"], pairs) == {"a": "a", "b": "b", "amp": "a", "c": "a"}


def test_who_names_us_is_linked_back() -> None:
    near = Neighbourhood(edges=[], owner={}, faces={key("a"): face("a")}, naming=[key("a"), key("gone")])
    assert resolve(OWN, near) == [face("a")]


def test_each_is_linked_once() -> None:
    near = Neighbourhood(
        edges=[edge("a"), edge("amp"), edge("b", title="First"), edge("b", title="Second")],
        owner={key("amp"): key("a")},
        faces={key("a"): face("a")},
        naming=[key("a")],
    )
    assert titles(resolve(OWN, near)) == ["Our a", "First"]


def test_an_entry_never_links_to_itself() -> None:
    near = Neighbourhood(
        edges=[edge("own"), edge("former"), edge("amp")],
        owner={key("amp"): OWN, key("former"): OWN, OWN: OWN},
        faces={OWN: face("own")},
        naming=[OWN],
    )
    assert resolve(OWN, near) == []


def test_the_best_come_first_then_those_without_quality_each_by_key() -> None:
    edges = [edge("c", 5), edge("b", 5), edge("a"), edge("e", 0), edge("d", 9), edge("f", -3)]
    for order in permutations(edges):
        links = resolve(OWN, Neighbourhood(edges=order, owner={}, faces={}))
        assert [link.href[-7] for link in links] == ["d", "b", "c", "e", "a", "f"]


@pytest.mark.parametrize("held", [True, False])
def test_an_edge_without_a_title_shows_its_address(held: bool) -> None:
    near = Neighbourhood(edges=[edge("a", title="")], owner={}, faces={key("a"): face("a")} if held else {})
    assert titles(resolve(OWN, near)) == ["Our a" if held else "x.example/a#there"]


def test_a_face_is_what_an_entry_shows_of_itself() -> None:
    entry = Entry(
        key=OWN,
        id="id",
        href="http://x.example/own",
        title="Own",
        summary="Summary.",
        content="",
        published=NOON,
        updated=NOON,
        shown=NOON,
        providers=(Provider("Winner", "x.example"), Provider("Second", "y.example")),
        language="en",
        quality=3,
    )
    assert face_of(entry) == Link(
        href="http://x.example/own",
        title="Own",
        provider="Winner",
        published=NOON,
        quality=3,
        language="en",
        ours=True,
    )
