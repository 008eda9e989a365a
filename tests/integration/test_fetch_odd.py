"""Answers that are legal and rare, or not quite legal: what is read, what is refused, and what is left alone."""

from __future__ import annotations

import gzip
import time
from dataclasses import replace
from datetime import timedelta
from itertools import repeat
from typing import TYPE_CHECKING

import pytest
from loopback import NOON, QUICK, Detour, Loopback, Names, Talk, answer, fetched, fetched_one, redirect, to

from aggregator.sources.http import Request

if TYPE_CHECKING:
    from collections.abc import Callable

FEED = b"<rss version='2.0'/>"
PUBLIC = "93.184.216.34"
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n"
ZIPPED = gzip.compress(FEED)
WHOLE = b"%x\r\n%b\r\n0\r\n" % (len(FEED), FEED)


def length(body: bytes = FEED) -> bytes:
    return b"Content-Length: %d\r\n" % len(body)


def trailers_without_end(talk: Talk) -> None:
    talk.send(CHUNKED + b"\r\n" + WHOLE)
    while not talk.over.is_set():
        talk.send(b"X-More: 1\r\n" * 1000)


def extensions_without_end(talk: Talk) -> None:
    talk.send(CHUNKED + b"\r\n5;")
    while not talk.over.is_set():
        talk.send(b"x" * 65536)


READ = {
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(FEED),
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + answer(FEED),
    "trailers": CHUNKED + b"Trailer: X-Sum\r\n\r\n" + WHOLE + b"X-Sum: 1\r\n\r\n",
    "a trailer that would frame the body": CHUNKED + b"\r\n" + WHOLE + b"Content-Length: 3\r\n\r\n",
    "chunk extensions": CHUNKED + b'\r\n%x;a="b"\r\n%b\r\n0;c\r\n\r\n' % (len(FEED), FEED),
    "chunks and a length": CHUNKED + b"Content-Length: 3\r\n\r\n" + WHOLE + b"\r\n",
    "a folded header": HEAD + b"X-Long: a\r\n\tb\r\n" + length() + b"\r\n" + FEED,
    "the same length twice": HEAD + length() * 2 + b"\r\n" + FEED,
    "lines that end in one byte": b"HTTP/1.1 200 OK\nContent-Length: 20\n\n" + FEED,
    "no reason": b"HTTP/1.1 200\r\n" + length() + b"\r\n" + FEED,
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + FEED,
    "HTTP/1.0 with a length": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length() + b"\r\n" + FEED,
    "more than the length": HEAD + length() + b"\r\n" + FEED + b"garbage",
    "an empty coding": answer(FEED, "Content-Encoding: "),
    "a location on a feed": answer(FEED, "Location: /elsewhere"),
    "gzip with a folded coding": HEAD + b"Content-Encoding:\r\n gzip\r\n" + length(ZIPPED) + b"\r\n" + ZIPPED,
    "an upgrade that nobody takes": answer(FEED, "Upgrade: h2c", "Alt-Svc: h3=':443'"),
    "a header of latin-1": answer(FEED, "X-Name: J\xf6rg"),
    "a reason of latin-1": answer(FEED, status="200 Voil\xe0"),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_rare_is_read(name: str) -> None:
    with Loopback({"*": READ[name]}) as server:
        response = fetched_one(to(server))
        assert (response.status, response.body, response.failure) == (200, FEED, "")


REFUSED: dict[str, tuple[bytes | Callable[[Talk], None], str]] = {
    "another protocol": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", "not_http"),
    "a name with a zero byte": (HEAD + b"X\0Y: 1\r\n\r\n" + FEED, "not_http"),
    "a value with a zero byte": (HEAD + b"X: a\0b\r\n\r\n" + FEED, "not_http"),
    "a header that begins folded": (HEAD + b" folded: x\r\n\r\n" + FEED, "not_http"),
    "a space before the colon": (HEAD + b"Content-Length : 20\r\n\r\n" + FEED, "not_http"),
    "a header without a colon": (HEAD + b"nonsense\r\n\r\n" + FEED, "not_http"),
    "two lengths in one": (HEAD + b"Content-Length: 20, 21\r\n\r\n" + FEED, "not_http"),
    "a length with a sign": (HEAD + b"Content-Length: +20\r\n\r\n" + FEED, "not_http"),
    "a length of a thousand digits": (HEAD + b"Content-Length: " + b"9" * 1000 + b"\r\n\r\n", "not_http"),
    "chunks, and more": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + WHOLE, "not_http"),
    "a chunk of no end": (CHUNKED + b"\r\n" + b"f" * 30 + b"\r\n", "truncated"),
    "a chunk of less than nothing": (CHUNKED + b"\r\n-5\r\n12345\r\n0\r\n\r\n", "truncated"),
    "trailers without end": (trailers_without_end, "truncated"),
    "chunk extensions without end": (extensions_without_end, "truncated"),
    "nothing to show": (b"HTTP/1.1 204 No Content\r\nContent-Length: 20\r\n\r\n" + FEED, "status"),
    "a form to empty": (answer(FEED, status="205 Reset Content"), "status"),
    "a part": (answer(FEED, "Content-Range: bytes 0-19/99", status="206 Partial Content"), "status"),
    "a status of two digits": (b"HTTP/1.1 20 OK\r\n\r\n" + FEED, "not_http"),
    "lower case": (b"http/1.1 200 OK\r\n\r\n" + FEED, "not_http"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_trusted_is_refused_and_soon(name: str) -> None:
    behaviour, code = REFUSED[name]
    with Loopback({"*": behaviour}) as server:
        response = fetched_one(to(server))
        assert (response.code, response.body, response.etag) == (code, b"", b"")
        assert response.failure.isprintable()


def test_interim_answers_that_drip_for_ever_end_with_the_time() -> None:
    def drip(talk: Talk) -> None:
        talk.drip(repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n", 1000))

    with Loopback({"*": drip}) as server:
        limits = replace(QUICK, total=timedelta(seconds=0.6))
        assert fetched_one(to(server), limits).code == "timeout"


@pytest.mark.parametrize(("status", "code"), [(301, "gone"), (308, "gone"), (302, "status"), (307, "status")])
def test_only_what_moved_for_good_can_be_gone_for_good(status: int, code: str) -> None:
    with Loopback({"/": redirect("/gone", status), "/gone": answer(status="410 Gone")}) as server:
        own, other = fetched(to(server), to(server, "/gone"))
        assert (own.code, own.status) == (code, 410)
        assert "410" in own.failure
        assert other.code == "gone"


def asked_in_turn(first: bytes, *, public: bool) -> tuple[list[str], list[object], list[str]]:
    """Ask a host three things, the first of which answers as given; return paths asked, pauses and codes."""
    with Loopback({"/1": first, "*": answer(FEED)}) as server:
        network = Detour({PUBLIC: server.port})
        names = Names({"a.example": [[PUBLIC]]})
        allowed = frozenset() if public else frozenset([("a.example", 80)])
        requests = [Request(name=path, url=f"http://a.example/{path}", allowed=allowed) for path in "123"]
        responses = fetched(*requests, resolve=names, network=network)
        codes = [response.code for response in responses]
        return [seen.path for seen in server.seen], [response.retry_after for response in responses], codes


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_public_host_that_wants_to_be_left_alone_is_asked_nothing_more(status: str) -> None:
    tired = answer(b"", "Retry-After: 600", status=status)
    wait = timedelta(minutes=10)
    assert asked_in_turn(tired, public=True) == (["/1"], [wait] * 3, ["slow_down"] * 3)
    assert asked_in_turn(tired, public=False)[0] == ["/1", "/2", "/3"]
    assert asked_in_turn(answer(b"", status=status), public=True)[0] == ["/1", "/2", "/3"]
    assert asked_in_turn(answer(b"", "Retry-After: 600", status="500 Oh"), public=True)[0] == ["/1", "/2", "/3"]


def test_a_redirect_to_a_host_that_wants_to_be_left_alone_ends_before_it() -> None:
    tired = answer(b"", "Retry-After: 600", status="429 Slow")
    with Loopback({"/1": tired, "/2": late_redirect, "/4": answer(FEED)}) as server:
        names = Names({"a.example": [[PUBLIC]], "b.example": [[PUBLIC]], "c.example": [[PUBLIC]]})
        requests = [Request(name=url, url=url) for url in ("http://a.example/1", "http://b.example/2")]
        late = Request(name="late", url="http://c.example/4")
        one, two, other = fetched(*requests, late, resolve=names, network=Detour({PUBLIC: server.port}))
        assert sorted(seen.path for seen in server.seen) == ["/1", "/2", "/4"]
        assert (one.requests, two.requests, other.body) == (1, 1, FEED)
        assert (two.code, two.status, two.url) == ("slow_down", 0, "http://a.example/3")
        until = NOON + timedelta(minutes=10)
        assert two.failure == f"not asked: a.example wants to be left alone until {until:%Y-%m-%d %H:%M} UTC"


def late_redirect(talk: Talk) -> None:
    time.sleep(0.3)
    talk.send(redirect("http://a.example/3"))
