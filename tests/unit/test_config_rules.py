from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator import config
from aggregator.config.regex import Regex, as_regex
from aggregator.core.query import AllOf, AnyOf, From, Kind, Lead, Matches, MinQuality, Not, Topic, Words
from aggregator.core.rules import Rule, Verb
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.core.query import Condition

PLACES = "any, all, not, topic, provider, words, matches, kind, min_quality, lead"


def loaded(folder: Path, rules: str, more: str = "") -> config.Config:
    """Return a configuration whose rules start on line 5."""
    path = folder / "aggregator.yaml"
    lines = "".join(f"      {line}\n" for line in rules.splitlines())
    head = "base_url: https://feeds.test.example/\narticles:\n  - path: news\n    rules:\n"
    path.write_text(f"{head}{lines}{more}", encoding="utf-8")
    return config.load(path, {})


def condition(folder: Path, text: str, more: str = "") -> Condition:
    ((name, (rule,)),) = loaded(folder, f"- keep: {text}", more).rules.by_source
    assert (name, rule.verb, rule.topics) == ("news", Verb.KEEP, ())
    return rule.condition


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{topic: Open Data}", Topic(("open-data",))),
        ("{topic: [AI, Sea]}", Topic(("artificial-intelligence", "sea"))),
        ("{provider: www.Bay.example}", From(("bay.example",), ("www.bay.example",))),
        ("{provider: [Bay Post]}", From((), ("bay post",))),
        ("{words: [Storm  TIDE, ﬁsh]}", Words(("storm tide", "fish"))),
        ("{words: 2026}", Words(("2026",))),
        ("{kind: video}", Kind(("video",))),
        ("{min_quality: 30}", MinQuality(30)),
        ("{lead: false}", Lead(is_lead=False)),
        ("{not: {lead: true}}", Not(Lead(is_lead=True))),
        ("{any: [{lead: true}, {kind: video}]}", AnyOf((Lead(is_lead=True), Kind(("video",))))),
        ("{all: [{lead: true}]}", AllOf((Lead(is_lead=True),))),
        ("{lead: true, kind: video}", AllOf((Kind(("video",)), Lead(is_lead=True)))),
    ],
)
def test_what_a_condition_means(tmp_path: Path, text: str, expected: Condition) -> None:
    assert condition(tmp_path, text, "topics: [{name: Artificial Intelligence, also: [AI]}]\n") == expected


def test_a_pattern_is_looked_for_in_title_or_summary_or_in_each_part_that_is_named(tmp_path: Path) -> None:
    pattern = as_regex("t.de")
    either = AnyOf((Matches("title", pattern), Matches("summary", pattern)))
    assert condition(tmp_path, "{matches: t.de}") == either
    named = condition(tmp_path, "{matches: {address: t.de, title: t.de}}")
    assert named == AllOf((Matches("title", pattern), Matches("address", pattern)))
    assert "Regex(source='t.de')" in repr(named)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("tid(e|al)", "the tidal array", True),
        ("Tide", "tide", False),
        ("(?i)TIDE", "tide", True),
        ("^tide", "a tide", False),
        (r"\bAI\b", "an AI.", True),
        (r"\pL+", "море", True),
        ("潮.$", "世界の潮汐", True),
        ("x*$", "", True),
    ],
)
def test_a_pattern_matches_anywhere(pattern: str, text: str, *, expected: bool) -> None:
    assert as_regex(pattern).is_in(text) is expected


def test_patterns_are_one_if_they_are_written_alike() -> None:
    assert as_regex("a") == as_regex("a") != as_regex("b")
    assert isinstance(as_regex("a"), Regex)


def test_a_pattern_that_others_would_never_finish_ends() -> None:
    assert not as_regex("(a+)+(b|a*)*c$").is_in("a" * 10_000)


def test_each_source_may_have_rules_of_its_own(tmp_path: Path) -> None:
    feeds = (
        "upstream: [{url: 'https://pier.example/feed', rules: [{drop: {words: a}}]}, {url: 'https://bay.example/'}]\n"
        "feeds_from: [{path: feeds, rules: [{drop: {words: b}}]}]\n"
    )
    rules = "- if: {words: c}\n  then: {topics: [Sea, Wind]}\n- drop: {words: d}"
    assert loaded(tmp_path, rules, feeds).rules.by_source == (
        ("feeds", (Rule(Verb.DROP, Words(("b",))),)),
        ("news", (Rule(Verb.TAG, Words(("c",)), ("Sea", "Wind")), Rule(Verb.DROP, Words(("d",))))),
        ("pier.example/feed", (Rule(Verb.DROP, Words(("a",))),)),
    )


ONE = "one of keep, drop and if is expected in each rule; start each with a `- `"
MISSING = "a value is expected; remove the key, or give it one"
EMPTY = "may not be empty; remove the key, or give it a value"
REGEX = "no regular expression that RE2 understands: "


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("- {}", f"5:9: 0: {ONE}"),
        ("- keep:", f"5:9: 0: {ONE}"),
        ("- keep: {words: a}\n  drop: {words: b}", f"5:9: 0: {ONE}"),
        ("- then: {topics: a}", f"5:9: 0: {ONE}"),
        ("- drop: {words: a}\n- if: {words: a}", "6:9: 1: if and then go together"),
        ("- kep: {words: a}", "5:9: 0.kep: unknown key; did you mean keep?"),
        (
            "- if: {words: a}\n  then: {topic: b}",
            "6:15: 0.then.topics: required, but missing: topics that are added|6:16: 0.then.topic: unknown key; did you mean topics?",
        ),
        ("- if: {words: a}\n  then: {topics: []}", f"6:24: 0.then.topics: {EMPTY}"),
        ("- keep: words", "5:15: 0.keep: a block of `key: value` lines is expected"),
        ("- keep: {}", f"5:15: 0.keep: empty; give it one of {PLACES}"),
        ("- keep: {any: []}", f"5:21: 0.keep.any: {EMPTY}"),
        ("- keep: {any: }", f"5:21: 0.keep.any: {MISSING}"),
        ("- keep: {all: {words: a}}", "5:21: 0.keep.all: a list is expected; write each value after a `- `"),
        ("- keep: {not: }", f"5:21: 0.keep.not: {MISSING}"),
        (
            "- keep:\n    any:\n      - words: a\n      - not: {}",
            f"8:20: 0.keep.any.1.not: empty; give it one of {PLACES}",
        ),
        (
            "- keep:\n    any:\n      - not:\n          topc: a",
            "8:17: 0.keep.any.0.not.topc: unknown key; did you mean topic?",
        ),
        ("- keep: {topic: --}", "5:23: 0.keep.topic.0: a topic is expected, with a letter or a digit"),
        ("- keep: {words: [a, '']}", f"5:27: 0.keep.words.1: {EMPTY}"),
        ("- keep: {kind: audio}", "5:22: 0.keep.kind.0: one of 'article' or 'video' is expected"),
        ("- keep: {min_quality: high}", "5:29: 0.keep.min_quality: a whole number is expected"),
        ("- keep: {lead: perhaps}", "5:22: 0.keep.lead: true or false is expected"),
        ("- keep: {matches: '('}", f"5:25: 0.keep.matches: {REGEX}missing ): ("),
        (
            "- keep: {matches: {title: a, summary: '(?=a)'}}",
            f"5:45: 0.keep.matches.summary: {REGEX}invalid perl operator: (?=; it knows neither lookaround nor backreferences",
        ),
        ("- keep: {matches: {titel: a}}", "5:26: 0.keep.matches.titel: unknown key; did you mean title?"),
        ("- keep: {matches: {}}", "5:25: 0.keep.matches: empty; give it one of title, summary, address"),
        ("- keep: {matches: [a]}", "5:25: 0.keep.matches: a block of `key: value` lines is expected"),
        (
            '- keep: {matches: "\\bAI"}',
            "5:25: 0.keep.matches: a control character is in it; write it in single quotes, in which \\b stays \\b",
        ),
        (f"- keep: {{matches: {'a' * 1001}}}", "5:25: 0.keep.matches: at most 1,000 characters are expected"),
        (
            "- keep: {matches: '(\\pL){1,100}'}",
            "5:25: 0.keep.matches: this regular expression is too large; repeat less in it",
        ),
        ("- keep: {matches: 'a{9999}'}", f"5:25: 0.keep.matches: {REGEX}invalid repetition size: {{9999}}"),
        (
            f"- keep: {'{not: ' * 300}{{lead: true}}{'}' * 300}",
            "5:9: 0: conditions too deep inside each other; make it flatter",
        ),
    ],
)
def test_a_fault_names_the_very_key(tmp_path: Path, rules: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, rules)
    faults = [fault.removeprefix(f"{tmp_path}/aggregator.yaml:") for fault in caught.value.faults]
    assert [fault.replace(" articles.0.rules.", " ") for fault in faults] == expected.split("|")
