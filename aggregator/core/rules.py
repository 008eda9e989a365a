"""The owner's rules for a source: which of its sightings take part, and which topics they get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from aggregator.core.channels import topic_meant
from aggregator.core.query import Subject, meets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.core.channels import Policy
    from aggregator.core.model import Sighting
    from aggregator.core.query import Condition


class Verb(StrEnum):
    """What a rule does: leave out what does not meet it, leave out what does, or give topics to what does."""

    KEEP = "keep"
    DROP = "drop"
    TAG = "if"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. topics: those that `TAG` adds."""

    verb: Verb
    condition: Condition
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What rules make of a sighting. number, verb: of the rule that leaves it out, from 1; 0 if none does."""

    number: int = 0
    verb: Verb = Verb.KEEP
    topics: tuple[str, ...] = ()


def judge(sighting: Sighting, rules: Sequence[Rule], policy: Policy) -> Verdict:
    """Return what rules make of a sighting, one after the other; each sees the topics that those before it added."""
    subject = Subject.of(sighting, policy)
    added: list[str] = []
    for number, rule in enumerate(rules, start=1):
        is_met = meets(rule.condition, subject)
        if rule.verb is not Verb.TAG:
            if is_met == (rule.verb is Verb.DROP):
                return Verdict(number, rule.verb)
        elif is_met:
            for topic in rule.topics:
                key = topic_meant(topic, policy)
                if key not in subject.topics:
                    added.append(topic)
                    subject = replace(subject, topics=subject.topics | {key})
    return Verdict(topics=tuple(added))
