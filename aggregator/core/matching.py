"""Which known article of the same feed an entry is: feeds change ids, addresses and both, and each alone means nothing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import time
from itertools import zip_longest
from typing import TYPE_CHECKING

from aggregator.core.flood import LEAST

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from aggregator.core.model import Sighting

    Sign = Callable[["Trace"], str]

_MIDNIGHT = time()
_LONG = 12  # characters: an address, a UUID, a number with the name of its site
_TOKENS = frozenset(["token", "sid", "session", "sessionid", "sessid", "phpsessid", "jsessionid", "nonce", "signature"])
_SESSION = re.compile(r"[0-9a-fA-F]{16,}|(?=[A-Za-z_]*[0-9])[A-Za-z0-9_]{20,}")
_DRAWN = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{5,} [A-Za-z0-9]{5,}")  # neither words nor numbers
_ENDINGS = ("/amp", ".amp", ".html", ".htm")  # with and without them it is one page
_SEVERAL = 3  # entries that change in the same way: a habit of their feed, and no chance


@dataclass(frozen=True, slots=True)
class Trace:
    """What is remembered of an entry of a feed: where it is kept, its guid (empty if none), key, title and date."""

    location: str
    guid: str
    key: str
    title: str
    published: datetime | None


def locate(found: Sequence[Sighting], known: Sequence[Trace]) -> list[str]:
    """Return the location of each entry of a document: that of the known one that it is, else one of its own.

    By the signs below, the strongest first; each only where neither side has it twice among those that no stronger
    one has settled.
    """
    wanted = [Trace("", one.name, one.key, one.title, one.published) for one in found]
    places = [""] * len(found)
    for sign in _signs(known):
        for number, place in _settled_by(sign, wanted, places, known).items():
            places[number] = place
    for way in (_moving, _retold):
        for number, place in way(wanted, places, known).items():
            places[number] = place
    taken = {one.location for one in known} | set(places)
    for number, one in enumerate(wanted):
        if not places[number]:
            places[number] = new_place(one.key, taken)
            taken.add(places[number])
    return places


def _settled_by(sign: Sign, wanted: Sequence[Trace], places: Sequence[str], known: Sequence[Trace]) -> dict[int, str]:
    """Return the places of entries that have none yet and are known again by a sign, by their number."""
    used = set(places)
    free = {number: one for number, one in enumerate(known) if one.location not in used}
    if not free or all(places):
        return {}
    there = _alone(free, sign)
    here = _alone({number: one for number, one in enumerate(wanted) if not places[number]}, sign) if there else {}
    return {number: known[there[mark]].location for mark, number in here.items() if mark in there}


def _moving(wanted: Sequence[Trace], places: Sequence[str], known: Sequence[Trace]) -> dict[int, str]:
    """Return the places of entries whose title and path stay while all else changes, as in feeds full of tokens.

    For one entry that may be the next issue of a column. It is a habit of the feed where several do it, more than
    stay where they were, and where no two entries share a path, so that the query does not say what is read.
    """
    if not known or all(places):
        return {}
    keys = {one.key for one in known}
    paths = Counter(_stem(one.key) for one in wanted)
    moved = _settled_by(lambda one: f"{_stem(one.key)} {one.title}" if one.title else "", wanted, places, known)
    moved = {number: place for number, place in moved.items() if paths[_stem(wanted[number].key)] == 1}
    return moved if len(moved) >= max(_SEVERAL, 1 + sum(one.key in keys for one in wanted)) else {}


def _retold(wanted: Sequence[Trace], places: Sequence[str], known: Sequence[Trace]) -> dict[int, str]:
    """Return the places of entries of which only the date stays, where all of a document was written anew.

    Two articles may well have one date; several that follow each other, to the second, have not. From so many on as
    make a flood, a person decides.
    """
    if any(places) or len(wanted) >= LEAST:
        return {}
    told = _settled_by(_exact_date, wanted, places, known)
    return told if len(told) >= _SEVERAL and len(told) * 2 > len(wanted) else {}


def is_same_place(one: Sighting, other: Sighting) -> bool:
    """Say whether the addresses of two sightings differ in nothing but what says who asked, and when."""
    if one.href.partition(":")[0] != other.href.partition(":")[0]:
        return False
    return _settled(one.key) == _settled(other.key) or (one.title == other.title and _is_drawn(one.key, other.key))


def is_same_page(one: Sighting, other: Sighting) -> bool:
    """Say whether two addresses have one host and path, but for what does not say which page it is."""
    hosts = {each.href.partition(":")[0] + each.key.partition("://")[2].partition("/")[0] for each in (one, other)}
    return len(hosts) == 1 and _stem(one.key) == _stem(other.key)


def _settled(key: str) -> str:
    """Return a key without sessions and tokens; the last part of a path says what is read, whatever it looks like."""
    address, _, query = key.partition("?")
    *folders, last = [part.partition(";")[0] for part in address.split("/")]
    kept = [part for part in query.split("&") if not _is_token(*part.partition("=")[::2])]
    return f"{'/'.join(part for part in folders if not _SESSION.fullmatch(part))}/{last}?{'&'.join(kept)}"


def _is_drawn(key: str, other: str) -> bool:
    """Say whether two keys differ in nothing but values that look as if they had been drawn, as `?v=5ac0e1`.

    Otherwise each poll would leave one more former address in the ledger.
    """
    path, _, query = key.partition("?")
    other_path, _, other_query = other.partition("?")
    pairs = [
        (part.partition("="), part_of_other.partition("="))
        for part, part_of_other in zip_longest(query.split("&"), other_query.split("&"), fillvalue="")
    ]
    return path == other_path and all(
        one == two or (one[0] == two[0] and _DRAWN.fullmatch(f"{one[2]} {two[2]}")) for one, two in pairs
    )


def _is_token(name: str, value: str) -> bool:
    return name.lower() in _TOKENS or _SESSION.fullmatch(value) is not None


def _signs(known: Sequence[Trace]) -> Sequence[Sign]:
    """Return by what an entry is known again, in this order.

    A guid that could be that of any entry (`3`, `latest`), or that the feed has given to two, as those that count their
    entries from the top do, means something only together with a title, a date or what of the address stays.
    """
    guids = Counter(_guid(one) for one in known if one.guid)
    are_unique = all(count == 1 for count in guids.values())
    alone = (_long_guid,) if are_unique else ()
    return (
        *(_all, *alone, _guid_and_title, _guid_and_date, _guid_and_stem),
        *(_key, _title_and_date, _title_and_path, _date_and_stem, _title_and_stem),
    )


def _guid(trace: Trace) -> str:
    """Return the guid; one that is an address without what its name says to be a token."""
    return _without_tokens(trace.guid) if "://" in trace.guid else trace.guid


def _all(trace: Trace) -> str:
    return f"{trace.key} {trace.published} {trace.title}"


def _long_guid(trace: Trace) -> str:
    guid = _guid(trace)
    return guid if len(guid) >= _LONG else ""


def _guid_and_title(trace: Trace) -> str:
    return f"{_guid(trace)} {trace.title}" if trace.guid and trace.title else ""


def _guid_and_date(trace: Trace) -> str:
    return f"{_guid(trace)} {trace.published}" if trace.guid and trace.published else ""


def _guid_and_stem(trace: Trace) -> str:
    return f"{_guid(trace)} {_stem(trace.key)}" if trace.guid else ""


def _key(trace: Trace) -> str:
    return trace.key


def _title_and_date(trace: Trace) -> str:
    return f"{trace.published.isoformat()} {trace.title}" if trace.published and trace.title else ""


def _title_and_path(trace: Trace) -> str:
    """Return the title and the address but for its host: sites move, and all dates may be set anew on the way."""
    path, _, query = _without_tokens(_path(trace.key)).partition("?")
    page = f"{_without_endings(path)}?{query}"
    return f"{page} {trace.title}" if page != "?" and trace.title else ""


def _date_and_stem(trace: Trace) -> str:
    """Return the date and what of the address stays: titles are edited."""
    date = _exact_date(trace)
    return f"{date} {_stem(trace.key)}" if date else ""


def _exact_date(trace: Trace) -> str:
    """Return the date. Midnight may be that of any entry."""
    date = trace.published
    return date.isoformat() if date and date.time() != _MIDNIGHT else ""


def _title_and_stem(trace: Trace) -> str:
    """Return the title and what of the address stays, of an entry that has nothing else to be known by."""
    return "" if trace.guid or trace.published or not trace.title else f"{_stem(trace.key)} {trace.title}"


def _path(key: str) -> str:
    return f"/{key.partition('://')[2].partition('/')[2]}"


def _stem(key: str) -> str:
    """Return the path of an address without query, endings and what looks like the number of a session."""
    parts = (part.partition(";")[0] for part in _path(key).partition("?")[0].split("/"))
    return _without_endings("/".join(part for part in parts if not _SESSION.fullmatch(part)))


def _without_tokens(address: str) -> str:
    """Return an address without the parameters whose names say that they are tokens."""
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part.partition("=")[0].lower() not in _TOKENS]
    return f"{path}?{'&'.join(kept)}"


def _without_endings(path: str) -> str:
    """Return a path without what may stand at its end and means no other page."""
    for ending in _ENDINGS:
        path = path.rstrip("/").removesuffix(ending)
    return path.rstrip("/")


def _alone(traces: Mapping[int, Trace], sign: Sign) -> dict[str, int]:
    """Return the numbers of traces by a sign that no other one of them has."""
    marks = {number: sign(one) for number, one in traces.items()}
    counts = Counter(marks.values())
    return {mark: number for number, mark in marks.items() if mark and counts[mark] == 1}


def new_place(key: str, taken: Collection[str]) -> str:
    """Return the key as a location, numbered where another entry that was at this address has it."""
    location, number = key, 1
    while location in taken:
        number += 1
        location = f"{key}#{number}"
    return location
