"""Which channels an entry belongs to, and what a channel is called: keys, slugs, paths and titles."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from aggregator.core.model import Facet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.core.model import Entry, Provider

ALL = "all"

_PLAIN_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_PLAIN_DOMAIN = re.compile(r"(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)[a-z0-9-]{1,63}(?<!-)")
_HASH_END = re.compile(r"(?:^|-)[0-9a-f]{8}$")
_GAPS = re.compile(r"[\s\-_]+")
# Names that a file system keeps for itself, and those that we keep for pages of our own.
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "index", "all", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the owner decides about channels; part of what the store's membership was computed from.

    topic_of: topic key to the topic key it is an alias of. labels, slugs: by topic key. split: domains of platforms,
    whose providers are told apart by name. providers_from: entries that a provider needs for a feed of its own.
    """

    topic_of: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    slugs: Mapping[str, str] = field(default_factory=dict)
    split: tuple[str, ...] = ()
    providers_from: int = 1


class Membership(NamedTuple):
    """An entry's place in a channel, with the spelling of the channel's name that the entry uses."""

    channel: str
    label: str


@lru_cache(maxsize=4096)
def topic_key(spelling: str) -> str:
    """Return what two spellings of one topic share: `AI`, `ai` and `A i` differ only if their letters do.

    NFKC, case-folded, each run of spaces, hyphens and underscores one hyphen. Empty if nothing is left.
    """
    folded = spelling
    for _ in range(2):  # folding may leave what NFKC maps on, and the reverse (Unicode section 3.13, NFKC_Casefold)
        folded = unicodedata.normalize("NFKC", folded).casefold()
    return _GAPS.sub("-", unicodedata.normalize("NFKC", folded)).strip("-")


def topic_meant(spelling: str, policy: Policy) -> str:
    """Return the key of the topic that a spelling means, by the owner's table of aliases."""
    key = topic_key(spelling)
    return policy.topic_of.get(key, key)


def topic_slug(key: str, policy: Policy) -> str:
    """Return the file name of a topic: pure, the same for ever, and different for different keys."""
    if key in policy.slugs:
        return policy.slugs[key]
    taken = key in policy.slugs.values()
    return _hashed(key) if taken or not is_plain_slug(key) else key


def is_plain_slug(slug: str) -> bool:
    """Say whether `slug` can be a file name as it is, and can never be mistaken for one that ends in a hash."""
    return bool(_PLAIN_SLUG.fullmatch(slug)) and slug not in _RESERVED and not _HASH_END.search(slug)


def _hashed(key: str) -> str:
    ascii_part = re.sub(r"[^a-z0-9]+", "-", key).strip("-")[:50].strip("-")
    digest = hashlib.sha256(key.encode()).hexdigest()[:8]
    return f"{ascii_part}-{digest}" if ascii_part else digest


def provider_key(provider: Provider, policy: Policy) -> str:
    """Return what tells a provider from others: its domain, and on a platform its name too."""
    if provider.domain not in policy.split:
        return provider.domain
    return f"{provider.domain}/{topic_key(provider.name) or provider.domain}"


def _provider_slug(key: str) -> str:
    domain, _, name = key.partition("/")
    plain = _PLAIN_DOMAIN.fullmatch(domain) and len(domain) <= 80 and domain.partition(".")[0] not in _RESERVED  # noqa: PLR2004  as long as any real one
    slug = domain if plain else _hashed(domain)
    if not name:
        return slug
    # An underscore is in no domain and no slug, so that a platform's names never meet another domain.
    return f"{slug}_{name if is_plain_slug(name) else _hashed(name)}"


def channels_of(entry: Entry, policy: Policy) -> tuple[Membership, ...]:
    """Return the channels of an entry: everything, each of its topics, each of its providers; none if it is unlisted."""
    if not entry.listed:
        return ()
    memberships = {ALL: Membership(ALL, "")}
    for spelling in entry.topics:
        if key := topic_meant(spelling, policy):
            channel = f"{Facet.TOPIC}/{key}"
            memberships.setdefault(channel, Membership(channel, policy.labels.get(key, spelling)))
    for provider in entry.providers:
        channel = f"{Facet.PROVIDER}/{provider_key(provider, policy)}"
        memberships.setdefault(channel, Membership(channel, provider.name))
    return tuple(memberships.values())


def facet_of(channel: str) -> Facet:
    """Return what a channel collects by."""
    return Facet(channel.partition("/")[0])


def path_of(channel: str, policy: Policy) -> str:
    """Return where a channel is below the output folder, without a suffix."""
    facet, _, key = channel.partition("/")
    match Facet(facet):
        case Facet.ALL:
            return facet
        case Facet.TOPIC:
            return f"{facet}/{topic_slug(key, policy)}"
        case Facet.PROVIDER:
            return f"{facet}/{_provider_slug(key)}"


def least_of(channel: str, policy: Policy) -> int:
    """Return how many entries a channel needs before it gets a feed."""
    return {Facet.ALL: 0, Facet.TOPIC: 1, Facet.PROVIDER: policy.providers_from}[facet_of(channel)]


def is_retired(channel: str, policy: Policy) -> bool:
    """Say whether the owner's decisions leave no entry that could ever be in a channel: its feeds go."""
    facet, _, key = channel.partition("/")
    match Facet(facet):
        case Facet.ALL:
            return False
        case Facet.TOPIC:
            return key in policy.topic_of
        case Facet.PROVIDER:
            domain, _, name = key.partition("/")
            return bool(name) != (domain in policy.split)


def label_given(channel: str, policy: Policy) -> str:
    """Return what the owner calls a channel; empty where nothing is said of it."""
    facet, _, key = channel.partition("/")
    return policy.labels.get(key, "") if facet == Facet.TOPIC else ""


def common_label(spellings: Mapping[str, int]) -> str:
    """Return the spelling that most entries use; of equals the one that sorts first."""
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling), default="")
