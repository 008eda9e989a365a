"""The built-in server beside the passes of a daemon: in a thread of its own, begun anew where its configuration is another."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from threading import Event, Thread
from typing import TYPE_CHECKING

from aggregator.daemon.chronicle import said
from aggregator.serve.listening import Bounds, listening, serve

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp

    from aggregator.config import Config

_START_SECONDS = 10.0
_END_SECONDS = 4.0  # a little more than answers may still take


class Hosting:
    """A server for what `applications` makes of a configuration: of the site, and of its health."""

    def __init__(self, applications: Callable[[Config], tuple[ASGIApp, ASGIApp]]) -> None:
        self._applications = applications
        self._sockets = ExitStack()
        self._stop: Callable[[], object] = lambda: None
        self._runs = Event()
        self._thread: Thread | None = None
        self._of: object = None

    def follow(self, config: Config) -> None:
        """Serve as a configuration wants it, or not at all.

        Raises:
            ServeError: it is not possible to listen where it says; then nothing is served.
        """
        wanted = (config.serve, config.site.base_url, config.site.hubs) if config.serve.daemon else None
        if wanted == self._of:
            return
        self.end()
        if wanted is not None:
            self._begin(config)
        self._of = wanted

    def _begin(self, config: Config) -> None:
        servers = []
        with ExitStack() as sockets:
            for place, app in zip((config.serve.listen, config.serve.health), self._applications(config), strict=True):
                if place is not None:
                    servers.append((app, sockets.enter_context(listening(place.host, place.port, place.path))))
            self._sockets = sockets.pop_all()
        self._thread = Thread(target=asyncio.run, args=(self._run(servers),), name="serve", daemon=True)
        self._thread.start()
        self._runs.wait(_START_SECONDS)
        port = 0 if config.serve.listen.path else servers[0][1].getsockname()[1]
        said("serving", listen=str(config.serve.listen), port=port)

    async def _run(self, servers: Sequence[tuple[ASGIApp, socket.socket]]) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(stop.set)
        self._runs.set()
        await serve(servers, stop, Bounds())

    def end(self, patience: float = _END_SECONDS) -> None:
        """Serve no more; answers that are on their way may take so many seconds."""
        if self._thread is not None and self._thread.is_alive():
            self._stop()
            self._thread.join(patience)
        self._thread, self._of = None, None
        self._runs.clear()
        self._sockets.close()
