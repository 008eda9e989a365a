"""Feeds fetched over HTTP: many at once, each politely, none at the cost of another.

Threads, not one event loop: a thread that waits for its server holds up nobody, every wait of it, the handshake of TLS
included, ends with a timeout that the system keeps, and a broken server needs no cancelling. Each request has a small
client of its own: one shared client gets slower with every connection that it holds.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from aggregator.masking import masked
from aggregator.wire.agenda import Agenda
from aggregator.wire.errand import Errand, FetchFailure, Limits, Request, Response
from aggregator.wire.hush import Hush

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    import httpcore

    from aggregator.wire.guard import Resolve
    from aggregator.wire.spool import Arrived

    Hop = Callable[[Errand], Arrived | Errand]
    Answered = tuple[Request, Arrived]

__all__ = ["Limits", "Request", "Response", "fetch_all"]

_SLOW = 1 / 15  # of the time of one fetch: whatever takes longer is waiting for its server
_THREADS_PER_WORKER = 4  # so many fetches may be slow before they hold up others


def fetch_all(
    requests: Sequence[Request],
    *,
    contact: str,
    limits: Limits,
    now: datetime,
    resolve: Resolve | None = None,
    network: httpcore.NetworkBackend | None = None,
) -> Iterator[tuple[Request, Response]]:
    """Yield each request with what came of it, in the order in which they end; never raises for what a server does.

    contact: told to every server. now: what dates are compared with where a server does not say its own. resolve,
    network: how names become addresses, and addresses connections; the system's ways by default.
    """
    from aggregator.wire.exchange import hop, terms_of  # noqa: PLC0415  httpx costs 0.1 s
    from aggregator.wire.route import begun  # noqa: PLC0415

    terms = terms_of(contact=contact, limits=limits, now=now, resolve=resolve, network=network)
    agenda: Agenda[Errand, Answered] = Agenda(limits.workers, limits.total.total_seconds() * _SLOW)
    refused = []
    for request in requests:
        try:
            errand = begun(request)
        except FetchFailure as failure:
            refused.append((request, Response(url=masked(request.url), failure=failure.reason, code=failure.code)))
        else:
            agenda.add(errand.place, errand)
    work = (agenda, lambda errand: hop(errand, terms), Hush(now), limits.gap.total_seconds())
    try:
        for number in range(min(len(requests) - len(refused), limits.workers * _THREADS_PER_WORKER)):
            # Daemons: a program that wants to end does not wait for a slow server.
            threading.Thread(target=_work, args=work, name=f"fetch {number}", daemon=True).start()
        yield from refused
        while (answered := agenda.fetch()) is not None:
            yield answered[0], answered[1].whole()
    finally:
        for _, left in agenda.close():
            left.close()


def _work(agenda: Agenda[Errand, Answered], hop: Hop, hush: Hush, gap: float) -> None:
    """Run errands until there are none."""
    while (errand := agenda.take()) is not None:
        refusal = hush.refusal(errand)
        outcome = refusal or hop(errand)
        # A host that the owner allowed is the owner's own; one that was not asked need not be spared.
        pause = 0.0 if refusal or errand.is_allowed else gap
        if isinstance(outcome, Errand):
            agenda.go_on(errand.place, pause, outcome.place, outcome)
            continue
        hush.note(errand, outcome.response)
        if not agenda.answer(errand.place, pause, (errand.request, outcome)):
            outcome.close()
