"""One pass: gather what the sources hold, merge it, publish what changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from aggregator.core.owing import reconciled
from aggregator.errors import PublishError, StateMissing, StateTaken, UnknownSource, wrapped
from aggregator.gather import drop_left, gather
from aggregator.gather.gathered import Followed, Gathered, Polled
from aggregator.options import ALL_SOURCES, Options
from aggregator.publish.output import feeds_of_ours, opened
from aggregator.store import ledger_text
from aggregator.websub.announced import Announced
from aggregator.websub.told import Told

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.core.model import Fault
    from aggregator.core.rulebook import Rules
    from aggregator.options import Progress
    from aggregator.publish import Published
    from aggregator.publish.output import Output
    from aggregator.store import Settled, Totals
    from aggregator.store.tables import Store

__all__ = ["Options", "Report", "run"]

_UNWRITTEN = frozenset({"unfit", "foreign_file"})
_NEEDED = 1  # a person decides; what may be published is
_DISTRUST = "what is published is not from this state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a pass came to. recovered: whether ids and dates came from the ledger's text, into a state without documents.

    followed: how many upstream feeds there are, those of lists included. unasked: how many feeds and lists are due, but
    were not asked, as this was a rehearsal. strict: whether any fault needs a person.
    """

    first: bool
    strict: bool = False
    recovered: bool = False
    followed: int = 0
    unasked: int = 0
    gathered: Gathered
    settled: Settled
    totals: Totals
    published: Published
    announced: Announced

    @property
    def faults(self) -> list[Fault]:
        """All that is wrong with what others gave us."""
        gathered = [*self.gathered.faults, *self.gathered.polled.faults]
        return [*gathered, *self.published.faults, *self.announced.faults]

    @property
    def is_unwritten(self) -> bool:
        """Whether a feed could not be written as it should be."""
        return any(fault.code in _UNWRITTEN for fault in self.published.faults)

    @property
    def is_held(self) -> bool:
        """Whether something waits for a person to decide."""
        return bool(self.gathered.held or self.gathered.floods)

    @property
    def exit_code(self) -> int:
        """What the command ends with, and what is told to those who watch."""
        if self.is_unwritten:
            return PublishError.exit_code
        return _NEEDED if self.is_held or (self.strict and self.faults) else 0


class _Start(NamedTuple):
    """What a pass begins with: nothing, what the ledger's text gave a bare state, an output that is from this state."""

    is_first: bool
    is_rebuilt: bool
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """What a daemon does beside its passes, since the last one: what asking feeds and telling hubs came to.

    is_quiet: whether no hub is told anything during the pass.
    """

    polled: Polled
    announced: Announced
    is_quiet: bool = False


def run(  # noqa: PLR0913  what a pass has, each once
    config: Config,
    store: Store,
    now: datetime,
    options: Options,
    progress: Progress,
    *,
    output: Output | None = None,
    beside: Beside | None = None,
) -> Report:
    """Carry out one pass; `output` is the folder that the configuration names, unless it is given.

    beside: what was done beside passes since the last one, where it is; then nobody is asked or told here.

    Raises:
        UnknownSource: an option names a source that there is not.
        StateMissing: feeds of ours are published, but the state that made them is gone.
        StoreError, PublishError: our own files cannot be read or written.
    """
    output = output or opened(config.output, config.state, packs=config.gzip)
    if other := output.belongs_to():
        raise StateTaken(config.state, config.output, other)
    _check_names(
        {*options.accept_removals, *options.accept_new} - {ALL_SOURCES},
        [*sorted(config.source_names()), *store.sources.names()],
    )
    start = _begun(config, store, output, start_over=options.start_over)
    asks = beside is None and not output.is_dry
    followed = Followed(config)
    if config.upstream or config.lists or store.lists.names():
        from aggregator.gather.upstream import follow  # noqa: PLC0415  few sites have any, and the import is not free

        followed = follow(config, store, now, options, progress, asks=asks)
        config = followed.config
    _check_names(options.only, [one.name for one in (*config.upstream, *config.lists)])
    gathered = Gathered(paused=followed.paused) + gather(config, store, now, options, progress)
    if not output.is_dry:
        gathered += _asked(config, store, now, options, progress, beside)
    gathered += drop_left(config, store, now, options, gathered)
    gathered += Gathered(faults=followed.skipped, polled=followed.polled)
    settled = store.entries.settle(_rules(config, gathered), now, everything=options.full)
    store.ledger.seen_first([*gathered.surveyed, *gathered.polled.names], now)

    def remember() -> None:
        ledger_text.append(config.state, store.ledger)

    remember()
    ledger_text.compact(config.state, store.ledger)
    # Loaded here, so that reading begins sooner.
    from aggregator.publish import publish  # noqa: PLC0415
    from aggregator.publish.press import Since  # noqa: PLC0415

    since = Since(trusted=start.is_trusted, full=options.full)
    published = publish(config, store, output, now, since=since, remember=remember, progress=progress)
    store.ledger.keep_setting(_DISTRUST, "")
    store.ledger.keep_setting(ledger_text.TAKEN_IN, "")
    return Report(
        first=start.is_first,
        strict=options.strict,
        recovered=start.is_rebuilt,
        followed=len(config.upstream),
        gathered=gathered,
        settled=settled,
        totals=store.entries.totals(),
        published=published,
        announced=_announced(config, output, now, progress, beside),
    )


def refuse_lost(config: Config) -> None:
    """Stop where a state would be begun beside feeds of ours, before its folder is made.

    Raises:
        StateMissing: feeds of ours are published, and there is nothing where the state should be.
    """
    try:
        config.state.lstat()
    except FileNotFoundError:
        if ours := feeds_of_ours(config.output):
            raise StateMissing(config.state, config.output, ours) from None
    except OSError:
        pass  # whoever opens it says more


def _begun(config: Config, store: Store, output: Output, *, start_over: bool) -> _Start:
    """Take in what only the ledger's text has, and say what a pass begins with.

    Until one is through, whatever ends this one, settings keep what it found.

    Raises:
        StateMissing: feeds of ours are published, but the state that made them is gone.
    """
    is_trusted = output.is_from(store.ledger.lineage(), store.ledger.revision()) and not store.ledger.setting(_DISTRUST)
    is_bare = not store.sources.names()
    if ledger_text.recover(config.state, store.ledger) or not is_trusted:
        store.ledger.keep_setting(_DISTRUST, "yes")
        is_trusted = False
    is_first = store.ledger.is_empty()
    if is_first and not start_over and (ours := feeds_of_ours(config.output)):
        raise StateMissing(config.state, config.output, ours)
    return _Start(is_first, is_bare and bool(store.ledger.setting(ledger_text.TAKEN_IN)), is_trusted)


def _asked(
    config: Config, store: Store, now: datetime, options: Options, progress: Progress, beside: Beside | None
) -> Gathered:
    """Return what asking feeds came to, here or beside passes, and what is wrong with them now."""
    polled, known = beside.polled if beside else Polled(), Gathered()
    if config.upstream or store.polls.all():
        from aggregator.gather.upstream import ask, known_of  # noqa: PLC0415  as above

        polled = polled if beside else ask(config, store, now, options, progress)
        known = known_of(config, store, now)
    return Gathered(polled=replace(polled, failing=0)) + known  # which has those that fail by now


def _rules(config: Config, gathered: Gathered) -> Rules:
    """Return the rules of the configuration, which no longer has those of sources that are held."""
    left = {held.source for held in gathered.held} - config.source_names()
    return replace(config.rules, kept=tuple(sorted(left))) if left else config.rules


def _announced(config: Config, output: Output, now: datetime, progress: Progress, beside: Beside | None) -> Announced:
    """Tell the hubs what they are owed, after the bytes are public; what they do not take waits in the manifest."""
    told = Told(config.state)
    before = output.manifest.owed
    owed = told.left(before)
    if output.is_dry:
        return Announced(owed=owed)
    if beside is not None:
        made = replace(beside.announced, owed=reconciled(owed, beside.announced.given, beside.announced.owed))
    elif owed:
        from aggregator.websub.announcing import announce  # noqa: PLC0415  only where somebody is to be told

        made = announce(owed, config.site, now, progress, note=told.note)
    else:
        made = Announced()
    if made.owed != before:
        output.manifest.owed = dict(made.owed)
        with wrapped(PublishError, config.state):
            output.finish()
    if beside is None or beside.is_quiet or beside.announced.given:
        told.forget()
    return made


def _check_names(given: Collection[str], known: Sequence[str]) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise UnknownSource(unknown, list(dict.fromkeys(known)))
