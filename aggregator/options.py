"""What the owner asks of one pass, and how it tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


ALL_SOURCES = "*"
"""In place of the names of all sources, where removals are accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the owner asks of one pass.

    accept_removals, accept_new: names of sources whose removals, or whose new articles that look like known ones, are
    meant. ask_now: whether upstream feeds are asked before it is time; only: those of these names, if there are any.
    reset: names of folders of which every file is read again. strict: whether any fault needs a person. environment:
    where secrets of feeds are.
    """

    full: bool = False
    strict: bool = False
    accept_removals: frozenset[str] = frozenset()
    accept_new: frozenset[str] = frozenset()
    start_over: bool = False
    ask_now: bool = False
    only: frozenset[str] = frozenset()
    reset: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def accepts_removals(self, source: str) -> bool:
        """Say whether what is gone of a source is meant to be."""
        return source in self.accept_removals or ALL_SOURCES in self.accept_removals


class Progress(Protocol):
    """Told what is being done, how much of it is done, and how much there is; often, as a sign of life.

    Whoever asked for the work may raise from it, which ends the work where it is.
    """

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take note."""
        ...
