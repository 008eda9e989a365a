"""What is published: channels that changed become feeds, dated by what a subscriber would call new."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from aggregator import __version__
from aggregator.core.channels import ALL, common_label, facet_of, is_retired, path_of
from aggregator.core.model import Channel, Facet, from_micros, to_micros
from aggregator.core.window import cut
from aggregator.fragments import Fragments
from aggregator.output import named_errors
from aggregator.registry import format_named
from aggregator.store import ChannelRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.core.model import Fault
    from aggregator.fragments import Shown
    from aggregator.output import Output
    from aggregator.store import Member, Store

_BATCH = 50  # channels: what is in memory at a time, and what one failure can hold up


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What publishing came to. written, unchanged, removed: files. channels: how many there are of each facet.

    news: paths of the channels whose subscribers see something new; the others changed in looks only.
    """

    written: int
    unchanged: int
    removed: int
    channels: dict[Facet, int]
    news: tuple[str, ...]
    faults: tuple[Fault, ...]


class Progress(Protocol):
    """Told what is being done, how much of it is done, and how much there is."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take note."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Where publishing starts from: the manifest's revision, unless that is not to be trusted.

    trusted: whether what is published came from this very state. full: render and compare everything in any case.
    """

    trusted: bool
    full: bool = False


def publish(  # noqa: PLR0913  what a pass has, each once
    config: Config,
    store: Store,
    output: Output,
    now: datetime,
    *,
    since: Since,
    remember: Callable[[], None],
    progress: Progress,
) -> Published:
    """Write the feeds of every channel that changed since the manifest, prune what the configuration retired.

    remember: puts the ledger's text on the disk; called before the files that depend on it.

    Raises:
        PublishError: a file or folder could not be written; all others are as they were or as they should be.
    """
    with named_errors(config.output):
        press = _Press(config, store, output, now, since)
        try:
            press.output.prepare()
            todo = press.todo()
            for start in range(0, len(todo), _BATCH):
                progress("feeds", start, len(todo))
                press.print(todo[start : start + _BATCH], remember)
            press.retire(remember)
        finally:
            press.fragments.flush()
        return press.finish()


class _Press:
    """One pass of publishing."""

    def __init__(self, config: Config, store: Store, output: Output, now: datetime, since: Since) -> None:
        self.output = output
        self._config = config
        self._policy = config.style.policy
        self._store = store
        self._now = now
        self._formats = {name: format_named(name) for name in config.formats}
        self._look = _digest(repr((__version__, config.site, config.style, config.window, config.formats)))
        self._rows = dict(store.ledger.channels())
        self._news: list[str] = []
        manifest, self._revision = self.output.manifest, store.ledger.revision()
        self._touched = store.entries.changed(manifest.revision if since.trusted else 0)
        self._all = since.full or not since.trusted or manifest.look != self._look
        self.fragments = Fragments(config.style, store.entries, self._formats)
        if since.full:
            store.entries.forget_fragments()

    def todo(self) -> list[str]:
        """Return the channels to be written: those that changed, and those with a file that is not there."""
        if self._all:
            others = {*self._rows, *self._store.entries.changed(0)}
        else:
            others = {key for key, row in self._rows.items() if not row.retired and self.output.lacks(self._paths(key))}
        return sorted(
            key
            for key in {ALL, *self._touched, *others}
            if not is_retired(key, self._policy) and (key in self._rows or self._is_large_enough(key))
        )

    def _is_large_enough(self, key: str) -> bool:
        least = self._policy.providers_from if facet_of(key) is Facet.PROVIDER else 1
        return key == ALL or self._store.entries.size(key) >= least

    def _paths(self, key: str) -> list[str]:
        path = path_of(key, self._policy)
        return [f"{path}.{form.suffix}" for form in self._formats.values()]

    def print(self, keys: Sequence[str], remember: Callable[[], None]) -> None:
        """Render and write a batch of channels: ledger first, then files."""
        rows: dict[str, ChannelRow] = {}
        documents: dict[str, bytes] = {}
        for key in keys:
            shown = sorted(
                cut(self.fragments.of(key), self._config.window).shown,
                key=lambda one: (one.member.published, one.member.key),
                reverse=True,
            )
            row = self._row(key, [one.member for one in shown])
            if row != self._rows.get(key):
                rows[key] = row
            documents.update(zip(self._paths(key), self._documents(self._channel(key, row), shown), strict=True))
        self._keep(rows, remember)
        self.output.write(documents, self._flaw, reread=self._all)

    def _documents(self, channel: Channel, shown: Sequence[Shown]) -> Iterator[bytes]:
        for number, form in enumerate(self._formats.values()):
            yield form.wrap(channel, [one.fragments[number] for one in shown], self._config.site)

    def _flaw(self, path: str, document: bytes) -> str:
        return next(form.check(document) for form in self._formats.values() if path.endswith(f".{form.suffix}"))

    def _keep(self, rows: dict[str, ChannelRow], remember: Callable[[], None]) -> None:
        if rows:
            self._store.ledger.keep_channels(rows)
            self._rows.update(rows)
            remember()

    def _row(self, key: str, shown: Sequence[Member]) -> ChannelRow:
        """Return a channel's row as this pass leaves it: `updated` moves with what a subscriber would call new."""
        stamp = _digest("\n".join(sorted(f"{one.id} {to_micros(one.updated)}" for one in shown)))
        path, old = path_of(key, self._policy), self._rows.get(key)
        touched = self._touched.get(key)
        updated = max((one.updated for one in shown), default=touched or self._now)
        if old is not None:
            # Another window shows other entries, but none that is new.
            is_news = old.stamp != stamp and touched is not None
            updated = max(old.updated, touched, updated) if touched is not None and is_news else old.updated
            self._news += [path] if is_news else []
        # Never back behind what was published, even if the ledger went back.
        updated = max(updated, from_micros(self.output.manifest.updated.get(key, 0)))
        return ChannelRow(id=old.id if old else f"{self._config.site.base_url}{path}", updated=updated, stamp=stamp)

    def _channel(self, key: str, row: ChannelRow) -> Channel:
        config, facet = self._config, facet_of(key)
        label = common_label(self._store.entries.labels(key)) if facet is not Facet.ALL else ""
        label = label or key.partition("/")[2]
        words = config.style.words
        subtitle = {Facet.ALL: words.all, Facet.TOPIC: words.topic, Facet.PROVIDER: words.provider}[facet]
        return Channel(
            key=key,
            facet=facet,
            id=row.id,
            title=f"{label} – {config.site.title}" if label else config.site.title,
            subtitle=subtitle.format(title=config.site.title, name=label),
            path=path_of(key, self._policy),
            updated=row.updated,
        )

    def retire(self, remember: Callable[[], None]) -> None:
        """Remember which channels the configuration retired and which it took back; prune their files."""
        changed = {
            key: ChannelRow(id=row.id, updated=row.updated, stamp=row.stamp, retired=not row.retired)
            for key, row in self._rows.items()
            if row.retired != is_retired(key, self._policy)
        }
        self._keep(changed, remember)
        self.output.prune([path for key in self._live() for path in self._paths(key)])

    def _live(self) -> list[str]:
        return [key for key, row in self._rows.items() if not row.retired]

    def finish(self) -> Published:
        """Write the manifest, and say what was done."""
        output = self.output
        output.manifest.lineage = self._store.ledger.lineage()
        output.manifest.look = self._look
        output.manifest.updated = {key: to_micros(row.updated) for key, row in self._rows.items()}
        if not any(fault.code == "unfit" for fault in output.faults):
            output.manifest.revision = self._revision
        output.finish()
        counts = {facet: sum(facet_of(key) is facet for key in self._live()) for facet in Facet}
        return Published(
            written=output.written,
            unchanged=output.unchanged,
            removed=output.removed,
            channels=counts,
            news=tuple(self._news),
            faults=tuple(output.faults),
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
