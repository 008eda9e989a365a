"""The sightings of an entry: in which order they were merged and why, what each wins, and who gave which topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.core.channels import topic_key, topic_meant
from aggregator.core.merge import ahead_because, in_order, winners
from aggregator.core.rule_words import reads_lead, said
from aggregator.core.rules import judge
from aggregator.explain.facts import Copy, TopicGiven
from aggregator.gather.folders import with_consequence
from aggregator.standing import State, standings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aggregator.config import Config
    from aggregator.core.model import Entry, Sighting
    from aggregator.core.rules import Rule
    from aggregator.standing import Standing
    from aggregator.store.tables import Store

_TROUBLED = {State.FAILING: "fails", State.HELD: "is held", State.GONE: "is gone"}


@dataclass(frozen=True, slots=True)
class Sightings:
    """What there is under a key. ordered: what takes part, in the order of the merge. left_out: the number of the rule."""

    ordered: tuple[Sighting, ...]
    left_out: tuple[tuple[Sighting, int], ...]


def sightings_of(store: Store, key: str) -> Sightings:
    """Return what there is under a key."""
    numbers = store.inquiry.left_out(key)
    found = store.inquiry.sightings(key)
    out = tuple((one, numbers[place]) for one in found if (place := (one.source, one.location)) in numbers)
    return Sightings(tuple(in_order(one for one in found if (one.source, one.location) not in numbers)), out)


def copies_of(config: Config, store: Store, sightings: Sightings) -> tuple[Copy, ...]:
    """Return each sighting with what it wins; those that rules leave out come last."""
    ordered = sightings.ordered
    won = winners(ordered) if ordered else {}
    stand = {one.name: one for one in standings(config, store)}
    copies = []
    for number, one in enumerate(ordered):
        copies.append(
            Copy(
                source=one.source,
                location=one.location,
                published=one.published,
                wins=tuple(name for name, winner in won.items() if winner is one),
                behind=ahead_because(ordered[number - 1], one) if number else "",
                faults=tuple(_faults(store, one)),
                trouble=trouble_of(stand.get(one.source)),
            )
        )
    for one, number in sightings.left_out:
        out = left_out_by(config, one.source, number)
        copies.append(Copy(source=one.source, location=one.location, published=one.published, left_out=out))
    return tuple(copies)


def _faults(store: Store, sighting: Sighting) -> Iterator[str]:
    for document in store.inquiry.filed(sighting.location):
        if document.source == sighting.source:
            yield from (str(with_consequence(fault, document)) for fault in document.faults)


def trouble_of(standing: Standing | None) -> str:
    """Return why a source is not read as it should be; nothing where it is."""
    if standing is None:
        return ""
    if standing.state is State.PAUSED:
        return f"{standing.name} is paused; `aggregator sources resume {standing.paused_with or standing.name}` goes on"
    if standing.state not in _TROUBLED:
        return ""
    accept = f"; `aggregator sources accept {standing.name}` if that is meant to be"
    is_acceptable = standing.state is State.HELD and standing.code != "missing"
    return f"{standing.name} {_TROUBLED[standing.state]}: {standing.reason}{accept if is_acceptable else ''}"


def left_out_by(config: Config, source: str, number: int) -> str:
    """Return which rule leaves something out, and what it says."""
    rules = dict(config.rules.by_source).get(source, ())
    text = f": {said(rules[number - 1])}" if number <= len(rules) else ""
    return f"left out by rule {number} of {source}{text}"


def topics_of(config: Config, entry: Entry, ordered: Sequence[Sighting]) -> tuple[TopicGiven, ...]:
    """Return the topics of an entry, and who gave each."""
    policy = config.rules.policy
    terms = {one.name: one.topics for one in (*config.upstream, *config.feeds_from)}
    terms |= {one.name: one.context.topics for one in config.articles}
    added = list(_added(config, ordered))
    found = []
    for spelling in entry.topics:
        own = (_giver(one, spelling, terms) for one in ordered if spelling in one.topics)
        by_rule = (rule for topic, rule in added if topic == spelling)
        key = topic_meant(spelling, policy)
        is_other = key != topic_key(spelling)
        means = policy.labels.get(key, key) if is_other else ""
        found.append(TopicGiven(spelling, means, tuple(dict.fromkeys([*own, *by_rule]))))
    return tuple(found)


def _giver(one: Sighting, spelling: str, terms: Mapping[str, Iterable[str]]) -> str:
    return f"the configuration of {one.source}" if spelling in terms.get(one.source, ()) else one.location


def _added(config: Config, ordered: Sequence[Sighting]) -> Iterator[tuple[str, str]]:
    """Yield the topics that rules add, each with its rule."""
    by_source = dict(config.rules.by_source)
    for one in ordered:
        rules = by_source.get(one.source, ())
        given: tuple[str, ...] = ()
        for number, rule in enumerate(rules, start=1):  # a verdict does not say which rule added what
            topics = judge(one, rules[:number], config.rules.policy).topics
            yield from ((topic, f"rule {number} of {one.source}, {said(rule)}") for topic in topics[len(given) :])
            given = topics


def unsettled(config: Config, store: Store) -> Iterator[str]:
    """Yield that the state is behind the configuration, or what was read behind what is merged, where that is so."""
    if not store.ledger.is_empty() and not store.inquiry.is_settled(config.rules):
        yield "the configuration changed, or a run is at work: this is how it was before; the next run takes it in"


def unread_flags(config: Config, entry: Entry, ordered: Sequence[Sighting]) -> Iterator[str]:
    """Yield what is said of an entry, but read by no rule."""
    by_source = dict(config.rules.by_source)
    rules: list[Rule] = [rule for one in ordered for rule in by_source.get(one.source, ())]
    if entry.heat is not None and not any(reads_lead(rule.condition) for rule in rules):
        what = "the lead" if entry.heat >= 0 else "not the lead"
        yield f"heat {entry.heat} ({what} of its story): no rule reads it"
