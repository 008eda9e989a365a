"""Why an entry is where it is, or why something gives none: facts from the state, beside a running pass too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.core.address import read_key
from aggregator.core.dates import believed
from aggregator.core.identity import id_of
from aggregator.explain.absence import reasons_of, waiting
from aggregator.explain.copies import copies_of, sightings_of, topics_of, unread_flags, unsettled
from aggregator.explain.facts import Answer, Choice, Dates, Explained, Identity, Neighbour, Reason
from aggregator.explain.finding import files_named, keys_with_words, understood
from aggregator.explain.places import not_in, seats_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from aggregator.config import Config
    from aggregator.core.model import Entry, Sighting
    from aggregator.explain.finding import Asked
    from aggregator.publish.output import Manifest
    from aggregator.store.inquiry import Remembered
    from aggregator.store.tables import Store

_CHOICES = 10


def explain(config: Config, store: Store, manifest: Manifest, what: str, folder: Path) -> Answer:
    """Return what is known of an id, an address, a file or words of a title, named by somebody who works in a folder."""
    with store.inquiry.at_once():
        asked = understood(config, what, folder)
        answer = _answer(config, store, manifest, asked, with_words=False)
        if answer.is_known:
            return answer
        named = files_named(config, store, asked.what)
        if len(named) == 1:
            return _answer(config, store, manifest, understood(config, named[0], folder))
        return _files(asked.what, named) if named else _answer(config, store, manifest, asked)


def _answer(config: Config, store: Store, manifest: Manifest, asked: Asked, *, with_words: bool = True) -> Answer:
    keys = _keys(store, asked)
    found = store.entries.entries(keys)
    reasons = [] if found else reasons_of(config, store, asked, keys)
    if with_words and not found and not reasons:
        keys = keys_with_words(store, asked.what)
        found = store.entries.entries(keys)
        reasons = [] if found or not keys else reasons_of(config, store, asked, keys)
    if len(found) > 1:
        return _choices(asked.what, found)
    if found:
        return Answer(asked=asked.what, entry=_explained(config, store, manifest, next(iter(found.values()))))
    known = bool(reasons)
    return Answer(asked=asked.what, is_known=known, reasons=tuple(reasons or waiting(config, store)))


def _files(asked: str, named: Sequence[str]) -> Answer:
    """Say that several files have the name that was asked for."""
    text = f"one of {len(named):,} files of this name; ask for it by this path"
    reasons = [Reason(one, text) for one in named[:_CHOICES]]
    more = [Reason("", f"and {len(named) - _CHOICES:,} more")] if len(named) > _CHOICES else []
    return Answer(asked=asked, reasons=(*reasons, *more))


def _keys(store: Store, asked: Asked) -> Collection[str]:
    """Return the keys that an id, an address or a file stands for; that of an id that waits, by its file."""
    if found := store.inquiry.keys_of(asked.what, asked.key):
        return found
    rows = store.inquiry.remembered(asked.what, asked.key)
    locations = [*asked.locations, *(location for row in rows for _, location in row.places)]
    return dict.fromkeys(key for location in locations for key in store.inquiry.keys_at(location))


def _choices(asked: str, found: Mapping[str, Entry]) -> Answer:
    newest = sorted(found.values(), key=lambda one: (one.published, one.key), reverse=True)
    choices = [
        Choice(_name_of(one), one.id, one.title, one.providers[0].name, one.published) for one in newest[:_CHOICES]
    ]
    return Answer(asked=asked, choices=tuple(choices), more=max(0, len(newest) - _CHOICES))


def _name_of(entry: Entry) -> str:
    """Return what asks for an entry and no other: its first file, or its address in the state, which two may not share."""
    return entry.copies[0][1]


def _explained(config: Config, store: Store, manifest: Manifest, entry: Entry) -> Explained:
    sightings = sightings_of(store, entry.key)
    ordered = sightings.ordered
    row = next(one for one in store.inquiry.remembered(entry.id, entry.key) if one.id == entry.id)
    topics = topics_of(config, entry, ordered)
    return Explained(
        title=entry.title,
        provider=entry.providers[0].name,
        href=entry.href,
        identity=_identity(store, entry, row),
        dates=_dates(row, ordered),
        copies=copies_of(config, store, sightings),
        topics=topics,
        channels=seats_of(config, store, manifest, entry),
        not_in=tuple(not_in(config, store, entry, topics)),
        related=tuple(_neighbours(store, entry)),
        related_more=entry.related_more,
        notes=(*unread_flags(config, entry, ordered), *unsettled(config, store)),
    )


def _identity(store: Store, entry: Entry, row: Remembered) -> Identity:
    first = next((one for one in row.former if id_of(one) == row.id), "")
    if id_of(entry.key) == row.id:
        because = "made of its address"
    elif first:
        because = "made of the address that it had first; it stays"
    else:
        because = "another entry had that of its address before; it stays"
    aliases = tuple(one for one in store.inquiry.aliases(entry.key) if one not in row.former)
    return Identity(id=row.id, because=because, address=entry.key, former=row.former, aliases=aliases)


def _dates(row: Remembered, ordered: Sequence[Sighting]) -> Dates:
    dated = next((one for one in ordered if one.published), None)
    given = dated.published if dated else None
    if dated is None or given is None:
        because = "that of the first sight: no copy has one that can be read"
    elif given == row.published:
        because = f"that of {dated.location}"
    elif row.published == row.first_seen and not believed(given, row.first_seen):
        because = f"that of the first sight: {dated.location} says {given:%Y-%m-%d %H:%M}, which nobody could believe"
    else:
        because = f"fixed since the first sight; {dated.location} says {given:%Y-%m-%d %H:%M}"
    return Dates(
        published=row.published,
        because=because,
        first_seen=row.first_seen,
        updated=row.updated if row.updated != row.published else None,
        ranked_by=row.shown,
    )


def _neighbours(store: Store, entry: Entry) -> Iterator[Neighbour]:
    around = store.inquiry.around(entry.key)
    for link in entry.related:
        keys = store.inquiry.keys_of("", read_key(link.href) or "") if link.ours else ()
        own = store.entries.entries(keys).get(keys[0]) if keys else None
        yield Neighbour(
            title=link.title,
            provider=link.provider,
            quality=link.quality,
            href=link.href,
            ours=_name_of(own) if own else "",
            names=own is None or own.key in around.names,
            named_by=own is not None and own.key in around.named_by,
        )
