"""What a dry run found out, in words and as JSON; and what a run has to tell once, in one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aggregator import __version__
from aggregator.cli.words import count, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from aggregator.config import Config
    from aggregator.publish import Published
    from aggregator.publish.changes import Change, Titles
    from aggregator.run import Report

_TITLES_SHOWN = 10
_CUT_SHOWN = 3


def plan_lines(published: Published) -> list[str]:
    """Return what would happen to each feed: its entries, and what its `updated` would say."""
    lines = [one for change in published.changes for one in _feed(change)]
    return [*lines, "dry run: nothing was written"]


def plan_object(published: Published) -> dict[str, Any]:
    """Return what would happen to each feed, for programs."""
    return {
        "dry_run": True,
        "changes": [
            {
                "feed": change.path,
                **{
                    what: [{"id": id_, "title": title} for id_, title in titles]
                    for what, titles in _parts(change).items()
                },
                "retired": change.retired,
                "updated_before": change.before and change.before.isoformat(),
                "updated": change.updated.isoformat(),
                "reason": _reason(change),
            }
            for change in published.changes
        ],
    }


def _parts(change: Change) -> dict[str, Titles]:
    return {
        "added": change.added,
        "changed": change.edited,
        "redrawn": change.redrawn,
        "removed": change.removed,
    }


def _feed(change: Change) -> Iterator[str]:
    counts = "   ".join(f"{len(titles):,} {what}" for what, titles in _parts(change).items() if titles)
    yield f"{change.path}   {counts or 'its head only'}"
    yield f"    {_reason(change)}"
    for sign, titles in zip("+~=-", _parts(change).values(), strict=True):
        yield from (f"    {sign} {title}" for _, title in titles[:_TITLES_SHOWN])
        if len(titles) > _TITLES_SHOWN:
            yield f"    {sign} and {len(titles) - _TITLES_SHOWN:,} more"


def _reason(change: Change) -> str:
    """Say what the feed's `updated` would be, and why."""
    if change.retired:
        return "the configuration wants it no more: its files go"
    if change.before is None:
        return f"updated {_time(change)}: a new feed"
    if change.updated == change.before:
        return f"updated stays {_time(change)}: nothing that a subscriber would call new"
    why = [
        text
        for titles, text in (
            (change.added, "entries come"),
            (change.edited, "words change"),
            (change.removed, "entries go"),
        )
        if titles
    ]
    return f"updated moves from {change.before:%Y-%m-%d %H:%M} to now: {', '.join(why) or 'its entries changed'}"


def _time(change: Change) -> str:
    return f"{change.updated:%Y-%m-%d %H:%M} UTC"


def notices(report: Report, config: Config) -> list[str]:
    """Return what the owner should hear once, with what to do about it."""
    published, lines = report.published, []
    if report.recovered:
        lines.append("the state was built anew from ledger.jsonl: what is called new has the id and dates that it had")
    if published.moved_from:
        lines.append(
            f"base_url changed: {count(published.written, 'file')} with new addresses, ids stay; on the old host: "
            f"{_redirect(published.moved_from, config.site.base_url)}"
        )
    elif published.upgraded_from and published.written:
        lines.append(
            f"{count(published.written, 'file')} rewritten: program {published.upgraded_from} -> {__version__}; "
            "no entry's updated moved for it"
        )
    short = sorted(published.cut_short.items())
    for path, span in short[:_CUT_SHOWN]:
        lines.append(
            f"{path} shows {_span(span)}, not {_span(config.window.span)}: subscribers who poll less often miss entries; "
            "a larger window.max_size shows more"
        )
    if len(short) > _CUT_SHOWN:
        lines.append(f"and {count(len(short) - _CUT_SHOWN, 'more feed')} as short")
    return [line("note", one) for one in lines]


def _redirect(old: str, new: str) -> str:
    """Return the line of an nginx configuration that leads from an old base address to a new one."""
    path = urlsplit(old).path
    if path == urlsplit(new).path:
        return f"return 301 {new.removesuffix(path)}$request_uri;"
    return f"rewrite ^{path}(.*)$ {new}$1 permanent;"


def _span(span: timedelta) -> str:
    hours = round(span.total_seconds() / 3600)
    return f"{hours} h" if hours < 72 else f"{round(hours / 24)} days"  # noqa: PLR2004  days are told apart below that
