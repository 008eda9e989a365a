"""The built-in server beside the passes of a daemon: where it listens, and how that changes without a gap."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from aggregator.daemon.chronicle import said
from aggregator.daemon.stand import Stand
from aggregator.errors import ServeError
from aggregator.serve.connection import Bounds
from aggregator.serve.descriptors import MONITORS, READERS, room_for_connections
from aggregator.serve.listening import WATCHERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.types import ASGIApp

    from aggregator.config import Config
    from aggregator.config.serve import Address

_END_SECONDS = 4.0  # a little more than answers may still take


class Hosting:
    """A server for what `applications` makes of a configuration: of the site, and of its health."""

    def __init__(self, applications: Callable[[Config], tuple[ASGIApp, ASGIApp]]) -> None:
        self._applications = applications
        self._stands: dict[Address, Stand] = {}

    def follow(self, config: Config) -> None:
        """Serve as a configuration wants it, or not at all; at an address that stays, nobody notices.

        Raises:
            ServeError: it is not possible to listen where it says; then all goes on as it was.
        """
        wanted = self._wanted(config)
        try:
            opened = self._opened({place: one for place, one in wanted.items() if place not in self._stands}, wanted)
        except ServeError as error:
            health = config.serve.health
            is_health = health and error.address == (health.path or f"{health.host}:{health.port}")
            key = "serve.health" if is_health else "serve.listen"
            raise ServeError(error.address, error.reason, key) from error
        for place, (app, _) in wanted.items():
            if place in self._stands:
                self._stands[place].show(app)
        for place, stand in opened.items():
            stand.begin()
            said(
                "serving" if place == config.serve.listen else "answering monitors", listen=str(place), port=stand.port
            )
        gone = [place for place in self._stands if place not in wanted]
        self._stands.update(opened)
        _end([self._stands.pop(place) for place in gone], _END_SECONDS)

    def _wanted(self, config: Config) -> dict[Address, tuple[ASGIApp, Bounds]]:
        if not config.serve.daemon:
            return {}
        site, health = self._applications(config)
        wanted = {
            config.serve.listen: (
                site,
                Bounds(connections=min(config.serve.connections, room_for_connections(READERS))),
            )
        }
        if config.serve.health:
            wanted[config.serve.health] = (health, Bounds(connections=min(WATCHERS, room_for_connections(MONITORS))))
        return wanted

    def _opened(self, new: Mapping[Address, tuple[ASGIApp, Bounds]], wanted: Iterable[Address]) -> dict[Address, Stand]:
        """Return stands at new addresses. What is in their way, as 127.0.0.1 is for 0.0.0.0, has to end before."""
        kept, opened, ended = set(wanted), {}, []
        try:
            for place, (app, bounds) in new.items():
                try:
                    opened[place] = Stand(place, app, bounds, _no_room)
                except ServeError:
                    in_its_way = [
                        one for one in self._stands if one.port == place.port and one.port and one not in kept
                    ]
                    if not in_its_way:
                        raise
                    ended += [self._stands.pop(one) for one in in_its_way]
                    _end(ended, _END_SECONDS)
                    opened[place] = Stand(place, app, bounds, _no_room)
        except ServeError:
            _end(opened.values(), 0.0)
            for one in ended:
                self._stands[one.place] = one.again()
                self._stands[one.place].begin()
            raise
        return opened

    def end(self, patience: float = _END_SECONDS) -> None:
        """Serve no more; answers that are on their way may take so many seconds."""
        _end(self._stands.values(), patience)
        self._stands.clear()


def _end(stands: Iterable[Stand], patience: float) -> None:
    until = time.monotonic() + patience
    ending = list(stands)
    for one in ending:
        one.stop()
    for one in ending:
        one.end(max(until - time.monotonic(), 0.0))


def _no_room(count: int) -> None:
    said("connections ended, since there was no room for more", logging.WARNING, count=count)
