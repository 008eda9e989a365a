"""Rendered entries: each made once for each format, kept in the store, and joined in every channel."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from aggregator import __version__
from aggregator.formats.content import content_of
from aggregator.store import Rendered
from aggregator.store.entries import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from aggregator.core.window import Window
    from aggregator.formats import Format, Style
    from aggregator.store import Member
    from aggregator.store.entries import EntryTables
    from aggregator.store.ledger import LedgerTables

_PENDING = 1024  # rendered entries that wait for the store; some KB each
_RECENT = 4096  # rendered entries in memory: most are in several channels
_OLD = 2  # times as many kept as when the old ones last went, and it is worth looking for old ones again,
_LEAST = 1_000  # if there are so many more
_KEPT = "fragments that were kept"


class Shown(NamedTuple):
    """A member with its fragments, one for each format; `size` is that of the largest."""

    member: Member
    fragments: tuple[bytes, ...]

    @property
    def shown(self) -> datetime:
        """The instant that the window chooses by."""
        return self.member.shown

    @property
    def size(self) -> int:
        """Bytes of the largest fragment."""
        return max(len(fragment) for fragment in self.fragments)


class Fragments:
    """The rendered entries of a pass. The digest of one is that of all it was made from: entry, style, program."""

    def __init__(self, style: Style, entries: EntryTables, formats: Mapping[str, Format]) -> None:
        self._style = style
        self._entries = entries
        self._formats = formats
        self._look = hashlib.sha256(repr((__version__, style, list(formats))).encode()).hexdigest()[:16]
        self._recent: dict[str, Rendered] = {}
        self._pending: dict[str, Rendered] = {}

    def of(self, channel: str) -> Iterator[Shown]:
        """Return a channel's members with their fragments, latest shown first; rendered as they are asked for."""
        members = iter(self._entries.members(channel))
        while batch := list(islice(members, PAGE)):
            rendered = self._rendered({member.key: f"{self._look}{member.digest}" for member in batch})
            for member in batch:
                yield Shown(member, rendered[member.key].fragments)

    def flush(self) -> None:
        """Give the store what it has not got."""
        if self._pending:
            self._entries.keep_fragments(self._pending)
            self._pending.clear()

    def forget_old(self, window: Window, ledger: LedgerTables) -> None:
        """Let go what was rendered of entries that have left every window, where that may be much: they seldom return."""
        count, kept = self._entries.count_fragments(), ledger.setting(_KEPT)
        if kept and count <= _OLD * int(kept) + _LEAST:
            return
        if kept:  # at first all of them are new
            self._entries.forget_old_fragments(max(window.entries, window.at_least) + PAGE, window.span)
            count = self._entries.count_fragments()
        ledger.keep_setting(_KEPT, str(count))

    def _rendered(self, digests: Mapping[str, str]) -> dict[str, Rendered]:
        """Return entries rendered from what they are now: from this pass, from the store, or made here."""
        found = self._good(self._recent, digests)
        kept = self._entries.fragments(digests.keys() - found.keys())
        found |= self._good(kept, digests)
        for key, entry in self._entries.entries(sorted(digests.keys() - found.keys())).items():
            content = content_of(entry, self._style)
            fragments = tuple(form.fragment(entry, content, self._style) for form in self._formats.values())
            found[key] = self._pending[key] = Rendered(digests[key], fragments)
        if len(self._pending) > _PENDING:
            self.flush()
        if len(self._recent) > _RECENT:
            self._recent.clear()
        self._recent |= found
        return found

    @staticmethod
    def _good(rendered: Mapping[str, Rendered], digests: Mapping[str, str]) -> dict[str, Rendered]:
        return {
            key: rendered[key] for key, digest in digests.items() if key in rendered and rendered[key].digest == digest
        }
