"""What a channel is written in: each format is two pure functions.

`fragment` renders one entry, and depends on nothing but the entry and the style: not on the channel, the clock or the
other entries, so that it is made once and joined everywhere. `wrap` puts the head of a channel around fragments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aggregator.core.channels import Policy
    from aggregator.core.model import Channel, Entry
    from aggregator.formats.content import Content

FormatName: TypeAlias = Literal["atom", "rss", "json"]
"""What the configuration calls a format, and what its files end with."""

MEDIA_TYPES: Mapping[str, str] = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}
GENERATOR = "feed-aggregator"
"""How our feeds name their maker; also how we know a feed of ours again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The few words of ours that a subscriber reads. Names in braces are filled in."""

    related: str
    more: str
    read: str
    watch: str
    also: str
    all: str
    topic: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How entries are rendered; a fragment depends on this and its entry only.

    base_url: where the output folder is served, with a slash at the end. title: template of an entry's title.
    related_in_atom, related_in_rss: whether related links stand as `link rel="related"` too, besides the visible list.
    """

    base_url: str
    policy: Policy
    words: Words
    title: str = "{title}"
    images: bool = True
    related_in_atom: bool = True
    related_in_rss: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the heads of all feeds share. homepage: the page that feeds belong to. hubs: WebSub, section 4."""

    title: str
    base_url: str
    homepage: str
    author: str
    language: str | None = None
    icon: str | None = None
    hubs: tuple[str, ...] = ()


class Format(NamedTuple):
    """One format: what its files end with (no dot), and its functions.

    fragment: takes an entry, what `content.content_of` makes of it once for all formats, and the style.
    check: what makes a document unfit to be published; an empty text where nothing does.
    titles: the entries of a document of ours, ids and titles in their order.
    """

    suffix: str
    fragment: Callable[[Entry, Content, Style], bytes]
    wrap: Callable[[Channel, Sequence[bytes], Site], bytes]
    check: Callable[[bytes], str]
    titles: Callable[[bytes], Mapping[str, str]]

    @property
    def media_type(self) -> str:
        """What a server calls its files."""
        return MEDIA_TYPES[self.suffix]
