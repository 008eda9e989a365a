"""Twenty servers over a day of a test's own clock, and what a client did to them that it should not.

Each server is a function of the request headers (names in lower case) and the instant; nothing else moves it, so that
it goes on where it was when the client is started again. One of them refuses connections: it raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple

from faultserver_documents import LATEST, LOGIN_PAGE, RSS_TYPE, rss

START = datetime(2026, 11, 1, tzinfo=UTC)
LONGEST = timedelta(hours=24)  # that a server is heard for, by design; Retry-After and 410 bind longer
ABSURD = "max-age=999999999999"


class Reply(NamedTuple):
    """What a server says."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Server = Callable[[Mapping[str, str], datetime], Reply]

_TAG, _WEAK = '"a-1"', 'W/"a-1"'
_FEED = rss("day")
_VALIDATORS = {"ETag": _TAG, "Last-Modified": LATEST}


def hours(now: datetime) -> float:
    """Return how many hours of the day are over."""
    return (now - START) / timedelta(hours=1)


def _good(headers: Mapping[str, str], given: Mapping[str, str], body: bytes = _FEED) -> Reply:
    """Return the feed, or 304 for a client that knows it (RFC 9110, 13.2.2); the `given` headers come with both."""
    known, since = headers.get("if-none-match"), headers.get("if-modified-since")
    same = (
        known == given.get("ETag") if known is not None else since is not None and since == given.get("Last-Modified")
    )
    if same:
        return Reply(304, given, b"")
    return Reply(200, {"Content-Type": RSS_TYPE, **given}, body)


def _plain(status: int, **given: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in given.items()}, b"")


def _always(**given: str) -> Server:
    """Return a server that is good and always says the same."""
    fixed = {name.replace("_", "-"): value for name, value in given.items()}
    return lambda headers, _: _good(headers, fixed)


def _between(first: float, last: float, bad: Callable[[datetime], Reply]) -> Server:
    """Return a server that is good but for some hours of the day."""
    return lambda headers, now: bad(now) if first <= hours(now) < last else _good(headers, _VALIDATORS)


def _redirect(status: int, name: str) -> Reply:
    return _plain(status, Location=f"https://{name}.example/new")


def _etag_without_304(_: Mapping[str, str], __: datetime) -> Reply:
    return _good({}, {"ETag": _TAG})


def _expires(headers: Mapping[str, str], now: datetime) -> Reply:
    until = format_datetime(now + timedelta(hours=3), usegmt=True)
    return _good(headers, {"ETag": _TAG, "Date": format_datetime(now, usegmt=True), "Expires": until})


def _ttl(headers: Mapping[str, str], _: datetime) -> Reply:
    return _good(headers, _VALIDATORS, rss("day", more="<ttl>120</ttl>"))


def _always_304(_: Mapping[str, str], now: datetime) -> Reply:
    return _good({}, _VALIDATORS) if hours(now) < 1 else Reply(304, {}, b"")


def _moved(headers: Mapping[str, str], now: datetime) -> Reply:
    return (
        _redirect(301, "moved") if headers.get(":path") == "/feed" and hours(now) >= 3 else _good(headers, _VALIDATORS)
    )


def _flapping(headers: Mapping[str, str], now: datetime) -> Reply:
    astray = headers.get(":path") == "/feed" and int(hours(now)) % 2
    return _redirect(302, "flapping") if astray else _good(headers, _VALIDATORS)


def _alternating(headers: Mapping[str, str], now: datetime) -> Reply:
    return _plain(500) if int(hours(now)) % 2 else _good(headers, _VALIDATORS)


def _refused(_: datetime) -> Reply:
    raise ConnectionRefusedError


def _new_etag(headers: Mapping[str, str], now: datetime) -> Reply:
    return _good(headers, {"ETag": f'"{now.timestamp():.0f}"'})


def _until_nine(_: datetime) -> Reply:
    return _plain(429, Retry_After=format_datetime(START + timedelta(hours=9), usegmt=True))


def _login(_: datetime) -> Reply:
    return Reply(200, {"Content-Type": "text/html", "ETag": '"login"'}, LOGIN_PAGE)


SERVERS: Mapping[str, Server] = {
    "etag-without-304": _etag_without_304,
    "only-last-modified": _always(Last_Modified=LATEST),
    "max-age": _always(ETag=_TAG, Cache_Control="public, max-age=7200"),
    "max-age-absurd": _always(ETag=_TAG, Cache_Control=ABSURD),
    "expires": _expires,
    "ttl": _ttl,
    "always-304": _always_304,
    "retry-seconds": _between(3, 5, lambda _: _plain(429, Retry_After="3600")),
    "retry-date": _between(3, 9, _until_nine),
    "unavailable-first": _between(0, 2, lambda _: _plain(503)),
    "gone-at-noon": _between(12, 1000, lambda _: _plain(410)),
    "moved": _moved,
    "flapping": _flapping,
    "not-found-for-hours": _between(4, 10, lambda _: _plain(404)),
    "alternating": _alternating,
    "refused-for-hours": _between(6, 12, _refused),
    "login-for-an-hour": _between(5, 6, _login),
    "new-etag": _new_etag,
    "weak-etag": _always(ETag=_WEAK),
    "no-validators": _always(),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One request and its reply; None where the connection was refused. Header names are in lower case."""

    url: str
    at: datetime
    headers: Mapping[str, str]
    reply: Reply | None


@dataclass(slots=True)
class Day:
    """The twenty servers by address, and all that was asked of them, by server in order."""

    turns: dict[str, list[Turn]] = field(default_factory=lambda: {name: [] for name in SERVERS})

    @property
    def urls(self) -> Mapping[str, str]:
        """Return the address of each server."""
        return {name: f"https://{name}.example/feed" for name in SERVERS}

    def answer(self, url: str, headers: Mapping[str, str], now: datetime) -> Reply:
        """Return what a server says at an address, and note it."""
        name, _, path = url.removeprefix("https://").partition(".example")
        asked = {key.lower(): value for key, value in headers.items()}
        reply = None
        try:
            reply = SERVERS[name]({**asked, ":path": path}, now)
        finally:
            self.turns[name].append(Turn(url, now, asked, reply))
        return reply

    def complaints(self, interval: timedelta = timedelta(0)) -> tuple[str, ...]:
        """Return what the servers would object to; `interval` is how often a client may come at most."""
        return tuple(f"{name}: {text}" for name, turns in self.turns.items() for text in _objections(turns, interval))


def _objections(turns: list[Turn], interval: timedelta) -> list[str]:
    """Return what is wrong in the requests that one server got."""
    said: list[str] = []
    ttl = timedelta(0)
    giver, validators = "", ("", "")  # of the last good feed: they say nothing at another address
    earliest: datetime | None = None
    before: Turn | None = None
    for turn in turns:
        if _gone(before):
            said.append(f"asked at {turn.at:%H:%M} after 410")
        if earliest is not None and turn.at < earliest and not _follows(turn, before):
            said.append(f"asked at {turn.at:%H:%M}, before {earliest:%d %H:%M}")
        given = turn.headers.get("if-none-match", ""), turn.headers.get("if-modified-since", "")
        expected = validators if turn.url == giver else ("", "")
        if given != expected:
            said.append(f"asked at {turn.at:%H:%M} with {given}, not with {expected}")
        if turn.reply is not None and turn.reply.body.startswith(_FEED[:40]):
            giver = turn.url
            validators = turn.reply.headers.get("ETag", ""), turn.reply.headers.get("Last-Modified", "")
            ttl = timedelta(minutes=int((re.findall(rb"<ttl>(\d+)", turn.reply.body) or [0])[0]))
        good = turn.reply is not None and turn.reply.status in {200, 304}
        earliest = turn.at + max(interval, _wanted(turn), ttl if good else timedelta(0))
        before = turn
    return said


def _gone(turn: Turn | None) -> bool:
    return turn is not None and turn.reply is not None and turn.reply.status == 410


def _follows(turn: Turn, before: Turn | None) -> bool:
    """Say whether a request is the second half of a redirect."""
    sent = before.reply.headers.get("Location") if before is not None and before.reply is not None else None
    return before is not None and turn.at == before.at and sent == turn.url


def _wanted(turn: Turn) -> timedelta:
    """Return how long the reply wants the server to be left alone."""
    headers = turn.reply.headers if turn.reply is not None else {}
    retry = headers.get("Retry-After", "")
    if retry:
        wait = timedelta(seconds=int(retry)) if retry.isdigit() else parsedate_to_datetime(retry) - turn.at
        return min(wait, timedelta(days=7))
    age = re.search(r"max-age=(\d+)", headers.get("Cache-Control", ""))
    if age:
        return min(timedelta(seconds=min(int(age[1]), 10**6)), LONGEST)
    return min(parsedate_to_datetime(headers["Expires"]) - turn.at, LONGEST) if "Expires" in headers else timedelta(0)
