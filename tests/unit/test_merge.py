from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.merge import (
    Dates,
    ahead_because,
    edges_of,
    fingerprint,
    first_published,
    in_order,
    merge,
    shown_from,
    winners,
)
from aggregator.core.model import Edge, Entry, Image, Origin, Provider, Sighting

if TYPE_CHECKING:
    from random import Random

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DATES = Dates(published=NOON, updated=NOON + HOUR, shown=NOON + 2 * HOUR)
ORIGIN = Origin(id="https://up.example/feed", title="Up", href="https://up.example/", updated=NOON)

SIGHTING = Sighting(
    source="news",
    location="news/a.md",
    name="a.md",
    key="https://x.example/a",
    href="https://x.example/a",
    title="A",
    published=NOON,
    provider=Provider("X", "x.example"),
    given=("t", "s", "c", "a"),
)


def named(name: str, published: datetime | None = NOON, source: str = "news", origin: Origin | None = None) -> Sighting:
    return replace(SIGHTING, name=name, location=f"{source}/{name}", source=source, published=published, origin=origin)


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        pytest.param(named("a", NOON - DAY), named("b", NOON, origin=ORIGIN), id="files before feeds"),
        pytest.param(named("a", NOON + HOUR), named("b", NOON), id="the newer"),
        pytest.param(named("a", NOON), named("b", None), id="a date before none"),
        pytest.param(named("b"), named("a"), id="the greater name"),
        pytest.param(named("a", source="e"), named("a", source="f"), id="the smaller source"),
        pytest.param(named("a"), replace(named("a"), location="old/a"), id="the smaller location"),
    ],
)
def test_who_wins(winner: Sighting, loser: Sighting) -> None:
    assert in_order([winner, loser]) == [winner, loser]
    assert in_order([loser, winner]) == [winner, loser]


def test_what_they_say_decides_between_sightings_that_differ_in_nothing_else() -> None:
    first, second = SIGHTING, replace(SIGHTING, given=("t", "s", "c", "other"))
    assert in_order([first, second]) == in_order([second, first])


FULL = replace(
    SIGHTING,
    name="b.md",
    location="news/b.md",
    href="http://x.example/a",
    title="B",
    summary="Summary of b.",
    content="<p>b</p>",
    published=NOON - HOUR,
    provider=Provider("Y", "y.example"),
    topics=("Sea", "Lake"),
    authors=("Ann",),
    language="en",
    images=(Image("https://x.example/1.png", 10, 20), Image("https://x.example/2.png")),
    quality=7,
    heat=-1,
    kind="video",
    edges=(Edge(href="https://x.example/r", key="https://x.example/r", title="R"),),
    given=("tb", "sb", "cb", "ab"),
)
BARE = replace(SIGHTING, topics=("Lake", "Pond"))
UPSTREAM = replace(
    FULL,
    source="up",
    location="up#1",
    name="1",
    title="C",
    summary="Summary of c.",
    published=NOON + DAY,
    provider=Provider("X", "x.example"),
    authors=("Bea",),
    language="de",
    images=(Image("https://x.example/2.png", 1, 1), Image("https://x.example/3.png")),
    quality=9,
    heat=4,
    edges=(
        Edge(href="https://x.example/r", key="https://x.example/r", title="Other"),
        Edge(href="https://x.example/q", key="https://x.example/q"),
    ),
    origin=ORIGIN,
    given=("tc", "sc", "cc", "ac"),
)


def test_the_first_that_has_a_field_wins_it_and_lists_are_united() -> None:
    assert merge(in_order([UPSTREAM, FULL, BARE]), "id", DATES) == Entry(
        key="https://x.example/a",
        id="id",
        href="https://x.example/a",
        title="A",
        summary="Summary of b.",
        content="<p>b</p>",
        published=NOON,
        updated=NOON + HOUR,
        shown=NOON + 2 * HOUR,
        providers=(Provider("X", "x.example"), Provider("Y", "y.example")),
        copies=(("news", "news/a.md"), ("news", "news/b.md"), ("up", "up#1")),
        topics=("Lake", "Pond", "Sea"),
        authors=("Ann",),
        language="en",
        images=(
            Image("https://x.example/1.png", 10, 20),
            Image("https://x.example/2.png"),
            Image("https://x.example/3.png"),
        ),
        quality=7,
        heat=-1,
        kind="article",
        origin=None,
    )


@pytest.mark.parametrize("sightings", [[UPSTREAM, FULL, BARE], [FULL, BARE], [BARE], [UPSTREAM, BARE]])
def test_who_is_said_to_win_a_field_is_whose_it_is(sightings: list[Sighting]) -> None:
    ordered = in_order(sightings)
    entry, won = merge(ordered, "id", DATES), winners(ordered)
    fields = ("title", "summary", "content", "authors", "language", "quality", "heat")
    assert {name: getattr(won[name], name) for name in fields if name in won} == {
        name: value for name in fields if (value := getattr(entry, name)) not in (None, "", ())
    }
    assert won["address"].href == entry.href
    assert won["date"].published == first_published(ordered, NOON + 2 * DAY)


@pytest.mark.parametrize(
    ("winner", "loser", "because"),
    [
        (named("a", NOON - DAY), named("b", NOON, origin=ORIGIN), "a file goes before a feed"),
        (named("a"), named("b", None), "the newer date goes first"),
        (named("b"), named("a"), "of one date, the greater name goes first"),
        (named("a", source="e"), named("a", source="f"), "of one date and name, the source and place that sort first"),
    ],
)
def test_why_one_goes_before_another(winner: Sighting, loser: Sighting, because: str) -> None:
    assert in_order([loser, winner]) == [winner, loser]
    assert ahead_because(winner, loser) == because


def test_whose_text_is_shown_is_named() -> None:
    theirs = replace(UPSTREAM, content="<p>c</p>")
    assert merge(in_order([theirs, BARE]), "id", DATES).origin == ORIGIN
    assert merge(in_order([theirs, FULL]), "id", DATES).origin is None
    assert merge(in_order([replace(UPSTREAM, content=""), BARE]), "id", DATES).origin is None
    other = replace(theirs, location="up#2", published=NOON - DAY, origin=replace(ORIGIN, id="urn:other"))
    assert merge([replace(UPSTREAM, content=""), other], "id", DATES).origin == other.origin
    assert merge([replace(UPSTREAM, content="")], "id", DATES).origin == ORIGIN


def test_zero_is_a_value() -> None:
    made = merge([replace(SIGHTING, quality=0, heat=0), replace(SIGHTING, quality=5, heat=5)], "id", DATES)
    assert (made.quality, made.heat) == (0, 0)


def test_removing_the_winner_reveals_the_others() -> None:
    made = merge(in_order([UPSTREAM, FULL]), "id", DATES)
    assert (made.title, made.href, made.kind) == ("B", "http://x.example/a", "video")


def test_edges_are_united_by_address() -> None:
    assert [(edge.href, edge.title) for edge in edges_of(in_order([UPSTREAM, FULL, BARE]))] == [
        ("https://x.example/r", "R"),
        ("https://x.example/q", ""),
    ]


def test_each_permutation_is_the_same_entry() -> None:
    sightings = [FULL, BARE, UPSTREAM, named("a", source="e"), named("c", None)]
    made = {
        (merge(ordered, "id", DATES), fingerprint(ordered), edges_of(ordered))
        for ordered in map(in_order, permutations(sightings))
    }
    assert len(made) == 1


SIGHTINGS = st.builds(
    lambda source, name, published, origin, said: replace(named(name, published, source, origin), given=(said,) * 4, title=said),
    st.sampled_from(["e", "f"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from([None, NOON, NOON - DAY, datetime(1, 1, 1, tzinfo=UTC)]),
    st.sampled_from([None, ORIGIN]),
    st.sampled_from(["x", "y"]),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(SIGHTINGS, min_size=1, max_size=5, unique=True), st.randoms(use_true_random=False))
def test_order_has_nothing_to_do_with_arrival(sightings: list[Sighting], random: Random) -> None:
    assert in_order(random.sample(sightings, len(sightings))) == in_order(sightings)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(FULL, given=("new", "sb", "cb", "ab")), id="title"),
        pytest.param(replace(FULL, given=("tb", "new", "cb", "ab")), id="summary"),
        pytest.param(replace(FULL, given=("tb", "sb", "new", "ab")), id="content"),
        pytest.param(replace(FULL, given=("tb", "sb", "cb", "new")), id="address"),
        pytest.param(replace(FULL, given=("sb", "tb", "cb", "ab")), id="title and summary, traded"),
    ],
)
def test_the_fingerprint_moves_with_what_was_given(changed: Sighting) -> None:
    assert fingerprint([changed]) != fingerprint([FULL])


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(FULL, title="B, cleaned otherwise", summary="s", content="c"), id="our cleaning"),
        pytest.param(replace(FULL, href="https://x.example/b", key="https://x.example/b"), id="our policy of keys"),
        pytest.param(replace(FULL, aliases=("https://x.example/z",)), id="aliases"),
        pytest.param(replace(FULL, topics=(), images=(), edges=(), authors=()), id="topics, images, related, authors"),
        pytest.param(replace(FULL, quality=1, heat=99, kind="article", language=None), id="quality, heat, kind, language"),
        pytest.param(replace(FULL, published=None, updated=NOON), id="dates"),
        pytest.param(replace(FULL, provider=Provider("Z", "z.example")), id="provider"),
        pytest.param(replace(FULL, source="s", location="s/a", name="a", origin=ORIGIN), id="place"),
    ],
)  # fmt: skip
def test_the_fingerprint_stays_with_all_else(changed: Sighting) -> None:
    assert fingerprint([changed]) == fingerprint([FULL])


def test_the_fingerprint_is_that_of_the_winners() -> None:
    alone = fingerprint([BARE, FULL])
    assert fingerprint([BARE, FULL, UPSTREAM]) == alone
    assert fingerprint([BARE, replace(FULL, given=("other", "sb", "cb", "other"))]) == alone
    assert fingerprint([BARE, replace(FULL, given=("tb", "other", "cb", "ab"))]) != alone
    assert fingerprint([BARE]) != alone


EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        pytest.param([NOON - HOUR], NOON - HOUR, id="given"),
        pytest.param([None], NOON, id="none"),
        pytest.param([None, NOON - HOUR, NOON - DAY], NOON - HOUR, id="the first that has one"),
        pytest.param([EARLIEST], EARLIEST, id="the earliest"),
        pytest.param([EARLIEST - timedelta(microseconds=1)], NOON, id="before that"),
        pytest.param([NOON], NOON, id="the latest"),
        pytest.param([NOON + timedelta(microseconds=1), NOON - HOUR], NOON, id="ahead of the pass"),
        pytest.param(
            [datetime(1, 1, 1, tzinfo=UTC), NOON - HOUR], NOON, id="the winner's, although no one can mean it"
        ),
    ],
)
def test_the_date_of_what_nobody_has_seen_before(dates: list[datetime | None], published: datetime) -> None:
    ordered = [replace(SIGHTING, published=date) for date in dates]
    assert first_published(ordered, NOON) == published


@pytest.mark.parametrize(
    ("first_seen", "source_is_new", "shown"),
    [
        pytest.param(NOON, False, NOON, id="at once"),
        pytest.param(NOON + HOUR, False, NOON + HOUR, id="late"),
        pytest.param(NOON + 14 * DAY, False, NOON + 14 * DAY, id="as late as may be"),
        pytest.param(NOON + 14 * DAY + timedelta(microseconds=1), False, NOON, id="later than that"),
        pytest.param(NOON - HOUR, False, NOON, id="before its date"),
        pytest.param(NOON + HOUR, True, NOON, id="old stock of a new source"),
        pytest.param(NOON - HOUR, True, NOON, id="a new source ahead of its date"),
    ],
)
def test_the_instant_that_windows_choose_by(first_seen: datetime, source_is_new: bool, shown: datetime) -> None:
    assert shown_from(NOON, first_seen, 14 * DAY, source_is_new=source_is_new) == shown
