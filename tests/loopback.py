"""Small servers on loopback that answer as they are told and keep what they were asked; and ways to fetch from them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

import httpcore

from aggregator.sources.http import Limits, Request, Response, fetch_all

if TYPE_CHECKING:
    import ssl

HOST = "127.0.0.1"
CONTACT = "https://news.example/about"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
QUICK = Limits(total=timedelta(seconds=2), first_byte=timedelta(seconds=1), gap=timedelta(0))


@dataclass(frozen=True)
class Seen:
    """A request as it came: its first line, its headers in order, when it came (monotonic)."""

    line: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    at: float

    @property
    def path(self) -> str:
        return self.line.split(b" ")[1].decode()

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Talk:
    """One connection, for answers that are more than some bytes."""

    connection: socket.socket
    seen: Seen
    over: threading.Event

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.connection.sendall(part)

    def drip(self, data: Iterable[bytes], pause: float = 0.05) -> None:
        for part in data:
            self.connection.sendall(part)
            if self.over.wait(pause):
                return

    def hang(self) -> None:
        self.over.wait(30)


Answer = bytes | Callable[[Talk], None]


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """Return a whole answer with the length of its body."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def redirect(to: str, status: int = 302) -> bytes:
    return answer(b"moved", f"Location: {to}", status=f"{status} Moved")


@dataclass
class Loopback:
    """A server; `answers` by path, `*` for all others. Without TLS unless it is given a context."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    host: str = HOST
    tls: ssl.SSLContext | None = None
    first: Callable[[socket.socket, threading.Event], None] | None = None  # in place of HTTP
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.bind((self.host, 0))
        self._listener.listen(128)
        self.port: int = self._listener.getsockname()[1]
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def place(self) -> tuple[str, int]:
        return self.host, self.port

    def url(self, path: str = "/") -> str:
        return f"http{'s' if self.tls else ''}://{self.host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        socket.create_connection(self.place).close()  # wakes the one who waits for connections
        self._threads[0].join()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._over.is_set():
                connection.close()
                return
            connection.settimeout(30)
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        try:
            self._talk(connection)
        except OSError:
            pass  # the other side hung up, as it may
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _talk(self, connection: socket.socket) -> None:
        if self.first:
            self.first(connection, self._over)
            return
        if self.tls:
            with self._lock:
                self._open.discard(connection)
            connection = self.tls.wrap_socket(connection, server_side=True)
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(65536)
                if not received:
                    return
                head += received
            seen = _seen(head.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
            self.seen.append(seen)
            wanted = self.answers.get(seen.path, self.answers.get("*", answer(status="404 Not Found")))
            if callable(wanted):
                wanted(Talk(connection, seen, self._over))
            else:
                connection.sendall(wanted)
            # A close while the other side still writes would throw away what it has not read yet.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)


def _seen(head: bytes) -> Seen:
    line, *rest = head[:-4].split(b"\r\n")
    headers = tuple((name, value) for name, _, value in (one.partition(b": ") for one in rest))
    return Seen(line, headers, time.monotonic())


@dataclass
class Detour(httpcore.NetworkBackend):
    """A network that leads to servers on loopback, whatever address it is given; keeps the addresses.

    ports: the port on loopback for an address; None for an address that nobody answers at.
    """

    ports: Mapping[str, int | None] = field(default_factory=dict)
    connected: list[tuple[str, int]] = field(default_factory=list)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.connected.append((host, port))
        target = self.ports.get(host)
        if target is None:
            raise httpcore.ConnectError
        return httpcore.SyncBackend().connect_tcp(HOST, target, timeout, local_address, socket_options)


@dataclass
class Names:
    """A name server: for each name its answers in turn, the last one for ever; keeps the questions."""

    answers: Mapping[str, Sequence[Sequence[str]]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> Sequence[str]:
        assert port
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        turns = self.answers[host]
        return turns[min(self.asked.count(host), len(turns)) - 1]


def to(server: Loopback, path: str = "/", **rest: object) -> Request:
    """Return a request to a server that may be on loopback."""
    values: dict[str, object] = {"name": path, "url": server.url(path), "allowed": frozenset([server.place]), **rest}
    return Request(**values)  # type: ignore[arg-type]  # each test gives what the field wants


def fetched(*requests: Request, limits: Limits = QUICK, **rest: object) -> list[Response]:
    """Return what came of the requests, in their order."""
    found = {id(request): response for request, response in fetch_all(requests, **_call(limits, rest))}  # type: ignore[arg-type]
    return [found[id(request)] for request in requests]


def fetched_one(request: Request, limits: Limits = QUICK, **rest: object) -> Response:
    return fetched(request, limits=limits, **rest)[0]


def _call(limits: Limits, rest: Mapping[str, object]) -> dict[str, object]:
    return {"contact": CONTACT, "limits": limits, "now": NOON, **rest}
