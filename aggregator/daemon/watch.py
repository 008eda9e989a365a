"""Folders that tell when a file below them changes."""

from __future__ import annotations

import logging
import os.path
import time
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeAlias

import watchfiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LOG = logging.getLogger(__name__)

# A burst is one change: it is over after so much silence, and told of after so much time in any case.
_SILENCE_MS = 250
_BURST_MS = 1500
_LOOK_AGAIN_MS = 1000  # for folders that were not there, or are others now
_BARRED_SECONDS = 20

_Identities: TypeAlias = "dict[Path, tuple[int, int]]"


class Watch:
    """Folders that are watched by the system's notifications, and looked at every second where there are none.

    apart: folders that passes write to; what happens there makes none, also where they lie below those that are watched.
    """

    def __init__(
        self, folders: Sequence[Path], changed: Callable[[], None], *, apart: Sequence[Path] = (), polling: bool = False
    ) -> None:
        self._folders = tuple(dict.fromkeys(folders))
        self._changed = changed
        self._apart = tuple(apart)
        self._really_apart: tuple[str, ...] = ()  # by their real paths: a link does not make another folder of one
        self._ended = Event()
        self._polling = polling
        self._is_barred = False  # whether the last try met a folder that may not be read
        self._passes_over = False  # whether such folders are passed over just now
        self._thread = Thread(target=self._watch, name="watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._folders:
            self._thread.start()

    def stop(self) -> None:
        """End; nobody is told any more."""
        self._ended.set()

    def is_lost(self) -> bool:
        """Say whether it ended though nobody told it to."""
        return bool(self._thread.ident) and not self._thread.is_alive() and not self._ended.is_set()

    def _watch(self) -> None:
        before: _Identities | None = None
        while not self._ended.is_set():
            there = self._there()
            if before is not None and there != before:
                self._changed()
            before = there
            if not there:
                self._ended.wait(_LOOK_AGAIN_MS / 1000)
                continue
            try:
                self._until_others(there)
            except PermissionError as error:
                if self._passes_over:  # looking at it every second would not help either
                    self._ended.wait(_BARRED_SECONDS)
                elif not self._is_barred:
                    _LOG.warning("a folder may not be read; the others are watched: %s", error)
                self._is_barred = True
                self._passes_over = not self._passes_over
            except (OSError, RuntimeError) as error:
                if not self._polling and self._there() == there:
                    _LOG.warning(
                        "the system does not tell of changed files, they are looked at every second: %s", error
                    )
                    self._polling = True
                self._ended.wait(_LOOK_AGAIN_MS / 1000)

    def _there(self) -> _Identities:
        """Return the folders that there are, each with what tells it from another one of its name."""
        found: _Identities = {}
        for folder in self._folders:
            with suppress(OSError):
                status = folder.stat()
                if S_ISDIR(status.st_mode):
                    found[folder] = (status.st_dev, status.st_ino)
        return found

    def _until_others(self, there: Mapping[Path, tuple[int, int]]) -> None:
        """Tell of changes until other folders are there than these; at first that there may be some.

        What happened before somebody looked is told by nobody else. Where folders are passed over, they are tried again
        after a while, and a pass looks at them meanwhile.
        """
        is_new = True
        until = time.monotonic() + _BARRED_SECONDS
        self._really_apart = tuple(os.path.realpath(folder) for folder in self._apart)
        for changes in watchfiles.watch(
            *there,
            watch_filter=self._counts,
            debounce=_BURST_MS,
            step=_SILENCE_MS,
            stop_event=self._ended,
            rust_timeout=_LOOK_AGAIN_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=self._polling,
            poll_delay_ms=1000,
            ignore_permission_denied=self._passes_over,
        ):
            if self._ended.is_set():
                return
            if changes or is_new:
                self._changed()
            is_new = False
            if not self._passes_over:
                self._is_barred = False
            elif time.monotonic() > until:
                self._passes_over = False
                return
            # A folder that was removed and made anew may have the identity of the old one.
            if self._there() != there or any(Path(path) in there for _, path in changes):
                return

    def _counts(self, _change: watchfiles.Change, path: str) -> bool:
        """Say whether a change is one that a pass would look at."""
        changed = Path(path)
        parts = next((changed.relative_to(one).parts for one in self._folders if changed.is_relative_to(one)), ())
        if any(part.startswith(".") for part in parts) or changed.name.endswith("~"):
            return False
        real = os.path.realpath(path)
        return not any(real == folder or real.startswith(f"{folder}/") for folder in self._really_apart)
