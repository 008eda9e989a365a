"""Where articles come from: retrievers do IO and never interpret, parsers interpret and never do IO.

A kind of source is a retriever (`folder`, `http`) and a parser (`article`, `feed`, `opml`); `gather` pairs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregator.core.model import Fault


class Validators(NamedTuple):
    """What tells without reading whether a resource changed: size in bytes, mtime in ns since the epoch."""

    size: int
    mtime_ns: int


class Resource(NamedTuple):
    """Raw bytes at a location, with the validators they had when they were read."""

    location: str
    data: bytes
    validators: Validators


class Listing(NamedTuple):
    """What a source holds now.

    found: validators by location, in order of location. paths: where each is. faults: what was passed over.
    missing: paths of roots that could not be listed; with one missing, nobody can say what
    is gone.
    """

    found: Mapping[str, Validators]
    paths: Mapping[str, str]
    faults: Sequence[Fault] = ()
    missing: Sequence[str] = ()


class Context(NamedTuple):
    """What a parser has to know besides the bytes: the source's name, topics added to each article, what to skip.

    hints: whether to tell also of what may be a mistake, or meant.
    """

    source: str
    topics: tuple[str, ...] = ()
    skip: frozenset[str] = frozenset({"draft", "removed"})
    hints: bool = False
