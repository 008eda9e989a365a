"""What each source of the fault server answers, as bytes to send and moments to wait."""

from __future__ import annotations

import enum
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from itertools import chain, cycle, repeat
from typing import TYPE_CHECKING

import faultserver_bombs as bombs
import faultserver_documents as documents
from faultserver_documents import ENTRIES, LATEST, RSS_TYPE, entry, rss

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Act(enum.Enum):
    """What is not sending: wait a moment, wait as long as the peer does, tear the connection down."""

    TICK = enum.auto()
    HANG = enum.auto()
    RESET = enum.auto()


@dataclass(frozen=True, slots=True)
class Visit:
    """A request as a play sees it; fetch counts the requests of its source from 1, own and canary are addresses."""

    name: str
    path: str
    headers: Mapping[str, str]
    fetch: int
    own: str
    canary: str
    now: datetime


Play = Callable[[Visit], Iterable[bytes | Act]]

_TICKING = rss("endless")[:-20]


def head(*lines: str, status: str = "200 OK", kind: str = RSS_TYPE) -> bytes:
    """Return the head of an answer that ends with its connection."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close", *lines, "", ""]).encode()


def answer(body: bytes, *lines: str, status: str = "200 OK", kind: str = RSS_TYPE) -> Iterator[bytes]:
    """Give an answer of known length."""
    yield head(*lines, f"Content-Length: {len(body)}", status=status, kind=kind)
    yield body


def healthy(visit: Visit) -> Iterator[bytes]:
    """Give a good feed of the kind that follows from the number in the name, or 304 (RFC 9110, 13.2.2)."""
    number = int(visit.name.rpartition("_")[2])
    write, kind = _KINDS[number % len(_KINDS)]
    body = write(visit.name)
    tag = f'"{zlib.crc32(body):08x}"'
    validators = (f"ETag: {tag}", f"Last-Modified: {LATEST}")
    known, since = visit.headers.get("if-none-match"), visit.headers.get("if-modified-since")
    if (tag in known) if known is not None else (since == LATEST):
        return iter([head(*validators, status="304 Not Modified")])
    if number % len(_KINDS) == len(_KINDS) - 1 and "gzip" in visit.headers.get("accept-encoding", ""):
        return answer(gzip.compress(body, mtime=0), "Content-Encoding: gzip", *validators, kind=kind)
    return answer(body, *validators, kind=kind)


def _fixed(write: Callable[[str], bytes | Iterator[bytes]], *lines: str, kind: str = RSS_TYPE) -> Play:
    """Return a play that gives one document, whatever is asked."""

    def play(visit: Visit) -> Iterable[bytes]:
        body = write(visit.name)
        return answer(body, *lines, kind=kind) if isinstance(body, bytes) else chain([head(*lines, kind=kind)], body)

    return play


def _packed(body: Callable[[], bytes], coding: str) -> Play:
    """Return a play that gives a body in a content coding."""
    return lambda _: answer(body(), f"Content-Encoding: {coding}")


def _status(status: str, *lines: str) -> Play:
    """Return a play that gives a status and a word of text."""
    return lambda _: answer(b"Not today.\n", *lines, status=status, kind="text/plain")


def _redirect(location: str, status: str = "302 Found") -> Play:
    """Return a play that sends the peer on; `{own}` and `{canary}` in the address are filled in."""
    return lambda visit: answer(
        b"", f"Location: {location.format(own=visit.own, canary=visit.canary)}", status=status, kind="text/plain"
    )


def _sent_on(hops: int, status: str) -> Play:
    """Return a play of so many redirects on one host, with a good feed behind them."""

    def play(visit: Visit) -> Iterable[bytes]:
        done = int(visit.path.rpartition("/hop-")[2]) if "/hop-" in visit.path else 0
        if done == hops:
            return answer(rss(visit.name))
        return answer(b"", f"Location: {visit.own}/hop-{done + 1}", status=status, kind="text/plain")

    return play


def _pair(visit: Visit) -> Iterable[bytes]:
    other = "/other" if visit.path == "/feed" else "/feed"
    return answer(b"", f"Location: {other}", status="302 Found", kind="text/plain")


def _endless(_: Visit) -> Iterable[bytes]:
    return chain([head(), _TICKING], repeat(b" " * bombs.CHUNK))


def _short_body(visit: Visit) -> Iterable[bytes]:
    body = rss(visit.name)
    return [head(f"Content-Length: {len(body)}"), body[: len(body) // 2]]


def _big_header(visit: Visit) -> Iterable[bytes]:
    rest = answer(rss(visit.name))
    return chain([b"HTTP/1.1 200 OK\r\nX-Big: "], repeat(b"a" * bombs.CHUNK, 160), [b"\r\n"], _but_status(rest))


def _many_headers(visit: Visit) -> Iterable[bytes]:
    lines = ("".join(f"X-{thousand}-{number}: a\r\n" for number in range(1000)).encode() for thousand in range(200))
    return chain([b"HTTP/1.1 200 OK\r\n"], lines, _but_status(answer(rss(visit.name))))


def _but_status(given: Iterator[bytes]) -> Iterator[bytes]:
    yield next(given).partition(b"\r\n")[2]
    yield from given


def _body_drip(visit: Visit) -> Iterator[bytes | Act]:
    yield head()
    yield from _dripping(chain(rss(visit.name)[:-20], cycle(b" ")))


def _header_drip(_: Visit) -> Iterator[bytes | Act]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from _dripping(cycle(b"X-Slow: a\r\n"))


def _dripping(given: Iterable[int]) -> Iterator[bytes | Act]:
    for byte in given:
        yield bytes([byte])
        yield Act.TICK


def _reset(visit: Visit) -> Iterable[bytes | Act]:
    return [*_short_body(visit), Act.TICK, Act.RESET]


def _retry_date(visit: Visit) -> Iterable[bytes | Act]:
    until = format_datetime(visit.now + timedelta(hours=1), usegmt=True)
    return _status("429 Too Many Requests", f"Retry-After: {until}")(visit)


def _changing_guid(visit: Visit) -> Iterable[bytes]:
    return answer(rss(visit.name, *(entry(visit.name, one, guid=f"{visit.fetch}-{one}") for one in ENTRIES)))


def _changing_link(visit: Visit) -> Iterable[bytes]:
    root = f"https://{documents.host(visit.name)}"
    return answer(
        rss(visit.name, *(entry(visit.name, one, link=f"{root}/{one}?token={visit.fetch:08}") for one in ENTRIES))
    )


_KINDS: tuple[tuple[Callable[[str], bytes], str], ...] = (
    (rss, RSS_TYPE),
    (documents.atom, "application/atom+xml"),
    (documents.json_feed, "application/feed+json"),
    (documents.rdf, "application/rdf+xml"),
    (rss, RSS_TYPE),  # in gzip
)
_LIMITED = "429 Too Many Requests"
_BEYOND_TIME = "Fri, 31 Dec 9999 23:59:59 GMT"

PLAYS: Mapping[str, Play] = {
    "gzip_bomb": _packed(bombs.gzip_bomb, "gzip"),
    "gzip_in_gzip": _packed(bombs.gzip_in_gzip, "gzip, gzip"),
    "br_bomb": _packed(bombs.br_bomb, "br"),
    "zstd_bomb": _packed(bombs.zstd_bomb, "zstd"),
    "attribute_bomb": _fixed(bombs.attribute_bomb),
    "nesting_bomb": _fixed(bombs.nesting_bomb),
    "entity_bomb": lambda visit: answer(bombs.entity_bomb(visit.name, visit.fetch)),
    "many_entries": _fixed(bombs.many_entries),
    "long_title": _fixed(bombs.long_title),
    "bad_gzip": _fixed(documents.bad_gzip, "Content-Encoding: gzip"),
    "truncated_gzip": _fixed(documents.truncated_gzip, "Content-Encoding: gzip"),
    "unknown_coding": _fixed(rss, "Content-Encoding: x-ours"),
    "wrong_charset": _fixed(documents.wrong_charset, kind=f"{RSS_TYPE}; charset=utf-8"),
    "utf_16": _fixed(documents.utf_16),
    "punycode": _fixed(documents.punycode),
    "surrogate": _fixed(documents.surrogate),
    "empty": _fixed(lambda _: b""),
    "login_page": _fixed(lambda _: documents.LOGIN_PAGE, kind="text/html"),
    "endless": _endless,
    "short_body": _short_body,
    "negative_length": lambda visit: [head("Content-Length: -1"), rss(visit.name)],
    "big_header": _big_header,
    "many_headers": _many_headers,
    "body_drip": _body_drip,
    "header_drip": _header_drip,
    "hang": lambda _: [Act.HANG],
    "tls_hang": lambda _: [Act.HANG],
    "reset": _reset,
    "bad_status": lambda visit: [b"HTTP/1.1 two hundred\r\n\r\n", rss(visit.name)],
    "not_http": lambda _: [b"220 mail.example ready\r\n"],
    "redirect_self": _redirect("{own}/feed"),
    "redirect_pair": _pair,
    "redirect_30": _sent_on(30, "302 Found"),
    "redirect_loopback": _redirect("{canary}/redirected"),
    "redirect_metadata": _redirect("http://169.254.169.254/latest/meta-data/"),
    "redirect_file": _redirect("file:///etc/passwd"),
    "redirect_unparsable": _redirect("http://[no-address/feed"),
    "moved": _sent_on(1, "301 Moved Permanently"),
    "dns_rebind": _fixed(rss),
    "gone": _status("410 Gone"),
    "not_found": _status("404 Not Found"),
    "retry_seconds": _status(_LIMITED, "Retry-After: 3600"),
    "retry_date": _retry_date,
    "retry_absurd": _status(_LIMITED, f"Retry-After: {_BEYOND_TIME}"),
    "unavailable": _status("503 Service Unavailable"),
    "unasked_304": lambda _: [head(status="304 Not Modified")],
    "xxe": lambda visit: answer(documents.xxe(visit.name, visit.canary)),
    "changing_guid": _changing_guid,
    "changing_link": _changing_link,
}
