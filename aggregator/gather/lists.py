"""Lists of upstream feeds: each pass reads them, asks for those that have an address, and follows what they name.

A list that cannot be read is what it was when it last could be: that is kept in the state.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.core.health import Survey, Wish
from aggregator.core.model import Fault
from aggregator.gather.asking import Asking, Kind, Taken
from aggregator.gather.gathered import Followed, Gathered, Polled
from aggregator.options import Options
from aggregator.sources import folder
from aggregator.sources.opml import MAX_BYTES, FeedList, parse_list, parse_list_pair
from aggregator.store import Dropped, sqlite

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.config.lists import SourceList
    from aggregator.config.upstream import Upstream
    from aggregator.options import Progress
    from aggregator.sources.opml import Subscription
    from aggregator.store.tables import Store

_SUFFIX = ".opml"


@dataclass(slots=True)
class Listed:
    """What the files of a list say now. files: the feeds that each names; a file with a fault is not among them."""

    files: dict[str, tuple[Subscription, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    skipped: list[Fault] = field(default_factory=list)


def ask(config: Config, store: Store, now: datetime, options: Options, progress: Progress) -> None:
    """Ask for the lists that are due, and keep what they name."""
    Asking(by_address(config), store, now, options).carry_out(_LISTS, config.site.homepage, progress)


def known_of(config: Config, store: Store, now: datetime) -> Gathered:
    """Return what is wrong with lists that have an address; nobody is asked."""
    return Asking(by_address(config), store, now, Options()).known(_LISTS)


def by_address(config: Config) -> list[Upstream]:
    """Return the lists that have an address, as what is asked."""
    return [one.itself() for one in config.lists if one.url]


def follow(config: Config, store: Store, now: datetime) -> Followed:
    """Return the configuration with the feeds that its lists name; what it says of a feed itself has the say."""
    if left := sorted(store.lists.names() - {one.name for one in config.lists}):
        store.polls.forget(left)  # first: validators of a list that nobody has would keep it away for ever
        store.lists.forget(left)
        store.health.forget({*left} - config.source_names())
    paused = paused_lists(config, store)
    faults: list[Fault] = []
    skipped = _dropped(config, store)
    failing = 0
    for source in config.lists:
        if source.path is not None and source.name not in paused:
            listed = read_files(source)
            found = _kept_instead(source, listed, store)
            _note(source, listed, found, store, now)
            failing += bool(found)
            faults += found
            skipped += listed.skipped
    polled = Polled(failing=failing, faults=tuple(faults))
    return Followed(as_kept(config, store), polled, tuple(skipped), tuple(paused))


def paused_lists(config: Config, store: Store) -> list[str]:
    """Return the lists that the owner paused, in the order of the configuration."""
    wishes = store.health.wishes()
    return [one.name for one in config.lists if Wish.PAUSE in wishes.get(one.name, {})]


def followed_now(config: Config, now: datetime) -> Followed:
    """Return the configuration with the feeds that its lists name; nobody is asked and nothing is written.

    Raises:
        StoreError: the state, where lists are kept that have an address, cannot be read.
    """
    with sqlite.copied(config.state) as (store, _):
        followed = follow(config, store, now)
        unread = sorted({one.name for one in config.lists if one.url} - store.lists.names())
    faults = tuple(Fault("list_unread", name, "not read yet; a run asks for it") for name in unread)
    return replace(followed, polled=followed.polled + Polled(faults=faults))


def as_kept(config: Config, store: Store) -> Config:
    """Return the configuration with the feeds that its lists named in the last pass; nothing is read anew."""
    if not config.lists:
        return config
    named = _named(config, store)
    by_source = sorted(
        [*config.rules.by_source, *((feed.name, source.rules) for feed, source in named if source.rules)]
    )
    upstream = (*config.upstream, *(feed for feed, _ in named))
    return replace(config, upstream=upstream, rules=replace(config.rules, by_source=tuple(by_source)))


def read_files(source: SourceList) -> Listed:
    """Return what the file of a list says, or each file in its folder."""
    listed = Listed()
    path = source.path or Path()
    places = {source.location: str(path)}
    if path.is_dir():
        listing = folder.survey([(source.location, path)])
        listed.faults += listing.faults
        places = {one: listing.paths[one] for one in listing.found if one.lower().endswith(_SUFFIX)}
        if not places or listing.missing:
            listed.faults.append(Fault("no_lists", source.location, f"a folder without a file that ends in {_SUFFIX}"))
    for location, place in places.items():
        resource = folder.read(location, Path(place).resolve(), MAX_BYTES)
        found = FeedList(fault=resource) if isinstance(resource, Fault) else parse_list(resource.data, location)
        if found.fault:
            listed.faults.append(found.fault)
        else:
            listed.files[location] = found.subscriptions
        listed.skipped += found.skipped
    return listed


def _kept_instead(source: SourceList, listed: Listed, store: Store) -> list[Fault]:
    """Keep what could be read, and beside it what was kept of the files that could not be; return their faults."""
    kept = store.lists.kept(source.name)
    faults, files = listed.faults, listed.files
    if any(kept.values()) and not faults and not any(files.values()):
        faults, files = [_emptied(source.location)], {}
    places = [fault.location for fault in faults]
    is_lost = any(_concerns(place, source.location) for place in places)
    old = {one: feeds for one, feeds in kept.items() if is_lost or any(_concerns(place, one) for place in places)}
    if (now := old | files) != kept:
        store.lists.keep(source.name, now)
    said = "its feeds stay" if any(old.values()) else "nothing of it is followed"
    return [Fault(f"list_{one.code}", one.location, f"{one.reason}; {said}") for one in faults]


def _note(source: SourceList, listed: Listed, faults: list[Fault], store: Store, now: datetime) -> None:
    """Remember how the files of a list were found; of one that fails, when it last was well."""
    files = len(listed.files)
    if not faults:
        store.health.keep_survey(source.name, Survey(at=now, files=files))
        return
    more = f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else ""
    before = store.health.surveys().get(source.name)
    at = before.at if before and any(store.lists.kept(source.name).values()) else now
    store.health.keep_survey(source.name, Survey(at=at, files=files, code=faults[0].code, reason=f"{faults[0]}{more}"))


def _concerns(place: str, file: str) -> bool:
    """Say whether a fault is in a file, perhaps with line and column, or in a folder above it."""
    return place == file or place.startswith(f"{file}:") or file.startswith(f"{place}/")


def _emptied(location: str) -> Fault:
    reason = "it names no feed any more; to follow none of them, take the list out of the configuration"
    return Fault("emptied", location, reason)


def _take(source: Upstream, document: FeedList, store: Store, _now: datetime, _was_held: bool | None) -> Taken | Fault:
    """Keep a list, unless it names nothing any more."""
    if not document.subscriptions and any(store.lists.kept(source.name).values()):
        return _emptied(source.name)
    store.lists.keep(source.name, {"": document.subscriptions})
    dropped = (Dropped(one.location.rpartition(":")[2], one.code, one.reason) for one in document.skipped)
    return Taken(dropped=tuple(dropped))


_LISTS = Kind("list", "its feeds stay", lambda: parse_list_pair, _take)


def _dropped(config: Config, store: Store) -> list[Fault]:
    """Return what was not taken of the lists that have an address."""
    names = [one.name for one in by_address(config)]
    return [Fault(one.code, f"{name}:{one.place}", one.reason) for name in names for one in store.polls.dropped(name)]


def _named(config: Config, store: Store) -> list[tuple[Upstream, SourceList]]:
    """Return the feeds of all lists that the configuration does not name itself, each once, and the first that names it.

    A feed has the topics of all lists, and of the others what the first one says. One that only paused lists name is
    paused with them.
    """
    paused = frozenset(paused_lists(config, store))
    awake: set[str] = set()
    known = {one.url for one in config.upstream}
    taken = config.source_names() | {one.name for one in config.lists}
    topics: dict[str, list[str]] = defaultdict(list)
    first: dict[str, tuple[Upstream, SourceList]] = {}
    for source in config.lists:
        for feeds in store.lists.kept(source.name).values():
            for one in feeds:
                made = source.upstream(one.url, one.topics, one.title)
                if made.url not in known and made.name not in taken:
                    first.setdefault(made.name, (made, source))
                    topics[made.name] += made.topics
                    if source.name not in paused:
                        awake.add(made.name)
    return [
        (
            replace(
                one,
                topics=tuple(dict.fromkeys(topics[name])),
                paused_with="" if name in awake else source.name,
            ),
            source,
        )
        for name, (one, source) in first.items()
    ]
