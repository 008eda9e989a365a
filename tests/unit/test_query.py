from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.channels import Policy, topic_meant
from aggregator.core.merge import Dates, merge
from aggregator.core.model import EPOCH, Provider, Sighting
from aggregator.core.query import (
    AllOf,
    AnyOf,
    From,
    Kind,
    Lead,
    Matches,
    MinQuality,
    Not,
    Subject,
    Topic,
    Words,
    folded,
    meets,
    stands_in,
)
from aggregator.core.rules import Rule, Verb, Verdict, judge

if TYPE_CHECKING:
    from typing import Any

    from aggregator.core.query import Condition

POLICY = Policy(topic_of={"ai": "artificial-intelligence"})
ARTICLE = Sighting(
    source="news",
    location="news/a.md",
    name="a.md",
    key="https://harbour.example/2026/array",
    href="https://harbour.example/2026/array",
    title="Tidal Array passes its first winter",
    summary="Six turbines, four storms, one repair.",
    provider=Provider("Harbour Times", "harbour.example"),
    topics=("Ocean Energy", "AI"),
    quality=40,
    heat=0,
)


@dataclass(frozen=True)
class Plain:
    """A pattern of Python's own."""

    source: str

    def is_in(self, text: str) -> bool:
        return re.search(self.source, text) is not None


def subject(**changes: Any) -> Subject:
    return Subject.of(replace(ARTICLE, **changes), POLICY)


def words(*phrases: str) -> Words:
    return Words(tuple(map(folded, phrases)))


def topic(*names: str) -> Topic:
    return Topic(tuple(topic_meant(name, POLICY) for name in names))


@pytest.mark.parametrize(
    ("condition", "changes", "expected"),
    [
        (topic("ocean-energy"), {}, True),
        (topic("Ocean"), {}, False),
        (topic("Ocean", "OCEAN_ENERGY"), {}, True),
        (topic("Artificial Intelligence"), {}, True),
        (topic("ai"), {"topics": ("artificial intelligence",)}, True),
        (topic("ai"), {"topics": ()}, False),
        (From(("harbour.example",), ()), {}, True),
        (From((), ("harbour times",)), {}, True),
        (From(("coast.example",), ("harbour",)), {}, False),
        (From(("harbour.example",), ()), {"provider": Provider("Harbour Times", "news.harbour.example")}, False),
        (words("tidal array"), {}, True),
        (words("STORMS"), {}, True),
        (words("storm"), {}, False),
        (words("tidal winter"), {}, False),
        (words("calm", "repair"), {}, True),
        (words("array passes"), {"title": "Array", "summary": "passes"}, False),
        (words("today's deal"), {"title": "Today\u2019s deal"}, True),
        (words("today\u2019s deal"), {"summary": "Today's deal, again"}, True),
        (words("today's deal"), {"title": "Today\u02bcs deal"}, True),
        (words("e-mail"), {"title": "An e\u2011mail, and a reply"}, True),
        (words("e-mail"), {"title": "An email"}, False),
        (Matches("title", Plain("^Tidal")), {}, True),
        (Matches("summary", Plain("^Tidal")), {}, False),
        (Matches("address", Plain("/2026/")), {}, True),
        (Matches("title", Plain("tidal")), {}, False),
        (Kind(("article",)), {}, True),
        (Kind(("video",)), {}, False),
        (Kind(("video", "article")), {"kind": "video"}, True),
        (MinQuality(40), {}, True),
        (MinQuality(41), {}, False),
        (MinQuality(0), {"quality": None}, False),
        (Not(MinQuality(0)), {"quality": None}, True),
        (Lead(is_lead=True), {}, True),
        (Lead(is_lead=True), {"heat": -1}, False),
        (Lead(is_lead=False), {"heat": -1}, True),
        (Lead(is_lead=True), {"heat": None}, False),
        (Lead(is_lead=False), {"heat": None}, False),
        (AnyOf((Kind(("video",)), MinQuality(1))), {}, True),
        (AllOf((Kind(("video",)), MinQuality(1))), {}, False),
    ],
)
def test_a_condition_is_met(condition: Condition, changes: dict[str, Any], *, expected: bool) -> None:
    assert meets(condition, subject(**changes)) is expected


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        pytest.param("tide", "The Tide, at last", True, id="case and commas"),
        pytest.param("tide", "tides", False, id="inside a word"),
        pytest.param("tide", "ebbtide and tide", True, id="a later one"),
        pytest.param("tide", "tide_2", False, id="an underscore is part of a word"),
        pytest.param("open data", "Open\u00a0 Data", True, id="any spaces"),
        pytest.param("c++", "Fast C++.", True, id="signs at the end"),
        pytest.param("c", "Fast C++.", True, id="before a sign"),
        pytest.param("café", "CAFE\u0301", True, id="a mark of its own"),
        pytest.param("cafe", "CAFE\u0301", False, id="a mark is part of its letter"),
        pytest.param("strasse", "Große Straße", True, id="folded to more letters"),
        pytest.param("office", "The oﬃce", True, id="a ligature"),
        pytest.param("море", "Чёрное море", True, id="Cyrillic"),
        pytest.param("мор", "Чёрное море", False, id="inside a Cyrillic word"),
        pytest.param("بحر", "بحر الشمال", True, id="Arabic"),
        pytest.param("नद", "नदी में बाढ़", False, id="before a vowel sign"),
        pytest.param("नदी", "नदी में बाढ़", True, id="Devanagari"),
        pytest.param("潮汐", "世界最大的潮汐电站", True, id="Chinese has no spaces"),
        pytest.param("タービン", "新型タービン始動", True, id="Japanese has no spaces"),
        pytest.param("ﾀｰﾋﾞﾝ", "新型タービン始動", True, id="half width"),
        pytest.param("서울", "서울에서 열린", True, id="Korean particles"),
        pytest.param("ทะเล", "ข่าวทะเลวันนี้", True, id="Thai has no spaces"),
        pytest.param("ai", "生成AI技術", True, id="Latin among Chinese"),
        pytest.param("ai", "生成AIR技術", False, id="inside Latin among Chinese"),
    ],
)
def test_words_stand_whole_where_their_script_has_spaces(phrase: str, text: str, *, expected: bool) -> None:
    assert stands_in(folded(phrase), folded(text)) is expected


@given(st.text(), st.text())
def test_a_text_is_folded_once_and_for_all_and_holds_itself(text: str, other: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert folded(unicodedata.normalize("NFD", text)) == once
    if once:
        assert stands_in(once, once)
        assert stands_in(once, f"{once} {folded(other)}")


ATOMS = st.sampled_from(
    [
        topic("AI"),
        words("winter"),
        Kind(("video",)),
        MinQuality(30),
        Lead(is_lead=True),
        Lead(is_lead=False),
        Matches("title", Plain("a+")),
        From(("bay.example",), ()),
    ]
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts))),
    ),
    max_leaves=8,
)
SUBJECTS = st.builds(
    subject,
    topics=st.sampled_from([(), ("AI",)]),
    title=st.sampled_from(["Winter", "A calm", "aa"]),
    kind=st.sampled_from(["article", "video"]),
    quality=st.sampled_from([None, 10, 50]),
    heat=st.sampled_from([None, -1, 3]),
)


@given(st.lists(CONDITIONS, min_size=1, max_size=4).map(tuple), SUBJECTS)
def test_any_all_and_not_are_those_of_logic(parts: tuple[Condition, ...], article: Subject) -> None:
    met = [meets(one, article) for one in parts]
    assert meets(AnyOf(parts), article) is any(met)
    assert meets(AllOf(parts), article) is all(met)
    assert meets(Not(parts[0]), article) is not met[0]
    negated = tuple(map(Not, parts))
    assert meets(Not(AnyOf(parts)), article) is meets(AllOf(negated), article)
    assert meets(Not(AllOf(parts)), article) is meets(AnyOf(negated), article)
    assert meets(AnyOf(parts[::-1]), article) is any(met)


@given(CONDITIONS)
def test_a_condition_reads_the_same_in_every_process(condition: Condition) -> None:
    assert " at 0x" not in repr(condition)
    assert "frozenset" not in repr(condition)  # whose order differs from one process to the next


def test_an_entry_is_looked_at_like_its_sightings_with_the_providers_of_all() -> None:
    other = replace(ARTICLE, name="0.md", provider=Provider("Bay Post", "bay.example"), topics=("Bay",))
    entry = merge([ARTICLE, other], ARTICLE.key, Dates(published=EPOCH, updated=EPOCH, shown=EPOCH))
    seen = Subject.of(entry, POLICY)
    assert seen.folded == subject().folded
    for condition in (From(("bay.example",), ()), From(("harbour.example",), ()), topic("Bay"), topic("AI")):
        assert meets(condition, seen)


def test_rules_are_taken_in_their_order_and_see_the_topics_added_before() -> None:
    tag = Rule(Verb.TAG, words("storms"), ("Weather", "ocean energy", "weather"))
    keep = Rule(Verb.KEEP, topic("Weather"))
    drop = Rule(Verb.DROP, Lead(is_lead=True))
    assert judge(ARTICLE, [tag, keep], POLICY) == Verdict(topics=("Weather",))
    assert judge(ARTICLE, [keep, tag], POLICY) == Verdict(1, Verb.KEEP)
    assert judge(ARTICLE, [tag, drop, keep], POLICY) == Verdict(2, Verb.DROP)
    assert judge(replace(ARTICLE, summary=""), [tag, keep], POLICY) == Verdict(2, Verb.KEEP)
    assert judge(ARTICLE, [Rule(Verb.TAG, words("winter"), ("A.I.", "artificial intelligence"))], POLICY) == Verdict(
        topics=("A.I.",)
    )
