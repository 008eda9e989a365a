"""What the sources hold now: folders of articles and of feed files; and what is left of those that are no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.core.health import Survey, Wish
from aggregator.gather.folders import GUARD_LEAST, GUARD_SHARE, MEANING, NAMED, Articles
from aggregator.gather.gathered import Gathered, Held, Polled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aggregator.config import Config, Folder
    from aggregator.config.upstream import FeedFolder
    from aggregator.core.health import Wishes
    from aggregator.gather.folders import Gathering
    from aggregator.options import Options, Progress
    from aggregator.store.tables import Store


def gather(config: Config, store: Store, now: datetime, options: Options, progress: Progress) -> Gathered:
    """Read every folder, put what changed into the store, and hold what a person should see first."""
    gathered = Gathered()
    wishes = store.health.wishes()
    options = _with_wishes(options, wishes)
    kinds: list[tuple[type[Gathering], Folder | FeedFolder]] = [(Articles, source) for source in config.articles]
    if config.feeds_from:
        from aggregator.gather.feed_files import FeedFiles  # noqa: PLC0415  few sites have any, and the import is not free

        kinds += [(FeedFiles, source) for source in config.feeds_from]
    for kind, source in kinds:
        if Wish.PAUSE in wishes.get(source.name, {}):
            gathered += Gathered(paused=(source.name,))
            continue
        made = kind(source, store, now, options).carry_out(progress)
        gathered += made
        if not _is_blind(made):  # where nobody could look, wishes wait
            _end_wishes(source.name, store, wishes)
    return gathered


def drop_left(config: Config, store: Store, now: datetime, options: Options, gathered: Gathered) -> Gathered:
    """Drop what the configuration no longer has, once all else is gathered; return what came of it."""
    options = _with_wishes(options, store.health.wishes())
    left = {
        name: store.sources.count_alone(name) for name in store.sources.names() if name not in config.source_names()
    }
    is_landslide = bool(left) and sum(left.values()) > max(GUARD_LEAST, store.entries.totals().entries / GUARD_SHARE)
    is_held = is_landslide or _is_blind(gathered)
    parts = [
        _drop_source(name, store, now, options, is_held=is_held or left[name] > GUARD_LEAST) for name in sorted(left)
    ]
    return sum(parts, Gathered())


def _with_wishes(options: Options, wishes: Mapping[str, Wishes]) -> Options:
    """Return what the owner asks of this pass and has asked of its folders since the last one."""
    accepted = frozenset(name for name, made in wishes.items() if Wish.ACCEPT in made)
    return replace(
        options,
        accept_removals=options.accept_removals | accepted,
        accept_new=options.accept_new | accepted,
        reset=options.reset | {name for name, made in wishes.items() if Wish.RESET in made},
    )


def _is_blind(gathered: Gathered) -> bool:
    """Say whether there is a folder that nobody could look into."""
    return any(not held.acceptable for held in gathered.held)


def _end_wishes(name: str, store: Store, wishes: Mapping[str, Wishes]) -> None:
    """Forget the wishes that this pass has done; one that was made since it began stays."""
    for wish in (Wish.ACCEPT, Wish.RESET):
        if made_at := wishes.get(name, {}).get(wish):
            store.health.end_wish(name, wish, made_at)


def _drop_source(name: str, store: Store, now: datetime, options: Options, *, is_held: bool) -> Gathered:
    """Drop a source that the configuration no longer has, unless articles go with it and that looks like an accident.

    A source that only got another name or path loses nothing: its articles have just been read under the new one.
    """
    known = list(store.sources.known(name))
    lost = store.sources.count_alone(name)
    polls = store.polls.all()
    unread = _unread_since(name, store, now) if name in polls else []
    if lost and (is_held or unread) and not options.accepts_removals(name):
        reason = "the configuration no longer has this source"
        if unread:
            reason += f", and {unread[0]}, which may be the same feed, could not be read yet"
        what = "entries" if name in polls else "files"
        store.health.keep_survey(name, Survey(at=now, code="left", reason=reason))
        return Gathered(held=(Held(name, reason, lost, len(known), tuple(known[:NAMED]), what=what),))
    dropped = store.sources.put(name, (), known, now)
    store.polls.forget([name])
    store.health.forget([name])
    store.ledger.keep_setting(f"{MEANING}{name}", "")
    # With entries of a feed no file is gone.
    return Gathered(polled=Polled(put=dropped)) if name in polls else Gathered(put=dropped)


def _unread_since(name: str, store: Store, now: datetime) -> list[str]:
    """Return the feeds that came when a source left the configuration, and could not be read since: it may be one of them."""
    survey = store.health.surveys().get(name)
    left_at = survey.since if survey and survey.code == "left" and survey.since else now
    return sorted(
        one
        for one, poll in store.polls.all().items()
        if one != name and poll.succeeded is None and poll.tried and (poll.since is None or poll.since >= left_at)
    )
