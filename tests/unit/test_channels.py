from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from aggregator.core.channels import (
    Membership,
    Policy,
    channels_of,
    common_label,
    facet_of,
    is_plain_slug,
    is_retired,
    path_of,
    provider_key,
    topic_key,
    topic_slug,
)
from aggregator.core.model import Entry, Facet, Provider

if TYPE_CHECKING:
    from collections.abc import Sequence

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
OWNERS_CHOICE = Policy()


def entry(topics: Sequence[str] = (), providers: Sequence[Provider] = (Provider("X", "x.example"),)) -> Entry:
    return Entry(
        key="https://x.example/a",
        id="https://x.example/a",
        href="https://x.example/a",
        title="A",
        summary="",
        content="",
        published=NOON,
        updated=NOON,
        shown=NOON,
        topics=tuple(topics),
        providers=tuple(providers),
    )


@pytest.mark.parametrize(
    ("spelling", "key"),
    [
        ("AI", "ai"),
        ("  Deep  Sea\tFishing ", "deep-sea-fishing"),
        ("deep_sea-fishing", "deep-sea-fishing"),
        ("deep - sea", "deep-sea"),
        ("--sea--", "sea"),
        ("C", "c"),
        ("c", "c"),
        ("C++", "c++"),
        ("C#", "c#"),
        (".NET", ".net"),
        ("ＡＩ", "ai"),
        ("ﬁsh", "fish"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Cafe\u0301", "café"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("日本", "日本"),
        ("deep\u00a0sea", "deep-sea"),
        ("", ""),
        (" - _ ", ""),
    ],
)
def test_the_key_of_a_topic(spelling: str, key: str) -> None:
    assert topic_key(spelling) == key


@pytest.mark.parametrize(
    ("key", "slug"),
    [
        ("ai", "ai"),
        ("deep-sea-fishing", "deep-sea-fishing"),
        ("7", "7"),
        ("a" * 60, "a" * 60),
        ("c", "c"),
        ("c++", "c-cedb1bac"),
        ("c#", "c-951a4d36"),
        ("日本", None),
        ("café", "caf-"),
        ("a" * 61, "a" * 50 + "-"),
        ("a--b", "a--b"),
        ("../../x", "x-"),
        (".", None),
        ("..", None),
        ("%2e%2e", "2e-2e-"),
        ("a/b", "a-b-"),
        ("a\x00b", "a-b-"),
        ("con", "con-"),
        ("nul", "nul-"),
        ("com1", "com1-"),
        ("lpt9", "lpt9-"),
        ("com10", "com10"),
        ("index", "index-"),
        ("all", "all-"),
        ("sea-deadbeef", "sea-deadbeef-"),
        ("deadbeef", "deadbeef-"),
        ("20261101", "20261101-"),
        ("seadeadbeef", "seadeadbeef"),
    ],
)
def test_the_slug_of_a_topic(key: str, slug: str | None) -> None:
    made = topic_slug(key, OWNERS_CHOICE)
    if slug is None:
        assert re.fullmatch("[0-9a-f]{8}", made)
    elif slug.endswith("-"):
        assert re.fullmatch(re.escape(slug) + "[0-9a-f]{8}", made)
    else:
        assert made == slug


@pytest.mark.parametrize("slug", ["", "-", "-a", "a-", "A", "é", "a.b", "a_b", "a b", "a" * 61, "con", "a-12345678"])
def test_what_is_no_plain_slug(slug: str) -> None:
    assert not is_plain_slug(slug)


SPELLINGS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    st.text(st.sampled_from("abC+#./ -_éß日\u0301İſ1"), min_size=1, max_size=8),
    st.from_regex(r"[a-c]{1,2}-[0-9a-f]{8}", fullmatch=True),
    st.sampled_from(["con", "CON", "c", "c++", "all", "index", "a" * 60, "a" * 61, "a" * 62]),
)


@settings(max_examples=200, deadline=None)
@given(SPELLINGS)
@example("\u0345\u0390")
@example("ᾼͅ")
def test_a_topic_key_is_its_own_key(spelling: str) -> None:
    key = topic_key(spelling)
    assert topic_key(key) == key


@settings(max_examples=200, deadline=None)
@given(SPELLINGS)
def test_case_and_compatibility_forms_are_one_topic(spelling: str) -> None:
    key = topic_key(spelling)
    assert topic_key(unicodedata.normalize("NFKC", spelling)) == key
    assert topic_key(unicodedata.normalize("NFD", spelling)) == key
    assert topic_key(spelling.casefold()) == key


@settings(max_examples=200, deadline=None)
@given(st.lists(SPELLINGS, max_size=8))
def test_different_topics_have_different_files_on_any_file_system(spellings: list[str]) -> None:
    keys = {topic_key(spelling) for spelling in spellings} - {""}
    slugs = [topic_slug(key, OWNERS_CHOICE) for key in keys]
    assert all(re.fullmatch(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", slug) for slug in slugs)
    assert all(len(slug) <= 60 for slug in slugs)
    folded = {unicodedata.normalize("NFKC", f"{slug}.json").casefold() for slug in slugs}
    assert len(folded) == len(keys)


@settings(max_examples=100, deadline=None)
@given(SPELLINGS, SPELLINGS)
def test_a_configured_slug_meets_no_natural_one(mine: str, other: str) -> None:
    mine, other = topic_key(mine), topic_key(other)
    assume(mine and other and mine != other and is_plain_slug(other))
    policy = Policy(slugs={mine: other})
    assert topic_slug(mine, policy) == other
    assert re.fullmatch(re.escape(other[:50].strip("-")) + "-[0-9a-f]{8}", topic_slug(other, policy))


def test_a_configured_slug_may_be_the_natural_one() -> None:
    assert topic_slug("sea", Policy(slugs={"sea": "sea"})) == "sea"


def test_two_topics_may_trade_slugs() -> None:
    policy = Policy(slugs={"sea": "lake", "lake": "sea"})
    assert [topic_slug(key, policy) for key in ("sea", "lake")] == ["lake", "sea"]


@pytest.mark.parametrize(
    ("provider", "split", "key"),
    [
        (Provider("Harbour Times", "harbour.example"), (), "harbour.example"),
        (Provider("Harbour Times", "harbour.example"), ("tube.example",), "harbour.example"),
        (Provider("Harbour  Times", "tube.example"), ("tube.example",), "tube.example/harbour-times"),
        (Provider("A/B", "tube.example"), ("tube.example",), "tube.example/a/b"),
        (Provider("", "tube.example"), ("tube.example",), "tube.example/tube.example"),
        (Provider(" - ", "tube.example"), ("tube.example",), "tube.example/tube.example"),
    ],
)
def test_the_key_of_a_provider(provider: Provider, split: tuple[str, ...], key: str) -> None:
    assert provider_key(provider, Policy(split=split)) == key


@pytest.mark.parametrize(
    ("channel", "path"),
    [
        ("all", "all"),
        ("topics/sea", "topics/sea"),
        ("topics/a/b", "topics/a-b-#"),
        ("topics/all", "topics/all-#"),
        ("topics/../../x", "topics/x-#"),
        ("providers/harbour.example", "providers/harbour.example"),
        ("providers/xn--mnchen-3ya.example", "providers/xn--mnchen-3ya.example"),
        ("providers/1.2.3.4", "providers/1.2.3.4"),
        ("providers/harbour", "providers/harbour-#"),
        ("providers/con.example", "providers/con-example-#"),
        ("providers/..", "providers/#"),
        ("providers/a..example", "providers/a-example-#"),
        ("providers/-a.example", "providers/a-example-#"),
        ("providers/a_b.example", "providers/a-b-example-#"),
        ("providers/" + "a" * 60 + "." + "b" * 60, "providers/" + "a" * 50 + "-#"),
        ("providers/tube.example/harbour-times", "providers/tube.example_harbour-times"),
        ("providers/tube.example/a/b", "providers/tube.example_a-b-#"),
        ("providers/tube.example/日本", "providers/tube.example_#"),
        ("providers/tube.example/tube.example", "providers/tube.example_tube-example-#"),
    ],
)
def test_the_path_of_a_channel(channel: str, path: str) -> None:
    assert re.fullmatch(re.escape(path).replace(r"\#", "[0-9a-f]{8}"), path_of(channel, OWNERS_CHOICE))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(SPELLINGS, st.sampled_from(["x.example", "x-example", "x_y.example", "x.example/y"])), max_size=6
    )
)
def test_different_providers_have_different_files(domains: list[str]) -> None:
    channels = {f"providers/{domain.casefold()}" for domain in domains}
    paths = {unicodedata.normalize("NFKC", path_of(channel, OWNERS_CHOICE)).casefold() for channel in channels}
    # A platform's empty name is no name, and so no channel of its own.
    assert len(paths) == len({channel.rstrip("/") if channel.count("/") == 2 else channel for channel in channels})
    assert all(re.fullmatch(r"providers/[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", path) for path in paths)
    assert not any(".." in path for path in paths)


def test_an_entry_is_in_all_in_its_topics_and_at_its_providers() -> None:
    given_entry = entry(["Sea", "C++"], [Provider("Harbour Times", "harbour.example"), Provider("Y", "y.example")])
    assert channels_of(given_entry, OWNERS_CHOICE) == (
        Membership("all", ""),
        Membership("topics/sea", "Sea"),
        Membership("topics/c++", "C++"),
        Membership("providers/harbour.example", "Harbour Times"),
        Membership("providers/y.example", "Y"),
    )


def test_an_entry_is_in_each_channel_once_under_its_first_spelling() -> None:
    given_entry = entry(["Sea", "SEA", " sea", "-"], [Provider("A", "y.example"), Provider("B", "y.example")])
    assert channels_of(given_entry, OWNERS_CHOICE)[1:] == (
        Membership("topics/sea", "Sea"),
        Membership("providers/y.example", "A"),
    )


def test_aliases_and_labels_are_the_owners() -> None:
    policy = Policy(topic_of={"ocean": "sea", "main": "sea"}, labels={"sea": "The Sea"})
    assert channels_of(entry(["Ocean", "Main", "Sea"]), policy)[1:-1] == (Membership("topics/sea", "The Sea"),)


def test_the_names_of_a_platform_have_channels_of_their_own() -> None:
    providers = [Provider("A B", "tube.example"), Provider("C", "tube.example"), Provider("a b", "tube.example")]
    assert channels_of(entry(providers=providers), Policy(split=("tube.example",)))[1:] == (
        Membership("providers/tube.example/a-b", "A B"),
        Membership("providers/tube.example/c", "C"),
    )


@pytest.mark.parametrize(
    ("channel", "facet"),
    [("all", Facet.ALL), ("topics/a/b", Facet.TOPIC), ("providers/x.example/y", Facet.PROVIDER)],
)
def test_the_facet_of_a_channel(channel: str, facet: Facet) -> None:
    assert facet_of(channel) is facet


@pytest.mark.parametrize(
    ("channel", "retired"),
    [
        ("all", False),
        ("topics/sea", False),
        ("topics/ocean", True),
        ("providers/harbour.example", False),
        ("providers/harbour.example/a", True),
        ("providers/tube.example", True),
        ("providers/tube.example/a", False),
    ],
)
def test_a_channel_that_no_entry_can_be_in_is_retired(channel: str, retired: bool) -> None:
    assert is_retired(channel, Policy(topic_of={"ocean": "sea"}, split=("tube.example",))) is retired


@pytest.mark.parametrize(
    ("spellings", "label"),
    [
        ({"Sea": 3, "SEA": 1}, "Sea"),
        ({"Sea": 1, "SEA": 3}, "SEA"),
        ({"Sea": 2, "SEA": 2, "sea": 2}, "SEA"),
        ({"sea": 2, "SEA": 2, "Sea": 2}, "SEA"),
        ({}, ""),
    ],
)
def test_the_label_of_most_entries_wins(spellings: dict[str, int], label: str) -> None:
    assert common_label(spellings) == label
