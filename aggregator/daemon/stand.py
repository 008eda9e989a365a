"""A place where the built-in server listens: a socket, and a thread that answers there with an application."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from threading import Event, Thread
from typing import TYPE_CHECKING

from aggregator.serve.listening import listening, serve

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from aggregator.config.serve import Address
    from aggregator.serve.connection import Bounds

_START_SECONDS = 10.0


class Stand:
    """A server at one address; who connects before `begin` is answered then.

    Raises:
        ServeError: it is not possible to listen there.
    """

    def __init__(self, place: Address, app: ASGIApp, bounds: Bounds, told: Callable[[int], None]) -> None:
        self.place = place
        self._app = app
        self._bounds = bounds
        self._told = told
        self._sockets = ExitStack()
        listener = self._sockets.enter_context(listening(place.host, place.port, place.path))
        self.port: int = 0 if place.path else listener.getsockname()[1]
        self._stop: Callable[[], object] = lambda: None
        self._runs = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._run(listener)), name="serve", daemon=True)

    def begin(self) -> None:
        """Answer from now on."""
        self._thread.start()
        self._runs.wait(_START_SECONDS)

    def show(self, app: ASGIApp) -> None:
        """Answer with another application from the next request on."""
        self._app = app

    def again(self) -> Stand:
        """Return the same at the same address, after its end.

        Raises:
            ServeError: somebody else listens there by now.
        """
        return Stand(self.place, self._app, self._bounds, self._told)

    def stop(self) -> None:
        """Take no more connections."""
        self._stop()

    def end(self, patience: float) -> None:
        """Serve no more; answers that are on their way may take so many seconds."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(patience)
        self._sockets.close()

    async def _run(self, listener: socket.socket) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(stop.set)
        self._runs.set()
        await serve(self._answer, listener, stop, self._bounds, self._told)
        self._stop = lambda: None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
