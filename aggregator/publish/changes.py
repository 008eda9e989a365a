"""What a pass does to a feed, as its subscribers would see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from aggregator.formats import Format
    from aggregator.publish.fragments import Shown

Titles = tuple[tuple[str, str], ...]
"""Id and title of entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One feed before and after a pass.

    path: below the output folder, without a suffix. added, removed: entries that come and go, by age or otherwise.
    edited: whose words or address changed. redrawn: that only look different, related links or pictures. before,
    updated: what the feed says of itself (RFC 4287 section 4.2.15); `before` is None for a new feed. retired: whether
    the configuration wants it no more.
    """

    path: str
    added: Titles = ()
    edited: Titles = ()
    redrawn: Titles = ()
    removed: Titles = ()
    before: datetime | None
    updated: datetime
    retired: bool = False


def compare(
    path: str,
    documents: tuple[bytes, bytes],
    shown: Sequence[Shown],
    form: Format,
    row: tuple[datetime | None, datetime],
) -> Change:
    """Compare a feed's documents, published (empty if there is none) and to be; both in `form`, the first of the formats.

    shown: what the new one shows. row: `updated` of the feed, before and after. An entry that stays as it is stands in
    both byte for byte: fragments are joined, never rewritten.
    """
    published, wanted = documents
    before, updated = row
    old: Mapping[str, str] = form.titles(published) if published else {}
    new = form.titles(wanted)
    changed = [one for one in shown if one.member.id in old and one.fragments[0] not in published]
    edited = {one.member.id for one in changed if before is not None and one.member.updated > before}
    return Change(
        path=path,
        added=tuple((id_, title) for id_, title in new.items() if id_ not in old),
        edited=tuple((one.member.id, new[one.member.id]) for one in changed if one.member.id in edited),
        redrawn=tuple((one.member.id, new[one.member.id]) for one in changed if one.member.id not in edited),
        removed=tuple((id_, title) for id_, title in old.items() if id_ not in new),
        before=before,
        updated=updated,
    )
