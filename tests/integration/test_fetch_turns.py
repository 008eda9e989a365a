"""What we cost others, and what one server can cost another: turns, pauses, and who waits for whom."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, repeat
from typing import TYPE_CHECKING

from loopback import CONTACT, HOST, NOON, QUICK, Detour, Loopback, Names, Talk, answer, fetched, redirect, to

from aggregator.sources.http import Limits, Request, fetch_all

if TYPE_CHECKING:
    from collections.abc import Iterator

FEED = b"<rss version='2.0'/>"
PUBLIC = "93.184.216.34"


def drip_body(talk: Talk) -> None:
    talk.drip([b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *repeat(b"x", 1000)])


@contextmanager
def served(*servers: Loopback) -> Iterator[None]:
    with ExitStack() as stack:
        for server in servers:
            stack.enter_context(server)
        yield


def test_one_host_is_asked_one_thing_at_a_time() -> None:
    here: list[str] = []
    most: list[int] = []

    def late(talk: Talk) -> None:
        here.append(talk.seen.path)
        most.append(len(here))
        time.sleep(0.05)
        here.pop()
        talk.send(answer(FEED))

    with Loopback({"*": late}) as server, Loopback() as front:
        front.answers = {"*": redirect(server.url("/from-afar"))}
        requests = [to(server, f"/{number}") for number in range(8)]
        allowed = frozenset([front.place, server.place])
        requests += [to(front, f"/{number}", allowed=allowed) for number in range(4)]
        assert {one.body for one in fetched(*requests)} == {FEED}
        assert most == [1] * 12


def test_hosts_are_asked_at_the_same_time() -> None:
    barrier = threading.Barrier(5)

    def together(talk: Talk) -> None:
        barrier.wait(10)
        talk.send(answer(FEED))

    servers = [Loopback({"*": together}) for _ in range(5)]
    with served(*servers):
        assert {one.body for one in fetched(*map(to, servers), limits=Limits(gap=timedelta(0)))} == {FEED}


def test_public_hosts_are_given_a_pause_and_private_ones_need_none() -> None:
    pause = 0.3
    limits = replace(QUICK, gap=timedelta(seconds=pause))
    with Loopback({"/r": redirect("/1"), "*": answer(FEED)}) as public, Loopback({"*": answer(FEED)}) as private:
        network = Detour({PUBLIC: public.port, HOST: private.port})
        names = Names({"a.example": [[PUBLIC]], "b.example": [[PUBLIC]]})
        requests = [Request(name="x", url=f"http://a.example/{path}") for path in ("r", "2")]
        requests += [Request(name="y", url="http://b.example/"), *(to(private, f"/{number}") for number in range(5))]
        assert {one.body for one in fetched(*requests, limits=limits, resolve=names, network=network)} == {FEED}
        times = [one.at for one in public.seen if one.header(b"host") == b"a.example"]
        assert len(times) == 3
        assert all(later - earlier >= pause - 0.02 for earlier, later in pairwise(times))
        assert private.seen[-1].at - private.seen[0].at < pause * 4
        other = next(one.at for one in public.seen if one.header(b"host") == b"b.example")
        assert other < times[-1]  # another name is another host, and waits for nobody


def test_slow_servers_hold_up_nobody() -> None:
    limits = Limits(total=timedelta(seconds=1.5), first_byte=timedelta(seconds=1.5), gap=timedelta(0), workers=2)
    slow = [Loopback({"*": Talk.hang}), Loopback({"*": Talk.hang}), Loopback({"*": drip_body})]
    with served(*slow), Loopback({"*": answer(FEED)}) as healthy:
        requests = [*map(to, slow), *(to(healthy, f"/{number}") for number in range(20))]
        begun = time.monotonic()
        ended = {FEED: 0.0, b"": 0.0}
        for _, response in fetch_all(requests, contact=CONTACT, limits=limits, now=NOON):
            ended[response.body] = time.monotonic() - begun
        assert len(healthy.seen) == 20
        assert ended[FEED] < 1.4 < ended[b""]


def test_whoever_does_not_take_answers_gets_no_more_of_them() -> None:
    with Loopback({"*": answer(FEED)}) as server:
        requests = [to(server, f"/{number}") for number in range(50)]
        answers = fetch_all(requests, contact=CONTACT, limits=replace(QUICK, workers=3), now=NOON)
        next(answers)
        time.sleep(0.5)
        assert len(server.seen) <= 4
        assert len(list(answers)) == 49


def test_whoever_stops_listening_stops_the_fetching() -> None:
    with Loopback({"*": answer(FEED)}) as server:
        answers = fetch_all([to(server, f"/{number}") for number in range(50)], contact=CONTACT, limits=QUICK, now=NOON)
        next(answers)
        answers.close()  # type: ignore[attr-defined]  # it is a generator, as the contract need not say
        asked = len(server.seen)
        time.sleep(0.2)
        assert len(server.seen) <= asked + 1
        names = {thread.name for thread in threading.enumerate() if thread.name.startswith("fetch ")}
        assert names == set()


def test_a_program_that_ends_waits_for_no_server() -> None:
    code = """
        import sys
        from datetime import UTC, datetime
        from aggregator.sources.http import Limits, Request, fetch_all
        allowed = frozenset(("127.0.0.1", int(port)) for port in sys.argv[1:])
        requests = [Request(name=str(port), url=f"http://{host}:{port}/", allowed=allowed) for host, port in allowed]
        next(fetch_all(requests, contact="", limits=Limits(), now=datetime(2026, 11, 1, tzinfo=UTC)))
    """
    with Loopback({"*": Talk.hang}) as slow, Loopback({"*": answer(FEED)}) as quick:
        command = [sys.executable, "-c", textwrap.dedent(code), str(slow.port), str(quick.port)]
        begun = time.monotonic()
        subprocess.run(command, check=True, timeout=60)
        assert time.monotonic() - begun < 8  # 10 s is what the slow one may take


def test_nothing_to_ask_is_nothing_to_do() -> None:
    assert fetched() == []


def test_nobody_there_is_a_failure_with_its_reason() -> None:
    with Loopback() as server:
        gone = to(server)
    names = Names({})
    response, unknown = fetched(gone, Request(name="x", url="http://nobody.example/"), resolve=names)
    assert (response.code, response.status) == ("connection", 0)
    assert response.failure == "it cannot be reached: connection refused"
    assert unknown.code == "unknown_host"
    assert unknown.failure == "nobody.example has no address: name or service not known"


def test_the_same_request_twice_is_asked_twice() -> None:
    with Loopback({"*": answer(FEED)}) as server:
        request = to(server)
        answers = [
            response.body for _, response in fetch_all([request, request], contact=CONTACT, limits=QUICK, now=NOON)
        ]
        assert answers == [FEED, FEED]
