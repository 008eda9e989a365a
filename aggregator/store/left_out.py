"""Sightings that the owner's rules leave out, and topics that they add: judged again whenever a key is merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.store import LeftOut
from aggregator.store.sql import SIGHTING, chunks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregator.core.identity import Place
    from aggregator.core.rulebook import Rules
    from aggregator.store.sql import Database, Row


def sift(db: Database, rules: Rules) -> Mapping[Place, tuple[str, ...]]:
    """Note which of the touched sightings are left out; return the topics that the others get."""
    marks = ", ".join("?" * len(rules.kept))
    db.run(f"DELETE FROM left_out WHERE key IN (SELECT key FROM touched) AND source NOT IN ({marks})", list(rules.kept))
    by_source = dict(rules.by_source)
    if not by_source:
        return {}
    from aggregator.core.rules import judge  # noqa: PLC0415  few configurations have any

    added: dict[Place, tuple[str, ...]] = {}
    for sources in chunks(by_source):
        left_out: list[Row] = []
        # From what was touched to its sightings, not the other way round: a source may hold far more.
        for source, location, key, body in db.stream(
            "SELECT s.source, s.location, s.key, s.body FROM touched t CROSS JOIN sighting s"
            f" WHERE s.key = t.key AND s.source IN ({', '.join('?' * len(sources))})",
            sources,
        ):
            verdict = judge(SIGHTING.load(body), by_source[source], rules.policy)
            if verdict.number:
                left_out.append((source, location, key, verdict.number, verdict.verb))
            elif verdict.topics:
                added[(source, location)] = verdict.topics
        db.run_many("INSERT INTO left_out (source, location, key, number, verb) VALUES (?, ?, ?, ?, ?)", left_out)
    return added


def count_left_out(db: Database) -> Sequence[LeftOut]:
    """Count what each rule leaves out, by source and number."""
    rows = db.query("SELECT source, number, verb, COUNT(*) FROM left_out GROUP BY 1, 2, 3 ORDER BY 1, 2")
    return [LeftOut(*row) for row in rows]
