"""Edges between entries, resolved to the links that an entry shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.core.model import Link

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from aggregator.core.model import Edge, Entry


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What the resolution of one entry's edges may look at.

    edges: out of the entry, as given. owner: the key of the entry that a key or an alias stands for, where there is
    one. faces: how the entries that are ours show themselves, by key. naming: keys of our entries that name this one.
    """

    edges: Sequence[Edge]
    owner: Mapping[str, str]
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


def owners(keys: Collection[str], aliases: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return which entry each name stands for: entries by their keys, and pairs of an alias and an entry's key.

    An entry's own key beats every alias; of several entries with one alias it stands for the one that sorts first.
    """
    owner: dict[str, str] = {}
    for alias, key in aliases:
        owner[alias] = min(key, owner.get(alias, key))
    return owner | {key: key for key in keys}


def resolve(own: str, near: Neighbourhood) -> list[Link]:
    """Return every related link of the entry with the key `own`, best quality first, then by key.

    An article that we hold shows our copy, and one that names us is linked back; an edge to anything else shows the
    words it was given with. An entry never links to itself.
    """
    links: dict[str, Link] = {}
    for edge in near.edges:
        target = near.owner.get(edge.key, edge.key)
        links.setdefault(target, near.faces.get(target) or _as_given(edge))
    for key in near.naming:
        if key in near.faces:
            links.setdefault(key, near.faces[key])
    links.pop(own, None)
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
