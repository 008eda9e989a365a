"""Channels that changed, printed as feeds: which, with what in them, and dated by what a subscriber would call new."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from aggregator import __version__
from aggregator.catalogue import Listing
from aggregator.core.channels import ALL, common_label, facet_of, is_retired, label_given, least_of, path_of
from aggregator.core.model import Channel, Facet, from_micros, to_micros
from aggregator.core.owing import with_news
from aggregator.core.window import cut
from aggregator.gzipped import SUFFIX
from aggregator.publish.changes import Change, compare
from aggregator.publish.fragments import Fragments
from aggregator.registry import catalogue_pages, format_named
from aggregator.store import ChannelRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.publish.fragments import Shown
    from aggregator.publish.output import Output
    from aggregator.store import Member
    from aggregator.store.tables import Store

_SECOND = timedelta(seconds=1)


class Since(NamedTuple):
    """Where publishing starts from: the manifest's revision, unless that is not to be trusted.

    trusted: whether what is published came from this very state. full: render and compare everything in any case.
    """

    trusted: bool
    full: bool = False


class Press:
    """One pass of publishing: says what is to be written, writes it in batches, and remembers what it did.

    news: paths of the channels whose subscribers see something new. cut_short, changes: as in `publish.Published`.
    """

    def __init__(self, config: Config, store: Store, output: Output, now: datetime, since: Since) -> None:
        self.output = output
        self._config = config
        self._policy = config.style.policy
        self._store = store
        self._now = now
        self._formats = {name: format_named(name) for name in config.formats}
        self._pages = {page.path: page for page in catalogue_pages()} if config.index else {}
        listed = (config.index, config.listed_from)
        self._look = _digest(
            repr((__version__, config.site, config.style, config.window, config.formats, listed, config.gzip))
        )
        self._rows = dict(store.ledger.channels())
        self.news: list[str] = []
        self._owed = self._left_behind()
        self.cut_short: dict[str, timedelta] = {}
        self.changes: list[Change] = []
        manifest, self._revision = self.output.manifest, store.ledger.revision()
        self._touched = store.entries.changed(manifest.revision if since.trusted else 0)
        self._all = since.full or not since.trusted or manifest.look != self._look
        self.fragments = Fragments(config.style, store.entries, self._formats)
        if since.full:
            store.entries.forget_fragments()
        self._is_same = True  # until a feed is printed or retired

    def todo(self) -> list[str]:
        """Return the channels to be written: those that changed, and those with a file that is not there."""
        if self._all:
            others = {*self._rows, *self._store.entries.changed(0)}
        else:
            others = {key for key, row in self._rows.items() if not row.retired and self._lacks(self._paths(key))}
        return sorted(
            key
            for key in {*self._touched, *others, *({ALL} - self._rows.keys())}
            if not is_retired(key, self._policy) and (key in self._rows or self._is_large_enough(key))
        )

    def _left_behind(self) -> set[str]:
        """Return the channels whose news a pass kept in the ledger, but that was ended before it wrote the manifest."""
        known = self.output.manifest.updated
        updated = {key: to_micros(row.updated) for key, row in self._rows.items()}
        return {key for key, micros in updated.items() if micros > known.get(key, micros)}

    def _is_large_enough(self, key: str) -> bool:
        return self._store.entries.size(key) >= least_of(key, self._policy)

    def _paths(self, key: str) -> list[str]:
        path = path_of(key, self._policy)
        return [f"{path}.{form.suffix}" for form in self._formats.values()]

    def print(self, keys: Sequence[str], remember: Callable[[], None]) -> None:
        """Render and write a batch of channels: ledger first, then files."""
        self._is_same = False
        rows: dict[str, ChannelRow] = {}
        documents: dict[str, bytes] = {}
        census = self._store.entries.census(keys)
        for key in keys:
            shown = self._shown(key)
            row = self._row(key, [one.member for one in shown], census.get(key, {}))
            channel, _ = self._channel(key, row)
            made = self._documents(channel, shown)
            if self.output.is_dry:
                self._compare(key, row, shown, made[0])
            if row != self._rows.get(key):
                rows[key] = row
            documents.update(zip(self._paths(key), made, strict=True))
        self._keep(rows, remember)
        self.output.write(documents, self._flaw, reread=self._all)

    def _shown(self, key: str) -> list[Shown]:
        """Return what the feeds of a channel show, latest published first."""
        window = self._config.window
        made = cut(self.fragments.of(key), window)
        if made.by_size and (span := made.shown[0].shown - made.shown[-1].shown) < window.span:
            self.cut_short[path_of(key, self._policy)] = span
        return sorted(made.shown, key=lambda one: one.member.rank, reverse=True)

    def _documents(self, channel: Channel, shown: Sequence[Shown]) -> list[bytes]:
        return [
            form.wrap(channel, [one.fragments[number] for one in shown], self._config.site)
            for number, form in enumerate(self._formats.values())
        ]

    def _compare(self, key: str, row: ChannelRow, shown: Sequence[Shown], wanted: bytes) -> None:
        published = self.output.published(self._paths(key)[0])
        if published != wanted:
            old, form = self._rows.get(key), next(iter(self._formats.values()))
            dates = (old.updated if old and published else None, row.updated)
            self.changes.append(compare(path_of(key, self._policy), (published, wanted), shown, form, dates))

    def _flaw(self, path: str, document: bytes) -> str:
        return next(form.check(document) for form in self._formats.values() if path.endswith(f".{form.suffix}"))

    def _keep(self, rows: dict[str, ChannelRow], remember: Callable[[], None]) -> None:
        if rows:
            self._store.ledger.keep_channels(rows)
            self._rows.update(rows)
            remember()

    def _row(self, key: str, shown: Sequence[Member], labels: Mapping[str, int]) -> ChannelRow:
        """Return a channel's row as this pass leaves it: `updated` moves with what a subscriber would call new."""
        stamp = _digest("\n".join(sorted(f"{one.id} {to_micros(one.updated)}" for one in shown)))
        path, old = path_of(key, self._policy), self._rows.get(key)
        touched = self._touched.get(key)
        updated = max((one.updated for one in shown), default=touched or self._now)
        if old is not None:
            # Another window shows other entries, but none that is new.
            is_news = old.stamp != stamp and touched is not None
            # It moves even within a second: what is ahead of the manifest was not announced.
            updated = max(old.updated + _SECOND, touched, updated) if touched is not None and is_news else old.updated
            self.news += [path] if is_news else []
            self._owed |= {key} if is_news else set()
        # Never back behind what was published, even if the ledger went back.
        updated = max(updated, from_micros(self.output.manifest.updated.get(key, 0)))
        id_ = old.id if old else f"{self._config.site.base_url}{path}"
        return ChannelRow(id=id_, updated=updated, stamp=stamp, label=self._label(key, labels))

    def _label(self, key: str, labels: Mapping[str, int]) -> str:
        """Return what a topic or provider is called: by its entries, without any as the owner does, or as it last was."""
        if labels:
            return common_label(labels)
        row = self._rows.get(key)
        return label_given(key, self._policy) or (row.label if row else "")

    def _channel(self, key: str, row: ChannelRow) -> tuple[Channel, str]:
        """Return a channel, and the name of its topic or provider alone."""
        config, facet = self._config, facet_of(key)
        label = row.label or key.partition("/")[2]
        words = config.style.words
        subtitle = {Facet.ALL: words.all, Facet.TOPIC: words.topic, Facet.PROVIDER: words.provider}[facet]
        channel = Channel(
            key=key,
            facet=facet,
            id=row.id,
            title=f"{label} – {config.site.title}" if label else config.site.title,
            subtitle=subtitle.format(title=config.site.title, name=label),
            path=path_of(key, self._policy),
            updated=row.updated,
        )
        return channel, label

    def retire(self, remember: Callable[[], None]) -> None:
        """Remember which channels the configuration retired and which it took back."""
        changed = {
            key: row._replace(retired=not row.retired)
            for key, row in self._rows.items()
            if row.retired != is_retired(key, self._policy)
        }
        if self.output.is_dry:
            self.changes += [self._retired(key, row) for key, row in changed.items() if row.retired]
        self._keep(changed, remember)
        self._is_same = self._is_same and not changed

    def _retired(self, key: str, row: ChannelRow) -> Change:
        published, form = self.output.published(self._paths(key)[0]), next(iter(self._formats.values()))
        titles = form.titles(published) if published else {}
        path = path_of(key, self._policy)
        return Change(path=path, removed=tuple(titles.items()), before=row.updated, updated=row.updated, retired=True)

    def list_feeds(self) -> None:
        """Write the pages that list what is published; they are as they were where no feed was printed or retired."""
        if not self._pages or (self._is_same and not self._lacks(self._pages)):
            return
        census, forms = self._store.entries.census(), tuple(self._formats.values())
        listings = []
        for key in self._live():
            labels = census.get(key, {})
            count = sum(labels.values())
            if facet_of(key) is not Facet.PROVIDER or count >= self._config.listed_from:
                row = self._rows[key]._replace(label=self._label(key, labels))
                channel, label = self._channel(key, row)
                listings.append(Listing(channel=channel, label=label, count=count))
        documents = {path: page.render(self._config.site, listings, forms) for path, page in self._pages.items()}
        self.output.write(documents, lambda path, document: self._pages[path].check(document), reread=self._all)

    def prune(self) -> None:
        """Remove the files of ours that are wanted no more."""
        self.output.prune(
            self._with_copies([*self._pages, *(path for key in self._live() for path in self._paths(key))])
        )

    def _lacks(self, paths: Iterable[str]) -> bool:
        return self.output.lacks(self._with_copies(paths))

    def _with_copies(self, paths: Iterable[str]) -> list[str]:
        """Return the paths of documents, and of their copies in gzip where those are wanted."""
        return [one for path in paths for one in ((path, f"{path}{SUFFIX}") if self.output.packs else (path,))]

    def _live(self) -> list[str]:
        return [key for key, row in self._rows.items() if not row.retired]

    def finish(self) -> None:
        """Write the manifest."""
        manifest = self.output.manifest
        manifest.base_url = self._config.site.base_url
        manifest.program = __version__
        manifest.lineage = self._store.ledger.lineage()
        manifest.look = self._look
        manifest.updated = {key: to_micros(row.updated) for key, row in self._rows.items()}
        news = [path for key in sorted(self._owed) for path in self._paths(key)]
        # Passes of one second differ in the revision that they publish, or have no news.
        instant = self._now.replace(microsecond=self._revision % 1_000_000)
        manifest.owed = with_news(manifest.owed, self._config.site.hubs, news, manifest.files, instant)
        manifest.retired = sorted(path_of(key, self._policy) for key, row in self._rows.items() if row.retired)
        if not any(fault.code == "unfit" for fault in self.output.faults):
            manifest.revision = self._revision
        self.output.finish()

    def channels(self) -> dict[Facet, int]:
        """Count the channels that there are of each facet."""
        return {facet: sum(facet_of(key) is facet for key in self._live()) for facet in Facet}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
