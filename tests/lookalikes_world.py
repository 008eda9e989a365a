"""An invented world of providers, topics and stories, as skewed as the real one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import lookalikes_text as text

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

NEWEST = datetime(2026, 10, 31, 18, tzinfo=UTC)
FILES_A_DAY = 7
SITE_WIDE = "Ocean Energy"
PLATFORM, VIDEO_PLATFORM = "millstone-portal.example", "reelhouse.example"
MOST_RELATED = 178

_TOPICS = [
    "Tidal Power",
    "Open Hardware",
    "AI",
    "Wave Buoys",
    "Grid Storage",
    "Sea Cables",
    "Marine Life",
    "C++",
    "Kelp-driven apps",
    "Harbour Works",
    "Ferries",
    "Forecasting",
    "C#",
    "Salinity Gradients",
    "AI in Ports",
    "Blue Finance",
    "C",
    "Dredging",
    "Lighthouse Optics",
    "Seaweed Brewing",
]
# What leaked in from elsewhere: other cases of the same, search phrases, and nothing at all.
_STRAY_TOPICS = ("tidal power", "TIDAL POWER", "open hardware", "tidal turbine driverless barge", None, None)
_SYLLABLES = [
    "tar",
    "vel",
    "bro",
    "nim",
    "ost",
    "wick",
    "ella",
    "dor",
    "quin",
    "mar",
    "hest",
    "fen",
    "ulm",
    "rav",
    "ska",
    "lin",
    "pel",
    "gor",
    "thw",
    "isk",
    "ond",
    "bex",
]
_KINDS = [
    "Gazette",
    "Ledger",
    "Post",
    "Herald",
    "Review",
    "Courier",
    "Signal",
    "Wire",
    "Weekly",
    "Observer",
    "Dispatch",
    "Almanac",
]
_HOSTS = ("", "www.", "www.", "www.", "news.", "blog.")  # the host of an address is its provider's domain in a sixth
# Sizes of story clusters: (share of the clusters up to here, size); between two of them it grows evenly.
_SIZES = ((0.0, 2), (0.45, 3), (0.75, 7), (0.9, 19), (0.97, 45), (0.99, 80), (0.996, 110), (1.0, MOST_RELATED + 1))


@dataclass(frozen=True, slots=True)
class Provider:
    """A site; names holds its spellings, the usual one first, or none where each author has a name of their own."""

    domain: str
    host: str
    names: tuple[str, ...]
    has_logo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article as its files and its neighbours' `related` lists tell it."""

    title: str
    excerpt: str
    when: datetime
    address: str
    domain: str
    name: str
    quality: int
    heat: int = -1
    topics: tuple[str | None, ...] = (SITE_WIDE,)
    kind: str = "article"
    has_logo: bool = False
    has_amp: bool = False
    image: str = ""
    is_old: bool = False


@dataclass
class World:
    """Where stories come from; as large as a collection of so many files needs."""

    rng: random.Random
    count: int
    _providers: list[Provider] = field(init=False)
    _weights: list[float] = field(init=False)
    _topic_weights: list[float] = field(init=False)
    _addresses: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        amount = max(12, round(1.35 * self.count**0.75))
        self._providers = list(itertools.islice(self._invented_providers(), amount))
        self._weights = _zipf(amount, 1.12)
        self._topic_weights = _zipf(len(_TOPICS), 1.0)

    def clusters(self) -> Iterator[list[Story]]:
        """Yield stories without end, those that name each other together, the best first."""
        cap = max(4, min(MOST_RELATED + 1, self.count // 25))
        if self.count >= 100:
            yield self._cluster(cap)
        while True:
            if self.rng.random() < 0.85:
                yield [self.story()]
            else:
                yield self._cluster(min(cap, _size(self.rng.random())))

    def story(self, when: datetime | None = None) -> Story:
        """Return a story that nobody else tells."""
        rng = self.rng
        provider = rng.choices(self._providers, cum_weights=self._weights)[0]
        is_video = provider.domain == VIDEO_PLATFORM or rng.random() < 0.03
        quality = min(189, max(0, round(rng.gauss(44, 24))))
        when = when or self._instant(NEWEST - timedelta(days=rng.random() * self.count / FILES_A_DAY))
        headline = text.title(rng)
        address = self._address(provider.host, headline, when, is_video=is_video)
        return Story(
            title=text.soiled(rng, headline),
            excerpt=text.excerpt(rng),
            when=when,
            address=address,
            domain=provider.domain,
            name=self._name(provider),
            quality=quality,
            heat=quality,
            topics=self._topics(),
            kind="video" if is_video else "article",
            has_logo=provider.has_logo,
            has_amp="?" not in address and rng.random() < 0.29,
            image=f"https://{provider.host}/media/{text.slug(headline, 40)}.jpg" if rng.random() < 0.5 else "",
            is_old=rng.random() < 0.06,
        )

    def update(self, story: Story) -> Story:
        """Return a story told again a day later under a new title, at the same address or its plain http form."""
        rng = self.rng
        address = story.address if rng.random() < 0.9 else story.address.replace("https://", "http://")
        when = story.when + timedelta(hours=round(18 + rng.random() * 18))
        return replace(
            story, title=f"Updated: {text.title(rng)}", excerpt=text.excerpt(rng), when=when, address=address
        )

    def _cluster(self, size: int) -> list[Story]:
        rng = self.rng
        stories = [self.story()]
        first = stories[0].when
        while len(stories) < size:
            other = self.story(self._instant(first + timedelta(hours=rng.expovariate(1 / 20))))
            same_title = rng.random() < 0.08
            stories.append(replace(other, title=stories[-1].title if same_title else other.title, heat=-1))
        stories.sort(key=lambda story: -story.quality)
        best = stories[0]
        bonus = 20 * (size - 1) if best.quality >= 50 else 0
        stories[0] = replace(best, heat=best.quality + bonus)
        return [replace(one, is_old=best.is_old) for one in stories]

    def _instant(self, about: datetime) -> datetime:
        """Return an instant as people publish: mostly to the minute, a third of them when the clock strikes."""
        roll = self.rng.random()
        if roll < 0.12:  # the hour of press releases
            return about.replace(hour=13, minute=0, second=0, microsecond=0)
        if roll < 0.35:
            return about.replace(minute=30 if roll < 0.2 else 0, second=0, microsecond=0)
        return about.replace(second=0 if roll < 0.8 else about.second, microsecond=0)

    def _address(self, host: str, headline: str, when: datetime, *, is_video: bool) -> str:
        words = text.slug(headline)
        path = text.pick(self.rng, (f"{when:%Y/%m/%d}/{words}/", f"{words}", f"news/{words}.html", f"story?id={words}"))
        address = f"https://{host}/{'watch?v=' + words if is_video else path}"
        while address in self._addresses:
            address += f"-{int(self.rng.random() * 16**4):04x}"
        self._addresses.add(address)
        return address

    def _topics(self) -> tuple[str | None, ...]:
        rng = self.rng
        topics: list[str | None] = [SITE_WIDE] if rng.random() < 0.99 else []
        more = 8 if rng.random() < 0.003 else min(8, int(rng.expovariate(1.4)))
        topics += dict.fromkeys(rng.choices(_TOPICS, cum_weights=self._topic_weights, k=more))
        if rng.random() < 0.006:
            topics.append(_STRAY_TOPICS[int(rng.random() * len(_STRAY_TOPICS))])
        return tuple(topics)

    def _name(self, provider: Provider) -> str:
        if provider.names:
            return provider.names[0] if self.rng.random() < 0.8 else text.pick(self.rng, provider.names)
        syllables = [text.pick(self.rng, _SYLLABLES[:12]) for _ in range(2)]
        name = "".join(syllables).title()
        return f"{name} on Millstone" if provider.domain == PLATFORM else f"{name} Channel"

    def _invented_providers(self) -> Iterator[Provider]:
        rng, seen = self.rng, set[str]()
        for rank in itertools.count():
            if rank in {1, 4}:
                domain = PLATFORM if rank == 1 else VIDEO_PLATFORM
                yield Provider(domain, f"www.{domain}", ())
                continue
            word = "".join(text.pick(rng, _SYLLABLES) for _ in range(2 + (rng.random() < 0.4)))
            name = f"{word.title()} {text.pick(rng, _KINDS)}"
            if name in seen:
                continue
            seen.add(name)
            domain = f"{text.slug(name)}.example"
            yield Provider(domain, text.pick(rng, _HOSTS) + domain, _spellings(rank, name), rng.random() < 0.3)


def _spellings(rank: int, name: str) -> tuple[str, ...]:
    """Return how a provider is written; every ninth in two ways, some as a company, one in characters without a slug."""
    if rank == 7:
        return ("架空新報",)
    if rank % 20 == 5:
        return (f"{name}%2c Inc.",)
    variants = (name.upper(), f"{name}+", name.replace(" ", ", ", 1), f"{name.replace(' ', '').lower()}.example")
    return (name, variants[rank // 9 % 4]) if rank % 9 == 0 else (name,)


def _zipf(amount: int, exponent: float) -> list[float]:
    return list(itertools.accumulate(1 / rank**exponent for rank in range(1, amount + 1)))


def _size(share: float) -> int:
    for (low, small), (high, large) in itertools.pairwise(_SIZES):
        if share <= high:
            return round(small + (large - small) * (share - low) / (high - low))
    return _SIZES[-1][1]
