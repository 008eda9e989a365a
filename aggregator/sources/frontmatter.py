"""The front matter of a document: the fence, and a strict, fast reader of the YAML inside it.

Built straight from the events of libyaml: scalars stay text (`no` is "no", `012` is "012"; our schema types them),
and tags, anchors, aliases, merges, duplicate keys and deep nesting are refused in the same pass, each with its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs forget it

from aggregator.core.yaml_faults import explain

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"

_FENCE_OPEN = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*(?:\r?\n|$)")
_FENCE_CLOSE = re.compile(rb"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_OPAQUE = re.compile(r' "[A-Za-z0-9+/=;_-]*"[ \t\r]*')
# Writers of JSON escape what is outside the basic plane as two halves, which libyaml refuses one by one.
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
# YAML 1.1 section 5.1 knows fewer characters than people paste; libyaml stops at the others. Three it takes for line
# breaks (section 5.4), which YAML 1.2 does not.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")

_PLAIN_BYTES = b"\t\n\r" + bytes(range(0x20, 0x7F))


class FrontMatterError(Exception):
    """The front matter cannot be read; line and column count from 1, in the file."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A mapping of the document's fields, the line of each top-level key in the file, and the text after the fence."""

    fields: dict[str, Value]
    lines: dict[str, int] = field(default_factory=dict)
    body: str = ""


def has_fence(data: bytes) -> bool:
    """Say whether a document opens with a front matter fence: that makes it an article."""
    return _FENCE_OPEN.match(data) is not None


def read(data: bytes, unread: str = "") -> FrontMatter:
    """Split and read a document that `has_fence`.

    unread: a key whose value is dropped before anything looks at it, where it stands in quotes on a line of its own.

    Raises:
        FrontMatterError: it is not UTF-8, not closed, too large, or not YAML of the plain kind we accept.
    """
    opening = _FENCE_OPEN.match(data)
    if opening is None:
        raise FrontMatterError(1, 1, "no front matter")
    closing = _closing(data, opening.end())
    if closing is None:
        large = len(data) - opening.end() > MAX_BYTES
        reason = (
            f"front matter of more than {MAX_BYTES // 1024} KiB; shorten it, or close it with a line `---`"
            if large
            else "the front matter is never closed; put a line `---` below its last field"
        )
        raise FrontMatterError(1, 1, reason)
    head = _decode(data[opening.end() : closing.start()], first_line=2)
    body_line = data.count(b"\n", 0, closing.end()) + 1
    if unread:
        head = _without(unread, head)
    builder = _Builder(_repair(head))
    fields = builder.mapping()
    return FrontMatter(fields, builder.lines, _decode(data[closing.end() :], first_line=body_line))


def _closing(data: bytes, start: int) -> re.Match[bytes] | None:
    """Find the line that closes a fence; most are three hyphens, and those are found faster than any pattern."""
    end = start + MAX_BYTES + 4
    hyphens = data.find(b"\n---", start - 1, end)
    first = hyphens if hyphens >= 0 else end
    if data.find(b"\n...", start - 1, first) < 0 and (match := _FENCE_CLOSE.match(data, first + 1, end)):
        return match
    return _FENCE_CLOSE.search(data, start, end)


def _decode(data: bytes, first_line: int) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = first_line + data.count(b"\n", 0, error.start)
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise FrontMatterError(line, column, f"byte 0x{data[error.start]:02x} is not UTF-8; save as UTF-8") from None


def _without(key: str, text: str) -> str:
    start = text.find(f'\n{key}: "') + 1
    if start == 0:
        return text
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    plain = _OPAQUE.fullmatch(line, len(key) + 1)
    return f"{text[: start + len(key) + 1]}{text[start + len(line) :]}" if plain else text


def _repair(text: str) -> str:
    if "\\ud" in text or "\\uD" in text:
        text = _SURROGATES.sub(_join, text)
    if text.isascii() and not text.encode().translate(None, _PLAIN_BYTES):
        return text
    return _UNPRINTABLE.sub(" ", text)


def _join(match: re.Match[str]) -> str:
    high, low = int(match[2], 16), int(match[3], 16)
    return match[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


class _Builder:
    """Build plain values from YAML events; one pass, no schema, nothing but maps, lists and text."""

    def __init__(self, text: str) -> None:
        # The stubs know less of events than libyaml says.
        self._next: Callable[[], Any] = CParser(text).get_event
        self._text = text
        self.lines: dict[str, int] = {}

    def mapping(self) -> dict[str, Value]:
        """Return the one mapping that the text holds."""
        try:
            self._next()  # the start of the stream
            if isinstance(self._next(), yaml.StreamEndEvent):
                return {}
            value = self._value(self._next(), 0)
            self._next()  # the end of the document
            extra = self._next()
        except yaml.MarkedYAMLError as error:
            line, column, reason = explain(error, self._text)
            raise FrontMatterError(line + 1, column, reason) from None
        except yaml.YAMLError as error:
            raise FrontMatterError(2, 1, str(error).partition("\n")[0]) from None
        if not isinstance(extra, yaml.StreamEndEvent):
            raise _refuse(extra, "a second document; one block of `key: value` lines is read")
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise FrontMatterError(2, 1, "the front matter is no block of `key: value` lines")
        return value

    def _value(self, event: Any, depth: int) -> Value:
        kind = type(event)
        if kind is yaml.AliasEvent:
            raise _refuse(event, "an alias (*): not accepted; write the value out, or in quotes if it is text")
        if event.anchor or event.tag:
            raise _refuse(event, "an anchor (&) or a tag (!): not accepted; put the value in quotes if it is text")
        if kind is yaml.ScalarEvent:
            value: str = event.value
            return None if value in _NULLS and not event.style else value  # libyaml: no style is plain
        if depth >= MAX_DEPTH:
            raise _refuse(event, f"nested more than {MAX_DEPTH} deep; make it flatter")
        return self._map(depth) if kind is yaml.MappingStartEvent else self._list(depth)

    def _map(self, depth: int) -> dict[str, Value]:
        values: dict[str, Value] = {}
        following, scalar = self._next, yaml.ScalarEvent
        while type(event := following()) is not yaml.MappingEndEvent:
            key = event.value if type(event) is scalar and not event.style else self._value(event, depth + 1)
            if not isinstance(key, str) or key == "<<" or event.anchor or event.tag:
                raise _refuse(event, "a key that is no text, or a merge (<<): not accepted; put the key in quotes")
            if key in values:
                # Unnamed: unknown keys never leave.
                raise _refuse(event, "a key that stands here twice; keep one of the two")
            if depth == 0:
                self.lines[key] = event.start_mark.line + 2
            event = following()
            if type(event) is scalar and event.anchor is None and event.tag is None:  # what most are, without a call
                values[key] = None if not event.style and event.value in _NULLS else event.value
            else:
                values[key] = self._value(event, depth + 1)
        return values

    def _list(self, depth: int) -> list[Value]:
        values: list[Value] = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            values.append(self._value(event, depth + 1))
        return values


def _refuse(event: Any, reason: str) -> FrontMatterError:
    mark = event.start_mark
    return FrontMatterError(mark.line + 2, mark.column + 1, reason)
