"""The lines of a configuration that follow a feed, to be copied."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aggregator.cli.sources.trial_text import shown
from aggregator.config.one_line import one_line
from aggregator.core.address import host_of
from aggregator.core.text import cut

if TYPE_CHECKING:
    from aggregator.gather.trial import Question, Trial

_CATEGORIES = 8
_NAME = 60


def as_block(trial: Trial, question: Question) -> str:
    """Return lines for the configuration; nothing where the feed is there already, or cannot be followed.

    Apart from the report, because a line of YAML must not be broken to fit a terminal.
    """
    block = _block(trial, question)
    return "\n".join(map(shown, block))


def _block(trial: Trial, question: Question) -> list[str]:
    examined, response = trial.examined, trial.response
    if trial.fault or examined is None or response is None or question.source is not None:
        return []
    url = trial.url.strip()
    is_own = url.split("/")[:3] == question.url.strip().split("/")[:3]  # scheme and host, with the port
    title = cut(examined.document.title, _NAME)
    domains = Counter(host_of(one.href) for one in examined.document.sightings)
    domain = max(domains, key=lambda one: (domains[one], one), default="")
    categories = [name for name, _ in examined.categories[:_CATEGORIES]]
    return [
        "upstream:",
        f"  - url: {one_line(response.moved or url)}",
        *([f"    name: {one_line(title)}"] if title else []),
        *(["    private: true"] if question.private and is_own else []),
        "    # topics: [A topic]",
        *([f"    # categories: {one_line(categories)}"] if categories else []),
        *(
            [f"    # provider: {one_line({'name': title, 'domain': domain}, sort_keys=False)}"]
            if title and "." in domain
            else []
        ),
        *([] if examined.language else ["    # language: en"]),
    ]
