"""Why something that is known gives no entry: what is wrong with its file, which rule or feed drops it, who holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.core.address import read_key
from aggregator.core.model import Outcome
from aggregator.explain.copies import left_out_by, sightings_of, trouble_of, unsettled
from aggregator.explain.facts import Reason
from aggregator.gather.folders import with_consequence
from aggregator.standing import State, standings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.config import Config
    from aggregator.explain.finding import Asked, Spot
    from aggregator.store.inquiry import Filed, Remembered
    from aggregator.store.tables import Store

_NAMED = 3
_OUTCOMES = {
    Outcome.DRAFT: "a draft (`draft: true`); `articles.skip` says what is not published",
    Outcome.REMOVED: "removed (`removed: true`); `articles.skip` says what is not published",
    Outcome.NOT_ARTICLE: "no line `---` at its start: no article, passed over",
    Outcome.FEED: "a feed file without entries that could be taken",
}


def reasons_of(config: Config, store: Store, asked: Asked, keys: Iterable[str]) -> list[Reason]:
    """Return why what was asked for gives no entry; nothing where nothing of it is known."""
    found = [reason for key in dict.fromkeys([asked.key, *keys]) for reason in _of_key(config, store, key)]
    documents = [document for location in asked.locations for document in store.inquiry.filed(location)]
    found += [reason for document in documents for reason in _of_document(document)]
    found += _unread(config, store, asked.spots)
    found += _of_feeds(store, asked)
    found += [reason for row in store.inquiry.remembered(asked.what, asked.key) for reason in _gone(store, row)]
    found = found or [reason for location in asked.locations for reason in _left(store, location)]
    found = list(dict.fromkeys(found)) or list(_related_only(store, asked.key))
    return [*found, *(Reason("", note) for note in unsettled(config, store))] if found else []


def _of_key(config: Config, store: Store, key: str) -> Iterator[Reason]:
    sightings = sightings_of(store, key)
    for one, number in sightings.left_out:
        yield Reason(one.location, left_out_by(config, one.source, number))
    for one in sightings.ordered:
        yield Reason(one.location, "read, but not merged yet: a run is at work, or was ended; the next one goes on")


def _of_document(document: Filed) -> Iterator[Reason]:
    if document.outcome in _OUTCOMES:
        yield Reason(document.location, _OUTCOMES[document.outcome])
    for fault in (with_consequence(one, document) for one in document.faults):
        yield Reason(fault.location, fault.reason)


def _unread(config: Config, store: Store, spots: Iterable[Spot]) -> Iterator[Reason]:
    """Yield why a file that is there is not in the state."""
    stand = {one.name: one for one in standings(config, store)}
    for spot in spots:
        if store.inquiry.filed(spot.location) or not spot.path.is_file():
            continue
        if any(one.startswith(".") or one.endswith("~") for one in spot.location.split("/") if one.strip(".")):
            yield Reason(spot.location, "a name that starts with a dot or ends with ~ is passed over; give it another")
        else:
            standing = stand[spot.source]
            is_waiting = standing.state is State.PAUSED or standing.code == "flood"
            cells = ["" if is_waiting else "the next run reads it", trouble_of(standing)]
            yield Reason(spot.location, f"not read yet: {'; '.join(filter(None, cells))}")


def _of_feeds(store: Store, asked: Asked) -> Iterator[Reason]:
    """Yield what upstream feeds dropped or have that waits for a person."""
    for name, poll in store.polls.all().items():
        for one in store.polls.dropped(name):
            if one.place == asked.what or (asked.key and read_key(one.place) == asked.key):
                yield Reason(name, f"dropped from the last document of this feed: {one.reason}")
        examples = poll.held.examples if poll.held else ()
        if asked.key and asked.key in map(read_key, examples):
            yield Reason(name, f"held: {poll.reason}; `aggregator sources accept {name}` lets it in")


def _left(store: Store, location: str) -> Iterator[Reason]:
    """Yield what a file was that is gone."""
    for row in store.inquiry.claimed(location):
        if store.inquiry.keys_of(row.id, ""):
            yield Reason(location, f"gone; its entry goes on without it: {row.id}")
        else:
            yield Reason(location, f"gone; {_was(row)}")


def _was(row: Remembered) -> str:
    return f"was the entry {row.id}, first seen {row.first_seen:%Y-%m-%d %H:%M}; it comes back with that id"


def _gone(store: Store, row: Remembered) -> Iterator[Reason]:
    """Yield what became of an entry that the ledger remembers."""
    was = _was(row)
    for _, location in row.places:
        found = store.inquiry.filed(location)
        now = [reason.text for document in found for reason in _of_document(document)]
        yield Reason(location, f"{was}; now {', '.join(now)}" if now else was if found else f"gone; {was}")
    if not row.places:
        yield Reason(row.key, f"no file or feed has it any more; it {was}")


def _related_only(store: Store, key: str) -> Iterator[Reason]:
    naming = sorted(store.inquiry.naming([key])) if key else []
    entries = store.entries.entries(naming[:_NAMED])
    for one in entries.values():
        yield Reason(one.id, f"names it as related, which shows a link; no file or feed has it: {one.title}")
    if len(naming) > _NAMED:
        yield Reason("", f"and {len(naming) - _NAMED:,} more name it")


def waiting(config: Config, store: Store) -> list[Reason]:
    """Return where something that was not found may wait: sources that are not read as they should be, faulty files."""
    found = [Reason(one.name, text) for one in standings(config, store) if (text := trouble_of(one))]
    if store.ledger.is_empty():
        found.append(Reason("", "no run has published anything yet: `aggregator run`"))
    faulty = sum(one.faulty for one in store.health.counts().values())
    if faulty:
        found.append(
            Reason(
                "",
                f"{'1 file is' if faulty == 1 else f'{faulty:,} files are'} faulty; `aggregator check` names what is wrong",
            )
        )
    unpublished = _count_skipped(config, store)
    if unpublished:
        are = "1 file is a draft" if unpublished == 1 else f"{unpublished:,} files are drafts"
        found.append(Reason("", f"{are} or removed, and found by path only"))
    return found


def _count_skipped(config: Config, store: Store) -> int:
    """Count the files that are drafts or removed; what they say is not kept."""
    found = [store.sources.outcomes(one.name) for one in config.articles]
    return sum(one.get(outcome, 0) for one in found for outcome in (Outcome.DRAFT, Outcome.REMOVED))
