"""What is written and what is pruned: channels that changed become feeds in the output folder, atomically.

The manifest beside the state says what is ours there. It is written last, so that whatever a crash leaves is done
again by the next pass, to the same bytes.
"""

from __future__ import annotations

import errno
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator import __version__, files
from aggregator.core.channels import ALL, common_label, facet_of, is_retired, path_of
from aggregator.core.model import Channel, Facet, Fault, from_micros, to_micros
from aggregator.core.window import cut
from aggregator.errors import PublishError
from aggregator.formats import GENERATOR
from aggregator.fragments import Fragments
from aggregator.manifest import Manifest, Written, load, save
from aggregator.registry import format_named
from aggregator.store import ChannelRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from aggregator.config import Config
    from aggregator.formats import Format
    from aggregator.store import Member, Store

_BATCH = 50  # channels: what is in memory at a time, and what one failure can hold up
_HEAD = 4096  # bytes at the start of a feed of ours within which its maker stands


@dataclass(slots=True)
class Published:
    """What publishing came to, in files; `changed` are the paths of channels whose subscribers see something new."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    channels: dict[Facet, int] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def publish(config: Config, store: Store, now: datetime, remember: Callable[[], None], *, full: bool) -> Published:
    """Write the feeds of every channel that changed since the manifest, prune what the configuration retired.

    remember: puts the ledger's text on the disk; called before the files that depend on it.

    Raises:
        PublishError: a file or folder could not be written; all others are as they were or as they should be.
    """
    with _named_errors(config.output):
        press = _Press(config, store, now, full=full)
        try:
            files.make_folder(config.output)
            files.sweep([config.output, *(config.output / facet for facet in Facet if facet is not Facet.ALL)])
            for batch in _batches(press.todo(), _BATCH):
                press.print(batch, remember)
            press.retire(remember)
            press.prune()
        finally:
            press.flush()
        press.finish()
    return press.published


@contextmanager
def _named_errors(output: Path) -> Iterator[None]:
    """Let no error of the file system through without its path and its name."""
    try:
        yield
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0, "")
        raise PublishError(error.filename or output, f"{(error.strerror or '').lower()} ({code})") from error


def feeds_of_ours(output: Path) -> int:
    """Count the feeds in an output folder that this program wrote."""
    folders = [output, *(output / facet for facet in Facet if facet is not Facet.ALL)]
    with _named_errors(output):
        paths = [path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file()]
        return sum(_is_ours(path) for path in paths)


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return GENERATOR.encode() in file.read(_HEAD)


def _batches(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


class _Press:
    """One pass of publishing."""

    def __init__(self, config: Config, store: Store, now: datetime, *, full: bool) -> None:
        self._config = config
        self._store = store
        self._now = now
        self._formats: dict[str, Format] = {name: format_named(name) for name in config.formats}
        self._old = load(config.state)
        self._look = _digest(repr((__version__, config.site, config.style, config.window, config.formats)))
        self._rows = dict(store.ledger.channels())
        self._revision = store.ledger.revision()
        self._manifest = self._old or Manifest()
        # A state that was put back knows less than what was published from the one after it.
        since = self._manifest.revision if self._manifest.revision <= self._revision else 0
        self._touched = store.entries.changed(since)
        self._all = full or since == 0 or self._manifest.look != self._look
        self._fragments = Fragments(config.style, store.entries, self._formats)
        if full:
            store.entries.forget_fragments()
        self.published = Published()

    def todo(self) -> list[str]:
        """Return the channels to be written: those that changed, and those with a file that is not there."""
        policy = self._config.style.policy
        others = {*self._rows, *self._store.entries.changed(0)} if self._all else self._damaged()
        candidates = {ALL, *self._touched, *others}
        return sorted(
            key
            for key in candidates
            if not is_retired(key, policy) and (key in self._rows or self._is_large_enough(key))
        )

    def _damaged(self) -> set[str]:
        """Return the channels that lack a file they should have, or have one of another size."""
        live = [key for key, row in self._rows.items() if not row.retired]
        return {key for key in live if not all(self._is_there(path) for path in self._paths(key))}

    def _is_there(self, path: str) -> bool:
        written = self._manifest.files.get(path)
        try:
            return written is not None and (self._config.output / path).stat().st_size == written.size
        except OSError:
            return False

    def _is_large_enough(self, key: str) -> bool:
        size = self._store.entries.size(key)
        least = self._config.style.policy.providers_from if facet_of(key) is Facet.PROVIDER else 1
        return key == ALL or size >= least

    def _paths(self, key: str) -> list[str]:
        path = path_of(key, self._config.style.policy)
        return [f"{path}.{form.suffix}" for form in self._formats.values()]

    def print(self, keys: Sequence[str], remember: Callable[[], None]) -> None:
        """Render and write a batch of channels: ledger first, then files."""
        rows: dict[str, ChannelRow] = {}
        documents: dict[str, bytes] = {}
        for key in keys:
            shown = sorted(
                cut(self._fragments.of(key), self._config.window).shown,
                key=lambda one: (one.member.published, one.member.key),
                reverse=True,
            )
            row = self._row(key, [one.member for one in shown])
            if row != self._rows.get(key):
                rows[key] = row
            channel = self._channel(key, row)
            for number, (path, form) in enumerate(zip(self._paths(key), self._formats.values(), strict=True)):
                documents[path] = form.wrap(channel, [one.fragments[number] for one in shown], self._config.site)
        if rows:
            self._store.ledger.keep_channels(rows)
            self._rows.update(rows)
            remember()
        self._write(documents)

    def _row(self, key: str, shown: Sequence[Member]) -> ChannelRow:
        """Return a channel's row as this pass leaves it: `updated` moves with what a subscriber would call new."""
        stamp = _digest("\n".join(sorted(f"{one.id} {to_micros(one.updated)}" for one in shown)))
        old = self._rows.get(key)
        touched = self._touched.get(key, self._now)
        newest = max((one.updated for one in shown), default=touched)
        if old is None:
            base = self._config.site.base_url + path_of(key, self._config.style.policy)
            return ChannelRow(id=base, updated=self._not_before(key, newest), stamp=stamp)
        updated = old.updated if old.stamp == stamp else max(old.updated, touched, newest)
        if old.stamp != stamp:
            self.published.changed.append(path_of(key, self._config.style.policy))
        return ChannelRow(id=old.id, updated=self._not_before(key, updated), stamp=stamp)

    def _not_before(self, key: str, updated: datetime) -> datetime:
        """Never go back behind what was published, even if the ledger did."""
        return max(updated, from_micros(self._manifest.updated.get(key, 0)))

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
            path=path_of(key, config.style.policy),
            updated=row.updated,
        )

    def _write(self, documents: Mapping[str, bytes]) -> None:
        """Write the documents that are not there as they should be."""
        batch: dict[Path, bytes] = {}
        forms = {form.suffix: form for form in self._formats.values()}
        for path, document in documents.items():
            target = self._config.output / path
            written = Written(len(document), hashlib.sha256(document).hexdigest())
            if self._has(path, target, written, document):
                self._manifest.files[path] = written
                self.published.unchanged += 1
                continue
            if self._old is not None and path not in self._old.files and target.exists() and not _is_ours(target):
                self._fault("foreign_file", target, "not written by this program: left alone")
                continue
            flaw = forms[path.rpartition(".")[2]].check(document)
            if flaw:
                self._fault("unfit", target, f"{flaw}: the old feed stays")
                continue
            batch[target] = document
            self._manifest.files[path] = written
        files.write_all(batch)
        self.published.written += len(batch)

    def _has(self, path: str, target: Path, written: Written, document: bytes) -> bool:
        """Say whether a file has the wanted bytes; read only where the manifest cannot tell."""
        if self._manifest.files.get(path) == written and self._is_there(path):
            return not self._all or target.read_bytes() == document
        try:
            return target.stat().st_size == written.size and target.read_bytes() == document
        except OSError:
            return False

    def _fault(self, code: str, target: Path, reason: str) -> None:
        self.published.faults.append(Fault(code, str(target), reason))

    def retire(self, remember: Callable[[], None]) -> None:
        """Remember which channels the configuration retired, and which it took back."""
        policy = self._config.style.policy
        rows = {
            key: ChannelRow(id=row.id, updated=row.updated, stamp=row.stamp, retired=is_retired(key, policy))
            for key, row in self._rows.items()
            if row.retired != is_retired(key, policy)
        }
        if rows:
            self._store.ledger.keep_channels(rows)
            self._rows.update(rows)
            remember()

    def prune(self) -> None:
        """Remove the files of ours that no channel wants any more."""
        wanted = {path for key, row in self._rows.items() if not row.retired for path in self._paths(key)}
        folders: set[Path] = set()
        for path in sorted(set(self._manifest.files) - wanted):
            target = self._config.output / path
            if target.exists():
                target.unlink()
                folders.add(target.parent)
                self.published.removed += 1
            del self._manifest.files[path]
        for folder in sorted(folders):
            files.sync_folder(folder)

    def flush(self) -> None:
        """Keep what was rendered, whatever happened to the files."""
        self._fragments.flush()

    def finish(self) -> None:
        """Write the manifest, and count what is published."""
        live = [key for key, row in self._rows.items() if not row.retired]
        for key in live:
            facet = facet_of(key)
            self.published.channels[facet] = self.published.channels.get(facet, 0) + 1
        self._manifest.look = self._look
        self._manifest.updated = {key: to_micros(row.updated) for key, row in self._rows.items()}
        if not any(fault.code == "unfit" for fault in self.published.faults):
            self._manifest.revision = self._revision
        save(self._config.state, self._manifest)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
