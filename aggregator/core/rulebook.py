"""All that the owner rules about entries; apart from the rules themselves, which few configurations have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from aggregator.core.channels import Policy
    from aggregator.core.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the merged entries depend on besides the sightings.

    late: section 7 of the design, `shown`. by_source: what the owner keeps, drops and gives topics, of the sources that
    have such rules, by name. kept: sources whose rules nobody knows any more, so that what they left out stays so.
    """

    policy: Policy
    related_shown: int = 5
    late: timedelta
    by_source: tuple[tuple[str, tuple[Rule, ...]], ...] = ()
    kept: tuple[str, ...] = ()
