"""Rules that hardly do what was meant: one that leaves out all that a source has, a topic that nothing has."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aggregator.core.channels import topic_meant
from aggregator.core.model import Facet, Fault
from aggregator.core.query import AllOf, AnyOf, Not, Topic
from aggregator.core.rule_words import said
from aggregator.core.rules import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aggregator.config import Config
    from aggregator.core.model import Sighting
    from aggregator.core.query import Condition
    from aggregator.core.rules import Rule
    from aggregator.store.tables import Store


def futile(config: Config, store: Store) -> list[Fault]:
    """Return what is odd about rules, judged by what the state knows of their sources; nothing where it knows nothing."""
    known = {source: _sightings(source, store) for source, _ in config.rules.by_source}
    if not any(known.values()):
        return []
    topics = _topics(config, store, known)
    found: list[Fault] = []
    for source, rules in config.rules.by_source:
        if known[source]:
            found += _all_left_out(source, rules, known[source], config)
            found += _unknown_topics(source, rules, topics)
    return found


def _sightings(source: str, store: Store) -> Sequence[Sighting]:
    places = [one.location for one in store.polls.traces(source)]
    return list(store.polls.sightings(source, places).values())


def _all_left_out(source: str, rules: Sequence[Rule], sightings: Sequence[Sighting], config: Config) -> Iterator[Fault]:
    numbers = Counter(judge(one, rules, config.rules.policy).number for one in sightings)
    (number, count), *others = numbers.most_common()
    if number and not others:
        entries = "the one entry that is known of it" if count == 1 else f"all {count:,} entries that are known of it"
        yield Fault("futile_rule", source, f"its rule {number} leaves out {entries}: {said(rules[number - 1])}")


def _unknown_topics(source: str, rules: Sequence[Rule], topics: set[str]) -> Iterator[Fault]:
    for number, rule in enumerate(rules, start=1):
        for key in dict.fromkeys(_asked(rule.condition)):
            if key not in topics:
                reason = f'its rule {number} asks for the topic "{key}", which no known entry and no topic here has'
                yield Fault("futile_topic", source, reason)


def _asked(condition: Condition) -> Iterator[str]:
    """Yield the keys of the topics that a condition asks for."""
    match condition:
        case AnyOf(conditions) | AllOf(conditions):
            for one in conditions:
                yield from _asked(one)
        case Not(inner):
            yield from _asked(inner)
        case Topic(keys):
            yield from keys


def _topics(config: Config, store: Store, known: Mapping[str, Sequence[Sighting]]) -> set[str]:
    """Return the keys of topics that something has: an entry, also one that rules leave out, or the configuration."""
    policy = config.rules.policy
    named = [topic for one in (*config.upstream, *config.feeds_from, *config.lists) for topic in one.topics]
    named += [topic for one in config.articles for topic in one.context.topics]
    named += [topic for _, rules in config.rules.by_source for rule in rules for topic in rule.topics]
    named += [topic for sightings in known.values() for one in sightings for topic in one.topics]
    start = f"{Facet.TOPIC}/"
    published = {one.removeprefix(start) for one in store.entries.census() if one.startswith(start)}
    return {*policy.labels, *published, *(topic_meant(one, policy) for one in named)}
