"""The keys of the configuration file, their types and defaults: what the reference in README.md describes."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from aggregator.core.address import domain_of, key_of, legal_href
from aggregator.core.channels import is_plain_slug, topic_key
from aggregator.core.identity import id_of
from aggregator.core.text import MAX_TITLE, language_tag, plain

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(
    r"(\d{1,6}(?:\.\d{1,6})?)\s*(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)", re.IGNORECASE
)
_SIZES = {"": 1, "B": 1, "KB": 1000, "MB": 1000**2, "KIB": 1024, "MIB": 1024**2}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmKM]?i?[bB]?)")
_BRACES = re.compile(r"\{([^{}]*)\}")


def parse_duration(given: object) -> timedelta:
    """Return a length of time written as `90 s`, `5m`, `12 hours`, `14 days`."""
    match = _DURATION.fullmatch(str(given).strip())
    if match is None:
        raise ValueError("a length of time is expected, as 90 s, 5 m, 12 hours or 14 days")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2][0].lower()])


def _days(given: object) -> timedelta:
    return parse_duration(f"{given} days" if re.fullmatch(r"[\d.]+", str(given)) else given)


def _size(given: object) -> int:
    match = _SIZE.fullmatch(str(given).strip())
    unit = match[2].upper() if match else "?"
    if match is None or unit not in _SIZES:
        raise ValueError("a size is expected, as 500 KB or 2 MB")
    return int(float(match[1]) * _SIZES[unit])


def _listed(given: object) -> object:
    return [given] if isinstance(given, str) else given


def _web_address(given: str) -> str:
    href = legal_href(given)
    if href is None:
        raise ValueError("an http or https address is expected")
    return href


def _folder_address(given: str) -> str:
    href = _web_address(given)
    if "?" in href or "#" in href:
        raise ValueError("an address that file names can follow is expected: without ? and #")
    href = href if href.endswith("/") else href + "/"
    key = key_of(href) or ""
    normal = href[: href.index(":")] + key[key.index(":") :]
    if id_of(key) != key:  # it starts the ids of feeds, which RFC 4287 section 4.2.6 wants in normal form
        raise ValueError("an address whose escapes are UTF-8 text is expected")
    if href != normal:
        raise ValueError(f"an address in normal form is expected, as {normal}")
    return href


def _domain(given: str) -> str:
    domain = domain_of(given)
    if "." not in domain:
        raise ValueError("a domain is expected, as msn.com")
    return domain


def _slug(given: str) -> str:
    if not is_plain_slug(given):
        raise ValueError("a slug is a-z, 0-9 and hyphens, at most 60, no reserved name and no ending like a hash")
    return given


def _words(*names: str) -> AfterValidator:
    """Accept a text in which only these names stand in braces."""

    def check(given: str) -> str:
        rest = _BRACES.sub("", given)
        if "{" in rest or "}" in rest or any(name not in names for name in _BRACES.findall(given)):
            known = ", ".join(f"{{{name}}}" for name in names) or "none"
            raise ValueError(f"names in braces are filled in; here: {known}")
        return given

    return AfterValidator(check)


def _legal(given: object) -> object:
    return plain(given, MAX_TITLE) if isinstance(given, str) else given


def _language(given: str | None) -> str | None:
    tag = language_tag(given or "")
    if given is not None and tag is None:
        raise ValueError("a language is expected, as en or en-GB")
    return tag


def _path(given: str) -> str:
    try:
        Path(given).expanduser()
    except RuntimeError:
        raise ValueError("the folder of a user who is not there") from None
    return given


Text = Annotated[str, BeforeValidator(_legal), Field(min_length=1)]
Folder = Annotated[str, Field(min_length=1), AfterValidator(_path)]
Folders = Annotated[tuple[Folder, ...], BeforeValidator(_listed)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_default(cls, given: Any) -> Any:
        """Take a key without a value as a key that is not there: that is how people comment out a block."""
        return {key: value for key, value in given.items() if value is not None} if isinstance(given, dict) else given


class ArticlesSection(_Section):
    """A folder of article files, or several that are one source."""

    path: Annotated[Folders, Field(min_length=1, description="Folder, or a list of folders that make up one source.")]
    name: Annotated[Text | None, Field(description="What reports call the source.")] = None
    topics: Annotated[Texts, Field(description="Topics added to every article of it.")] = ()
    skip: Annotated[
        tuple[Literal["draft", "removed"], ...],
        BeforeValidator(_listed),
        Field(description="A file where one of these keys is true is not published."),
    ] = ("draft", "removed")


class OutputSection(_Section):
    """Where feeds are written, and in which formats."""

    path: Annotated[Folder, Field(description="Folder that a web server hands out.")] = "../out"
    formats: Annotated[
        tuple[Literal["atom", "rss", "json"], ...],
        BeforeValidator(_listed),
        Field(min_length=1, description="Any of atom, rss, json."),
    ] = ("atom", "rss")
    index: Annotated[bool, Field(description="Also `index.html`, `feeds.opml` and `providers.opml`.")] = True


class WindowSection(_Section):
    """How much a feed shows."""

    entries: Annotated[int, Field(ge=1, le=1000, description="So many of the newest entries.")] = 50
    days: Annotated[
        timedelta, BeforeValidator(_days), Field(description="And all within so many days of the newest.")
    ] = timedelta(days=7)
    at_least: Annotated[int, Field(ge=1, le=1000, description="Whatever their size.")] = 10
    max_size: Annotated[
        int, BeforeValidator(_size), Field(ge=10_000, description="Of the entries, in the largest format.")
    ] = 500_000
    late: Annotated[
        timedelta, BeforeValidator(_days), Field(description="An article that arrives so late still counts as new.")
    ] = timedelta(days=14)


class RelatedSection(_Section):
    """Related coverage."""

    show: Annotated[int, Field(ge=0, le=50, description="Links shown in an entry.")] = 5
    atom_links: Annotated[bool, Field(description='Also as `link rel="related"` in Atom.')] = True
    rss_links: Annotated[bool, Field(description="Also as `atom:link` in RSS; some readers open them instead.")] = False


class EntrySection(_Section):
    """How an entry is shown."""

    title: Annotated[Text, _words("title", "provider"), Field(description="`{title} ({provider})`, for example.")] = (
        "{title}"
    )
    image: Annotated[bool, Field(description="Show the first picture inside the text too.")] = True


class TextSection(_Section):
    """The few words that a subscriber reads."""

    related: Annotated[Text, _words(), Field(description="Above the related links.")] = "Related coverage"
    more: Annotated[Text, _words("n"), Field(description="Below them, if there are more.")] = "and {n} more"
    read: Annotated[Text, _words("provider"), Field(description="The link to an article.")] = "Read at {provider}"
    watch: Annotated[Text, _words("provider"), Field(description="The link to a video.")] = "Watch at {provider}"
    also: Annotated[Text, _words("providers"), Field(description="Other providers of the same article.")] = (
        "Also at {providers}"
    )
    all: Annotated[Text, _words("title"), Field(description="Subtitle of the feed of everything.")] = (
        "Articles collected by {title}."
    )
    topic: Annotated[Text, _words("title", "name"), Field(description="Subtitle of a topic's feed.")] = (
        "Articles on {name}, collected by {title}."
    )
    provider: Annotated[Text, _words("title", "name"), Field(description="Subtitle of a provider's feed.")] = (
        "Articles by {name}, collected by {title}. Not published by {name}."
    )


class TopicSection(_Section):
    """A topic that goes by several names, or whose file name you choose."""

    name: Annotated[Text, Field(description="What it is called in feed titles.")]
    also: Annotated[Texts, Field(description="Other spellings and names that mean it.")] = ()
    slug: Annotated[Annotated[str, AfterValidator(_slug)] | None, Field(description="Its file name.")] = None


class ProvidersSection(_Section):
    """Feeds by provider."""

    feeds_from: Annotated[int, Field(ge=1, description="Entries that a provider needs for a feed of its own.")] = 1
    list_from: Annotated[int, Field(ge=1, description="And for a place in `index.html` and `providers.opml`.")] = 3
    split: Annotated[
        tuple[Annotated[str, AfterValidator(_domain)], ...],
        BeforeValidator(_listed),
        Field(description="Platforms on which each name is a provider of its own."),
    ] = ("msn.com", "youtube.com")


class ConfigFile(_Section):
    """The whole file."""

    title: Annotated[Text | None, Field(description="Name of the site.")] = None
    base_url: Annotated[
        str,
        AfterValidator(_folder_address),
        Field(description="Where `output.path` is served; never guessed."),
    ]
    homepage: Annotated[WebAddress | None, Field(description="Page that the feeds belong to.")] = None
    icon: Annotated[WebAddress | None, Field(description="Square picture for reader lists.")] = None
    language: Annotated[
        str | None, AfterValidator(_language), Field(description="Of the feeds (RFC 5646), as `en` or `en-GB`.")
    ] = None
    author: Annotated[Text | None, Field(description="Author of the feeds themselves.")] = None
    hub: Annotated[WebAddress | None, Field(description="WebSub hub named in every feed.")] = None
    state: Annotated[Folder | None, Field(description="Folder of the state, the one thing to back up.")] = None
    articles: Annotated[tuple[ArticlesSection, ...], Field(description="Where article files are.")] = (
        ArticlesSection(path=("articles",)),
    )
    output: Annotated[OutputSection, Field(description="Where feeds go.")] = OutputSection()
    window: Annotated[WindowSection, Field(description="How much a feed shows.")] = WindowSection()
    related: Annotated[RelatedSection, Field(description="Related coverage.")] = RelatedSection()
    entry: Annotated[EntrySection, Field(description="How an entry is shown.")] = EntrySection()
    text: Annotated[TextSection, Field(description="Words that a subscriber reads.")] = TextSection()
    topics: Annotated[tuple[TopicSection, ...], Field(description="Names and file names of topics.")] = ()
    providers: Annotated[ProvidersSection, Field(description="Feeds by provider.")] = ProvidersSection()

    @model_validator(mode="after")
    def _names_are_distinct(self) -> ConfigFile:
        names = [key for topic in self.topics for key in {topic_key(one) for one in (topic.name, *topic.also)}]
        slugs = [topic.slug for topic in self.topics if topic.slug]
        for what, values in (("name", names), ("slug", slugs)):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"topics: the {what} {twice[0]} stands for two topics")
        sources = [source.name or Path(source.path[0]).name for source in self.articles]
        twice = sorted({name for name in sources if sources.count(name) > 1})
        if twice:
            raise ValueError(f"articles: two sources are called {twice[0]}; give one of them another `name:`")
        return self
