"""The keys of an upstream feed and of a folder of feed files, and the values that they mean."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from aggregator.config.kinds import (
    SPAN_SCHEMA,
    Folder,
    Folders,
    Section,
    Text,
    Texts,
    as_domain,
    as_language,
    as_list,
    as_web_address,
)
from aggregator.config.kinds import parse_duration as as_duration
from aggregator.config.rules import RuleSection  # noqa: TC001  pydantic reads annotations
from aggregator.config.upstream import FeedFolder, Secret, Upstream, name_by, place_of
from aggregator.core.address import has_login, host_of, is_ipv6
from aggregator.core.channels import topic_key
from aggregator.core.model import Provider

_SHORTEST = timedelta(minutes=5)
_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")


def _interval(given: timedelta) -> timedelta:
    if given < _SHORTEST:
        raise ValueError("at least 5 minutes are expected: who asks more often is locked out")
    return given


def _variable(given: str) -> str:
    if not _VARIABLE.fullmatch(given):
        raise ValueError("a secret does not belong into this file; name a variable of the environment, as $API_KEY")
    return given


def _feed_address(given: str) -> str:
    if has_login(given):
        raise ValueError(
            "a name and a password do not belong into an address; write `login: {user: NAME, password: $PASSWORD}` beside it"
        )
    if is_ipv6(given):
        raise ValueError(
            "an IPv6 address cannot stand here: feeds name where entries come from, and readers take no brackets; give the host a name"
        )
    return as_web_address(given)


Variable = Annotated[str, AfterValidator(_variable)]
Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
Interval = Annotated[timedelta, BeforeValidator(as_duration), AfterValidator(_interval), SPAN_SCHEMA]


class ProviderSection(Section):
    """Who publishes a feed."""

    name: Annotated[Text, Field(description="As readers see it.")]
    domain: Annotated[str, AfterValidator(as_domain), Field(description="What tells it apart from others.")]


class LoginSection(Section):
    """Basic authentication."""

    user: Annotated[Text, Field(description="Name for basic authentication.")]
    password: Annotated[Variable | None, Field(description="Variable that holds the password, as `$PASSWORD`.")] = None
    password_file: Annotated[Folder | None, Field(description="File that holds it, in place of a variable.")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> LoginSection:
        if (self.password is None) == (self.password_file is None):
            raise ValueError("one of password and password_file is expected")
        return self


class FeedSection(Section):
    """What feeds of others have in common, wherever they are."""

    name: Annotated[Text | None, Field(description="What reports call it.")] = None
    topics: Annotated[Texts, Field(description="Topics added to each of its entries.")] = ()
    provider: Annotated[ProviderSection | None, Field(description="Who publishes it.")] = None
    language: Annotated[
        str | None, AfterValidator(as_language), Field(description="Of its entries, whatever the feed says.")
    ] = None
    content: Annotated[
        Literal["summary", "full"], Field(description="`full` republishes its texts; ask who wrote them.")
    ] = "summary"
    categories: Annotated[
        tuple[Text, ...],
        BeforeValidator(as_list),
        Field(description="Its categories that become topics; `all` for all."),
    ] = ()
    backlog: Annotated[int, Field(ge=0, le=1000, description="So many of its newest entries enter feeds at first.")] = 5
    rules: Annotated[
        tuple[RuleSection, ...], Field(description="Which of its entries are kept, dropped or given topics.")
    ] = ()


class UpstreamSection(FeedSection):
    """A feed of others."""

    url: Annotated[str, AfterValidator(_feed_address), Field(description="Address of the feed.")]
    interval: Annotated[
        Interval, Field(description="Asked no more often than that.", json_schema_extra={"default": "1 h"})
    ] = timedelta(hours=1)
    headers: Annotated[
        dict[Header, Variable],
        Field(default_factory=dict, description="Further headers, from variables: `{X-Api-Key: $API_KEY}`."),
    ]
    login: Annotated[LoginSection | None, Field(description="For basic authentication.")] = None
    private: Annotated[bool, Field(description="Its host and port may have an address that is not public.")] = False
    verify: Annotated[bool, Field(description="`false` takes any certificate.")] = True

    @property
    def called(self) -> str:
        """What reports call it: its name, else the host of its address and what follows."""
        return self.name or name_by(self.url)


class FeedsFromSection(FeedSection):
    """A folder of feed files."""

    path: Annotated[Folders, Field(min_length=1, description="Folder of feed files, or a list of folders.")]

    @property
    def called(self) -> str:
        """What reports call it: its name, else that of its first folder."""
        return self.name or Path(self.path[0]).name


def upstream_of(section: UpstreamSection, folder: Path) -> Upstream:
    """Return the value that a section of the file means; `folder` is that of the file."""
    login = section.login
    password = Secret(login.password or str(folder / Path(login.password_file or "").expanduser())) if login else None
    return Upstream(
        **terms(section, section.called),
        url=section.url,
        interval=section.interval,
        headers={name: Secret(variable) for name, variable in section.headers.items()},
        user=login.user if login else "",
        password=password,
        allowed=frozenset({place_of(section.url)}) if section.private else frozenset(),
        verify=section.verify,
    )


def feed_folder_of(section: FeedsFromSection, roots: tuple[tuple[str, Path], ...]) -> FeedFolder:
    """Return the value that a section of the file means."""
    return FeedFolder(**terms(section, section.called), roots=roots)


def terms(section: FeedSection, name: str) -> dict[str, Any]:
    """Return the values of `FeedTerms` that a section means."""
    keys = frozenset(topic_key(one) for one in section.categories)
    return {
        "name": name,
        "topics": section.topics,
        "provider": Provider(section.provider.name, section.provider.domain) if section.provider else None,
        "language": section.language,
        "full": section.content == "full",
        "backlog": section.backlog,
        "categories": None if keys == {"all"} else keys,
    }


def doubts(section: UpstreamSection) -> dict[str, str]:
    """Return what is legal but dangerous: keys, and what they mean."""
    host, found = host_of(section.url), {}
    if not section.verify:
        found["verify"] = f"whoever sits between may change what {host} says"
    if section.private:
        found["private"] = f"whatever {host} means in your network is asked"
    return found
