"""Upstream feeds: those that are due are asked, what came is parsed in other processes, and its entries are put."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aggregator.core import polling
from aggregator.core.matching import locate
from aggregator.core.model import EPOCH, Document, Fault, Outcome, to_micros
from aggregator.sources import Validators
from aggregator.store import Dropped, Put, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.config.upstream import Upstream
    from aggregator.core.model import Sighting
    from aggregator.core.polling import Answer, Poll
    from aggregator.options import Options
    from aggregator.publish import Progress
    from aggregator.sources.feed import FeedContext, FeedDocument
    from aggregator.sources.http import Request, Response
    from aggregator.store import Store

_RETENTION = timedelta(days=730)  # of an entry, from when it left the document of its feed
_AT_ONCE = 4  # bodies of up to 10 MiB wait for a parser; those that are slow do not count
_NOT_MODIFIED, _OK = 304, 200


@dataclass(slots=True)
class Polled:
    """What asking upstream feeds came to.

    asked: how many were due. fresh: with a new document. failing: asked now or not. found: entries in the new documents,
    each of them put or dropped. names: of the sources that answered well.
    """

    asked: int = 0
    fresh: int = 0
    unchanged: int = 0
    failing: int = 0
    found: int = 0
    dropped: int = 0
    put: Put = field(default_factory=Put)
    names: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def poll(config: Config, store: Store, now: datetime, options: Options, progress: Progress) -> Polled:
    """Ask the upstream feeds that are due and put what is new; a source that fails keeps what it gave."""
    pass_ = Asking(config.upstream, store, now)
    asked = {one.name for one in config.upstream} | {one.name for one in config.lists if one.url}
    if left := sorted(store.polls.all().keys() - asked):
        store.polls.forget(left)
    due = pass_.due(options.only, ask_now=options.ask_now)
    if due:
        pass_.carry_out(due, config.site.homepage, options.environment, progress)
    return pass_.finish()


class Asking:
    """One pass over upstream feeds; whoever asks for other documents says below how they are parsed and taken."""

    stays = "its entries stay"  # what a failure does not cost

    def __init__(self, upstreams: Sequence[Upstream], store: Store, now: datetime) -> None:
        self._store = store
        self._now = now
        self._by_name = {one.name: one for one in upstreams}
        self._polls = _current(upstreams, store.polls.all(), now)
        self._polled = Polled()
        self._answers: dict[str, Answer] = {}
        self._hashes: dict[str, str] = {}

    def due(self, only: frozenset[str], *, ask_now: bool) -> list[Upstream]:
        """Return the sources to ask, and remember that they are asked."""
        due = [
            one
            for name, one in self._by_name.items()
            if (not only or name in only) and polling.is_due(self._polls[name], self._now, ignore_interval=ask_now)
        ]
        self._keep({one.name: polling.asked(self._polls[one.name], self._now, one.interval) for one in due})
        self._polled.asked = len(due)
        return due

    def carry_out(
        self, due: Sequence[Upstream], contact: str, environment: Mapping[str, str], progress: Progress
    ) -> None:
        """Ask, parse and put, each as soon as it can be."""
        from aggregator.worker import Failure, Workers  # noqa: PLC0415  only where somebody is asked

        requests: list[Request] = []
        for one in due:
            try:
                requests.append(one.request(self._polls[one.name], environment))
            except LookupError as error:
                self._fail(one.name, polling.Answer(), "secret", str(error))
        with Workers() as workers:
            for (_, context), made in workers.map(self._parser(), self._documents(requests, contact, progress)):
                name = context.source
                if isinstance(made, Failure):
                    self._fail(name, self._answers[name], made.code, made.reason)
                elif made.fault:
                    self._fail(name, self._answers[name], made.fault.code, made.fault.reason)
                else:
                    self._take(name, made)

    def _parser(self) -> Callable[[tuple[bytes, FeedContext]], Any]:
        """Return what the workers do; what it returns has a `fault`."""
        from aggregator.sources.feed import parse_pair  # noqa: PLC0415  only where somebody is asked

        return parse_pair

    def _documents(
        self, requests: Sequence[Request], contact: str, progress: Progress
    ) -> Iterator[tuple[bytes, FeedContext]]:
        """Yield what has to be parsed as it comes; all other answers are settled on the way."""
        from aggregator.sources.http import Limits, fetch_all  # noqa: PLC0415  httpx only where somebody is asked

        for number, (request, response) in enumerate(
            fetch_all(requests, contact=contact, limits=Limits(workers=_AT_ONCE), now=self._now)
        ):
            progress("upstream feeds", number, len(requests))
            if self._is_new(request.name, response):
                self._answers[request.name] = _answer(response)
                self._hashes[request.name] = _hash(response.body)
                source = self._by_name[request.name]
                facts = (response.url, response.media_type, response.charset)
                yield response.body, source.context(self._now, *facts)

    def _is_new(self, name: str, response: Response) -> bool:
        """Say whether an answer holds a document to be parsed; all else is settled here."""
        poll, answer, interval = self._polls[name], _answer(response), self._by_name[name].interval
        if response.failure:
            self._fail(name, answer, response.code, response.failure)
            return False
        is_same = response.status == _OK and _hash(response.body) == poll.hash
        if is_same or response.status == _NOT_MODIFIED:
            made = (
                polling.succeeded(poll, answer, self._now, interval, hash_=poll.hash, ttl=poll.ttl)
                if is_same
                else polling.unchanged(poll, answer, self._now, interval)
            )
            self._keep({name: made})
            self._polled.unchanged += 1
            self._polled.names.append(name)
            return False
        return True

    def _take(self, name: str, document: FeedDocument) -> None:
        """Put the entries of a good new document, and only then its validators."""
        source, poll = self._by_name[name], self._polls[name]
        arrivals = _Arrivals(source, self._store, self._now, is_first=poll.succeeded is None)
        readings = arrivals.readings(document.sightings)
        left, gone = self._absent(name, {one.location for one in readings})
        self._polled.put += self._store.sources.put(name, [*readings, *left], gone, self._now)
        dropped = [Dropped(one.place, one.code, one.reason, one.count) for one in document.drops]
        self._store.polls.keep_dropped(name, dropped)
        ttl = document.ttl or timedelta(0)
        answer, hash_ = self._answers[name], self._hashes[name]
        self._keep({name: polling.succeeded(poll, answer, self._now, source.interval, hash_=hash_, ttl=ttl)})
        self._polled.fresh += 1
        self._polled.found += document.found
        self._polled.dropped += sum(one.count for one in dropped)
        self._polled.names.append(name)

    def _absent(self, name: str, current: set[str]) -> tuple[list[Reading], list[str]]:
        """Return the entries that have just left the document, stamped anew, and those that left it long ago."""
        stamps = {one: row.validators.mtime_ns for one, row in self._store.sources.known(name).items()}
        last, limit = max(stamps.values(), default=0), to_micros(self._now - _RETENTION) * 1000
        absent = {one: stamp for one, stamp in stamps.items() if one not in current}
        # A feed may say nothing new for years: what its last document had was there until just before this one.
        left = [_stamped(one, self._now - timedelta(microseconds=1)) for one, stamp in absent.items() if stamp == last]
        return left, [one for one, stamp in absent.items() if stamp != last and stamp < limit]

    def _fail(self, name: str, answer: Answer, code: str, reason: str) -> None:
        interval = self._by_name[name].interval
        self._keep({name: polling.failed(self._polls[name], answer, self._now, interval, code=code, reason=reason)})

    def _keep(self, polls: Mapping[str, Poll]) -> None:
        if polls:
            self._polls |= polls
            self._store.polls.keep(polls)

    def finish(self) -> Polled:
        """Say what was done, and what is wrong with each source, asked or not."""
        for name in self._by_name:
            one = self._polls[name]
            if one.code:
                self._polled.failing += 1
                self._polled.faults.append(Fault(f"upstream_{one.code}", name, _said(one, self.stays)))
        return self._polled


class _Arrivals:
    """The entries of one document, on their way into the store."""

    def __init__(self, source: Upstream, store: Store, now: datetime, *, is_first: bool) -> None:
        self._source = source
        self._store = store
        self._now = now
        self._is_first = is_first

    def readings(self, found: Sequence[Sighting]) -> list[Reading]:
        """Return what is to be put: at its place, with what was frozen when it was first seen."""
        name = self._source.name
        locations = locate(found, self._store.polls.traces(name))
        before = self._store.polls.sightings(name, locations)
        live = self._live(found) if self._is_first else frozenset(range(len(found)))
        readings = []
        for number, (sighting, location) in enumerate(zip(found, locations, strict=True)):
            old = before.get(location)
            kept = replace(
                sighting,
                location=location,
                origin=old.origin if old and old.origin else sighting.origin,
                backlog=old.backlog if old else number not in live,
            )
            readings.append(_stamped(location, self._now, Document(outcome=Outcome.READ, sighting=kept)))
        return readings

    def _live(self, found: Sequence[Sighting]) -> frozenset[int]:
        """Return which entries of a feed that we have just come to know are let into live feeds: the newest few."""
        newest = sorted(range(len(found)), key=lambda number: (found[number].published or EPOCH, -number), reverse=True)
        return frozenset(newest[: self._source.backlog])


def _stamped(location: str, now: datetime, document: Document | None = None) -> Reading:
    """Return an entry with the instant at which its feed was last known to have it, in place of a file's mtime."""
    validators = Validators(size=0, mtime_ns=to_micros(now) * 1000)
    return Reading(location=location, validators=validators, racy=False, hash="", document=document)


def _current(upstreams: Iterable[Upstream], known: Mapping[str, Poll], now: datetime) -> dict[str, Poll]:
    """Return what is remembered of each source; another address in the configuration begins anew."""
    polls: dict[str, Poll] = {}
    for one in upstreams:
        old = known.get(one.name)
        polls[one.name] = old if old is not None and old.given == one.url else polling.first_poll(one.url, now)
    return polls


def _answer(response: Response) -> Answer:
    return polling.Answer(
        url=response.url,
        etag=response.etag,
        modified=response.modified,
        moved=response.moved,
        fresh_for=response.fresh_for,
        retry_after=response.retry_after,
    )


def _hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _said(poll: Poll, stays: str) -> str:
    """Say of a failing source since when, what readers see of it, and when it is asked again."""
    since = f"last good {poll.succeeded:%Y-%m-%d %H:%M} UTC, {stays}" if poll.succeeded else "never read"
    again = f"next try {poll.due:%Y-%m-%d %H:%M} UTC" if poll.due else "remove it, or give it another url"
    return f"{poll.reason}; {since}; {again}"
