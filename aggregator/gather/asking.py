"""One pass over what is followed: who is due is asked, what came is parsed in other processes, and its entries are put."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aggregator.core import polling
from aggregator.core.flood import Flood
from aggregator.core.health import Tally, Wish
from aggregator.core.model import Fault
from aggregator.gather.gathered import Gathered, Polled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.config.upstream import Upstream
    from aggregator.core.polling import Answer, Poll
    from aggregator.options import Options, Progress
    from aggregator.sources.feed.context import FeedContext
    from aggregator.sources.http import Request, Response
    from aggregator.store import Dropped
    from aggregator.store.tables import Store

_AT_ONCE = 4  # bodies of up to 10 MiB wait for a parser; those that are slow do not count
_NOT_MODIFIED, _OK = 304, 200
_SLOW_DOWN = frozenset([429, 503])


@dataclass(frozen=True, slots=True)
class Taken:
    """What a document brought."""

    done: Polled = field(default_factory=Polled)
    ttl: timedelta = timedelta(0)
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of documents that are asked for.

    name: begins the codes of faults. stays: what a failure does not cost. parser: returns what the workers do; what that
    makes has a `fault`. take: puts it, or says why it is none after all, or is held; told whether the last one was held,
    None where this one is accepted whatever it brings.
    """

    name: str
    stays: str
    parser: Callable[[], Callable[[tuple[bytes, FeedContext]], Any]]
    take: Callable[[Upstream, Any, Store, datetime, bool | None], Taken | Fault | Flood]


class Asking:
    """One pass over what is followed."""

    def __init__(self, upstreams: Sequence[Upstream], store: Store, now: datetime, options: Options) -> None:
        self._store = store
        self._now = now
        self._by_name = {one.name: one for one in upstreams}
        self._wishes = store.health.wishes()
        self._options = options
        self._accepted = options.accept_new | {name for name, one in self._wishes.items() if Wish.ACCEPT in one}
        known = store.polls.all()
        self._polls = _current(upstreams, known, now)
        # To be kept: their waits would else begin anew with each pass.
        self._rebased = {
            name: one for name, one in self._polls.items() if name in known and _is_ahead(known[name], now)
        }
        self._paused = [
            name for name, one in self._by_name.items() if one.paused_with or Wish.PAUSE in self._wishes.get(name, {})
        ]
        self._done = Polled()
        self._answers: dict[str, Answer] = {}
        self._hashes: dict[str, str] = {}

    def due(self) -> list[Upstream]:
        """Return the sources to ask, and remember that they are asked."""
        self._keep(self._rebased)
        self._reset()
        only, ask_now = self._options.only, self._options.ask_now
        wanted = (one for name, one in self._by_name.items() if (not only or name in only))
        due = [one for one in wanted if self._is_due(one.name, ask_now=ask_now)]
        polls = self._polls
        early = only.intersection(polls) - {one.name for one in due} - {*self._paused}
        early_due = tuple((name, due_at) for name in sorted(early) if (due_at := polls[name].due))
        self._keep({one.name: polling.asked(polls[one.name], self._now, one.interval) for one in due})
        self._done += Polled(asked=len(due), early=early_due)
        return due

    def is_any_due(self) -> bool:
        """Say whether there is something to ask, to forget, or to plan anew."""
        reset = {name for name, wishes in self._wishes.items() if Wish.RESET in wishes}
        return bool(self._rebased) or any(name in reset or self._is_due(name, ask_now=False) for name in self._by_name)

    def _reset(self) -> None:
        """Forget of some sources what the owner wants forgotten."""
        for name in self._by_name:
            if made_at := self._wishes.get(name, {}).get(Wish.RESET):
                self._keep({name: polling.begun_anew(self._polls[name], self._now)})
                self._store.health.end_wish(name, Wish.RESET, made_at)

    def _is_due(self, name: str, *, ask_now: bool) -> bool:
        """Say whether a source is to be asked; what was held and is accepted now need not wait for its interval."""
        poll = self._polls[name]
        is_let_in = poll.held is not None and name in self._accepted
        is_paused = name in self._paused
        return not is_paused and polling.is_due(poll, self._now, ignore_interval=ask_now or is_let_in)

    def carry_out(self, kind: Kind, contact: str, progress: Progress) -> Polled:
        """Ask who is due, parse and put, each as soon as it can be; return what came of it."""
        if not (due := self.due()):
            return self._done
        from aggregator.worker import Failure, Workers  # noqa: PLC0415  only where somebody is asked

        requests: list[Request] = []
        for one in due:
            poll = self._polls[one.name]
            known = polling.unknown(poll) if self._options.full else poll
            try:
                requests.append(one.request(known, self._options.environment))
            except LookupError as error:
                self._keep({one.name: polling.not_asked(poll, self._now, reason=str(error))})
        with Workers() as workers:
            for (_, context), made in workers.map(kind.parser(), self._documents(requests, contact, progress)):
                name = context.source
                if isinstance(made, Failure) and made.code == "no_worker":  # the document may be fine: nobody looked
                    poll = polling.not_read(self._polls[name], self._now, code=made.code, reason=made.reason)
                    self._keep({name: poll})
                elif isinstance(made, Failure):
                    self._fail(name, self._answers[name], made.code, made.reason)
                elif made.fault:
                    self._fail(name, self._answers[name], made.fault.code, made.fault.reason)
                else:
                    self._take(kind, name, made)
                del made  # a large document must not be kept while the next one comes
        return self._done

    def _documents(
        self, requests: Sequence[Request], contact: str, progress: Progress
    ) -> Iterator[tuple[bytes, FeedContext]]:
        """Yield what has to be parsed as it comes; all other answers are settled on the way."""
        from aggregator.sources.http import Limits, fetch_all  # noqa: PLC0415  httpx only where somebody is asked

        for number, (request, response) in enumerate(
            fetch_all(requests, contact=contact, limits=Limits(workers=_AT_ONCE), now=self._now)
        ):
            progress("upstream feeds", number, len(requests))
            self._count(request.name, response)
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
            if response.code == "no_room":  # for the answer, on our side
                self._keep({name: polling.not_read(poll, self._now, code=response.code, reason=response.failure)})
            elif response.code == "slow_down" and not response.status:  # its host said so to another source
                self._keep({name: polling.put_off(poll, answer, self._now)})
            else:
                self._fail(name, answer, response.code, response.failure)
            return False
        is_same = response.status == _OK and _hash(response.body) == poll.hash and not self._options.full
        if is_same or response.status == _NOT_MODIFIED:
            made = (
                polling.succeeded(poll, answer, self._now, interval, hash_=poll.hash, ttl=poll.ttl)
                if is_same
                else polling.unchanged(poll, answer, self._now, interval)
            )
            self._keep({name: made})
            self._done += Polled(unchanged=1)
            self._end(name)
            return False
        return True

    def _take(self, kind: Kind, name: str, document: Any) -> None:
        """Take a good new document, and only then keep its validators."""
        source, poll, answer = self._by_name[name], self._polls[name], self._answers[name]
        was_held = None if name in self._accepted else poll.held is not None
        taken = kind.take(source, document, self._store, self._now, was_held)
        if isinstance(taken, Fault):
            self._fail(name, answer, taken.code, taken.reason)
        elif isinstance(taken, Flood):
            self._keep({name: polling.held(poll, answer, self._now, source.interval, taken)})
        else:
            self._store.polls.keep_dropped(name, taken.dropped)
            hash_ = self._hashes[name]
            made = polling.succeeded(poll, answer, self._now, source.interval, hash_=hash_, ttl=taken.ttl)
            self._keep({name: made})
            self._done += taken.done
            self._end(name)

    def _end(self, name: str) -> None:
        """Note a good answer; that the owner accepts what it brings is done with it."""
        self._done += Polled(names=(name,))
        if made_at := self._wishes.get(name, {}).get(Wish.ACCEPT):
            self._store.health.end_wish(name, Wish.ACCEPT, made_at)

    def _count(self, name: str, response: Response) -> None:
        """Add an answer to what is known of the day."""
        is_slowed = response.status in _SLOW_DOWN or response.retry_after is not None
        is_unchanged = response.status == _NOT_MODIFIED and not response.failure
        tally = Tally(
            requests=response.requests,
            fresh=int(response.status == _OK and not response.failure),
            unchanged=int(is_unchanged),
            slowed=int(is_slowed),
            slowed_by=frozenset([urlsplit(response.url).netloc.rpartition("@")[2]] if is_slowed else []),
            received=response.received,
            saved=self._polls[name].size if is_unchanged else 0,
        )
        self._store.health.add_tally(name, self._now, tally)

    def _fail(self, name: str, answer: Answer, code: str, reason: str) -> None:
        interval = self._by_name[name].interval
        self._store.health.add_tally(name, self._now, Tally(failed=1))
        self._keep({name: polling.failed(self._polls[name], answer, self._now, interval, code=code, reason=reason)})

    def _keep(self, polls: Mapping[str, Poll]) -> None:
        if polls:
            self._polls |= polls
            self._store.polls.keep(polls)

    def known(self, kind: Kind) -> Gathered:
        """Return what is wrong with each source, asked or not, and what waits for a person."""
        awake = {name: one for name, one in self._polls.items() if name not in self._paused}
        failing = {name: one for name, one in awake.items() if one.code and not one.held}
        faults = (Fault(f"{kind.name}_{one.code}", name, _said(name, one, kind.stays)) for name, one in failing.items())
        own = {name for name, wishes in self._wishes.items() if Wish.PAUSE in wishes}
        return Gathered(
            floods=tuple(one.held for one in awake.values() if one.held),
            paused=tuple(name for name in self._paused if name in own),
            resting=tuple(name for name in self._paused if name not in own),
            polled=Polled(failing=len(failing), faults=tuple(faults)),
        )


def _current(upstreams: Iterable[Upstream], known: Mapping[str, Poll], now: datetime) -> dict[str, Poll]:
    """Return what is remembered of each source; another address in the configuration begins anew."""
    polls: dict[str, Poll] = {}
    for one in upstreams:
        meaning = _hash(repr(one.meaning).encode())
        old = known.get(one.name)
        if old is None or old.given != one.url:
            polls[one.name] = replace(polling.first_poll(one.url, now), meaning=meaning)
            continue
        rebased = polling.rebased(old, now)
        if old.meaning and old.meaning != meaning:
            polls[one.name] = polling.meant_otherwise(rebased, meaning, now)
        else:  # of an older state nobody knows it: that is no other meaning
            polls[one.name] = replace(rebased, meaning=meaning)
    return polls


def _is_ahead(poll: Poll, now: datetime) -> bool:
    return poll.tried is not None and poll.tried > now


def _answer(response: Response) -> Answer:
    return polling.Answer(
        url=response.url,
        etag=response.etag,
        modified=response.modified,
        size=response.received,
        moved=response.moved,
        fresh_for=response.fresh_for,
        retry_after=response.retry_after,
    )


def _hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _said(name: str, poll: Poll, stays: str) -> str:
    """Say of a failing source since when, what readers see of it, and when it is asked again."""
    since = f"last good {poll.succeeded:%Y-%m-%d %H:%M} UTC, {stays}" if poll.succeeded else "never read"
    again = (
        f"next try {poll.due:%Y-%m-%d %H:%M} UTC"
        if poll.due
        else f'give it another url, or, if that is a mistake, "{shlex.join(["aggregator", "sources", "reset", name])}"'
    )
    return f"{poll.reason}; {since}; {again}"
