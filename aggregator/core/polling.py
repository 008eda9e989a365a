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
    from datetime import datetime

_LONGEST = timedelta(hours=24)  # what a server or a feed may ask for by itself; and how far failures drive it
_LONGEST_RETRY = timedelta(days=7)
_MOVES_BELIEVED = 3  # equal permanent redirects in a row that led to a good feed
_JITTER = 0.1  # of the wait after a failure, so that sources that failed together do not come back together


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What is remembered of an upstream between passes; instants are aware UTC.

    given: its address in the configuration; another one there begins anew. url: where it is asked, after it moved.
    moving, moves: a permanent redirect's target, and how often in a row it was seen. etag, modified: validators as the
    server gave them (RFC 9110 section 8.8), stored only after a good parse; validated: the address that gave them. hash: digest of the last good body. due: not
    asked before that; None for never again. not_before: the part of it that nobody may ignore. tried, succeeded: the last request, the last good answer. failures: in a
    row. code, reason: of the last failure, empty where there was none.
    """

    given: str
    url: str
    moving: str = ""
    moves: int = 0
    etag: bytes = b""
    modified: bytes = b""
    validated: str = ""
    hash: str = ""
    ttl: timedelta = timedelta(0)
    due: datetime | None
    not_before: datetime | None = None
    tried: datetime | None = None
    succeeded: datetime | None = None
    failures: int = 0
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server's answer says about the next request.

    url: where it came from. moved: where permanent redirects led. fresh_for: how long the answer holds. retry_after: how
    long to leave it alone.
    """

    url: str = ""
    etag: bytes = b""
    modified: bytes = b""
    moved: str = ""
    fresh_for: timedelta | None = None
    retry_after: timedelta | None = None


def first_poll(url: str, now: datetime) -> Poll:
    """Return what is known of an upstream that nobody has asked yet: it is due."""
    return Poll(given=url, url=url, due=now)


def is_due(poll: Poll, now: datetime, *, ignore_interval: bool = False) -> bool:
    """Say whether an upstream may be asked; `ignore_interval` breaks no promise to its server."""
    if poll.due is None:
        return False
    wanted = poll.not_before if ignore_interval else poll.due
    return wanted is None or wanted <= now


def asked(poll: Poll, now: datetime, interval: timedelta) -> Poll:
    """Return what to remember before a request goes out, so that a restart in the middle does not ask at once again."""
    return replace(poll, tried=now, due=now + interval)


def succeeded(poll: Poll, answer: Answer, now: datetime, interval: timedelta, *, hash_: str, ttl: timedelta) -> Poll:
    """Return a poll after a good document, new or the same bytes again: its validators and rhythm replace the old ones."""
    document = replace(poll, hash=hash_, ttl=min(ttl, _LONGEST))
    made = replace(document, etag=answer.etag, modified=answer.modified, validated=answer.url)
    return _good(made, answer, now, interval)


def unchanged(poll: Poll, answer: Answer, now: datetime, interval: timedelta) -> Poll:
    """Return a poll after a 304; a validator that came with it replaces the old one."""
    made = replace(poll, etag=answer.etag or poll.etag, modified=answer.modified or poll.modified)
    return _good(made, answer, now, interval)


def failed(poll: Poll, answer: Answer, now: datetime, interval: timedelta, *, code: str, reason: str) -> Poll:
    """Return a poll after a failure: twice the wait each time, up to a day; `gone` ends it (RFC 9110, 410)."""
    failures = poll.failures + 1
    wait = min(interval * 2 ** min(failures - 1, 10), max(_LONGEST, interval))
    wait += wait * _JITTER * _spread(poll.given, failures)
    pause = _pause(answer)
    due = None if code == "gone" else now + max(wait, pause)
    not_before = now + pause if pause else None
    return replace(
        poll, due=due, not_before=not_before, tried=now, failures=failures, code=code, reason=reason, moving="", moves=0
    )


def _good(poll: Poll, answer: Answer, now: datetime, interval: timedelta) -> Poll:
    fresh = min(answer.fresh_for or timedelta(0), _LONGEST)
    pause = _pause(answer)
    due = now + max(interval, fresh, poll.ttl, pause)
    made = replace(
        poll,
        due=due,
        not_before=now + pause if pause else None,
        tried=now,
        succeeded=now,
        failures=0,
        code="",
        reason="",
    )
    moves = 0 if not answer.moved else poll.moves + 1 if answer.moved == poll.moving else 1
    if moves >= _MOVES_BELIEVED:
        return replace(made, url=answer.moved, moving="", moves=0)
    return replace(made, moving=answer.moved, moves=moves)


def _pause(answer: Answer) -> timedelta:
    return min(answer.retry_after or timedelta(0), _LONGEST_RETRY)


def _spread(name: str, number: int) -> float:
    """Return a number from 0 to 1 that is the same for the same name and number."""
    return int.from_bytes(hashlib.sha256(f"{name} {number}".encode()).digest()[:4]) / 2**32
