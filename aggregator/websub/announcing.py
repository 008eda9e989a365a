"""Hubs told of feeds that have news (W3C WebSub, section 6): one request per hub and feed, none lost, none held up.

The recommendation leaves the words between publisher and hub open. Most hubs read `hub.url`, some read `hub.topic`; each
passes over the other one.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from aggregator.core.model import Fault
from aggregator.core.owing import PATIENCE, answered, given_up, is_due, put_off
from aggregator.masking import masked
from aggregator.websub.announced import Announced, Answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.core.owing import Owing
    from aggregator.formats import Site
    from aggregator.options import Progress
    from aggregator.wire.agenda import Agenda
    from aggregator.wire.errand import Errand
    from aggregator.wire.exchange import Terms
    from aggregator.wire.form import Reply

    Note: TypeAlias = Callable[[str, str, datetime], None]  # hub, path, and since when that is owed

_AT_ONCE = 4  # requests; to one host one at a time
_GRACE_SECONDS = 2.5  # for the answers of hubs that are just being told when somebody wants to end


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What announcing may cost a pass: `each` request, and how long new ones are `begun`; in all the sum of the two."""

    each: timedelta = timedelta(seconds=10)
    begun: timedelta = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class _Task:
    """A feed that a hub is to be told of. errand: to the hub. reply: None where it was not asked."""

    hub: str
    path: str
    since: datetime
    errand: Errand
    reply: Reply | None = None


def announce(
    owed: Mapping[str, Owing],
    site: Site,
    now: datetime,
    progress: Progress,
    bounds: Bounds | None = None,
    *,
    note: Note = lambda *_: None,
) -> Announced:
    """Tell the hubs that are due what they are owed, and return what is left; who fails is left alone for a while.

    note: told of each announcement that is owed no more, at once and by any thread.
    """
    left, answers, faults = dict(owed), dict[str, Answers](), list[Fault]()
    due = {hub: owing for hub, owing in owed.items() if is_due(owing, now)}
    if not due:
        return Announced(owed=left)
    total = sum(len(owing.feeds) for owing in due.values())
    for number, task in enumerate(_told(due, site, now, bounds or Bounds(), note)):
        progress("announcements", number, total)
        hub, reply = task.hub, task.reply
        if reply is None:
            continue
        answers[hub] = _with(answers.get(hub, Answers()), reply)
        if reply.reason and not reply.is_final:
            left[hub] = put_off(left[hub], now, reply.retry_after, reply.reason)
            continue
        left[hub] = answered(left[hub], task.path)
        if reply.reason:
            said = f"{_shown(hub)} refused its announcement: {reply.reason}; check `hub`; its next news is announced"
            faults.append(Fault("hub_refused", task.path, said))
    for hub in due:
        left[hub], dropped = _without_given_up(hub, left[hub], now)
        faults += dropped
        if dropped:
            answers[hub] = replace(answers.get(hub, Answers(reason=left[hub].reason)), dropped=len(dropped))
    return Announced(
        sent=sum(one.taken for one in answers.values()),
        answers=answers,
        owed={hub: one for hub, one in left.items() if one.feeds},
        faults=tuple(faults),
    )


def _with(answers: Answers, reply: Reply) -> Answers:
    """Return what a hub said with one more reply."""
    if not reply.reason:
        return replace(answers, taken=answers.taken + 1)
    return replace(answers, refused=answers.refused + reply.is_final, reason=reply.reason)


def _without_given_up(hub: str, owing: Owing, now: datetime) -> tuple[Owing, list[Fault]]:
    """Return what a hub is owed without what it has failed to take for too long, and the faults that say so."""
    old = given_up(owing, now) if owing.reason else ()
    said = f"{_shown(hub)} took no announcement for {PATIENCE.days} days: {owing.reason}; check `hub`" if old else ""
    kept = {path: since for path, since in owing.feeds.items() if path not in old}
    return replace(owing, feeds=kept), [Fault("hub_silent", path, said) for path in old]


def _shown(hub: str) -> str:
    return f"the hub {masked(hub)}"


def _told(due: Mapping[str, Owing], site: Site, now: datetime, bounds: Bounds, note: Note) -> Iterator[_Task]:
    """Yield what is due, each announcement as its hub answers."""
    from aggregator.wire.agenda import Agenda  # noqa: PLC0415  the network only where somebody is told
    from aggregator.wire.errand import Limits, Request  # noqa: PLC0415
    from aggregator.wire.exchange import terms_of  # noqa: PLC0415
    from aggregator.wire.route import begun  # noqa: PLC0415

    limits = Limits(total=bounds.each, first_byte=bounds.each)
    terms = terms_of(contact=site.homepage, limits=limits, now=now, resolve=None, network=None)
    agenda: Agenda[_Task, _Task] = Agenda(_AT_ONCE, bounds.each.total_seconds())
    for hub, owing in due.items():
        errand = begun(Request(name=hub, url=hub))
        for path, since in owing.feeds.items():
            agenda.add(errand.place, _Task(hub, path, since, errand))
    until, failed = time.monotonic() + bounds.begun.total_seconds(), set[str]()
    work = (agenda, site.base_url, terms, until, failed, note)
    # Daemons: a program that wants to end does not wait for a slow hub.
    threads = [
        threading.Thread(target=_work, args=work, name=f"announce {number}", daemon=True)
        for number in range(min(_AT_ONCE, len(due)))
    ]
    try:
        for one in threads:
            one.start()
        while (task := agenda.fetch()) is not None:
            yield task
    finally:
        agenda.close()
        _let_end(threads)


def _let_end(threads: Sequence[threading.Thread]) -> None:
    """Wait a little for what hubs are just being told, so that it is noted."""
    until = time.monotonic() + _GRACE_SECONDS
    for one in threads:
        if one.ident:
            one.join(max(until - time.monotonic(), 0.0))


def _work(
    agenda: Agenda[_Task, _Task], base_url: str, terms: Terms, until: float, failed: set[str], note: Note
) -> None:
    """Announce until nothing is left; a hub that fails once is told no more in this pass."""
    from aggregator.wire.form import send_form  # noqa: PLC0415

    while (task := agenda.take()) is not None:
        if task.hub not in failed and time.monotonic() < until:
            address = f"{base_url}{task.path}"
            reply = send_form(task.errand, {"hub.mode": "publish", "hub.url": address, "hub.topic": address}, terms)
            task = replace(task, reply=reply)
            if reply.reason and not reply.is_final:
                failed.add(task.hub)
            else:
                note(task.hub, task.path, task.since)
        agenda.answer(task.errand.place, 0.0, task)
