"""Conditions over articles: what the owner's rules, and later feeds of the owner's own, choose them by."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, assert_never

from aggregator.core.channels import topic_meant
from aggregator.core.model import Entry

if TYPE_CHECKING:
    from aggregator.core.channels import Policy
    from aggregator.core.model import Provider, Sighting

Place = Literal["title", "summary", "address"]


class Pattern(Protocol):
    """A regular expression; its `repr` is the same for the same, in every process."""

    @property
    def source(self) -> str:
        """What the owner wrote."""
        ...

    def is_in(self, text: str) -> bool:
        """Say whether it matches anywhere in a text."""
        ...


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each of these."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """All but this."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Topic:
    """One of these topics; keys as `topic_meant` returns them."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class From:
    """A provider with one of these domains, or one of these names; names are folded."""

    domains: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """One of these words or phrases, folded, in the title or in the summary."""

    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """A pattern, somewhere in one part of the article."""

    place: Place
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Kind:
    """One of these kinds."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MinQuality:
    """A quality that is known and at least so high."""

    quality: int


@dataclass(frozen=True, slots=True)
class Lead:
    """Said to be the lead of its story, or said not to be; an article that says neither is neither."""

    is_lead: bool


Condition: TypeAlias = AnyOf | AllOf | Not | Topic | From | Words | Matches | Kind | MinQuality | Lead


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What conditions look at of an article, sighted or merged. topics: keys as `topic_meant` returns them."""

    title: str
    summary: str
    address: str
    topics: frozenset[str]
    providers: tuple[Provider, ...]
    kind: str
    quality: int | None
    heat: int | None

    @classmethod
    def of(cls, article: Sighting | Entry, policy: Policy) -> Subject:
        """Return what conditions look at of an article."""
        return cls(
            title=article.title,
            summary=article.summary,
            address=article.href,
            topics=frozenset(topic_meant(one, policy) for one in article.topics),
            providers=article.providers if isinstance(article, Entry) else (article.provider,),
            kind=article.kind,
            quality=article.quality,
            heat=article.heat,
        )

    @cached_property
    def folded(self) -> tuple[str, str]:
        """Title and summary as words are looked for in them; folded once, for all the rules."""
        return _typed(folded(self.title)), _typed(folded(self.summary))


def meets(condition: Condition, subject: Subject) -> bool:  # noqa: C901, PLR0911  a case for each condition
    """Say whether an article meets a condition."""
    match condition:
        case AnyOf(conditions):
            return any(meets(one, subject) for one in conditions)
        case AllOf(conditions):
            return all(meets(one, subject) for one in conditions)
        case Not(inner):
            return not meets(inner, subject)
        case Topic(keys):
            return not subject.topics.isdisjoint(keys)
        case From(domains, names):
            return any(one.domain in domains or folded(one.name) in names for one in subject.providers)
        case Words(phrases):
            return any(stands_in(phrase, text) for phrase in map(_typed, phrases) for text in subject.folded)
        case Matches(place, pattern):
            return pattern.is_in(
                {"title": subject.title, "summary": subject.summary, "address": subject.address}[place]
            )
        case Kind(kinds):
            return subject.kind in kinds
        case MinQuality(quality):
            return subject.quality is not None and subject.quality >= quality
        case Lead(is_lead):
            return subject.heat is not None and (subject.heat >= 0) == is_lead
        case _:
            assert_never(condition)


def folded(text: str) -> str:
    """Return what two spellings of the same words share: NFKC, without case, one space between words."""
    for _ in range(2):  # folding may leave what NFKC maps on, and the reverse (Unicode section 3.13, NFKC_Casefold)
        text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", text).split())


# Apostrophes (U+2019 is the preferred one, U+02BC the letter) and hyphens; what NFKC maps to them is mapped before.
_TYPED = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u2010": "-", "\u2011": "-"})


def _typed(text: str) -> str:
    """Return a text with apostrophes and hyphens as keyboards have them: typesetters and authors differ."""
    return text.translate(_TYPED)


# Scripts that leave no space between words, and Hangul, which writes particles on to them: Thai to Myanmar, Hangul,
# Khmer, Han, Hiragana and Katakana. Where words end in them takes a dictionary to say.
_UNSPACED = re.compile(
    "[\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"
)


def stands_in(phrase: str, text: str) -> bool:
    """Say whether a phrase stands in a text as whole words; both are folded.

    Within scripts that leave no space between words it may stand anywhere.
    """
    start = text.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        if not (_is_inside(text, start) or _is_inside(text, end)):
            return True
        start = text.find(phrase, start + 1)
    return False


def _is_inside(text: str, position: int) -> bool:
    """Say whether a word goes on from the character before a position to the one behind it."""
    return 0 < position < len(text) and _joins(text[position - 1]) and _joins(text[position])


def _joins(char: str) -> bool:
    # Marks too: the vowel signs of Indic scripts are part of their words.
    return char == "_" or (unicodedata.category(char)[0] in "LMN" and not _UNSPACED.match(char))
