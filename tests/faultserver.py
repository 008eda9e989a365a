"""A loopback server that plays what servers of upstream feeds do wrong, each on a port of its own, beside healthy ones.

    with FaultServer() as server:
        server.urls["gzip_bomb"], server.healthy, server.log, server.connections("canary")

| name | what its server does |
|---|---|
| gzip_bomb | gives half a megabyte of gzip that becomes 512 MiB |
| gzip_in_gzip | gives the same in gzip once more, and says so |
| br_bomb | gives 400 bytes of Brotli that become 512 MiB |
| zstd_bomb | gives 16 kB of Zstandard that become 512 MiB |
| attribute_bomb | puts 100,000 attributes, 1 MB, into one tag |
| nesting_bomb | nests elements 100,000 deep |
| entity_bomb | gives billion laughs with odd fetches, a quadratic entity with even ones |
| many_entries | gives 100,000 entries, 9 MB |
| long_title | gives an entry a title of 10 MB, just below 10 MiB |
| bad_gzip | gives gzip that breaks behind its header |
| truncated_gzip | gives the first half of a gzip stream as if it were all |
| unknown_coding | names a content coding that nobody knows |
| wrong_charset | says UTF-8 and gives Latin-1 |
| utf_16 | gives a good feed in UTF-16 |
| punycode | declares the encoding punycode |
| surrogate | refers to half a character |
| empty | answers 200 with nothing |
| login_page | answers 200 with an HTML page |
| endless | gives a feed that goes on while the peer reads |
| short_body | announces twice what it gives |
| negative_length | announces a length of -1 |
| big_header | gives one header of 10 MB, then a good feed |
| many_headers | gives 200,000 headers, then a good feed |
| body_drip | gives one byte of the body each tick, for ever |
| header_drip | gives one byte of the head each tick, for ever |
| hang | takes the request and says nothing |
| tls_hang | never answers a TLS greeting; its address is https |
| reset | resets the connection in the middle of the body |
| bad_status | gives a status line without a number |
| not_http | greets like a mail server |
| redirect_self | redirects to itself |
| redirect_pair | redirects to another address that redirects back |
| redirect_30 | redirects 30 times, then gives a good feed |
| redirect_loopback | redirects to the canary |
| redirect_metadata | redirects to the metadata address of cloud machines |
| redirect_file | redirects to a file |
| redirect_unparsable | redirects to what is no address |
| moved | redirects for good (301) to a good feed |
| dns_rebind | is a host name that a resolver of the test first calls public, then loopback: nobody may connect |
| gone | answers 410 |
| not_found | answers 404 |
| retry_seconds | answers 429 and asks for an hour in seconds |
| retry_date | answers 429 and asks for an hour by a date |
| retry_absurd | answers 429 and asks for the year 9999 |
| unavailable | answers 503 and no more |
| unasked_304 | answers 304 whatever is asked |
| xxe | gives a DTD, a parameter entity and entities that lead to the canary and to a file |
| changing_guid | gives every entry another guid with each fetch |
| changing_link | gives every link another token with each fetch, and no guid |
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from faultserver_documents import rss, titles
from faultserver_plays import PLAYS, Act, Play, Visit, answer, healthy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

CANARY = "canary"
REBOUND = "rebind.test"

_SETTLES = 0.05  # seconds for a connection that the kernel has to reach us
_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; at: seconds of the monotonic clock. name: the source it reached."""

    at: float
    name: str
    port: int
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str | None:
        """Return the first header of a name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class FaultServer:
    """All sources in one thread, listening from the first moment and gone with the context.

    now: what the dates in answers count from. tick: seconds between the bytes of those that drip.
    """

    def __init__(self, *, healthy_sources: int = 5, now: datetime | None = None, tick: float = 0.5) -> None:
        self._plays: dict[str, Play] = {
            **PLAYS,
            **{f"healthy_{number}": healthy for number in range(healthy_sources)},
            CANARY: lambda visit: answer(rss(visit.name)),
        }
        self._now = now or datetime.now(UTC)
        self._tick = tick
        self._ports: dict[str, int] = {}
        self._counts: Counter[str] = Counter()
        self._fetches: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = threading.Event()
        self.log: list[Request] = []

    @property
    def urls(self) -> Mapping[str, str]:
        """Return the address of each behaviour."""
        return MappingProxyType({name: self._url(name) for name in PLAYS})

    @property
    def healthy(self) -> tuple[str, ...]:
        """Return the addresses of the healthy sources."""
        return tuple(self._url(name) for name in self._names_of_healthy())

    @property
    def titles(self) -> tuple[str, ...]:
        """Return the titles of all entries of the healthy sources."""
        return tuple(title for name in self._names_of_healthy() for title in titles(name))

    @property
    def canary(self) -> str:
        """Return an address that answers well and that nobody is told of but by those that lead astray."""
        return self._url(CANARY)

    def port(self, name: str) -> int:
        """Return the port of a behaviour, of `healthy_0` and so on, or of the canary."""
        return self._ports[name]

    def connections(self, name: str) -> int:
        """Return how many connections a source had, those that the kernel took a moment ago included."""
        if self._running.is_set():
            asyncio.run_coroutine_threadsafe(asyncio.sleep(_SETTLES), self._loop).result()
        return self._counts[name]

    def __enter__(self) -> Self:
        sockets = {name: socket.create_server(("127.0.0.1", 0), backlog=128) for name in self._plays}
        self._ports = {name: one.getsockname()[1] for name, one in sockets.items()}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(sockets)), name="faultserver")
        self._thread.start()
        self._running.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _names_of_healthy(self) -> list[str]:
        return [name for name, play in self._plays.items() if play is healthy]

    def _url(self, name: str) -> str:
        scheme = "https" if name == "tls_hang" else "http"
        host = REBOUND if name == "dns_rebind" else "127.0.0.1"
        path = "" if name == CANARY else "/feed"
        return f"{scheme}://{host}:{self._ports[name]}{path}"

    async def _serve(self, listeners: Mapping[str, socket.socket]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        # Not asyncio's own server: one that closes while it accepts leaves that connection open.
        for name, listener in listeners.items():
            listener.setblocking(False)
            self._loop.add_reader(listener, self._met, name, listener)
        self._running.set()
        await self._stop.wait()
        self._running.clear()
        for listener in listeners.values():
            self._loop.remove_reader(listener)
            listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _met(self, name: str, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            peer = listener.accept()[0]
            self._counts[name] += 1
            task = self._loop.create_task(self._meet(name, peer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: peer.close())  # for one that never began, too

    async def _meet(self, name: str, peer: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
            reader, writer = await asyncio.open_connection(sock=peer)
            try:
                visit = self._noted(name, await reader.readuntil(b"\r\n\r\n"))
                await self._send(self._plays[name](visit), reader, writer)
                writer.close()
                await writer.wait_closed()
            finally:
                writer.transport.abort()

    def _noted(self, name: str, head: bytes) -> Visit:
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        method, path, *_ = [*first.split(" "), "", ""]
        headers = tuple((key, value.strip()) for key, _, value in (line.partition(":") for line in lines))
        self.log.append(Request(time.monotonic(), name, self._ports[name], method, path, headers))
        self._fetches[name] += 1
        known = {key.lower(): value for key, value in headers}
        own = f"http://127.0.0.1:{self._ports[name]}"
        return Visit(name, path, known, self._fetches[name], own, self.canary, self._now)

    async def _send(
        self, steps: Iterable[bytes | Act], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        for step in steps:
            match step:
                case bytes():
                    writer.write(step)
                    await writer.drain()
                    await asyncio.sleep(0)  # drain alone lets nobody else in while the peer reads fast
                case Act.TICK:
                    await asyncio.sleep(self._tick)
                case Act.HANG:
                    while await reader.read(1024):
                        pass
                case Act.RESET:
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                    writer.transport.abort()
