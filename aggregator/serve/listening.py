"""Sockets to listen on, and the server on one of them, within bounds of time, size and number."""

from __future__ import annotations

import asyncio
import errno
import socket
import stat
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from aggregator.errors import ServeError, reason_of
from aggregator.serve.connection import Bounds, Connection
from aggregator.serve.crowd import Crowd
from aggregator.serve.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp
    from uvicorn._types import ASGIApplication
    from uvicorn.protocols.http.h11_impl import H11Protocol

_WAITING = 2048  # connections that the system holds for us
_AT_ONCE = 16  # connections that are accepted before one of them is looked at
_PART = 16  # of the crowd come at once at most: who comes then has to go before what it asks is read, or is too many
_SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_SOCKET_MODE = 0o666  # what it hands out is public; the folder of the socket keeps out whom it may


@contextmanager
def listening(host: str, port: int, path: str = "", key: str = "") -> Iterator[socket.socket]:
    """Yield a socket that listens on a host and port, or on a path. key: what that is set with.

    Raises:
        ServeError: that cannot be done, as where another program listens there.
    """
    with ExitStack() as stack:
        try:
            listener = _on_path(path, stack) if path else _on_network(host, port, stack)
        except OSError as error:
            raise ServeError(path or f"{host}:{port}", reason_of(error), key) from error
        yield listener


def _on_network(host: str, port: int, stack: ExitStack) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    # With the number of the protocol: only where asyncio sees that does it turn Nagle's algorithm off, 40 ms an answer.
    listener = stack.enter_context(socket.socket(family, kind, protocol))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(_WAITING)
    return listener


def _on_path(path: str, stack: ExitStack) -> socket.socket:
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(Path(path).stat().st_mode) and not _is_answered(path):
            Path(path).unlink()  # left by one that was killed
    listener = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    listener.bind(path)
    stack.callback(Path(path).unlink, missing_ok=True)
    Path(path).chmod(_SOCKET_MODE)
    listener.listen(_WAITING)
    return listener


def _is_answered(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return False
        return True


async def serve(
    app: ASGIApp, listener: socket.socket, stop: asyncio.Event, bounds: Bounds, told: Callable[[int], None]
) -> None:
    """Run an application on a socket until `stop` is set; then no longer than `bounds.ending`.

    told: called with the number of connections that there was no room for, at most once a minute.
    """
    loop = asyncio.get_running_loop()
    turned_away = Throttle(told, loop)
    loop.set_exception_handler(partial(_excuse, turned_away))
    server = _Server(_config(app, bounds, turned_away.add))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, running], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    server.should_exit = True
    cut = loop.call_later(bounds.ending.total_seconds(), _cut, server)
    await running
    cut.cancel()
    turned_away.end()


def _excuse(turned_away: Throttle, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Count what could not be accepted for lack of files to be open; asyncio would write its traceback for each."""
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno in _SHORTAGE:
        turned_away.add()
    else:
        loop.default_exception_handler(context)


def _cut(server: _Server) -> None:
    for connection in list(server.server_state.connections):
        cast("H11Protocol", connection).transport.abort()


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it: there may be several in a process, beside other work."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for one in sockets or []:
            one.listen(_WAITING)  # asyncio has one number for this and for how many it accepts at once


def _config(app: ASGIApp, bounds: Bounds, sent_away: Callable[[], None]) -> uvicorn.Config:
    return uvicorn.Config(
        cast("ASGIApplication", app),
        http=cast(
            "type[asyncio.Protocol]",
            partial(Connection, bounds, Crowd(bounds.connections, bounds.per_reader), sent_away),
        ),
        interface="asgi3",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="error",  # what strangers send is no warning for the owner
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=max(1, min(_AT_ONCE, bounds.connections // _PART)),
        timeout_keep_alive=round(bounds.idle.total_seconds()),
        h11_max_incomplete_event_size=bounds.header_bytes // 2,
    )
