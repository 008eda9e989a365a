"""A feed tried out: fetched once as a pass would, understood, compared with what is known; nothing is stored."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator.config.upstream import FeedTerms, Upstream, place_of
from aggregator.core import polling
from aggregator.core.address import legal_href
from aggregator.core.channels import Policy
from aggregator.core.health import Wish
from aggregator.core.model import Fault
from aggregator.core.rules import Verdict, judge
from aggregator.gather.arrivals import Arrivals
from aggregator.masking import masked
from aggregator.sources.examination import Examination, examine
from aggregator.sources.examination.discovery import Lead, usual_places
from aggregator.sources.examination.doubts import Doubt
from aggregator.sources.http import Limits, Request, Response, fetch_all
from aggregator.store import sqlite
from aggregator.worker import Failure, Workers

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from aggregator.core.model import Sighting
    from aggregator.core.rules import Rule

_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_MAYBE_PAGES = frozenset({"not_feed", "malformed"})
_ENOUGH = frozenset({"connection", "slow_down", "timeout"})  # a server that says so is not asked again and again
_NO_FEEDS = frozenset({"text/html", "application/xhtml+xml", "text/plain", "application/octet-stream"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be tried.

    url: of a feed or of a page that names one. source: as which it is configured, if it is. private: whether the host
    and port of `url` may have an address that is not public. contact: told to the server. state: its folder, if there
    is one to compare with. environment: where secrets are. rules: those of the source. policy: what topics mean there.
    """

    url: str
    source: Upstream | None = None
    private: bool = False
    contact: str = ""
    state: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    rules: tuple[Rule, ...] = ()
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the entries of a document stand to what is known of its source.

    new, known: how many. alike: new ones that have the title or the date of a known one. held: whether a pass would wait
    for a person. was_held: whether the last one does. accepted: whether the owner has said since that the next one shall
    take them. first: whether the source was never read before. left_alone: until when its server asked for that.
    """

    new: int
    known: int
    alike: int
    held: bool
    was_held: bool
    accepted: bool
    first: bool
    left_alone: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of trying a feed.

    url: what was asked in the end. response: its answer; None where nobody could be asked. examined: None where there
    was nothing to look at. fault: why it cannot be followed, None where it can. page: the page that named the feed.
    leads: all that it names. guessed: addresses that were tried because it names none; linked: those it links to.
    verdicts: what rules make of each entry; none where there are no rules.
    """

    url: str
    response: Response | None = None
    examined: Examination | None = None
    fault: Fault | None = None
    doubts: tuple[Doubt, ...] = ()
    page: str = ""
    leads: tuple[Lead, ...] = ()
    guessed: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    compared: Comparison | None = None
    verdicts: tuple[Verdict, ...] = ()

    def judged(self) -> Sequence[tuple[Sighting, Verdict]]:
        """Return the entries, with all the topics that they get, and what rules make of them."""
        found = self.examined.document.sightings if self.examined else ()
        return [
            (replace(one, topics=(*one.topics, *verdict.topics)), verdict)
            for one, verdict in zip(found, self.verdicts or repeat(Verdict()), strict=False)
        ]


def try_feed(question: Question, now: datetime, limits: Limits | None = None) -> Trial:
    """Return what a pass would make of a feed, or of the one that a page names; never raises for what a server does.

    Raises:
        StoreError: there is a state, and it cannot be read.
    """
    with Workers(count=1) as workers:
        attempt = _Attempt(question, now, limits or Limits(), workers)
        trial = attempt.first()
        if _is_page(trial):
            trial = attempt.lead_of(trial) if trial.leads else attempt.guess(trial)
    document = trial.examined.document if trial.examined else None
    if trial.fault or document is None:
        return trial
    if question.rules:
        verdicts = tuple(judge(one, question.rules, question.policy) for one in document.sightings)
        trial = replace(trial, verdicts=verdicts)
    if question.source is None or question.state is None:
        return trial
    return replace(trial, compared=_compared(question.source, document.sightings, question.state, now))


def _is_page(trial: Trial) -> bool:
    """Say whether what was answered may lead to a feed, being none."""
    code = trial.fault.code if trial.fault else ""
    served_as_page = trial.response is not None and trial.response.media_type in _PAGES
    return bool(trial.leads) or code == "html_page" or (served_as_page and code in _MAYBE_PAGES)


class _Attempt:
    """Requests on behalf of one question, and the worker that looks at their answers."""

    def __init__(self, question: Question, now: datetime, limits: Limits, workers: Workers) -> None:
        self._question = question
        self._now = now
        self._limits = limits
        self._workers = workers
        self._terms = question.source or FeedTerms(name=masked(question.url).partition("://")[2] or "feed")

    def first(self) -> Trial:
        """Try the address itself."""
        return next(self._tried([self._question.url]))

    def lead_of(self, page: Trial) -> Trial:
        """Try the first feed that a page names."""
        self._pause()
        found = next(self._tried([page.leads[0].href]))
        return replace(found, page=page.url, leads=page.leads)

    def guess(self, page: Trial) -> Trial:
        """Try what the page links to, and where feeds usually are, one by one; return the page where there is none."""
        places: list[str] = []
        self._pause()
        url = page.response.url if page.response else page.url
        linked = page.examined.links if page.examined else ()
        with closing(self._tried(list(dict.fromkeys([*linked, *usual_places(url)])))) as tried:
            for one in tried:
                places.append(one.url)
                if one.fault is None:
                    return replace(one, page=page.url, guessed=tuple(places), linked=linked)
                if one.fault.code in _ENOUGH and urlsplit(one.url).netloc == urlsplit(url).netloc:
                    break
        return replace(page, guessed=tuple(places))

    def _pause(self) -> None:
        """Wait as long as between two requests of one pass: the next one may go to the same host."""
        if not self._allowed():
            time.sleep(self._limits.gap.total_seconds())

    def _tried(self, urls: Sequence[str]) -> Generator[Trial, None, None]:
        """Yield what came of each address."""
        try:
            requests = [self._request(url) for url in urls]
        except LookupError as error:
            fault = Fault("secret", masked(urls[0]), str(error))
            yield Trial(url=urls[0], fault=fault)
            return
        for request, response in fetch_all(
            requests, contact=self._question.contact, limits=self._limits, now=self._now
        ):
            yield self._understood(request.url, response)

    def _request(self, url: str) -> Request:
        source = self._question.source
        if source is None:
            return Request(name=self._terms.name, url=url, allowed=self._allowed())
        request = source.request(polling.first_poll(url, self._now), self._question.environment)
        return replace(request, allowed=request.allowed | self._allowed()) if self._question.private else request

    def _allowed(self) -> frozenset[tuple[str, int]]:
        """Return the host and port that may be private: those that the person named, never those that a page names."""
        source = self._question.source
        own = source.allowed if source else frozenset[tuple[str, int]]()
        if not self._question.private:
            return own
        try:
            return own | {place_of(self._question.url)}
        except (KeyError, ValueError):  # no address at all, which the fetching says
            return own

    def _understood(self, url: str, response: Response) -> Trial:
        place = masked(url)
        if response.failure:
            return Trial(url=url, response=response, fault=Fault(response.code, place, response.failure))
        context = self._terms.context(self._now, response.url, response.media_type, response.charset)
        ((_, made),) = self._workers.map(examine, [(response.body, context)])
        if isinstance(made, Failure):
            return Trial(url=url, response=response, fault=Fault(made.code, place, made.reason))
        document, fault = made.document, made.document.fault
        if fault:
            fault = replace(fault, location=place)
        elif document.found and not document.sightings:
            fault = Fault("no_address", place, "none of its entries has an address that feeds can link to")
        doubts = () if fault else (*doubts_of_answer(url, response), *made.doubts)
        return Trial(url=url, response=response, examined=made, fault=fault, doubts=doubts, leads=made.leads)


def doubts_of_answer(url: str, response: Response) -> tuple[Doubt, ...]:
    """Return what is doubtful about how a feed at an address is served."""
    found = []
    if response.moved:
        found.append(Doubt("moved", f"moved for good to {masked(response.moved)}", "write that address instead"))
    elif _without_fragment(response.url) != _without_fragment(url):
        means = "followed on each poll; the address that is written stays"
        found.append(Doubt("redirected", f"redirected for now to {masked(response.url)}", means))
    if response.url.startswith("http:"):
        means = "whoever sits between can change what it says; try https"
        found.append(Doubt("not_https", "no protected connection", means))
    if not response.etag and not response.modified:
        means = f"every poll fetches the whole document, {response.received:,} bytes"
        found.append(Doubt("no_validators", "neither ETag nor Last-Modified", means))
    if not response.media_type or response.media_type in _NO_FEEDS:
        said = f"served as {response.media_type}" if response.media_type else "served without a media type"
        found.append(Doubt("media_type", said, "read all the same; some feed readers refuse it"))
    return tuple(found)


def _without_fragment(url: str) -> str:
    return (legal_href(url) or url).partition("#")[0]


def _compared(source: Upstream, sightings: Sequence[Sighting], state: Path, now: datetime) -> Comparison | None:
    """Compare entries with a copy of the state, which a pass may be working on; None where there is no state."""
    if not (state / sqlite.FILE).exists():
        return None
    with sqlite.copied(state) as (store, _):
        poll = store.polls.all().get(source.name)
        arrivals = Arrivals(source, store, now, sightings)
        new, similar = arrivals.counted()
        was_held = poll is not None and poll.held is not None
        flood = arrivals.flood(was_held=was_held)
        is_accepted = Wish.ACCEPT in store.health.wishes().get(source.name, {})
    return Comparison(
        new=new,
        known=len(sightings) - new,
        alike=similar,
        held=flood is not None and not is_accepted,
        was_held=was_held,
        accepted=flood is not None and is_accepted,
        first=arrivals.is_first,
        left_alone=poll.not_before if poll and poll.not_before and poll.not_before > now else None,
    )
