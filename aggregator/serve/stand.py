"""A place where the built-in server listens: a socket, and a thread that answers there with an application."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be answered with where. key: what the address is set with."""

    key: str
    place: Address
    app: ASGIApp
    bounds: Bounds


class Stand:
    """A server at one address; who connects before `begin` is answered then.

    no_room: as in `listening.serve`.

    Raises:
        ServeError: it is not possible to listen there.
    """

    def __init__(self, offer: Offer, no_room: Callable[[int], None]) -> None:
        self.offer = offer
        self._no_room = no_room
        self._sockets = ExitStack()
        place = offer.place
        listener = self._sockets.enter_context(listening(place.host, place.port, place.path, offer.key))
        self.at = place if place.path else replace(place, port=listener.getsockname()[1])  # 0 asks for any
        self._stop: Callable[[], object] = lambda: None
        self._runs = Event()
        self._is_told = False  # to end
        self._thread = Thread(target=self._live, args=(listener,), name="serve", daemon=True)

    def begin(self) -> None:
        """Answer from now on."""
        self._thread.start()
        self._runs.wait(_START_SECONDS)

    def show(self, app: ASGIApp) -> None:
        """Answer with another application from the next request on."""
        self.offer = replace(self.offer, app=app)

    def is_lost(self) -> bool:
        """Say whether it ended though nobody told it to."""
        return bool(self._thread.ident) and not self._thread.is_alive() and not self._is_told

    def stop(self) -> None:
        """Take no more connections."""
        self._is_told = True
        with suppress(RuntimeError):  # its loop is over already
            self._stop()

    def end(self, patience: float) -> None:
        """Serve no more; answers that are on their way may take so many seconds."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(patience)
        self._sockets.close()

    def _live(self, listener: socket.socket) -> None:
        try:
            asyncio.run(self._run(listener))
        finally:
            self._runs.set()  # or no longer: nobody is to wait

    async def _run(self, listener: socket.socket) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(stop.set)
        self._runs.set()
        await serve(self._answer, listener, stop, self.offer.bounds, self._no_room)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.offer.app(scope, receive, send)
