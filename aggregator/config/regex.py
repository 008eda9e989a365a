"""Regular expressions of the owner: the only module that knows RE2, which no pattern can make slow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

MAX_LENGTH = 1_000
_MAX_STEPS = 10_000  # of the program that RE2 makes of a pattern; a text costs its length times that at worst


class _Compiled(Protocol):
    def search(self, text: str) -> object: ...


@dataclass(frozen=True, slots=True)
class Regex:
    """A pattern of the owner, compiled; as text and in comparisons it is what the owner wrote."""

    source: str
    compiled: _Compiled = field(repr=False, compare=False)

    def is_in(self, text: str) -> bool:
        """Say whether it matches anywhere in a text."""
        return self.compiled.search(text) is not None


def as_regex(given: object) -> Regex:
    """Return a pattern, compiled."""
    if not isinstance(given, str) or not given:
        raise ValueError("a regular expression is expected")
    if len(given) > MAX_LENGTH:
        raise ValueError(f"at most {MAX_LENGTH:,} characters are expected")
    if any(char < " " for char in given):
        raise ValueError("a control character is in it; write it in single quotes, in which \\b stays \\b")
    import re2  # noqa: PLC0415  only where a configuration has a pattern

    options = re2.Options()
    options.log_errors = False  # on stderr, beside what we say
    try:
        compiled = re2.compile(given, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args else "unknown"
        unknown = reason.startswith(("invalid perl operator", "invalid escape"))
        hint = "; it knows neither lookaround nor backreferences" if unknown else ""
        raise ValueError(f"no regular expression that RE2 understands: {reason}{hint}") from None
    if compiled.programsize > _MAX_STEPS:
        raise ValueError("this regular expression is too large; repeat less in it")
    return Regex(given, compiled)
