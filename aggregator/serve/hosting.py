"""All that is served of a configuration: where, with what, and how that changes without a gap."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from queue import Empty
from typing import TYPE_CHECKING

from aggregator import status
from aggregator.errors import ServeError
from aggregator.publish.output import Retired
from aggregator.serve.connection import Bounds
from aggregator.serve.descriptors import MONITORS, READERS, room_for_connections
from aggregator.serve.freshness import allowed
from aggregator.serve.health import health
from aggregator.serve.site import Hosted, site
from aggregator.serve.stand import Offer, Stand
from aggregator.serve.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping
    from datetime import datetime
    from queue import SimpleQueue
    from typing import TypeAlias

    from aggregator.config import Config
    from aggregator.config.serve import Address

    _Where: TypeAlias = tuple[str, Address]  # beside what it is set with: two ports that the system gives are two

LISTEN = "serve.listen"
_HEALTH = "serve.health"
_WATCHERS = 64  # connections for those who watch: enough, whatever readers do at the other address
_LOOK_SECONDS = 1.0
_END_SECONDS = 4.0  # a little more than answers may still take


class Hosting:
    """A server for what a configuration wants handed out: the site, and how its passes fare.

    no_room: called with the number of connections that ended, since there was no room for more.
    """

    def __init__(self, clock: Callable[[], datetime], no_room: Callable[[int], None]) -> None:
        self._clock = clock
        self._no_room = no_room
        self._stands: dict[_Where, Stand] = {}

    def follow(self, config: Config | None, listen: Address | None = None) -> tuple[Stand, ...]:
        """Serve as a configuration wants it, or not at all, and return the new stands, the site's before that of health.

        At an address that stays, nobody notices. listen: from `--listen`, in place of what the configuration says.

        Raises:
            ServeError: it is not possible to listen where it says; then all goes on as it was.
        """
        offers = _offers(config, listen, self._clock) if config else ()
        wanted = {(one.key, one.place): one for one in offers}
        opened = self._opened(wanted)
        for where, offer in wanted.items():
            if where in self._stands:
                self._stands[where].show(offer.app)
        for stand in opened.values():
            stand.begin()
        gone = [self._stands.pop(where) for where in [*self._stands] if where not in wanted]
        self._stands.update(opened)
        _end(gone)
        return tuple(opened.values())

    def _opened(self, wanted: Mapping[_Where, Offer]) -> dict[_Where, Stand]:
        """Return stands at new addresses. What is in their way, as 127.0.0.1 is for 0.0.0.0, has to end before."""
        opened: dict[_Where, Stand] = {}
        ended: list[Stand] = []
        try:
            for where, offer in [one for one in wanted.items() if one[0] not in self._stands]:
                try:
                    opened[where] = Stand(offer, self._no_room)
                except ServeError:
                    in_its_way = self._in_the_way_of(offer.place, wanted)
                    if not in_its_way:
                        raise
                    ended += in_its_way
                    _end(in_its_way)
                    opened[where] = Stand(offer, self._no_room)
        except ServeError:
            _end(opened.values(), 0.0)
            for one in ended:
                self._stands[one.offer.key, one.offer.place] = again = Stand(one.offer, self._no_room)
                again.begin()
            raise
        return opened

    def _in_the_way_of(self, place: Address, kept: Container[_Where]) -> list[Stand]:
        """Return the stands that keep a new one from an address, and are not to be kept; they are no longer among ours."""
        ours = [(where, one.at) for where, one in self._stands.items() if where not in kept]
        found = [where for where, at in ours if (at.port, at.path) == (place.port, place.path)]
        return [self._stands.pop(where) for where in found]

    def lost(self) -> str:
        """Return an address where the server ended though nobody told it to; nothing where there is none."""
        return next((str(one.offer.place) for one in self._stands.values() if one.is_lost()), "")

    def stay(self, signals: SimpleQueue[int]) -> None:
        """Serve until a signal comes.

        Raises:
            ServeError: a server died.
        """
        while not (address := self.lost()):
            with suppress(Empty):
                signals.get(timeout=_LOOK_SECONDS)
                return
        raise ServeError(address, "its server died by a mistake of ours; please report it")

    def end(self, patience: float = _END_SECONDS) -> None:
        """Serve no more; answers that are on their way may take so many seconds."""
        _end(self._stands.values(), patience)
        self._stands.clear()


def _offers(config: Config, listen: Address | None, clock: Callable[[], datetime]) -> tuple[Offer, ...]:
    """Return what hands out the published feeds, and what says how the passes fare, if anybody may ask."""
    tally, serving = Tally(), config.serve
    hosted = Hosted(folder=config.output, base_url=config.site.base_url, hubs=config.site.hubs, max_age=serving.max_age)
    readers = Bounds(connections=min(serving.connections, room_for_connections(READERS)))
    to_read = site(hosted, Retired(config.state), tally)
    feeds = Offer("--listen" if listen else LISTEN, listen or serving.listen, to_read, readers)
    if serving.health is None:
        return (feeds,)
    fresh = partial(allowed, config.schedule, serving.stale_after)
    watchers = Bounds(connections=min(_WATCHERS, room_for_connections(MONITORS)))
    to_watch = health(partial(status.read, config.state), clock, fresh, tally)
    return feeds, Offer(_HEALTH, serving.health, to_watch, watchers)


def _end(stands: Iterable[Stand], patience: float = _END_SECONDS) -> None:
    until = time.monotonic() + patience
    ending = list(stands)
    for one in ending:
        one.stop()
    for one in ending:
        one.end(max(until - time.monotonic(), 0.0))
