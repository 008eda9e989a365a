"""One connection: uvicorn's protocol with an end to waiting, and a place in a crowd."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from aggregator.serve.crowd import reader_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

    from aggregator.serve.crowd import Crowd

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 20\r\n"
    b"Retry-After: 60\r\nConnection: close\r\n\r\n503: too many here.\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one connection may take.

    request: from the opening, or the answer before, to the end of the headers. answer: the same to the end of the
    answer, as slow as a reader may be. idle: between two requests. ending: what answers may still take when all ends.
    connections: at once; one more ends the one that has been idle longest, or gets 503 where none is. per_reader: the
    same of one public address. header_bytes: of one request, its line included.
    """

    request: timedelta = timedelta(seconds=10)
    answer: timedelta = timedelta(minutes=2)
    idle: timedelta = timedelta(seconds=5)
    ending: timedelta = timedelta(seconds=3)
    connections: int = 500
    per_reader: int = 100
    header_bytes: int = 16 * 1024


class Connection(H11Protocol):
    """A connection within bounds; sent_away: called for each that had to go for another.

    uvicorn's own keep-alive time begins with the first answer: who sends nothing, or a byte now and then, would stay for
    ever, and so would who does not read.
    """

    def __init__(self, bounds: Bounds, crowd: Crowd, sent_away: Callable[[], None], /, **given: Any) -> None:
        super().__init__(**given)
        self._request = bounds.request.total_seconds()
        self._answer = bounds.answer.total_seconds()
        self._step = bounds.header_bytes // 2
        self._crowd = crowd
        self._sent_away = sent_away

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, if there is room; else end, or end another one."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._watch = self.loop.call_later(self._request, self._look)
        self._crowd.admit(self, reader_of(self.client[0]) if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room."""
        self._watch.cancel()
        self._crowd.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, in small parts."""
        # h11 measures only what is not complete when it looks: one read could bring 256 KiB of headers at once.
        for start in range(0, len(data), self._step):
            if not self.transport.is_closing():
                super().data_received(data[start : start + self._step])

    def on_response_complete(self) -> None:
        """Let the time of the next request begin."""
        self._since = self.loop.time()
        self._crowd.rest(self)
        super().on_response_complete()

    def is_idle(self) -> bool:
        """Say whether it is neither being answered nor being sent anything."""
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request, whatever its type says
        is_answering = cycle is not None and not cycle.response_complete
        return not is_answering and self.transport.get_write_buffer_size() == 0

    def send_away(self, *, is_new: bool) -> None:
        """End the connection; one that has just come is told why, since it will ask."""
        if is_new:
            self.transport.write(_FULL)
            self.transport.close()
        else:
            self.transport.abort()
        self._sent_away()

    def _look(self) -> None:
        left = self._since + (self._request if self.is_idle() else self._answer) - self.loop.time()
        if left <= 0:
            self.transport.abort()
        else:
            self._watch = self.loop.call_later(min(left, self._request / 2), self._look)
