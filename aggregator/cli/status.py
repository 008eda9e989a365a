"""`aggregator status`: what the last pass came to, and whether one is running."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import config_option, json_option, loaded
from aggregator.cli.screen import fitted
from aggregator.cli.words import command, count, line

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from aggregator.status import Hub, Status

_STALE = 1


@click.command()
@config_option
@json_option
def status(*, config_path: Path | None, as_json: bool) -> int:
    """Say when the last pass was, what it came to, and whether one is running. Ends with 1 if feeds are stale."""
    from functools import partial  # noqa: PLC0415  --help needs none of it

    from aggregator.errors import OthersState  # noqa: PLC0415
    from aggregator.serve.freshness import allowed  # noqa: PLC0415
    from aggregator.status import read, staleness  # noqa: PLC0415
    from aggregator.store.lock import DAEMON, holder  # noqa: PLC0415

    config = loaded(config_path)
    known, now = read(config.state), datetime.now(UTC)
    reason = staleness(known, now, partial(allowed, config.schedule, config.serve.stale_after))
    hidden, holding = "", None
    try:
        holding = holder(config.state)
    except OthersState as error:
        if known is None:  # nothing at all can be seen
            raise
        hidden = str(error)
    if as_json:
        running = None if hidden else holding is not None
        click.echo(json.dumps(_as_object(known, reason, running=running), ensure_ascii=False))
    else:
        who = "a daemon is at work" if holding and holding.kind == DAEMON else "a pass is running" if holding else ""
        lines = [f"{config.site.title}: {'; '.join(filter(None, (reason or _trouble(known) or 'all is well', who)))}."]
        unseen = [line("running?", hidden)] if hidden else []
        text = "\n".join([*lines, *(_lines(known, now, config.file) if known else []), *unseen])
        click.echo(fitted(text, err=False))
    return _STALE if reason else 0


def _as_object(known: Status | None, reason: str, *, running: bool | None) -> dict[str, object]:
    from dataclasses import asdict  # noqa: PLC0415

    last = None
    if known is not None:
        last = {
            "started": known.started.isoformat(),
            "ended": known.ended.isoformat(),
            "exit_code": known.exit_code,
            "reason": known.reason or None,
            "last_good": known.last_good.isoformat() if known.last_good else None,
            "interval_seconds": known.interval.total_seconds() if known.interval else None,
            "counts": asdict(known.counts),
            "work": asdict(known.work),
            "hubs": [asdict(one) | {"again": one.again.isoformat() if one.again else None} for one in known.hubs],
        }
    return {"stale": bool(reason), "reason": reason or None, "running": running, "last": last}


def _trouble(known: Status | None) -> str:
    """Say what is not well although feeds are fresh; nothing where all is."""
    if known is None:
        return ""
    held, failing, deaf = known.counts.held, known.counts.failing, sum(bool(one.reason) for one in known.hubs)
    facts = [  # an end with 1 is said by what is held
        f"the last pass ended with {known.exit_code}" if known.exit_code != bool(held) else "",
        f"{count(held, 'source')} {'waits' if held == 1 else 'wait'} for you" if held else "",
        f"{count(failing, 'source')} {'fails' if failing == 1 else 'fail'}" if failing else "",
        f"{count(deaf, 'hub')} {'takes' if deaf == 1 else 'take'} no news" if deaf else "",
    ]
    return "; ".join(filter(None, facts))


def _lines(known: Status, now: datetime, file: Path) -> list[str]:
    counts = known.counts
    paused = f"   {counts.paused:,} paused" if counts.paused else ""
    took = (known.ended - known.started).total_seconds()
    last_good = "never" if known.last_good is None else _when(known.last_good, now)
    return [
        line("last pass", f"{_when(known.ended, now)}   took {took:.1f} s   ended with {known.exit_code}"),
        *([line("", known.reason)] if known.reason else []),
        line("last good", last_good),
        line("sources", f"{counts.sources:,}   {counts.failing:,} failing   {counts.held:,} held{paused}"),
        *([line("", f"which ones: {command(file, 'sources')}")] if counts.failing or counts.held else []),
        line("entries", f"{counts.entries:,}   {count(counts.faulty, 'fault')} in files"),
        *([line("", f"which ones: {command(file, 'check')}")] if counts.faulty else []),
        line("feeds", f"{counts.channels:,}"),
        *(line("hub", _of_hub(one)) for one in known.hubs if one.owed or one.reason),
    ]


def _of_hub(hub: Hub) -> str:
    facts = [
        f"{count(hub.owed, 'announcement')} owed" if hub.owed else "",
        f"refused {count(hub.refused, 'announcement')}: look at `hub`" if hub.refused else "",
        f"next try {hub.again:%Y-%m-%d %H:%M} UTC" if hub.again else "",
    ]
    return f"{hub.name}: {', '.join(filter(None, facts))}{f' ({hub.reason})' if hub.reason else ''}"


def _when(instant: datetime, now: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC, {_age(now - instant)} ago"


def _age(span: timedelta) -> str:
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 120:  # noqa: PLR2004  up to two hours, in minutes
        return count(minutes, "minute")
    return count(minutes // 60, "hour") if minutes < 48 * 60 else count(minutes // 1440, "day")
