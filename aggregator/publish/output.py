"""The output folder: what is ours in it, written atomically, compared, pruned.

The manifest says what is ours. It lies beside the state, not in the folder that is served, and is written last, so
that whatever a crash leaves is done again by the next pass, to the same bytes.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator import files, gzipped
from aggregator.core.model import Facet, Fault
from aggregator.core.owing import Owing, is_sound
from aggregator.errors import PublishError, wrapped
from aggregator.formats import GENERATOR, MEDIA_TYPES
from aggregator.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

MANIFEST = "manifest.json"
_NUMBERS = 2**63  # of the store
_LAST = 253_402_300_800_000_000  # microseconds up to the year 10000
_HEAD = 4096  # bytes at the start of a feed of ours within which its maker stands
_FEEDS = frozenset(f".{suffix}" for suffix in MEDIA_TYPES)
_FOLDERS = ("", *(facet.value for facet in Facet if facet is not Facet.ALL))


@dataclass(frozen=True, slots=True)
class Written:
    """A file of ours: size in bytes, SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(slots=True)
class Manifest:
    """What the last pass left in the output folder.

    lineage, revision: of the ledger, up to which everything is published. output: the folder, seen from the state's, so
    that two sites never share a state unnoticed. base_url: where it was served. program: the version that wrote it. look: digest of what feeds depend on besides their
    entries. files: by path below the output folder. updated: by channel, in microseconds since the epoch. retired: paths
    of channels that are published no more, without suffix. owed: by hub, the announcements that are left to make; written
    with the files, so that no crash loses one.
    """

    lineage: str = ""
    revision: int = 0
    output: str = ""
    base_url: str = ""
    program: str = ""
    look: str = ""
    files: dict[str, Written] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    retired: list[str] = field(default_factory=list)
    owed: dict[str, Owing] = field(default_factory=dict)


_MANIFEST = Record(Manifest)


def _is_sound(manifest: Manifest) -> bool:
    """Say whether a manifest can be worked with: what somebody edited is none, rather than a reason to fail.

    Nor is it one to touch what is not below the output folder.
    """
    return (
        0 <= manifest.revision < _NUMBERS
        and all(0 <= one < _LAST for one in manifest.updated.values())
        and all(path and path[0] != "/" and "\0" not in path for path in manifest.files)
        and not any(".." in path.split("/") for path in manifest.files if ".." in path)
    )


class Output:
    """One pass over the output folder; counts what it does.

    manifest: what the last pass left, brought up to date file by file; empty where there was none. is_dry: whether it
    only counts what it would do. packs: whether each document gets a copy in gzip.
    """

    def __init__(self, folder: Path, state: Path, *, dry: bool, packs: bool) -> None:
        self.is_dry = dry
        self.packs = packs
        self._folder = folder
        self._file = state / MANIFEST
        self._place = os.path.relpath(folder, state)
        known = self._load()
        self._is_new = known is None
        self._before = known and _MANIFEST.dump(known)
        self._owned = frozenset(known.files) if known else frozenset()
        self.manifest = known or Manifest()
        self.written = self.unchanged = self.removed = 0
        self.faults: list[Fault] = []

    def _load(self) -> Manifest | None:
        try:
            known = _MANIFEST.load(self._file.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        if not _is_sound(known):
            return None
        known.owed = {hub: owing for hub, owing in known.owed.items() if is_sound(owing)}
        return known

    def prepare(self) -> None:
        """Make the folder, and sweep what an interrupted pass left in it and in the state's."""
        if self.is_dry:
            return
        files.make_folder(self._folder)
        files.sweep([self._file.parent, *(self._folder / name for name in _FOLDERS)])

    def is_from(self, lineage: str, revision: int) -> bool:
        """Say whether what is published came from a state with this lineage that is now at this revision.

        A state that was put back, or built anew, knows less than what was published from the one before it.
        """
        return self.manifest.lineage == lineage and self.manifest.revision <= revision

    def belongs_to(self) -> str:
        """Return the output folder that the state belongs to, if that is another one; else nothing."""
        return self.manifest.output if self.manifest.output not in ("", self._place) else ""

    def lacks(self, paths: Iterable[str]) -> bool:
        """Say whether a file of ours is not there, or is of another size than it was written with."""
        return not all(self._is_there(path) for path in paths)

    def _is_there(self, path: str) -> bool:
        written = self.manifest.files.get(path)
        try:
            return written is not None and (self._folder / path).stat().st_size == written.size
        except OSError:
            return False

    def published(self, path: str) -> bytes:
        """Return a file as subscribers get it now; nothing where there is none."""
        try:
            return (self._folder / path).read_bytes()
        except OSError:
            return b""

    def write(self, documents: Mapping[str, bytes], check: Callable[[str, bytes], str], *, reread: bool) -> None:
        """Write the documents that are not there as they should be, all or none of a batch.

        check: what makes a document unfit for its path, as `Format.check`. reread: trust no manifest, compare bytes.
        """
        batch: dict[Path, bytes] = {}
        for path, document in self._with_copies(documents, reread=reread):
            target = self._folder / path
            written = Written(len(document), hashlib.sha256(document).hexdigest())
            if self._has(path, written, document, reread=reread):
                self.manifest.files[path] = written
                self.unchanged += 1
            elif target.is_dir() or self._is_foreign(path, target):
                self._fault("foreign_file", target, "not written by this program: left alone; move it away")
            elif flaw := "" if path.endswith(gzipped.SUFFIX) else check(path, document):
                self._fault("unfit", target, f"{flaw}: the old feed stays; please report this mistake of ours")
            else:
                batch[target] = document
                self.manifest.files[path] = written
        if not self.is_dry:
            files.write_all(batch)
        self.written += len(batch)

    def _with_copies(self, documents: Mapping[str, bytes], *, reread: bool) -> Iterator[tuple[str, bytes]]:
        """Yield each document, then its copy in gzip, where there is to be one that is not there."""
        for path, document in documents.items():
            packed, before = f"{path}{gzipped.SUFFIX}", self.manifest.files.get(path)
            is_whole = not reread and not self.lacks([path, packed])
            yield path, document
            # After its document, which may turn out unfit; a server that looks in between can tell that a copy is old.
            after = self.manifest.files.get(path)
            if not self.packs or (before == after and is_whole):
                continue
            if after == Written(len(document), hashlib.sha256(document).hexdigest()):
                yield packed, gzipped.pack(document)

    def _is_foreign(self, path: str, target: Path) -> bool:
        return not self._is_new and path not in self._owned and target.exists() and not _is_ours(target)

    def _has(self, path: str, written: Written, document: bytes, *, reread: bool) -> bool:
        """Say whether a file has the wanted bytes; read only where the manifest cannot tell."""
        if not reread and self.manifest.files.get(path) == written and self._is_there(path):
            return True
        target = self._folder / path
        try:
            return target.stat().st_size == written.size and target.read_bytes() == document
        except OSError:
            return False

    def _fault(self, code: str, target: Path, reason: str) -> None:
        self.faults.append(Fault(code, str(target), reason))

    def prune(self, wanted: Collection[str]) -> None:
        """Remove the files of ours that nobody wants any more; files of others are never touched."""
        folders: set[Path] = set()
        for path in sorted(self.manifest.files.keys() - set(wanted)):
            target = self._folder / path
            if target.exists():
                if not self.is_dry:
                    target.unlink()
                    folders.add(target.parent)
                self.removed += 1
            del self.manifest.files[path]
        for folder in sorted(folders):
            files.sync_folder(folder)

    def finish(self) -> None:
        """Write the manifest if it is not what it was; on the disk when this returns."""
        self.manifest.output = self._place
        wanted = _MANIFEST.dump(self.manifest)
        if not self.is_dry and wanted != self._before:
            files.write_all({self._file: _MANIFEST.page(self.manifest)})
            self._before = wanted


def opened(folder: Path, state: Path, *, dry: bool = False, packs: bool = False) -> Output:
    """Look at an output folder as the last pass left it; `dry` to leave it so, `packs` as in `Output`.

    Raises:
        PublishError: the manifest is there, but cannot be read.
    """
    with wrapped(PublishError, state):
        return Output(folder, state, dry=dry, packs=packs)


def feeds_of_ours(folder: Path) -> int:
    """Count the feeds in an output folder that this program wrote."""
    with wrapped(PublishError, folder):
        folders = [folder / name for name in _FOLDERS if (folder / name).is_dir()]
        return sum(
            _is_ours(path) for one in folders for path in one.iterdir() if path.suffix in _FEEDS and path.is_file()
        )


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return GENERATOR.encode() in (gzipped.unpack(head, _HEAD) if path.suffix == gzipped.SUFFIX else head)


class Retired:
    """Says of a path without suffix whether it was that of a channel which is published no more.

    It asks the manifest, and reads that again when a pass wrote it: a server outlives many passes.
    """

    def __init__(self, state: Path) -> None:
        self._file = state / MANIFEST
        self._stamp: tuple[int, int] | None = None
        self._paths: frozenset[str] = frozenset()

    def __call__(self, path: str) -> bool:
        """Say whether it was."""
        try:
            found = self._file.stat()
            if (found.st_mtime_ns, found.st_ino) != self._stamp:
                self._paths = frozenset(_MANIFEST.load(self._file.read_bytes()).retired)
                self._stamp = (found.st_mtime_ns, found.st_ino)
        except (OSError, ValueError):
            return False
        return path in self._paths
