"""Article files and what is read from them, for the tests of the parser."""

from __future__ import annotations

import json
from typing import Any

from aggregator.core.model import Document, Fault, Outcome, Sighting
from aggregator.sources import Context
from aggregator.sources.article import parse

CONTEXT = Context(source="news")
LOCATION = "articles/2026-11-01-boat.md"
ADDRESS = "https://www.harbour.example/boat"
# What must never leave a file; no word of it may be in anything that parse returns.
SECRET = "c2VjcmV0IG1hcmtlcg==;aXY="  # noqa: S105


def written(body: str = "", **given: Any) -> bytes:
    """Return an article; fields stand in their order from line 2 on, `originalUrl` first unless it is given."""
    fields = {"originalUrl": ADDRESS, **given}
    lines = [f"{name}: {json.dumps(value)}" for name, value in fields.items() if value is not ...]
    return "\n".join(["---", *lines, "---", body]).encode()


def parsed(body: str = "", context: Context = CONTEXT, **given: Any) -> Document:
    return parse(written(body, **given), LOCATION, context)


def read(body: str = "", context: Context = CONTEXT, **given: Any) -> Sighting:
    """Return the sighting of an article that has no fault."""
    document = parsed(body, context, **given)
    assert document.faults == ()
    assert document.outcome is Outcome.READ
    assert document.sighting is not None
    return document.sighting


def faulty(**given: Any) -> tuple[Sighting, Fault]:
    """Return the sighting of an article that is read in spite of a fault, and the fault."""
    document = parsed(**given)
    assert document.outcome is Outcome.READ
    assert document.sighting is not None
    (fault,) = document.faults
    return document.sighting, fault
