"""The built-in server in the configuration: its keys, and the value that the rest works with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from aggregator.config.kinds import SPAN_SCHEMA, Section, parse_duration
from aggregator.config.rhythm import max_age

if TYPE_CHECKING:
    from aggregator.config.schedule import Schedule

_NETWORK = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?P<port>\d{1,5})")
_UNIX = "unix:"
_PORTS = 65_536
_NOWHERE = "none"
_FEWEST = 10  # connections


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens: a host and its port, or the path of a socket."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"{_UNIX}{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(given: str) -> Address:
    """Return where to listen, written as `127.0.0.1:8080`, `[::1]:8080` or `unix:/run/feeds.sock`."""
    if given.startswith(f"{_UNIX}/"):
        return Address(path=given.removeprefix(_UNIX))
    match = _NETWORK.fullmatch(given)
    if match is None or int(match["port"]) >= _PORTS:
        raise ValueError("a host and a port are expected, as 127.0.0.1:8080, or unix:/path")
    return Address(host=match["host"].strip("[]"), port=int(match["port"]))


def _place(given: str) -> str:
    parse_address(given)
    return given


def _place_or_none(given: str) -> str:
    return given if given == _NOWHERE else _place(given)


class ServeSection(Section):
    """Where the built-in server listens, and what it tells readers."""

    listen: Annotated[
        str, AfterValidator(_place), Field(description="Where `aggregator serve` hands out feeds; or `unix:/path`.")
    ] = "127.0.0.1:8080"
    health: Annotated[
        str,
        AfterValidator(_place_or_none),
        Field(description="Where it answers `/healthz` and `/metrics`; `none` for nowhere."),
    ] = "127.0.0.1:8081"
    daemon: Annotated[bool, Field(description="`aggregator daemon` serves, too.")] = False
    connections: Annotated[
        int, Field(ge=_FEWEST, description="So many at once, but a third of the files that may be open at most.")
    ] = 500
    max_age: Annotated[
        Annotated[timedelta, BeforeValidator(parse_duration), SPAN_SCHEMA] | None,
        Field(description="A reader asks no sooner again."),
    ] = None
    stale_after: Annotated[
        timedelta,
        BeforeValidator(parse_duration),
        SPAN_SCHEMA,
        Field(
            description="Without a good pass for so long, `/healthz` says 503.", json_schema_extra={"default": "2 h"}
        ),
    ] = timedelta(hours=2)

    @model_validator(mode="after")
    def _listen_apart(self) -> ServeSection:
        if self.listen == self.health:
            raise ValueError("listen and health are one address; give health another, or none")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How the output is handed out.

    health: None for nowhere. daemon: whether a daemon does it, too. max_age: that of the file, else of the schedule.
    """

    listen: Address
    health: Address | None
    daemon: bool = False
    connections: int = 500
    max_age: timedelta
    stale_after: timedelta


def serving_of(section: ServeSection, schedule: Schedule) -> Serving:
    """Return the value that a section of the file means beside a schedule."""
    return Serving(
        listen=parse_address(section.listen),
        health=None if section.health == _NOWHERE else parse_address(section.health),
        daemon=section.daemon,
        connections=section.connections,
        max_age=max_age(schedule) if section.max_age is None else section.max_age,
        stale_after=section.stale_after,
    )
