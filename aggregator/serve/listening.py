"""Sockets to listen on, and the servers on them, within bounds of time, size and number."""

from __future__ import annotations

import asyncio
import socket
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from aggregator.errors import ServeError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.types import ASGIApp
    from uvicorn._types import ASGIApplication
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

_WAITING = 512  # connections that the system holds for us
_SOCKET_MODE = 0o666  # what it hands out is public; the folder of the socket keeps out whom it may


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one connection may take.

    request: from the opening, or the answer before, to the end of the headers. answer: the same to the end of the
    answer, as slow as a reader may be. idle: between two requests. ending: what answers may still take when all ends.
    connections: at once; one more gets 503. header_bytes: of one request, its line included.
    """

    request: timedelta = timedelta(seconds=10)
    answer: timedelta = timedelta(minutes=2)
    idle: timedelta = timedelta(seconds=5)
    ending: timedelta = timedelta(seconds=3)
    connections: int = 500
    header_bytes: int = 16 * 1024


@contextmanager
def listening(host: str, port: int, path: str = "") -> Iterator[socket.socket]:
    """Yield a socket that listens on a host and port, or on a path.

    Raises:
        ServeError: that cannot be done, as where another program listens there.
    """
    try:
        listener = _on_path(path) if path else _on_network(host, port)
    except OSError as error:
        raise ServeError(path or f"{host}:{port}", reason_of(error)) from error
    with listener:
        yield listener
    if path:
        Path(path).unlink(missing_ok=True)


def _on_network(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    # With the number of the protocol: only where asyncio sees that does it turn Nagle's algorithm off, 40 ms an answer.
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_WAITING)
    except OSError:
        listener.close()
        raise
    return listener


def _on_path(path: str) -> socket.socket:
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(Path(path).stat().st_mode) and not _is_answered(path):
            Path(path).unlink()  # left by one that was killed
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        Path(path).chmod(_SOCKET_MODE)
        listener.listen(_WAITING)
    except OSError:
        listener.close()
        raise
    return listener


def _is_answered(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return False
        return True


async def serve(servers: Sequence[tuple[ASGIApp, socket.socket]], stop: asyncio.Event, bounds: Bounds) -> None:
    """Run applications, each on its socket, until `stop` is set; then no longer than `bounds.ending`."""
    running = [_Server(_config(app, bounds)) for app, _ in servers]
    tasks = [
        asyncio.create_task(server.serve(sockets=[listener]))
        for server, (_, listener) in zip(running, servers, strict=True)
    ]
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    for server in running:
        server.should_exit = True
    cut = asyncio.get_running_loop().call_later(bounds.ending.total_seconds(), _cut, running)
    await asyncio.gather(*tasks)
    cut.cancel()


def _cut(servers: Sequence[_Server]) -> None:
    for server in servers:
        for connection in list(server.server_state.connections):
            cast("H11Protocol", connection).transport.abort()


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it: there may be several in a process, beside other work."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: ASGIApp, bounds: Bounds) -> uvicorn.Config:
    return uvicorn.Config(
        cast("ASGIApplication", app),
        http=_bounded(bounds),
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="error",  # what strangers send is no warning for the owner
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=bounds.connections,
        timeout_keep_alive=round(bounds.idle.total_seconds()),
        h11_max_incomplete_event_size=bounds.header_bytes // 2,
    )


def _bounded(bounds: Bounds) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol with an end to waiting.

    Its own keep-alive time begins with the first answer: a connection that sends nothing, or a byte now and then, would
    stay for ever, and so would one that does not read.
    """
    request, answer = bounds.request.total_seconds(), bounds.answer.total_seconds()
    step = bounds.header_bytes // 2

    class Bounded(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._since = self.loop.time()
            self._watch = self.loop.call_later(request, self._look)

        def connection_lost(self, exc: Exception | None) -> None:
            self._watch.cancel()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            # h11 measures only what is not complete when it looks: one read could bring 256 KiB of headers at once.
            for start in range(0, len(data), step):
                if not self.transport.is_closing():
                    super().data_received(data[start : start + step])

        def on_response_complete(self) -> None:
            self._since = self.loop.time()
            super().on_response_complete()

        def _look(self) -> None:
            cycle: RequestResponseCycle | None = self.cycle  # none before the first request, whatever its type says
            is_answering = cycle is not None and not cycle.response_complete
            is_sending = is_answering or self.transport.get_write_buffer_size() > 0
            left = self._since + (answer if is_sending else request) - self.loop.time()
            if left <= 0:
                self.transport.abort()
            else:
                self._watch = self.loop.call_later(min(left, request / 2), self._look)

    return Bounded
