"""Which known article of the same feed an entry is: feeds change ids, addresses and both, and each alone means nothing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from aggregator.core.model import Sighting

    Sign = Callable[["Trace"], str]

_MIDNIGHT = time()
_LONG = 12  # characters: an address, a UUID, a number with the name of its site
_TOKENS = frozenset(["token", "sid", "session", "sessionid", "sessid", "phpsessid", "jsessionid", "nonce", "signature"])
_SESSION = re.compile(r"[0-9a-fA-F]{16,}|(?=[A-Za-z_]*[0-9])[A-Za-z0-9_]{20,}")


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
    free = list(known)
    for sign in _signs(known):
        if not free or all(places):
            break
        there = _alone(free, sign)
        here = _alone([one for number, one in enumerate(wanted) if not places[number]], sign)
        for number, one in enumerate(wanted):
            if not places[number] and (mark := sign(one)) in there and mark in here:
                places[number] = there[mark].location
        used = set(places)
        free = [one for one in free if one.location not in used]
    taken = {one.location for one in known} | set(places)
    for number, one in enumerate(wanted):
        if not places[number]:
            places[number] = new_place(one.key, taken)
            taken.add(places[number])
    return places


def is_same_place(one: Sighting, other: Sighting) -> bool:
    """Say whether the addresses of two sightings differ in nothing but what says who asked, and when."""
    return one.href.partition(":")[0] == other.href.partition(":")[0] and _settled(one.key) == _settled(other.key)


def _settled(key: str) -> str:
    """Return a key without sessions and tokens; the last part of a path says what is read, whatever it looks like."""
    address, _, query = key.partition("?")
    *folders, last = [part.partition(";")[0] for part in address.split("/")]
    kept = [part for part in query.split("&") if not _is_token(*part.partition("=")[::2])]
    return f"{'/'.join(part for part in folders if not _SESSION.fullmatch(part))}/{last}?{'&'.join(kept)}"


def _is_token(name: str, value: str) -> bool:
    return name.lower() in _TOKENS or _SESSION.fullmatch(value) is not None


def _signs(known: Sequence[Trace]) -> Sequence[Sign]:
    """Return by what an entry is known again, in this order.

    A guid that could be that of any entry (`3`, `latest`), or that the feed has given to two, as those that count their
    entries from the top do, means something only together with a title, a date or what of the address stays.
    """
    guids = Counter(one.guid for one in known if one.guid)
    are_unique = all(count == 1 for count in guids.values())
    alone = (_long_guid,) if are_unique else ()
    return (
        *(_all, *alone, _guid_and_title, _guid_and_date, _guid_and_stem),
        *(_key, _title_and_date, _title_and_path, _date_and_stem, _title_and_stem),
    )


def _all(trace: Trace) -> str:
    return f"{trace.key} {trace.published} {trace.title}"


def _long_guid(trace: Trace) -> str:
    return trace.guid if len(trace.guid) >= _LONG else ""


def _guid_and_title(trace: Trace) -> str:
    return f"{trace.guid} {trace.title}" if trace.guid and trace.title else ""


def _guid_and_date(trace: Trace) -> str:
    return f"{trace.guid} {trace.published}" if trace.guid and trace.published else ""


def _guid_and_stem(trace: Trace) -> str:
    return f"{trace.guid} {_stem(trace.key)}" if trace.guid else ""


def _key(trace: Trace) -> str:
    return trace.key


def _title_and_date(trace: Trace) -> str:
    return f"{trace.published.isoformat()} {trace.title}" if trace.published and trace.title else ""


def _title_and_path(trace: Trace) -> str:
    """Return the title and the address but for its host: sites move, and all dates may be set anew on the way."""
    path = _path(trace.key)
    return f"{path} {trace.title}" if path != "/" and trace.title else ""


def _date_and_stem(trace: Trace) -> str:
    """Return the date and what of the address stays: titles are edited. Midnight may be the date of any entry."""
    date = trace.published
    return f"{date.isoformat()} {_stem(trace.key)}" if date and date.time() != _MIDNIGHT else ""


def _title_and_stem(trace: Trace) -> str:
    """Return the title and what of the address stays, of an entry that has nothing else to be known by."""
    return "" if trace.guid or trace.published or not trace.title else f"{_stem(trace.key)} {trace.title}"


def _path(key: str) -> str:
    return f"/{key.partition('://')[2].partition('/')[2]}"


def _stem(key: str) -> str:
    """Return the path of an address without query and without what looks like the number of a session."""
    parts = (part.partition(";")[0] for part in _path(key).partition("?")[0].split("/"))
    return "/".join(part for part in parts if not _SESSION.fullmatch(part))


def _alone(traces: Iterable[Trace], sign: Sign) -> dict[str, Trace]:
    """Return traces by a sign that no other one of them has."""
    traces = list(traces)
    counts = Counter(map(sign, traces))
    return {sign(one): one for one in traces if sign(one) and counts[sign(one)] == 1}


def new_place(key: str, taken: Collection[str]) -> str:
    """Return the key as a location, numbered where another entry that was at this address has it."""
    location, number = key, 1
    while location in taken:
        number += 1
        location = f"{key}#{number}"
    return location
