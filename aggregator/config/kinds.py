"""Kinds of values that the configuration file holds: how each is written, and what it comes to."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from aggregator.core.address import domain_of, key_of, legal_href
from aggregator.core.channels import is_plain_slug
from aggregator.core.identity import id_of
from aggregator.core.text import MAX_TITLE, language_tag, plain

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(
    r"(\d{1,6}(?:\.\d{1,6})?)\s*(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)", re.IGNORECASE
)
_LEAST_SIZE = 10_000
_SIZES = {"": 1, "B": 1, "KB": 1000, "MB": 1000**2, "KIB": 1024, "MIB": 1024**2}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmKM]?i?[bB]?)")
_BRACES = re.compile(r"\{([^{}]*)\}")


def parse_duration(given: object) -> timedelta:
    """Return a length of time written as `90 s`, `5m`, `12 hours`, `14 days`."""
    match = _DURATION.fullmatch(str(given).strip())
    if match is None:
        raise ValueError("a length of time is expected, as 90 s, 5 m, 12 hours or 14 days")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2][0].lower()])


def as_days(given: object) -> timedelta:
    """Return a length of time; a number alone counts days."""
    return parse_duration(f"{given} days" if re.fullmatch(r"[\d.]+", str(given)) else given)


def as_size(given: object) -> int:
    """Return bytes written as `500 KB` or `2 MB`."""
    match = _SIZE.fullmatch(str(given).strip())
    unit = match[2].upper() if match else "?"
    if match is None or unit not in _SIZES:
        raise ValueError("a size is expected, as 500 KB or 2 MB")
    size = int(float(match[1]) * _SIZES[unit])
    if size < _LEAST_SIZE:
        raise ValueError(f"a size of at least {_LEAST_SIZE // 1000} KB is expected")
    return size


def as_list(given: object) -> object:
    """Return one text as a list of one."""
    return [given] if isinstance(given, str) else given


def as_web_address(given: str) -> str:
    """Return an http or https address in its legal form."""
    href = legal_href(given)
    if href is None:
        raise ValueError("an http or https address is expected, as https://feeds.example.org/")
    return href


def as_folder_address(given: str) -> str:
    """Return the address of a folder, with a slash at the end, in normal form."""
    href = as_web_address(given)
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


def as_domain(given: str) -> str:
    """Return a domain as providers are known by it."""
    domain = domain_of(given)
    if "." not in domain:
        raise ValueError("a domain is expected, as msn.com")
    return domain


def as_slug(given: str) -> str:
    """Return a file name as it is, if it is a plain one."""
    if not is_plain_slug(given):
        raise ValueError("up to 60 of a-z, 0-9 and hyphens are expected, no reserved name and no ending like a hash")
    return given


def with_words(*names: str) -> AfterValidator:
    """Accept a text in which only these names stand in braces."""

    def check(given: str) -> str:
        rest = _BRACES.sub("", given)
        if "{" in rest or "}" in rest or any(name not in names for name in _BRACES.findall(given)):
            known = ", ".join(f"{{{name}}}" for name in names) or "none"
            raise ValueError(f"only names that are filled in may stand in braces; here: {known}")
        return given

    return AfterValidator(check)


def _legal(given: object) -> object:
    return plain(given, MAX_TITLE) if isinstance(given, str) else given


def as_language(given: str | None) -> str | None:
    """Return a language tag (RFC 5646) that readers know."""
    tag = language_tag(given or "")
    if given is not None and tag is None:
        raise ValueError("a language is expected, as en or en-GB")
    return tag


def _path(given: str) -> str:
    try:
        Path(given).expanduser()
    except RuntimeError:
        raise ValueError("no user has this name; write the path in full") from None
    return given


Text = Annotated[str, BeforeValidator(_legal), Field(min_length=1)]
Folder = Annotated[str, Field(min_length=1), AfterValidator(_path)]
Folders = Annotated[tuple[Folder, ...], BeforeValidator(as_list)]
WebAddress = Annotated[str, AfterValidator(as_web_address)]
WebAddresses = Annotated[tuple[WebAddress, ...], BeforeValidator(as_list)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(as_list)]

# For editors, which know no other way to say what is written in the file; the words are those of parse_duration.
SPAN_SCHEMA = WithJsonSchema(
    {
        "type": ["string", "number"],
        "minimum": 0,
        "pattern": r"^ *\d{1,6}(\.\d{1,6})? *(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)? *$",
    }
)
SIZE_SCHEMA = WithJsonSchema(
    {"type": ["string", "number"], "minimum": _LEAST_SIZE, "pattern": r"^ *\d+(\.\d+)? *([kKmM]i?[bB]|[bB])? *$"}
)


class Section(BaseModel):
    """A block of keys; unknown ones are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_default(cls, given: Any) -> Any:
        """Take a key without a value as a key that is not there: that is how people comment out a block."""
        return {key: value for key, value in given.items() if value is not None} if isinstance(given, dict) else given
