from __future__ import annotations

import pytest
import yaml

from aggregator.config.rule_values import rules_of
from aggregator.config.rules import RuleSection
from aggregator.core.channels import Policy
from aggregator.core.rule_words import reads_lead, said

RULES = [
    "drop: {words: [advertorial, sponsored post]}",
    "keep: {any: [{topic: [sea]}, {matches: {title: '(?i)tid(e|al)'}}]}",
    "if: {all: [{not: {kind: [video]}}, {provider: [harbour.example]}]}, then: {topics: [Local News]}",
    "keep: {all: [{min_quality: 30}, {lead: false}]}",
]


def section(text: str) -> RuleSection:
    return RuleSection.model_validate(yaml.safe_load(f"{{{text}}}"))


@pytest.mark.parametrize("text", RULES)
def test_a_rule_is_said_as_the_configuration_has_it_and_means_the_same_there(text: str) -> None:
    (rule,) = rules_of([section(text)], Policy())
    assert said(rule) == text


@pytest.mark.parametrize(("text", "expected"), [(one, "lead" in one) for one in RULES])
def test_a_rule_that_reads_who_leads_is_known(text: str, *, expected: bool) -> None:
    (rule,) = rules_of([section(text)], Policy())
    assert reads_lead(rule.condition) is expected
