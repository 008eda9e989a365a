"""Files written so that others see the old one or the new one, never a torn one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

TEMPORARY = ".aggregator-tmp"
_FILE_MODE = 0o644  # a web server of another user reads them, whatever our umask
_FOLDER_MODE = 0o755
_SECOND = 1_000_000_000  # nanoseconds
_AHEAD = 60  # seconds; a file that is further ahead had a wrong clock


def write_all(files: Mapping[Path, bytes], *, mode: int = _FILE_MODE) -> None:
    """Write a batch: all beside their places and on the disk, then all into place, then the folders on the disk.

    Raises:
        OSError: with the path in `filename`; what was not yet put into place is gone, all else is as it was.
    """
    waiting: dict[Path, Path] = {}
    try:
        for folder in sorted({path.parent for path in files}):
            make_folder(folder)
        for path, data in files.items():
            waiting[path] = _written_beside(path, data, mode)
        for path, temporary in list(waiting.items()):
            temporary.replace(path)
            del waiting[path]
        for folder in sorted({path.parent for path in files}):
            sync_folder(folder)
    except OSError:
        for temporary in waiting.values():
            temporary.unlink(missing_ok=True)
        raise


def _written_beside(path: Path, data: bytes, mode: int) -> Path:
    temporary = path.with_name(f".{path.name}{TEMPORARY}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            _date_behind(path, descriptor)
            os.fsync(descriptor)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
    return temporary


def _date_behind(path: Path, descriptor: int) -> None:
    """Give what replaces a file the second after it, at least: `Last-Modified` has no smaller one (RFC 9110 section 8.8.2)."""
    try:
        before = path.stat().st_mtime_ns
    except OSError:
        return
    if 0 <= before // _SECOND - os.fstat(descriptor).st_mtime_ns // _SECOND < _AHEAD:
        os.utime(descriptor, ns=(before + _SECOND, before + _SECOND))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, readable for everyone; a link in its place is refused."""
    if folder.is_symlink() and not folder.is_dir():
        raise NotADirectoryError(20, "a broken link stands in the place of a folder", str(folder))
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir()
    folder.chmod(_FOLDER_MODE)


def sync_folder(folder: Path) -> None:
    """Put what was renamed or removed in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folders: Collection[Path]) -> None:
    """Remove what an interrupted write left."""
    for folder in folders:
        for stray in folder.glob(f".*{TEMPORARY}"):
            stray.unlink(missing_ok=True)
