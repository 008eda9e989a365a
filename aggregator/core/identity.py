"""Which published id an entry carries, however its address, its file or its neighbours change."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import is_normalized
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime


class LedgerRow(NamedTuple):
    """What the ledger remembers of an id: the key it stands for now, the keys it stood for, and when it was seen."""

    id: str
    key: str
    first_seen: datetime
    former: tuple[str, ...] = ()


_ESCAPED_ESCAPE = re.compile("%25[0-9A-Fa-f]{2}")
_REMEMBERED = 50  # former keys: a file that gets another address every day has a thousand after three years

Place = tuple[str, str]  # source and location of a document


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The ids of a batch of keys.

    row_of: key to the id it carries. claims: place to the id it was first published under, for the places whose
    claim is new.
    """

    row_of: Mapping[str, str]
    claims: Mapping[Place, str]


def assign(
    groups: Mapping[str, Collection[Place]],
    claims: Mapping[Place, str],
    rows: Mapping[str, LedgerRow],
    elsewhere: Mapping[str, Collection[str]],
) -> Assignment:
    """Decide which id each key carries; the answer does not depend on the order of anything.

    groups: the live places of each key to be decided. claims: the id that a place was published under. rows: every
    row that is claimed, or whose key or former keys name a key of `groups`. elsewhere: for each id the keys outside
    `groups` whose live places claim it.

    A place keeps its id while its address changes. Where several keys claim one id, the one that the ledger has for
    it keeps it, else the smallest. Keys that become one carry the id first seen; the others wait in the ledger.
    """
    claimed = _claimed_keys(groups, claims, elsewhere)
    granted = {id_: rows[id_].key if rows[id_].key in keys else min(keys) for id_, keys in claimed.items()}
    unclaimed = [row for id_, row in rows.items() if id_ not in claimed]
    by_key, by_former = (
        _index((row.key, row) for row in unclaimed),
        _index((former, row) for row in unclaimed for former in row.former),
    )
    row_of: dict[str, str] = {}
    new_claims: dict[Place, str] = {}
    fresh: set[str] = set()
    taken: set[str] = set()
    for key in sorted(groups, key=lambda key: (key not in by_key, key)):  # who has a row comes before who had it
        mine = {place: claims[place] for place in groups[key] if place in claims and granted[claims[place]] == key}
        candidates = {rows[id_] for id_ in mine.values()}
        if len(mine) < len(groups[key]):
            candidates.update(row for row in by_key.get(key, ()) if row.id not in taken)
        if not candidates:
            candidates.update(row for row in by_former.get(key, ()) if row.id not in taken)
        if candidates:
            id_ = min(candidates, key=lambda row: (row.first_seen, row.id)).id
        else:
            id_ = _new_id(key, rows, fresh)
            fresh.add(id_)
        taken.add(id_)
        row_of[key] = id_
        new_claims.update((place, id_) for place in groups[key] if place not in mine)
    return Assignment(row_of=row_of, claims=new_claims)


def _claimed_keys(
    groups: Mapping[str, Collection[Place]], claims: Mapping[Place, str], elsewhere: Mapping[str, Collection[str]]
) -> dict[str, set[str]]:
    claimed: dict[str, set[str]] = defaultdict(set)
    for key, places in groups.items():
        for place in places:
            if place in claims:
                claimed[claims[place]].add(key)
    for id_, keys in elsewhere.items():
        if keys:
            claimed[id_].update(keys)
    return claimed


def _index(pairs: Iterable[tuple[str, LedgerRow]]) -> dict[str, list[LedgerRow]]:
    index: dict[str, list[LedgerRow]] = defaultdict(list)
    for key, row in pairs:
        index[key].append(row)
    return index


def _new_id(key: str, rows: Mapping[str, LedgerRow], fresh: Collection[str]) -> str:
    """Return the id of a key; where an entry that moved away still carries it, that of the key with a number."""
    id_, number = id_of(key), 1
    while id_ in rows or id_ in fresh:
        number += 1
        id_ = id_of(f"{key}#{number}")
    return id_


def remembered(former: Sequence[str], id_: str) -> tuple[str, ...]:
    """Return the former keys, oldest first, that the ledger keeps of an entry: the latest, and the one its id is made of.

    Without that one, who takes that address over next could get the same id.
    """
    late = len(former) - _REMEMBERED
    return tuple(one for number, one in enumerate(former) if number >= late or _may_have_given(one, id_))


def _may_have_given(key: str, id_: str) -> bool:
    return id_ == key or id_.startswith(f"{key}#") or id_of(key) != key


def id_of(key: str) -> str:
    """Return a key as an id: itself, or a UUID of it (RFC 9562 section 5.5) where readers may rewrite its escapes.

    RFC 4287 section 4.2.6 wants ids in normal form. Whoever normalises an IRI (RFC 3987 section 3.2) turns escapes
    into text: what is then no UTF-8, not NFC, or an escape once more, does not come back as it was.
    """
    if "%" not in key:
        return key
    try:
        text = unquote(key, errors="strict")
    except UnicodeDecodeError:
        text = None
    is_stable = text is not None and is_normalized("NFC", text) and not _ESCAPED_ESCAPE.search(key)
    return key if is_stable else uuid5(NAMESPACE_URL, key).urn
