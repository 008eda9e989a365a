"""A list of feeds of others in the configuration: its keys, and the value that the rest works with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, model_validator

from aggregator.config.kinds import Folder, as_web_address
from aggregator.config.upstream import FeedTerms, Upstream, name_by, place_of
from aggregator.config.upstream_keys import FeedSection, Interval, terms
from aggregator.core.address import has_login

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.core.channels import Policy
    from aggregator.core.rules import Rule


def _list_address(given: str) -> str:
    if has_login(given):
        raise ValueError(
            "a name and a password do not belong into an address; write one that needs none, or save the list and give its `path:`"
        )
    return as_web_address(given)


ListAddress = Annotated[str, AfterValidator(_list_address)]


class ListSection(FeedSection):
    """A list of feeds of others, read anew by each pass."""

    path: Annotated[Folder | None, Field(description="OPML file, or a folder of files that end in `.opml`.")] = None
    url: Annotated[ListAddress | None, Field(description="Address of an OPML document, in place of a path.")] = None
    interval: Annotated[
        Interval,
        Field(description="Neither list nor feeds are asked more often.", json_schema_extra={"default": "1 h"}),
    ] = timedelta(hours=1)
    private: Annotated[
        bool,
        Field(description="Addresses that are not public: of the feeds of a `path`; of a `url` its host and port."),
    ] = False

    @model_validator(mode="after")
    def _one_of_both(self) -> ListSection:
        if (self.path is None) == (self.url is None):
            raise ValueError("one of path and url is expected")
        return self

    @property
    def called(self) -> str:
        """What reports call it: its name, else the last part of its path, or its address without the query."""
        return self.name or (Path(self.path).name if self.path else name_by((self.url or "").partition("?")[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceList(FeedTerms):
    """A list of feeds, with the terms of each. location, path: what reports call its file or folder, and where that is.

    url: where it is asked, in place of a path. rules: for the entries of each of its feeds.
    """

    location: str = ""
    path: Path | None = None
    url: str = ""
    interval: timedelta = timedelta(hours=1)
    private: bool = False
    rules: tuple[Rule, ...] = ()

    def itself(self) -> Upstream:
        """Return its address as something to ask."""
        return Upstream(name=self.name, url=self.url, interval=self.interval, allowed=self._allowed(self.url))

    def upstream(self, url: str, topics: Iterable[str], title: str = "") -> Upstream:
        """Return a feed of the list. It is called by its address, as a title may change and the state goes by names."""
        return Upstream(
            name=name_by(url),
            title=title,
            topics=tuple(dict.fromkeys((*self.topics, *topics))),
            provider=self.provider,
            language=self.language,
            full=self.full,
            categories=self.categories,
            url=url,
            interval=self.interval,
            backlog=self.backlog,
            allowed=self._allowed(url),
        )

    def _allowed(self, url: str) -> frozenset[tuple[str, int]]:
        """Return what may have an address that is not public: a stranger's list never opens more than its own host."""
        place = place_of(url)
        if self.private and (self.path is not None or place == place_of(self.url)):
            return frozenset({place})
        return frozenset()


def opened_by(section: ListSection) -> str:
    """Say what `private` of a list means."""
    if section.url is None:
        return "whatever its feeds mean in your network is asked"
    host, port = place_of(section.url)
    return f"whatever {host} means in your network is asked on port {port}, for the list and for feeds of it that are there"


def source_list_of(section: ListSection, location: str, path: Path | None, policy: Policy) -> SourceList:
    """Return the value that a section of the file means."""
    return SourceList(
        **terms(section, section.called),
        location=location,
        path=path,
        url=section.url or "",
        interval=section.interval,
        private=section.private,
        rules=_rules(section, policy),
    )


def _rules(section: ListSection, policy: Policy) -> tuple[Rule, ...]:
    if not section.rules:
        return ()
    from aggregator.config.rule_values import rules_of  # noqa: PLC0415  few configurations have any

    return rules_of(section.rules, policy)
