"""The channels of an entry: where it stands in each, what takes it out, and where one might look for it in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.core.channels import ALL, facet_of, least_of, path_of
from aggregator.core.model import Facet
from aggregator.core.window import cut
from aggregator.explain.facts import Leaving, NotIn, Seat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregator.config import Config
    from aggregator.core.model import Entry
    from aggregator.core.window import Cut
    from aggregator.explain.facts import TopicGiven
    from aggregator.publish.output import Manifest
    from aggregator.store.inquiry import Sized
    from aggregator.store.tables import Store


def seats_of(config: Config, store: Store, manifest: Manifest, entry: Entry) -> tuple[Seat, ...]:
    """Return the place of an entry in each of its channels that has a feed; that of everything first."""
    rows, touched = store.ledger.channels(), store.entries.changed(manifest.revision)
    channels = [one for one in store.inquiry.channels(entry.key) if one in rows and not rows[one].retired]
    return tuple(
        _seat(config, store, channel, entry.key, is_touched=channel in touched)
        for channel in sorted(channels, key=lambda one: (one != ALL, facet_of(one) is Facet.PROVIDER, one))
    )


def _seat(config: Config, store: Store, channel: str, key: str, *, is_touched: bool) -> Seat:
    made = cut(store.inquiry.sized(channel), config.window)
    ahead = next(number for number, one in enumerate(store.inquiry.sized(channel)) if one.member.key == key)
    printed = sorted(made.shown, key=lambda one: one.member.rank, reverse=True)
    position = next((number for number, one in enumerate(printed, 1) if one.member.key == key), 0)
    return Seat(
        path=path_of(channel, config.rules.policy),
        position=position,
        shown=len(printed),
        ahead=ahead,
        by_size=made.by_size,
        pending=is_touched,
        leaves=_leaving(config, made, ahead) if position else None,
    )


def _leaving(config: Config, made: Cut[Sized], ahead: int) -> Leaving:
    """Return what takes an entry that is shown out of its window."""
    window = config.window
    newest, own = made.shown[0].shown, made.shown[ahead].shown
    return Leaving(
        newer=max(1, max(window.entries, window.at_least) - ahead),
        after=own + window.span if newest - own <= window.span else None,
        full=made.by_size,
    )


def not_in(config: Config, store: Store, entry: Entry, topics: Sequence[TopicGiven]) -> Iterator[NotIn]:
    """Yield the channels that an entry could be expected in."""
    policy = config.rules.policy
    if not entry.listed:
        yield NotIn(
            "any feed",
            "it was old stock when its feed was new to us, and not among the newest, which `backlog` lets in; what the"
            " feed brings from now on is news",
        )
        return
    for one in topics:
        if one.means:
            yield NotIn(f"a topic {one.spelling}", f"`topics.also` says that it means {one.means}")
    rows = store.ledger.channels()
    for channel in store.inquiry.channels(entry.key):
        path, count, least = path_of(channel, policy), store.entries.size(channel), least_of(channel, policy)
        is_provider = facet_of(channel) is Facet.PROVIDER
        if channel not in rows or rows[channel].retired:
            wants = f"{count:,} of the {least:,} entries that `providers.feeds_from` wants"
            yield NotIn(path, wants if count < least else "not published yet; the next run writes it")
        elif config.index and is_provider and count < config.listed_from:
            wants = f"{count:,} of the {config.listed_from:,} entries that `providers.list_from` wants"
            yield NotIn("index.html", f"{path} has {wants}; its feed is there")
