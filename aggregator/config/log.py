"""The log in the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from aggregator.config.kinds import Section


class LogSection(Section):
    """What is logged, and how."""

    form: Annotated[
        Literal["auto", "text", "json", "journal"],
        Field(description="`text`, `json` or `journal`; `auto` sees whether systemd listens."),
    ] = "auto"
    level: Annotated[Literal["debug", "info", "warning", "error"], Field(description="Nothing below it is logged.")] = (
        "info"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is logged, and how; `aggregator.log.chosen` says what `auto` comes to."""

    form: str
    level: str
