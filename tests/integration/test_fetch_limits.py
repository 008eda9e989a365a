"""What a server can cost us, and what we cost it: time, bytes, turns."""

from __future__ import annotations

import gzip
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
    import socket
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
