"""An upstream feed and a folder of feed files, as the rest works with them; the keys of the file are `upstream_keys`."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from aggregator.core.address import public_href

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from aggregator.core.model import Provider
    from aggregator.core.polling import Poll
    from aggregator.sources.feed.context import FeedContext
    from aggregator.sources.http import Request

_PORTS = {"http": 80, "https": 443}


class Secret(NamedTuple):
    """Where a secret is: a variable of the environment, with its `$`, or a file."""

    place: str

    def read(self, environment: Mapping[str, str]) -> str:
        """Return the secret.

        Raises:
            LookupError: there is none; the message says what to do.
        """
        if self.place.startswith("$"):
            found = environment.get(self.place[1:], "")
            if not found:
                raise LookupError(f"the variable {self.place} is not set; set it where the program is started")
            return found
        try:
            return Path(self.place).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise LookupError(f"{self.place}: cannot be read as the password: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTerms:
    """How the entries of a feed are taken, wherever it is.

    categories: keys of those that become topics; None: all. backlog: how many of the newest enter feeds when it is new.
    """

    name: str
    topics: tuple[str, ...] = ()
    provider: Provider | None = None
    language: str | None = None
    full: bool = False
    categories: frozenset[str] | None = frozenset()
    backlog: int = 5

    def context(self, now: datetime, url: str = "", media_type: str = "", charset: str = "") -> FeedContext:
        """Return what the parser has to know of a document; `url` is where it came from, empty for a file."""
        from aggregator.sources.feed.context import FeedContext  # noqa: PLC0415  only where there is something to parse

        return FeedContext(
            source=self.name,
            url=url,
            media_type=media_type,
            charset=charset,
            provider=self.provider,
            topics=self.topics,
            categories=self.categories,
            language=self.language,
            full=self.full,
            now=now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFolder(FeedTerms):
    """A folder of feed files. roots: what reports call each folder, and where it is."""

    roots: tuple[tuple[str, Path], ...]

    @property
    def meaning(self) -> object:
        """What the same bytes are understood by; as text it is the same for the same."""
        categories = None if self.categories is None else sorted(self.categories)
        return self.topics, self.provider, self.language, self.full, categories


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream(FeedTerms):
    """An upstream feed. headers, password: where their values are, never what they are. allowed: as in `http.Request`.

    title: what a list calls it. paused_with: the list that is paused and alone names it.
    """

    url: str
    title: str = ""
    paused_with: str = ""
    interval: timedelta = timedelta(hours=1)
    headers: Mapping[str, Secret] = field(default_factory=dict, hash=False)
    user: str = ""
    password: Secret | None = None
    allowed: frozenset[tuple[str, int]] = frozenset()
    verify: bool = True

    @property
    def meaning(self) -> object:
        """What the feed is asked for and understood by, but for its address; as text it is the same for the same."""
        categories = None if self.categories is None else sorted(self.categories)
        terms = (self.topics, self.provider, self.language, self.full, categories)
        asked = (
            self.interval,
            sorted(self.headers.items()),
            self.user,
            self.password,
            sorted(self.allowed),
            self.verify,
        )
        return terms, asked

    def request(self, poll: Poll, environment: Mapping[str, str]) -> Request:
        """Return what to ask; an address that the feed moved to gets no secret unless it is on the same host.

        Raises:
            LookupError: a secret is not where it should be.
        """
        from aggregator.sources.http import Request  # noqa: PLC0415  only where somebody is asked

        if urlsplit(poll.url)[:2] != urlsplit(self.url)[:2]:
            return Request(
                name=self.name, url=poll.url, etag=poll.etag, modified=poll.modified, validated=poll.validated
            )
        return Request(
            name=self.name,
            url=poll.url,
            etag=poll.etag,
            modified=poll.modified,
            validated=poll.validated,
            headers={name: secret.read(environment) for name, secret in self.headers.items()},
            user=self.user,
            password=self.password.read(environment) if self.password else "",
            allowed=self.allowed,
            verify=self.verify,
        )

    def secrets(self, environment: Mapping[str, str]) -> Iterator[str]:
        """Yield the values of its secrets that can be read, and what basic authentication makes of a password."""
        for secret in self.headers.values():
            with suppress(LookupError):
                yield secret.read(environment)
        if self.password:
            with suppress(LookupError):
                password = self.password.read(environment)
                yield from (password, b64encode(f"{self.user}:{password}".encode()).decode())


def name_by(url: str) -> str:
    """Return what reports call an upstream that got no name: the host of its address and what follows.

    Where a query may hold a secret, a few digits stand for the whole address in its place.
    """
    asked = url.partition("#")[0]
    shown = public_href(url)
    if shown == asked:
        return url.partition("://")[2].rstrip("/")
    # Reports are shown around, and a query may hold a secret.
    return f"{shown.partition('://')[2].rstrip('/')}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def place_of(url: str) -> tuple[str, int]:
    """Return host and port of an address."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS[parts.scheme]
