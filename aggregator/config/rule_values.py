"""Rules of the configuration as what they mean: loaded only where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from aggregator.config.rules import EitherSection
from aggregator.core.address import domain_of
from aggregator.core.channels import topic_meant
from aggregator.core.query import (
    AllOf,
    AnyOf,
    From,
    Kind,
    Lead,
    Matches,
    MinQuality,
    Not,
    Topic,
    Words,
    folded,
)
from aggregator.core.rules import Rule, Verb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregator.config.rules import ConditionSection, MatchesSection, RuleSection
    from aggregator.core.channels import Policy
    from aggregator.core.query import Condition


def rules_of(sections: Sequence[RuleSection], policy: Policy) -> tuple[Rule, ...]:
    """Return the rules that sections of the file mean."""
    return tuple(_rule(one, policy) for one in sections)


def _rule(section: RuleSection, policy: Policy) -> Rule:
    for verb, given in ((Verb.KEEP, section.keep), (Verb.DROP, section.drop), (Verb.TAG, section.if_)):
        if given is not None:
            return Rule(verb, condition_of(given, policy), section.then.topics if section.then else ())
    raise AssertionError  # _one_thing has seen to it


def condition_of(section: ConditionSection, policy: Policy) -> Condition:
    """Return the condition that a section of the file means."""
    parts = (*_joined(section, policy), *_own(section, policy))
    return parts[0] if len(parts) == 1 else AllOf(parts)


def _joined(section: ConditionSection, policy: Policy) -> Iterator[Condition]:
    if section.any:
        yield AnyOf(tuple(condition_of(one, policy) for one in section.any))
    if section.all:
        yield AllOf(tuple(condition_of(one, policy) for one in section.all))
    if section.not_:
        yield Not(condition_of(section.not_, policy))


def _own(section: ConditionSection, policy: Policy) -> Iterator[Condition]:
    if section.topic:
        yield Topic(tuple(topic_meant(one, policy) for one in section.topic))
    if section.provider:
        domains = (domain_of(one) for one in section.provider if "." in one)
        yield From(tuple(filter(None, domains)), tuple(folded(one) for one in section.provider))
    if section.words:
        yield Words(tuple(folded(one) for one in section.words))
    if section.matches:
        yield _matches(section.matches)
    if section.kind:
        yield Kind(section.kind)
    if section.min_quality is not None:
        yield MinQuality(section.min_quality)
    if section.lead is not None:
        yield Lead(section.lead)


def _matches(section: MatchesSection) -> Condition:
    places: tuple[Literal["title", "summary", "address"], ...] = ("title", "summary", "address")
    found = tuple(Matches(place, regex) for place in places if (regex := getattr(section, place)) is not None)
    return AnyOf(found) if isinstance(section, EitherSection) else AllOf(found)
