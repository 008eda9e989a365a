"""What is served of a configuration, in this process: where it stays, moves, gives way, and dies."""

from __future__ import annotations

import asyncio
import gc
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom
from served import HOST, SECONDS, Served

from aggregator.config.serve import parse_address
from aggregator.errors import ServeError
from aggregator.serve.connection import Bounds
from aggregator.serve.hosting import Hosting
from aggregator.serve.listening import listening
from aggregator.serve.stand import Offer, Stand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from aggregator.config import Config
    from aggregator.config.serve import Address

STALE = 503  # since no pass was noted

deadly = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # that is the case


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    room.run()
    return room


@pytest.fixture
def hosting(room: Newsroom) -> Iterator[Hosting]:
    hosting = Hosting(lambda: room.now, lambda _: None)
    yield hosting
    hosting.end()


@pytest.fixture
def taken() -> Iterator[int]:
    with listening(HOST, 0) as holder:
        yield holder.getsockname()[1]


def wanted(room: Newsroom, listen: str, health: str = "none", more: str = "") -> Config:
    room.configure(f"{CONFIG}serve: {{listen: '{listen}', health: '{health}'}}\n{more}")
    return room.loaded()


def free() -> int:
    """Return a port that was free a moment ago."""
    with listening(HOST, 0) as holder:
        return int(holder.getsockname()[1])


def answers(place: Address | int, path: str = "/all.json") -> int:
    """Return the status of an answer; 0 where nobody listens."""
    try:
        return Served(place if isinstance(place, int) else place.port).ask(path).status
    except ConnectionRefusedError:
        return 0


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_both_addresses_answer_stay_where_they_are_and_end(room: Newsroom, hosting: Hosting) -> None:
    site, health = (one.at for one in hosting.follow(wanted(room, f"{HOST}:0", "localhost:0")))
    assert (answers(site), answers(site, "/healthz"), answers(health, "/healthz")) == (200, 404, STALE)
    assert hosting.follow(wanted(room, f"{HOST}:0", "localhost:0", "hub: https://hub.example/\n")) == ()
    assert "https://hub.example/" in (Served(site.port).ask("/all.atom").headers["Link"] or "")
    assert hosting.follow(None) == ()
    assert (answers(site), answers(health), hosting.lost()) == (0, 0, "")


def test_an_option_goes_before_the_configuration_and_may_ask_for_any_port_too(room: Newsroom, hosting: Hosting) -> None:
    listen = parse_address(f"{HOST}:0")
    site, health = (one.at for one in hosting.follow(wanted(room, f"{HOST}:1", f"{HOST}:0"), listen))
    assert (answers(site), answers(health, "/healthz")) == (200, STALE)


def test_an_address_that_is_taken_is_named_with_its_key(room: Newsroom, hosting: Hosting, taken: int) -> None:
    here = f"{HOST}:{taken}"
    cases = [
        (wanted(room, here), None, "serve.listen"),
        (wanted(room, f"{HOST}:0", here), None, "serve.health"),
        (wanted(room, f"{HOST}:0"), parse_address(here), "--listen"),
    ]
    for config, listen, key in cases:
        with pytest.raises(ServeError, match=f"^{here}: cannot listen there: .*; it is set with {key}$"):
            hosting.follow(config, listen)
    assert hosting.follow(None) == ()


def test_what_is_in_the_way_of_an_address_gives_way_and_comes_back_where_the_rest_cannot_be_had(
    room: Newsroom, hosting: Hosting, taken: int
) -> None:
    port, other = free(), free()
    hosting.follow(wanted(room, f"{HOST}:{port}"))
    with pytest.raises(ServeError, match=r"serve\.health"):
        hosting.follow(wanted(room, f"0.0.0.0:{port}", f"{HOST}:{taken}"))
    assert answers(port) == 200
    (everywhere,) = hosting.follow(wanted(room, f"0.0.0.0:{port}"))
    assert (str(everywhere.at), answers(port)) == (f"0.0.0.0:{port}", 200)
    hosting.follow(wanted(room, f"{HOST}:{other}"))
    assert (answers(port), answers(other)) == (0, 200)


def test_two_addresses_change_places(room: Newsroom, hosting: Hosting) -> None:
    one, two = free(), free()
    hosting.follow(wanted(room, f"{HOST}:{one}", f"{HOST}:{two}"))
    hosting.follow(wanted(room, f"{HOST}:{two}", f"{HOST}:{one}"))
    assert (answers(one, "/healthz"), answers(two)) == (STALE, 200)


@deadly
def test_it_stays_until_a_signal_comes_or_a_server_dies(room: Newsroom, hosting: Hosting) -> None:
    hosting.follow(wanted(room, f"{HOST}:0"))
    signals: SimpleQueue[int] = SimpleQueue()
    signals.put(15)
    hosting.stay(signals)
    for loop in [one for one in gc.get_objects() if isinstance(one, asyncio.BaseEventLoop) and one.is_running()]:
        loop.call_soon_threadsafe(loop.stop)
    with pytest.raises(ServeError, match="its server died"):
        hosting.stay(signals)


@deadly
def test_a_server_that_its_application_brings_down_is_lost_and_one_that_is_told_to_end_is_not() -> None:
    async def answer(_scope: Scope, _receive: Receive, _send: Send) -> None:
        asyncio.get_running_loop().stop()

    told: list[int] = []
    offer = Offer("serve.listen", parse_address(f"{HOST}:0"), answer, Bounds())
    for is_killed in (True, False):
        stand = Stand(offer, told.append)
        assert not stand.is_lost()
        stand.begin()
        assert not stand.is_lost()
        if is_killed:
            with Served(stand.at.port).connected() as reader:
                reader.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                until(stand.is_lost)
        stand.end(SECONDS)
        assert not stand.is_lost()
