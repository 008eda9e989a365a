"""The related links of entries, resolved with what stands around them in the store."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.core.related import Neighbourhood, owners, resolve
from aggregator.store.sql import EDGES, LINK, LINKS, query_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from aggregator.core.model import Edge, Link
    from aggregator.store.sql import Database


def resolve_links(db: Database, keys: Sequence[str], shown: int) -> set[str]:
    """Resolve the links of a batch of entries, keep the first `shown`; return the keys of those that look new."""
    rows = query_in(db, "SELECT key, edges, body, digest FROM entry WHERE key IN ({})", keys)
    entries = [(key, EDGES.load(edges), body, digest) for key, edges, body, digest in rows]
    near = _Around.of(db, {key: edges for key, edges, _, _ in entries})
    changed = []
    for key, edges, body, digest in entries:
        links = resolve(key, Neighbourhood(edges, near.owner, near.faces, sorted(near.naming[key])))
        related = LINKS.dump(tuple(links[:shown]))
        new_digest = hashlib.sha256(f"{body}\n{related}\n{len(links)}".encode()).hexdigest()
        if new_digest != digest:
            changed.append((related, len(links), sum(link.ours for link in links), new_digest, key))
    db.run_many("UPDATE entry SET related = ?, links = ?, own_links = ?, digest = ? WHERE key = ?", changed)
    return {row[-1] for row in changed}


@dataclass(frozen=True, slots=True)
class _Around:
    """What a batch of entries has around it; see `core.related.Neighbourhood`. naming: by the key that is named."""

    owner: Mapping[str, str]
    faces: Mapping[str, Link]
    naming: Mapping[str, set[str]]

    @classmethod
    def of(cls, db: Database, edges: Mapping[str, Sequence[Edge]]) -> _Around:
        """Look around entries with some edges, by key."""
        aliases = {alias for (alias,) in query_in(db, "SELECT alias FROM alias WHERE key IN ({})", edges)}
        names = {*edges, *aliases, *(edge.key for group in edges.values() for edge in group)}
        owner = owners_of(db, names)
        own = [name for name in (*edges, *aliases) if owner[name] in edges]
        naming: dict[str, set[str]] = defaultdict(set)
        for target, key in query_in(db, "SELECT target, key FROM edge WHERE target IN ({})", own):
            naming[owner[target]].add(key)
        shown = {*owner.values(), *(key for group in naming.values() for key in group)}
        faces = query_in(db, "SELECT key, face FROM entry WHERE key IN ({})", sorted(shown))
        return cls(owner, {key: LINK.load(face) for key, face in faces}, naming)


def owners_of(db: Database, names: Collection[str]) -> dict[str, str]:
    """Return which entry each name stands for, of those that do: names are keys or aliases."""
    keys = {key for (key,) in query_in(db, "SELECT key FROM entry WHERE key IN ({})", names)}
    aliases = query_in(db, "SELECT alias, key FROM alias WHERE alias IN ({})", names)
    return owners(keys, ((alias, key) for alias, key in aliases))
