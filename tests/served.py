"""Our servers on loopback, in a thread of their own, and ways to ask them."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.serve.connection import Bounds
from aggregator.serve.listening import listening, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

HOST = "127.0.0.1"
SECONDS = 20  # until a server that does not answer is a failure


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass(frozen=True)
class Served:
    """A server that answers at a port."""

    port: int

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str | None) -> Answer:
        """Send one request, its path as it stands; underscores of header names become hyphens."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=SECONDS)
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
            connection.request(method, path, body, given)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def connected(self) -> socket.socket:
        return socket.create_connection((HOST, self.port), SECONDS)

    def raw(self, sent: bytes) -> bytes:
        """Send bytes, and return what comes until the server has said all."""
        with self.connected() as connection:
            connection.sendall(sent)
            return everything(connection)


def everything(connection: socket.socket) -> bytes:
    """Return what comes until the other side is through, in whatever manner."""
    came = b""
    try:
        while part := connection.recv(65536):
            came += part
    except ConnectionResetError:
        pass
    return came


@contextmanager
def served(
    app: ASGIApp,
    bounds: Bounds = Bounds(),  # noqa: B008  a frozen value
    told: Callable[[int], None] = lambda _: None,
) -> Iterator[Served]:
    """Yield a server that hands out an application."""
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        stop = asyncio.Event()
        begun.set_result((asyncio.get_running_loop(), stop))
        await serve(app, listener, stop, bounds, told)

    with listening(HOST, 0) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=asyncio.run, args=(run(),))
        thread.start()
        loop, stop = begun.result(SECONDS)
        try:
            yield Served(port)
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(SECONDS)
