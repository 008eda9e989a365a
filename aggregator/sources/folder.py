"""Files in folders: what is there, and the bytes of one of them.

Only regular files that are really below a root are ever opened: not what a link leads to outside, no pipe, no device.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.core.model import Fault
from aggregator.errors import reason_of
from aggregator.sources import Listing, Resource, Validators

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FILE = 2 * 1024 * 1024  # front matter and body at their limits, with room
_ODD = "a pipe, a socket or a device: not read; keep it elsewhere"


def survey(roots: Sequence[tuple[str, Path]]) -> Listing:
    """List the files below each root, folders below included; a root is the name its files are reported under.

    Names that start with a dot or end with a tilde are passed over: editors, version control and synchronisers keep
    such beside the real ones.
    """
    walk = _Walk()
    missing = [str(root) for name, root in roots if not walk.root(name, root)]
    order = sorted(walk.found)
    return Listing(
        found={location: walk.found[location] for location in order},
        paths=walk.paths,
        faults=sorted(walk.faults, key=lambda fault: fault.location),
        missing=missing,
    )


class _Walk:
    def __init__(self) -> None:
        self.found: dict[str, Validators] = {}
        self.paths: dict[str, str] = {}
        self.faults: list[Fault] = []
        self._folders: list[tuple[str, str]] = []

    def root(self, name: str, root: Path) -> bool:
        """List one root and all below it; False where it is no readable folder."""
        try:
            base = root.resolve(strict=True)
            entries = list(os.scandir(base))
        except (OSError, RuntimeError):  # RuntimeError: a link that leads to itself, before Python 3.13
            return False
        self._list(name, base, entries)
        while self._folders:
            location, folder = self._folders.pop()
            try:
                entries = list(os.scandir(folder))
            except OSError as error:
                self._fault("unreadable", location, f"cannot be read: {reason_of(error)}")
            else:
                self._list(location, base, entries)
        return True

    def _list(self, name: str, base: Path, entries: list[os.DirEntry[str]]) -> None:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.endswith("~"):
                continue
            location = f"{name}/{_printable(entry.name)}"
            try:
                self._entry(location, entry, base)
            except OSError as error:
                self._fault("unreadable", location, f"cannot be read: {reason_of(error)}")
            except RuntimeError:
                self._fault("link", location, "a link that leads to itself: not followed; remove it")

    def _entry(self, location: str, entry: os.DirEntry[str], base: Path) -> None:
        path = entry.path  # text: a Path for each of thousands of files is half of what listing them costs
        if entry.is_symlink():
            target = Path(path).resolve(strict=True)
            if target.is_dir():
                self._fault("link", location, "a link to a folder: not followed; add that folder to `articles.path`")
                return
            if not target.is_relative_to(base):
                self._fault(
                    "link", location, "a link out of the folder: not read; add the file's folder to `articles.path`"
                )
                return
            path, status = str(target), target.stat()
        elif entry.is_dir(follow_symlinks=False):
            self._folders.append((location, path))
            return
        else:
            status = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            self._fault("not_a_file", location, _ODD)
            return
        self.found[location] = Validators(status.st_size, status.st_mtime_ns)
        self.paths[location] = path

    def _fault(self, code: str, location: str, reason: str) -> None:
        self.faults.append(Fault(code, location, reason))


def read(location: str, path: str | Path, max_bytes: int = MAX_FILE) -> Resource | Fault:
    """Return the bytes of a listed file, or the fault that keeps us from them; never blocks, never follows a link."""
    try:
        # A pipe that took the file's place since the survey must not make us wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return Fault("unreadable", location, f"cannot be read: {reason_of(error)}")
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return Fault("not_a_file", location, _ODD)
        if status.st_size > max_bytes:
            return Fault("too_large", location, f"more than {max_bytes // 1024} KiB: not read; shorten it")
        data = os.read(descriptor, status.st_size + 1)
    except OSError as error:
        return Fault("unreadable", location, f"cannot be read: {reason_of(error)}")
    finally:
        os.close(descriptor)
    return Resource(location=location, data=data, validators=Validators(status.st_size, status.st_mtime_ns))


def _printable(name: str) -> str:
    """Return a file name as text: bytes that are not UTF-8 and control characters escaped, nothing two-faced."""
    if name.isascii() and name.isprintable():
        return name
    raw = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in raw)
