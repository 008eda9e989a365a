"""Rendered entries: each made once for each format, kept in the store, and joined in every channel."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from aggregator import __version__
from aggregator.formats.content import html_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from aggregator.formats import Format, Style
    from aggregator.store import Entries, Member

_READ_AHEAD = 64  # members of a channel that are looked up at once
_PENDING = 256  # fragments of a format that wait for the store


@dataclass(frozen=True, slots=True)
class Shown:
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
    """The fragments of a pass. What one was rendered from, entry, style and program, is its digest."""

    def __init__(self, style: Style, entries: Entries, formats: Mapping[str, Format]) -> None:
        self._style = style
        self._entries = entries
        self._formats = formats
        self._look = hashlib.sha256(repr((__version__, style)).encode()).hexdigest()[:16]
        self._pending: dict[str, dict[str, tuple[str, bytes]]] = {name: {} for name in formats}

    def of(self, channel: str) -> Iterator[Shown]:
        """Return a channel's members with their fragments, latest shown first; rendered as they are asked for."""
        members = iter(self._entries.members(channel))
        while batch := list(islice(members, _READ_AHEAD)):
            by_format = self._all({member.key: f"{self._look}{member.digest}" for member in batch})
            for member in batch:
                yield Shown(member, tuple(fragments[member.key] for fragments in by_format))

    def flush(self) -> None:
        """Give the store what it has not got."""
        for name, pending in self._pending.items():
            if pending:
                self._entries.keep_fragments(name, pending)
                pending.clear()

    def _all(self, digests: Mapping[str, str]) -> list[dict[str, bytes]]:
        """Return the fragments of some entries, one mapping for each format; those that are missing are rendered."""
        found = {name: self._good(name, digests) for name in self._formats}
        missing = {key for fragments in found.values() for key in digests.keys() - fragments.keys()}
        for key, entry in self._entries.entries(sorted(missing)).items():
            html = html_of(entry, self._style)
            for name, form in self._formats.items():
                if key not in found[name]:
                    found[name][key] = form.fragment(entry, html, self._style)
                    self._pending[name][key] = (digests[key], found[name][key])
        if any(len(pending) > _PENDING for pending in self._pending.values()):
            self.flush()
        return list(found.values())

    def _good(self, name: str, digests: Mapping[str, str]) -> dict[str, bytes]:
        """Return the fragments that are there, rendered from what the entries are now."""
        kept = {**self._entries.fragments(digests.keys(), name), **self._pending[name]}
        return {key: kept[key][1] for key, digest in digests.items() if key in kept and kept[key][0] == digest}
