"""Files as they are handed out: read once for each of their versions, with all that is said of them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import OrderedDict
from email.utils import formatdate
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from aggregator import gzipped
from aggregator.formats import MEDIA_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

INDEX = "index.html"
_LARGEST = 16 * 1024 * 1024  # bytes of a file: what is larger is none of ours
_ROOM = 64 * 1024 * 1024  # bytes of all files that are kept in memory
_WORTH_PACKING = 1000  # bytes
_NO_SLEEP = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe would wait for a writer
_TEXT = "; charset=utf-8"
_FEED_JSON = b"https://jsonfeed.org/version/"
_HEAD = 200  # bytes in which a JSON Feed says what it is
_TYPES = {
    **{f".{suffix}": f"{kind}{_TEXT}" for suffix, kind in MEDIA_TYPES.items()},
    ".opml": f"text/x-opml{_TEXT}",
    ".html": f"text/html{_TEXT}",
    ".css": f"text/css{_TEXT}",
    ".js": f"text/javascript{_TEXT}",
    ".txt": f"text/plain{_TEXT}",
    ".xml": f"application/xml{_TEXT}",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/vnd.microsoft.icon",
    ".woff2": "font/woff2",
    ".gz": "application/gzip",
}
_PACKED_ALREADY = frozenset({".png", ".jpg", ".webp", ".woff2", ".gz"})

Headers = list[tuple[bytes, bytes]]


class Stamp(NamedTuple):
    """What tells the versions of a file apart without reading it."""

    modified: int
    size: int
    inode: int
    device: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        """Return the stamp of what was found."""
        return cls(found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)


class Shape(NamedTuple):
    """A file in one content coding. headers: of an answer with its body; said: those of one without (304)."""

    body: bytes
    etag: bytes
    headers: Headers
    said: Headers


class Version:
    """A file as it was when it was read."""

    def __init__(self, path: str, stamp: Stamp, body: bytes, said: Headers, packed: Callable[[], bytes]) -> None:
        self.stamp = stamp
        self.body = body
        self.modified = formatdate(stamp.modified // 1_000_000_000, usegmt=True).encode()
        self._suffix = PurePosixPath(path).suffix
        self._said = said
        self._read_packed = packed
        self._digest = hashlib.blake2b(body, digest_size=12).hexdigest()

    @cached_property
    def plain(self) -> Shape:
        """The file as it is."""
        return self._shape(self.body, self._digest, [(b"accept-ranges", b"bytes")])

    @cached_property
    def packed(self) -> Shape | None:
        """The file in gzip; None where that is not worth it. Another representation, with an ETag of its own.

        The copy beside it is taken if it holds this very version: whichever of the two was written first, nobody gets
        another one.
        """
        if len(self.body) < _WORTH_PACKING or self._suffix in _PACKED_ALREADY:
            return None
        copy = self._read_packed()
        if not copy or gzipped.unpack(copy, len(self.body) + 1) != self.body:
            copy = gzipped.pack(self.body)
        return self._shape(copy, f"{self._digest}-gz", [(b"content-encoding", b"gzip")])

    def _shape(self, body: bytes, digest: str, more: Headers) -> Shape:
        etag = f'"{digest}"'.encode()
        said = [(b"etag", etag), (b"last-modified", self.modified), (b"vary", b"Accept-Encoding"), *self._said]
        own = [
            (b"content-type", self._media_type().encode()),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        return Shape(body, etag, [*own, *more, *said], said)

    def _media_type(self) -> str:
        if self._suffix == ".json" and _FEED_JSON not in self.body[:_HEAD]:
            return "application/json"
        return _TYPES.get(self._suffix, "application/octet-stream")


class Shelf:
    """The files below a folder, as many of them in memory as there is room for; the one used last goes last."""

    def __init__(self, folder: Path, said: Callable[[str], Headers]) -> None:
        self._folder = folder
        self._said = said
        self._versions: OrderedDict[str, Version] = OrderedDict()
        self._size = 0

    def find(self, path: str) -> Version | None:
        """Return the file at a path as it is now; None where there is none that may be handed out."""
        known = self._versions.get(path)
        try:
            if known is not None:
                # Not through pathlib, which takes as long as all the rest.
                found = os.stat(f"{self._folder}/{path}", follow_symlinks=False)  # noqa: PTH116
                if Stamp.of(found) == known.stamp:
                    self._versions.move_to_end(path)
                    return known
                self._drop(path)
            return self._read(path)
        except (OSError, ValueError):  # a name may be too long, or hold what no name can
            self._drop(path)
            return None

    def _read(self, path: str) -> Version | None:
        parts = path.split("/")
        if not all(parts) or any(part.startswith(".") for part in parts):  # also what is being written: files.TEMPORARY
            return None
        read = self._open(parts)
        if read is None:
            return None
        stamp, body = read
        version = Version(path, stamp, body, self._said(path), lambda: self._copy(parts))
        self._versions[path] = version
        self._size += 2 * len(body)  # a copy in gzip is hardly larger
        while self._size > _ROOM:
            self._drop(next(iter(self._versions)))
        return version

    def _drop(self, path: str) -> None:
        version = self._versions.pop(path, None)
        if version is not None:
            self._size -= 2 * len(version.body)

    def _copy(self, parts: Sequence[str]) -> bytes:
        try:
            read = self._open([*parts[:-1], f"{parts[-1]}{gzipped.SUFFIX}"])
        except OSError:
            return b""
        return read[1] if read else b""

    def _open(self, parts: Sequence[str]) -> tuple[Stamp, bytes] | None:
        """Return a regular file and what it was when it was opened; each part is opened in the one before, no links."""
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts[:-1]:
                below = os.open(part, _NO_SLEEP | os.O_DIRECTORY, dir_fd=folder)
                os.close(folder)
                folder = below
            descriptor = os.open(parts[-1], _NO_SLEEP, dir_fd=folder)
        finally:
            os.close(folder)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
                return None
            body = file.read(_LARGEST + 1)
        return (Stamp.of(found), body) if len(body) <= _LARGEST else None
