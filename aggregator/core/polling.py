"""When an upstream feed is asked again, and at which address: decided from what its server said, never earlier.

Lower bounds come from the owner (`interval`), from HTTP (`Cache-Control`, `Expires`, RFC 9111; `Retry-After`, RFC 9110
section 10.2.3) and from the feed itself (`ttl`, `sy:updatePeriod`); the largest one counts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aggregator.core.flood import Flood

_LONGEST = timedelta(hours=24)  # what a server or a feed may ask for by itself; and how far failures drive it
_LONGEST_RETRY = timedelta(days=7)
_MOVES_DOUBTED = 5  # failures in a row after which the address in the configuration is asked again
_MOVES_BELIEVED = 3  # equal permanent redirects in a row that led to a good feed
_JITTER = 0.1  # of the wait after a failure, so that sources that failed together do not come back together


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What is remembered of an upstream between passes; instants are aware UTC.

    given: its address in the configuration; another one there begins anew. url: where it is asked, after it moved.
    meaning: digest of what else the configuration says of it.
    moving, moves: a permanent redirect's target, and how often in a row it was seen. etag, modified: validators as the
    server gave them (RFC 9110 section 8.8), stored only after a good parse; validated: the address that gave them.
    hash, size: digest of the last good body, and its bytes as sent. due: not asked before that; None for never again.
    because: why then, one of new, terms, interval, max_age, ttl, retry_after, back_off, gone, reset. not_before: the part of
    it that nobody may ignore. tried, succeeded: the last request, the last good answer. failures: in a row. code,
    reason, since: what is wrong now, and from when on; empty where nothing is. erred, error: when something last went
    wrong, and what. held: new entries that wait for a person.
    """

    given: str
    url: str
    meaning: str = ""
    moving: str = ""
    moves: int = 0
    etag: bytes = b""
    modified: bytes = b""
    validated: str = ""
    hash: str = ""
    size: int = 0
    ttl: timedelta = timedelta(0)
    due: datetime | None
    because: str = "new"
    not_before: datetime | None = None
    tried: datetime | None = None
    succeeded: datetime | None = None
    failures: int = 0
    code: str = ""
    reason: str = ""
    since: datetime | None = None
    erred: datetime | None = None
    error: str = ""
    held: Flood | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server's answer says about the next request.

    url: where it came from. moved: where permanent redirects led. fresh_for: how long the answer holds. retry_after: how
    long to leave it alone. size: bytes of the body as sent.
    """

    url: str = ""
    size: int = 0
    etag: bytes = b""
    modified: bytes = b""
    moved: str = ""
    fresh_for: timedelta | None = None
    retry_after: timedelta | None = None


def first_poll(url: str, now: datetime) -> Poll:
    """Return what is known of an upstream that nobody has asked yet: it is due."""
    return Poll(given=url, url=url, due=now)


def begun_anew(poll: Poll, now: datetime) -> Poll:
    """Return a poll without validators, failures and moves, due at once; a pause that its server asked for stays.

    That it once gave entries is kept: what comes is news, and no old stock of a feed that is new to us.
    """
    due, because = _next(now, {"reset": timedelta(0), "retry_after": (poll.not_before or now) - now})
    made = replace(
        first_poll(poll.given, now), meaning=poll.meaning, due=due, because=because, not_before=poll.not_before
    )
    return replace(made, tried=poll.tried, succeeded=poll.succeeded, erred=poll.erred, error=poll.error)


def meant_otherwise(poll: Poll, meaning: str, now: datetime) -> Poll:
    """Return a poll whose source has other terms now: due, and without validators, for its document is read anew.

    What failed may have been mended by it. A pause that its server asked for stays.
    """
    made = replace(unknown(poll), meaning=meaning, failures=0)
    if poll.due is None:
        return made
    due, because = _next(now, {"terms": timedelta(0), "retry_after": (poll.not_before or now) - now})
    return replace(made, due=due, because=because)


def unknown(poll: Poll) -> Poll:
    """Return a poll as if its document was never seen, so that all of it comes."""
    return replace(poll, etag=b"", modified=b"", validated="", hash="")


def not_asked(poll: Poll, now: datetime, *, reason: str) -> Poll:
    """Return a poll after nobody could be asked, since we lack a secret of its owner: it stays due."""
    return _wrong(replace(poll, due=now, because="interval"), now, "secret", reason)


def not_read(poll: Poll, now: datetime, *, code: str, reason: str) -> Poll:
    """Return a poll whose answer nobody could look at, for a reason on our side: it is asked again in its time."""
    return _wrong(poll, now, code, reason)


def put_off(poll: Poll, answer: Answer, now: datetime) -> Poll:
    """Return a poll that was not asked, because its host wants to be left alone; nothing is wrong with it."""
    until = now + _pause(answer)
    return replace(poll, due=until, because="retry_after", not_before=until)


def is_due(poll: Poll, now: datetime, *, ignore_interval: bool = False) -> bool:
    """Say whether an upstream may be asked; `ignore_interval` breaks no promise to its server."""
    if poll.due is None:
        return False
    wanted = poll.not_before if ignore_interval else poll.due
    return wanted is None or wanted <= now


def rebased(poll: Poll, now: datetime) -> Poll:
    """Return a poll whose last request is not in the future: where the clock went back, as if no time had passed since.

    Otherwise a feed would not be asked until the clock has caught up, be that hours or years.
    """
    if poll.tried is None or poll.tried <= now:
        return poll
    ahead = poll.tried - now
    due = poll.due - ahead if poll.due else None
    not_before = poll.not_before - ahead if poll.not_before else None
    return replace(poll, tried=now, due=due, not_before=not_before)


def asked(poll: Poll, now: datetime, interval: timedelta) -> Poll:
    """Return what to remember before a request goes out, so that a restart in the middle does not ask at once again."""
    return replace(poll, tried=now, due=now + interval, because="interval")


def succeeded(poll: Poll, answer: Answer, now: datetime, interval: timedelta, *, hash_: str, ttl: timedelta) -> Poll:
    """Return a poll after a good document, new or the same bytes again: its validators and rhythm replace the old ones."""
    document = replace(poll, hash=hash_, size=answer.size, ttl=min(ttl, _LONGEST))
    made = replace(document, etag=answer.etag, modified=answer.modified, validated=answer.url)
    return _good(made, answer, now, interval)


def unchanged(poll: Poll, answer: Answer, now: datetime, interval: timedelta) -> Poll:
    """Return a poll after a 304; a validator that came with it replaces the old one."""
    made = replace(poll, etag=answer.etag or poll.etag, modified=answer.modified or poll.modified)
    return _good(made, answer, now, interval)


def held(poll: Poll, answer: Answer, now: datetime, interval: timedelta, flood: Flood) -> Poll:
    """Return a poll whose document was not taken: no validator of it is kept, so that the next poll brings it again."""
    reason = f"{flood.alike:,} of {flood.new:,} new entries have the title or the date of a known one"
    made = _wrong(_rested(poll, answer, now, interval), now, "held", reason)
    return replace(unknown(made), failures=0, held=flood)


def failed(poll: Poll, answer: Answer, now: datetime, interval: timedelta, *, code: str, reason: str) -> Poll:
    """Return a poll after a failure: twice the wait each time, up to a day; `gone` ends it (RFC 9110, 410).

    Where it had moved, that may have been the mistake: after some failures the address of the configuration counts.
    """
    failures = poll.failures + 1
    wait = min(interval * 2 ** min(failures - 1, 10), max(_LONGEST, interval))
    wait += wait * _JITTER * _spread(poll.given, failures)
    pause = _pause(answer)
    due, because = _next(now, {"back_off": wait, "retry_after": pause})
    made = _wrong(poll, now, code, reason)
    is_astray = poll.url != poll.given and (code == "gone" or failures >= _MOVES_DOUBTED)
    if is_astray:
        made = replace(made, url=poll.given)
    is_over = code == "gone" and not is_astray
    return replace(
        made,
        due=None if is_over else due,
        because="gone" if is_over else because,
        not_before=now + pause if pause else None,
        tried=now,
        failures=failures,
        moving="",
        moves=0,
        held=None,
    )


def _wrong(poll: Poll, now: datetime, code: str, reason: str) -> Poll:
    """Return a poll with what is wrong; what is wrong in the same way as before is so since then."""
    is_going_on = poll.code and (poll.code == "held") == (code == "held")
    since = poll.since if is_going_on else None
    return replace(poll, code=code, reason=reason, since=since or now, erred=now, error=reason)


def _good(poll: Poll, answer: Answer, now: datetime, interval: timedelta) -> Poll:
    rested = _rested(poll, answer, now, interval)
    made = replace(rested, succeeded=now, failures=0, code="", reason="", since=None, held=None)
    moves = 0 if not answer.moved else poll.moves + 1 if answer.moved == poll.moving else 1
    if moves >= _MOVES_BELIEVED:
        return replace(made, url=answer.moved, moving="", moves=0)
    return replace(made, moving=answer.moved, moves=moves)


def _rested(poll: Poll, answer: Answer, now: datetime, interval: timedelta) -> Poll:
    """Return a poll that waits as long as the owner, the server and the feed want."""
    fresh = min(answer.fresh_for or timedelta(0), _LONGEST)
    pause = _pause(answer)
    due, because = _next(now, {"interval": interval, "max_age": fresh, "ttl": poll.ttl, "retry_after": pause})
    return replace(poll, due=due, because=because, not_before=now + pause if pause else None, tried=now)


def _next(now: datetime, waits: Mapping[str, timedelta]) -> tuple[datetime, str]:
    """Return the end of the longest wait, and its name; of equal ones the first."""
    because = max(waits, key=lambda name: waits[name])
    return now + waits[because], because


def _pause(answer: Answer) -> timedelta:
    return min(answer.retry_after or timedelta(0), _LONGEST_RETRY)


def _spread(name: str, number: int) -> float:
    """Return a number from 0 to 1 that is the same for the same name and number."""
    return int.from_bytes(hashlib.sha256(f"{name} {number}".encode()).digest()[:4]) / 2**32
