"""The keys of the configuration file, their types and defaults: what the reference in README.md describes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from aggregator.config.kinds import (
    SIZE_SCHEMA,
    SPAN_SCHEMA,
    Folder,
    Folders,
    Section,
    Text,
    Texts,
    WebAddress,
    WebAddresses,
    as_days,
    as_domain,
    as_folder_address,
    as_language,
    as_list,
    as_size,
    as_slug,
    with_words,
)
from aggregator.config.lists import ListSection  # noqa: TC001  pydantic reads annotations
from aggregator.config.log import LogSection
from aggregator.config.rules import RuleSection  # noqa: TC001  pydantic reads annotations
from aggregator.config.schedule import ScheduleSection
from aggregator.config.serve import ServeSection
from aggregator.config.upstream_keys import FeedsFromSection, UpstreamSection  # noqa: TC001  the same
from aggregator.core.channels import topic_key
from aggregator.formats import FormatName  # noqa: TC001  the same


class ArticlesSection(Section):
    """A folder of article files, or several that are one source."""

    path: Annotated[Folders, Field(min_length=1, description="Folder, or a list of folders that make up one source.")]
    name: Annotated[Text | None, Field(description="What reports call the source.")] = None
    topics: Annotated[Texts, Field(description="Topics added to every article of it.")] = ()
    skip: Annotated[
        tuple[Literal["draft", "removed"], ...],
        BeforeValidator(as_list),
        Field(description="A file where one of these keys is true is not published."),
    ] = ("draft", "removed")
    rules: Annotated[
        tuple[RuleSection, ...], Field(description="Which of its articles are kept, dropped or given topics.")
    ] = ()

    @property
    def called(self) -> str:
        """What reports call it: its name, else that of its first folder."""
        return self.name or Path(self.path[0]).name


class OutputSection(Section):
    """Where feeds are written, and in which formats."""

    path: Annotated[Folder, Field(description="Folder that a web server hands out.")] = "../out"
    formats: Annotated[
        tuple[FormatName, ...],
        BeforeValidator(as_list),
        Field(min_length=1, description="Any of atom, rss, json."),
    ] = ("atom", "rss")
    index: Annotated[bool, Field(description="Also `index.html`, `feeds.opml` and `providers.opml`.")] = True
    gzip: Annotated[bool, Field(description="Also a copy of each file in gzip beside it, as `all.atom.gz`.")] = False


class WindowSection(Section):
    """How much a feed shows."""

    entries: Annotated[int, Field(ge=1, le=1000, description="So many of the newest entries.")] = 50
    days: Annotated[
        timedelta,
        BeforeValidator(as_days),
        SPAN_SCHEMA,
        Field(description="And all within so many days of the newest.", json_schema_extra={"default": "7 days"}),
    ] = timedelta(days=7)
    at_least: Annotated[int, Field(ge=1, le=1000, description="Whatever their size.")] = 10
    max_size: Annotated[
        int,
        BeforeValidator(as_size),
        SIZE_SCHEMA,
        Field(description="Of the entries, in the largest format.", json_schema_extra={"default": "500 KB"}),
    ] = 500_000
    late: Annotated[
        timedelta,
        BeforeValidator(as_days),
        SPAN_SCHEMA,
        Field(
            description="An article that arrives so late still counts as new.",
            json_schema_extra={"default": "14 days"},
        ),
    ] = timedelta(days=14)


class RelatedSection(Section):
    """Related coverage."""

    show: Annotated[int, Field(ge=0, le=50, description="Links shown in an entry.")] = 5
    atom_links: Annotated[bool, Field(description='Also as `link rel="related"` in Atom.')] = True
    rss_links: Annotated[bool, Field(description="Also as `atom:link` in RSS; some readers open them instead.")] = False


class EntrySection(Section):
    """How an entry is shown."""

    title: Annotated[
        Text, with_words("title", "provider"), Field(description="`{title} ({provider})`, for example.")
    ] = "{title}"
    image: Annotated[bool, Field(description="Show the first picture inside the text too.")] = True


class TextSection(Section):
    """The few words that a subscriber reads."""

    related: Annotated[Text, with_words(), Field(description="Above the related links.")] = "Related coverage"
    more: Annotated[Text, with_words("n"), Field(description="Below them, if there are more.")] = "and {n} more"
    read: Annotated[Text, with_words("provider"), Field(description="The link to an article.")] = "Read at {provider}"
    watch: Annotated[Text, with_words("provider"), Field(description="The link to a video.")] = "Watch at {provider}"
    also: Annotated[Text, with_words("providers"), Field(description="Other providers of the same article.")] = (
        "Also at {providers}"
    )
    all: Annotated[Text, with_words("title"), Field(description="Subtitle of the feed of everything.")] = (
        "Articles collected by {title}."
    )
    topic: Annotated[Text, with_words("title", "name"), Field(description="Subtitle of a topic's feed.")] = (
        "Articles on {name}, collected by {title}."
    )
    provider: Annotated[Text, with_words("title", "name"), Field(description="Subtitle of a provider's feed.")] = (
        "Articles by {name}, collected by {title}. Not published by {name}."
    )


class TopicSection(Section):
    """A topic that goes by several names, or whose file name you choose."""

    name: Annotated[Text, Field(description="What it is called in feed titles.")]
    also: Annotated[Texts, Field(description="Other spellings and names that mean it.")] = ()
    slug: Annotated[Annotated[str, AfterValidator(as_slug)] | None, Field(description="Its file name.")] = None


class ProvidersSection(Section):
    """Feeds by provider."""

    feeds_from: Annotated[int, Field(ge=1, description="Entries that a provider needs for a feed of its own.")] = 1
    list_from: Annotated[int, Field(ge=1, description="And for a place in `index.html` and `providers.opml`.")] = 3
    split: Annotated[
        tuple[Annotated[str, AfterValidator(as_domain)], ...],
        BeforeValidator(as_list),
        Field(description="Platforms on which each name is a provider of its own."),
    ] = ("msn.com", "youtube.com")


def _once(what: str, values: list[str], cure: str) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"the {what} {twice[0]} stands here twice; {cure}")


def _distinct_topics(topics: tuple[TopicSection, ...]) -> tuple[TopicSection, ...]:
    names = [key for topic in topics for key in {topic_key(one) for one in (topic.name, *topic.also)}]
    _once("name", names, "let one topic have it")
    _once("slug", [topic.slug for topic in topics if topic.slug], "give one of the topics another")
    return topics


class ConfigFile(Section):
    """The whole file."""

    title: Annotated[Text | None, Field(description="Name of the site.")] = None
    base_url: Annotated[
        str,
        AfterValidator(as_folder_address),
        Field(description="Where `output.path` is served; never guessed."),
    ]
    homepage: Annotated[WebAddress | None, Field(description="Page that the feeds belong to.")] = None
    icon: Annotated[WebAddress | None, Field(description="Square picture for reader lists.")] = None
    language: Annotated[
        str | None, AfterValidator(as_language), Field(description="Of the feeds (RFC 5646), as `en` or `en-GB`.")
    ] = None
    author: Annotated[Text | None, Field(description="Author of the feeds themselves.")] = None
    hub: Annotated[
        WebAddresses, Field(description="WebSub hub, or several: named in every feed, told of its news.")
    ] = ()
    state: Annotated[Folder | None, Field(description="Folder of the state, the one thing to back up.")] = None
    articles: Annotated[tuple[ArticlesSection, ...], Field(description="Where article files are.")] = (
        ArticlesSection.model_construct(path=("articles",)),
    )
    upstream: Annotated[
        tuple[UpstreamSection, ...], Field(description="Feeds of others, published with the articles.")
    ] = ()
    upstream_from: Annotated[
        tuple[ListSection, ...], Field(description="Lists of feeds of others, read anew by each pass.")
    ] = ()
    include: Annotated[Folders, Field(description="Files that hold further `upstream` blocks.")] = ()
    feeds_from: Annotated[
        tuple[FeedsFromSection, ...], Field(description="Folders of feed files, taken like feeds of others.")
    ] = ()
    output: Annotated[OutputSection, Field(description="Where feeds go.")] = OutputSection.model_construct()
    window: Annotated[WindowSection, Field(description="How much a feed shows.")] = WindowSection.model_construct()
    related: Annotated[RelatedSection, Field(description="Related coverage.")] = RelatedSection.model_construct()
    entry: Annotated[EntrySection, Field(description="How an entry is shown.")] = EntrySection.model_construct()
    text: Annotated[TextSection, Field(description="Words that a subscriber reads.")] = TextSection.model_construct()
    topics: Annotated[
        tuple[TopicSection, ...],
        AfterValidator(_distinct_topics),
        Field(description="Names and file names of topics."),
    ] = ()
    providers: Annotated[ProvidersSection, Field(description="Feeds by provider.")] = ProvidersSection.model_construct()
    schedule: Annotated[ScheduleSection, Field(description="When a daemon works.")] = ScheduleSection.model_construct()
    log: Annotated[LogSection, Field(description="What is logged, and how.")] = LogSection.model_construct()
    serve: Annotated[ServeSection, Field(description="The built-in server.")] = ServeSection.model_construct()
