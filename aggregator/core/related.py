"""Edges between entries, resolved to the links that an entry shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.core.model import Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregator.core.model import Edge, Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """What the resolution of one entry's edges may look at.

    edges: out of the entry, as given. key_of_alias: key of the entry that an alias stands for. faces: how the
    entries that are ours show themselves, by key. naming: keys of our entries that name this one.
    """

    edges: Sequence[Edge]
    key_of_alias: Mapping[str, str]
    faces: Mapping[str, Link]
    naming: Sequence[str] = ()


def face_of(entry: Entry) -> Link:
    """Return the link that neighbours show for an entry."""
    return Link(
        href=entry.href,
        title=entry.title,
        provider=entry.providers[0].name,
        published=entry.published,
        quality=entry.quality,
        language=entry.language,
        ours=True,
    )


def resolve(own_keys: Iterable[str], near: Neighbourhood) -> list[Link]:
    """Return every related link of an entry, best quality first, then by key.

    own_keys: the key and the aliases of the entry itself, which it never links to. An article that we hold shows our
    copy, and one that names us is linked back; an edge to anything else shows the words it was given with.
    """
    own = set(own_keys)
    links: dict[str, Link] = {}
    for edge in near.edges:
        target = edge.key if edge.key in near.faces else near.key_of_alias.get(edge.key, edge.key)
        if target not in own:
            links.setdefault(target, near.faces.get(target) or _as_given(edge))
    for key in near.naming:
        if key not in own and key in near.faces:
            links.setdefault(key, near.faces[key])
    ranked = sorted(
        links.items(), key=lambda pair: (-(pair[1].quality if pair[1].quality is not None else -1), pair[0])
    )
    return [link for _, link in ranked if link.title]


def _as_given(edge: Edge) -> Link:
    return Link(
        href=edge.href,
        title=edge.title or edge.href.partition("://")[2],
        provider=edge.provider,
        published=edge.published,
        quality=edge.quality,
        language=edge.language,
    )
