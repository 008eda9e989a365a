"""A rule of the owner as the configuration would have it, for those who ask which one it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from aggregator.core.query import AllOf, AnyOf, From, Kind, Lead, Matches, MinQuality, Not, Topic, Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.core.query import Condition
    from aggregator.core.rules import Rule


def said(rule: Rule) -> str:
    """Return a rule in words of the configuration; its names are keys, and its phrases folded."""
    then = f", then: {{topics: {_listed(rule.topics)}}}" if rule.topics else ""
    return f"{rule.verb}: {{{_said(rule.condition)}}}{then}"


def _said(condition: Condition) -> str:  # noqa: C901, PLR0911  a case for each condition
    match condition:
        case AnyOf((only,)) | AllOf((only,)):
            return _said(only)
        case AnyOf(conditions):
            return f"any: {_blocks(conditions)}"
        case AllOf(conditions):
            return f"all: {_blocks(conditions)}"
        case Not(inner):
            return f"not: {{{_said(inner)}}}"
        case Topic(keys):
            return f"topic: {_listed(keys)}"
        case From(_, names):
            return f"provider: {_listed(names)}"
        case Words(phrases):
            return f"words: {_listed(phrases)}"
        case Matches(place, pattern):
            return f"matches: {{{place}: '{pattern.source}'}}"
        case Kind(kinds):
            return f"kind: {_listed(kinds)}"
        case MinQuality(quality):
            return f"min_quality: {quality}"
        case Lead(is_lead):
            return f"lead: {str(is_lead).lower()}"
        case _:
            assert_never(condition)


def reads_lead(condition: Condition) -> bool:
    """Say whether a condition looks at who leads a story."""
    match condition:
        case AnyOf(conditions) | AllOf(conditions):
            return any(map(reads_lead, conditions))
        case Not(inner):
            return reads_lead(inner)
        case _:
            return isinstance(condition, Lead)


def _blocks(conditions: Iterable[Condition]) -> str:
    return f"[{', '.join(f'{{{_said(one)}}}' for one in conditions)}]"


def _listed(words: Iterable[str]) -> str:
    return f"[{', '.join(words)}]"
