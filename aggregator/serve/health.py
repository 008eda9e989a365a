"""How the program is, for monitors: `/healthz` and `/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from aggregator.serve.metrics import MEDIA_TYPE, metrics_text
from aggregator.status import staleness

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from aggregator.serve.tally import Tally
    from aggregator.status import Status

_NO_METRICS = "404: no metrics without prometheus-client; install feed-aggregator[metrics]\n"


def health(
    status: Callable[[], Status | None],
    clock: Callable[[], datetime],
    allowed: Callable[[Status], timedelta],
    tally: Tally,
) -> ASGIApp:
    """Return the application that monitors ask. allowed: how old the last good pass may be."""

    async def healthz(_request: Request) -> Response:
        known, now = status(), clock()
        reason = staleness(known, now, allowed)
        last_good = known.last_good if known else None
        said = {
            "status": "stale" if reason else "ok",
            "reason": reason or None,
            "last_good": last_good.isoformat() if last_good else None,
            "age_seconds": round((now - last_good).total_seconds()) if last_good else None,
            "exit_code": known.exit_code if known else None,
        }
        return JSONResponse(said, 503 if reason else 200, {"cache-control": "no-store"})

    async def metrics(_request: Request) -> Response:
        text = metrics_text(status(), tally)
        return PlainTextResponse(_NO_METRICS, 404) if text is None else Response(text, media_type=MEDIA_TYPE)

    return Starlette(routes=[Route("/healthz", healthz), Route("/metrics", metrics)])
