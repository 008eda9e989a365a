"""What a server can cost us, and what we cost it: time, bytes, turns."""

from __future__ import annotations

import gzip
import socket
import struct
import subprocess
import sys
import textwrap
import threading
import time
import zlib
from dataclasses import replace
from datetime import timedelta
from itertools import repeat
from typing import TYPE_CHECKING

import pytest
from loopback import QUICK, Detour, Loopback, Talk, answer, fetched, fetched_one, redirect, to

from aggregator.sources.http import Limits, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

FEED = b"<rss version='2.0'/>"
PUBLIC = "93.184.216.34"
HEAD = b"HTTP/1.1 200 OK\r\n"
ZIPPED = HEAD + b"Content-Encoding: gzip\r\n\r\n"
DEFLATED = HEAD + b"Content-Encoding: deflate\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%b\r\n" % (65536, b"x" * 65536)
SHORT = Limits(total=timedelta(seconds=0.9), first_byte=timedelta(seconds=0.5), gap=timedelta(0))


def drip_head(talk: Talk) -> None:
    talk.drip([HEAD, *repeat(b"X-Slow: 1\r\n", 1000)])


def drip_head_by_bytes(talk: Talk) -> None:
    talk.drip(bytes([one]) for one in HEAD + b"X-Slow: " + b"x" * 1000)


def drip_body(talk: Talk) -> None:
    talk.drip([HEAD + b"Content-Length: 1000\r\n\r\n", *repeat(b"x", 1000)])


def drip_gzip(talk: Talk) -> None:
    head = HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10]
    talk.drip([head, *repeat(b"\x00\x00\x00\xff\xff", 1000)])


def hang_in_body(talk: Talk) -> None:
    talk.send(HEAD + b"Content-Length: 1000\r\n\r\n<rss>")
    talk.hang()


SLOW = [drip_head, drip_head_by_bytes, drip_body, drip_gzip, hang_in_body, Talk.hang]


@pytest.mark.parametrize("behaviour", SLOW)
def test_a_fetch_ends_when_its_time_is_over_however_slowly_it_drips(behaviour: object) -> None:
    with Loopback({"*": behaviour}) as server:  # type: ignore[dict-item]  # each is an answer
        begun = time.monotonic()
        response = fetched_one(to(server), SHORT)
        assert (response.code, response.body) == ("timeout", b"")
        assert response.failure == ("no answer within 0.5 s" if behaviour is Talk.hang else "not done within 0.9 s")
        assert time.monotonic() - begun < 3


def test_a_handshake_ends_when_its_time_is_over() -> None:
    def silence(_: socket.socket, over: threading.Event) -> None:
        over.wait(30)

    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        for one in b"\x16\x03\x03\x20\x00" + b"\x02" * 1000:  # the head of a long record that never ends
            connection.sendall(bytes([one]))
            if over.wait(0.05):
                return

    for behaviour in (silence, drip):
        with Loopback(first=behaviour) as server:
            begun = time.monotonic()
            request = replace(to(server), url=server.url().replace("http", "https"))
            assert fetched_one(request, SHORT).code == "timeout"
            assert time.monotonic() - begun < 3


def test_a_name_server_that_hangs_holds_up_nobody() -> None:
    over = threading.Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        assert port
        if host == "slow.example":
            over.wait(30)
        return [PUBLIC]

    with Loopback({"*": answer(FEED)}) as server:
        requests = [Request(name=host, url=f"http://{host}/") for host in ("slow.example", "fast.example")]
        begun = time.monotonic()
        slow, fast = fetched(*requests, limits=SHORT, resolve=resolve, network=Detour({PUBLIC: server.port}))
        over.set()
        assert (slow.code, fast.body) == ("timeout", FEED)
        assert time.monotonic() - begun < 3


def test_all_hops_share_one_time() -> None:
    def late(talk: Talk) -> None:
        time.sleep(0.3)
        talk.send(redirect(f"{talk.seen.path}x"))

    with Loopback({"*": late}) as server:
        limits = replace(QUICK, total=timedelta(seconds=1), first_byte=timedelta(seconds=5))
        assert fetched_one(to(server), limits).failure == "not done within 1 s"
        assert len(server.seen) <= 4


def test_the_wait_for_our_turn_is_not_the_servers_fault() -> None:
    def late(talk: Talk) -> None:
        time.sleep(0.3)
        talk.send(answer(FEED))

    with Loopback({"*": late}) as server:
        limits = replace(QUICK, total=timedelta(seconds=1))
        assert [one.body for one in fetched(*(to(server, f"/{n}") for n in range(5)), limits=limits)] == [FEED] * 5


ENDLESS = {
    "plain": (HEAD + b"\r\n", b"x" * 65536),
    "chunks": (CHUNKED, CHUNK),
    "as announced": (HEAD + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65536),
    "blocks of nothing": (ZIPPED + gzip.compress(b"")[:10], b"\x00\x00\x00\xff\xff" * 1000),
    "after gzip": (ZIPPED + gzip.compress(FEED), b"garbage" * 1000),
    "after deflate": (DEFLATED + zlib.compress(FEED), b"garbage" * 1000),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_body_without_end_is_cut(name: str) -> None:
    head, part = ENDLESS[name]

    def endless(talk: Talk) -> None:
        talk.send(head)
        while not talk.over.is_set():
            talk.send(part)

    with Loopback({"*": endless}) as server:
        response = fetched_one(to(server), replace(QUICK, max_bytes=300_000))
        assert (response.code, response.body) == ("too_large", b"")
        assert response.received < 500_000


def test_a_body_in_crumbs_is_cut() -> None:
    def crumbs(talk: Talk) -> None:
        talk.send(CHUNKED, *repeat(b"1\r\nx\r\n" * 10_000, 1000))

    with Loopback({"*": crumbs}) as server:
        response = fetched_one(to(server), replace(QUICK, total=timedelta(seconds=60)))
        assert response.code == "too_large"
        assert response.received < 200_000


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_the_limit_is_met_to_the_byte(encoding: str) -> None:
    packs: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}
    pack = packs[encoding]
    headers = [f"Content-Encoding: {encoding}"] if encoding else []
    whole, longer = pack(b"x" * 200_000), pack(b"x" * 200_001)
    with Loopback({"/1": answer(whole, *headers), "/2": answer(longer, *headers)}) as server:
        first, second = fetched(to(server, "/1"), to(server, "/2"), limits=replace(QUICK, max_bytes=200_000))
        assert (first.body, first.code) == (b"x" * 200_000, "")
        assert (second.body, second.code) == (b"", "too_large")
        assert second.failure == "more than 195.312 KiB: not read to its end"


def long_header(talk: Talk) -> None:
    talk.send(HEAD + b"X-Long: ")
    while not talk.over.is_set():
        talk.send(b"x" * 65536)


def many_headers(talk: Talk) -> None:
    talk.send(HEAD)
    while not talk.over.is_set():
        talk.send(b"X-Many: 1\r\n" * 1000)


def interim_answers(talk: Talk) -> None:
    while not talk.over.is_set():
        talk.send(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 100)


@pytest.mark.parametrize("behaviour", [long_header, many_headers, interim_answers])
def test_headers_without_end_are_cut(behaviour: object) -> None:
    with Loopback({"*": behaviour}) as server:  # type: ignore[dict-item]  # each is an answer
        assert fetched_one(to(server)).code == "too_large"


def reset(talk: Talk) -> None:
    talk.send(HEAD + b"Content-Length: 1000\r\n\r\n<rss>")
    time.sleep(0.1)
    talk.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    talk.connection.close()


PACKED = gzip.compress(FEED * 50)
BROKEN = {
    "short body": (HEAD + b"Content-Length: 1000\r\n\r\n<rss>", "truncated"),
    "reset": (reset, "truncated"),
    "chunks that end": (CHUNKED + CHUNK, "truncated"),
    "chunks that are none": (CHUNKED + b"zz\r\n", "truncated"),
    "cut gzip": (ZIPPED + PACKED[:-12], "truncated"),
    "gzip without its checksum": (ZIPPED + PACKED[:-8], "truncated"),
    "cut deflate": (DEFLATED + zlib.compress(FEED)[:-1], "truncated"),
    "one byte of gzip": (ZIPPED + b"\x1f", "truncated"),
    "wrong checksum": (ZIPPED + PACKED[:-8] + b"12345678", "encoding"),
    "damaged gzip": (ZIPPED + PACKED[:12] + b"\xff\xff\xff" + PACKED[15:], "encoding"),
    "no gzip": (ZIPPED + FEED, "encoding"),
    "no deflate": (DEFLATED + b"\xff" * 20, "encoding"),
    "gzip in gzip": (answer(gzip.compress(PACKED), "Content-Encoding: gzip, gzip"), "encoding"),
    "twice said": (answer(gzip.compress(PACKED), "Content-Encoding: gzip", "Content-Encoding: gzip"), "encoding"),
    "gzip and deflate": (answer(PACKED, "Content-Encoding: deflate, gzip"), "encoding"),
    "brotli": (answer(b"\x0b\x02\x80", "Content-Encoding: br"), "encoding"),
    "zstd": (answer(b"\x28\xb5\x2f\xfd", "Content-Encoding: zstd"), "encoding"),
    "compress": (answer(b"\x1f\x9d", "Content-Encoding: compress"), "encoding"),
    "unheard of": (answer(FEED, "Content-Encoding: \x1b[31mrot13"), "encoding"),
    "a thousand files": (answer(gzip.compress(b"x") * 1000, "Content-Encoding: gzip"), "encoding"),
    "negative length": (HEAD + b"Content-Length: -5\r\n\r\n<rss>", "not_http"),
    "two lengths": (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n<rss>", "not_http"),
    "odd coding": (HEAD + b"Transfer-Encoding: rot13\r\n\r\n<rss>", "not_http"),
    "no status": (b"HTTP/1.1 OK\r\n\r\n", "not_http"),
    "status of letters": (b"HTTP/1.1 abc OK\r\n\r\n", "not_http"),
    "a radio": (b"ICY 200 OK\r\n\r\n", "not_http"),
    "a mail server": (b"220 mail.example ESMTP\r\n", "not_http"),
    "no head": (FEED + b"\r\n\r\n", "not_http"),
    "binary": (bytes(range(256)), "not_http"),
    "HTTP/2": (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "not_http"),
    "nothing": (b"", "connection"),
    "half a head": (HEAD + b"Content-", "not_http"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_a_failure_and_no_empty_feed(name: str) -> None:
    behaviour, code = BROKEN[name]
    with Loopback({"*": behaviour}) as server:  # type: ignore[dict-item]  # each is an answer
        response = fetched_one(to(server))
        assert (response.code, response.body, response.etag) == (code, b"", b"")
        assert response.failure
        assert response.failure.isprintable()


@pytest.mark.parametrize("after", [b"\x00" * 600, b"garbage", b"\x1f"])
def test_what_follows_a_whole_gzip_is_passed_over(after: bytes) -> None:
    with Loopback({"*": answer(gzip.compress(FEED) + after, "Content-Encoding: gzip")}) as server:
        assert fetched_one(to(server)).body == FEED


def test_several_gzip_files_are_one_body() -> None:
    with Loopback({"*": answer(gzip.compress(FEED) * 3, "Content-Encoding: gzip")}) as server:
        assert fetched_one(to(server)).body == FEED * 3


def test_an_empty_body_needs_no_gzip() -> None:
    with Loopback({"*": answer(b"", "Content-Encoding: gzip")}) as server:
        response = fetched_one(to(server))
        assert (response.status, response.body, response.failure) == (200, b"", "")


CHILD = """
    import resource, sys, time
    from datetime import UTC, datetime
    from aggregator.sources.http import Limits, Request, fetch_all

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    port, now = int(sys.argv[1]), datetime(2026, 11, 1, tzinfo=UTC)
    def get(path):
        request = Request(name="x", url=f"http://127.0.0.1:{port}{path}", allowed=frozenset([("127.0.0.1", port)]))
        return [one for _, one in fetch_all([request], contact="", limits=Limits(), now=now)][0]

    assert get("/small").body
    before, begun = peak(), time.perf_counter()
    code = get("/bomb").code
    print(code, peak() - before, time.perf_counter() - begun)
"""


def test_a_bomb_does_not_go_off(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    begin = packer.compress(b"<rss>") + packer.flush(zlib.Z_FULL_FLUSH)
    part = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)  # can be repeated as it is

    def bomb(talk: Talk) -> None:
        talk.send(HEAD + b"Content-Encoding: gzip\r\n\r\n" + begin, *repeat(part, 512))

    script = tmp_path / "child.py"
    script.write_text(textwrap.dedent(CHILD), encoding="utf-8")
    with Loopback({"/bomb": bomb, "/small": answer(FEED)}) as server:
        command = [sys.executable, str(script), str(server.port)]
        run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    code, megabytes, seconds = run.stdout.split()
    assert code == "too_large"
    assert float(megabytes) < 40
    assert float(seconds) < 5


@pytest.mark.parametrize(("follow", "code"), [(5, ""), (6, "redirect")])
def test_five_redirects_are_followed_and_no_more(follow: int, code: str) -> None:
    ways = {f"/{number}": redirect(f"/{number - 1}") for number in range(1, 9)}
    with Loopback({**ways, "/0": answer(FEED)}) as server:
        response = fetched_one(to(server, f"/{follow}"))
        assert response.code == code
        assert len(server.seen) == 6


def test_circles_are_seen_at_once() -> None:
    ways = {"/self": redirect("/self#x"), "/a": redirect("/b"), "/b": redirect("/a")}
    with Loopback(ways) as server:
        assert [one.code for one in fetched(to(server, "/self"), to(server, "/a"))] == ["redirect"] * 2
        assert len(server.seen) == 3


def test_an_address_that_grows_is_not_followed() -> None:
    with Loopback({"*": redirect("/" + "x" * 9000)}) as server:
        assert "more than 8,192 characters" in fetched_one(to(server)).failure
