"""An article file, understood: front matter fields to a Sighting, an optional body to its content.

The field names of such files appear in this module only. `secured` and unknown keys are never looked at.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING

from aggregator.core import text
from aggregator.core.address import Address, domain_of, host_of, read_address, read_key
from aggregator.core.dates import parse_instant
from aggregator.core.model import Document, Edge, Fault, Image, Outcome, Provider, Sighting
from aggregator.sources import frontmatter
from aggregator.sources.misspelt import nearly

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from aggregator.sources import Context
    from aggregator.sources.frontmatter import Value

MAX_BODY = 256 * 1024
HINTS = frozenset({"nearly_a_field", "one_topic", "untitled"})
"""Codes of faults that may be none."""

MAX_TAGS = 10_000  # what cleans HTML takes the square of how deep they are nested

_PRIVATE = "secured"
# Today's name first, then those of older files.
_ADDRESS = ("originalUrl", "webUrl", "sourceUrl", "url")
_OTHER_ADDRESSES = ("webUrl", "sourceUrl", "ampWebUrl", "cdnAmpWebUrl", "ampUrl", "cdnAmpUrl")
_SUMMARY = ("excerpt", "abstract")
_QUALITY = ("quality", "score")
_FIELDS = frozenset(
    {*_ADDRESS, *_OTHER_ADDRESSES, *_SUMMARY, *_QUALITY, "title", "publishedDateTime", "provider", "topics", "authors"}
    | {"author", "language", "locale", "images", "heat", "type", "related", "draft", "removed"}
)
_TRUE = frozenset({"true", "yes", "on", "1"})
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,9}\s*")
_MAX_EDGES = 1_000
_MAX_PIXELS = 100_000


def parse(data: bytes, location: str, context: Context) -> Document:
    """Return what an article file says; whatever is wrong with it is a fault in the answer."""
    if not frontmatter.has_fence(data):
        return Document(outcome=Outcome.NOT_ARTICLE)
    try:
        front = frontmatter.read(data, unread=_PRIVATE)
    except frontmatter.FrontMatterError as error:
        place = f"{location}:{error.line}:{error.column}"
        return Document(outcome=Outcome.FAULTY, faults=(Fault("front_matter", place, error.reason),))
    fields = _Fields(front.fields, front.lines, location)
    for flag, outcome in (("draft", Outcome.DRAFT), ("removed", Outcome.REMOVED)):
        if flag in context.skip and fields.flag(flag):
            return Document(outcome=outcome)
    sighting = _sighting(fields, front.body, context)
    if context.hints:
        fields.hint(sighting)
    return Document(
        outcome=Outcome.READ if sighting else Outcome.FAULTY, sighting=sighting, faults=tuple(fields.faults)
    )


class _Fields:
    """Read a mapping of untyped values as typed fields; what does not fit is a fault and counts as missing."""

    def __init__(self, values: Mapping[str, Value], lines: Mapping[str, int], location: str) -> None:
        self._values = values
        self._lines = lines
        self._location = location
        self.faults: list[Fault] = []

    def fault(self, code: str, name: str, reason: str) -> None:
        place = f"{self._location}:{self._lines.get(name, 1)}"
        self.faults.append(Fault(code, place, f"{name}: {reason}" if name else reason))

    def hint(self, sighting: Sighting | None) -> None:
        """Note what is legal, but hardly meant.

        Names that are nearly those of fields are not told themselves: they are unknown keys, which never leave.
        """
        missed = {name: one for name, one in nearly(self._values, _FIELDS).items() if one not in self._values}
        for name, meant in missed.items():
            place = f"{self._location}:{self._lines.get(name, 1)}"
            reason = f"a key that is nearly `{meant}` is not read; if you meant that one, rename it"
            self.faults.append(Fault("nearly_a_field", place, reason))
        topics = self.quietly("topics")
        if "," in topics.strip(" ,"):
            reason = f"{_shortened(topics)} is one topic; for several write a list, as [one, another]"
            self.fault("one_topic", "topics", reason)
        if not missed and sighting and not sighting.summary and sighting.title == _bare(sighting.href):
            self.fault("untitled", "", "no title and no excerpt: published with its address as the title; add one")

    def first(self, *names: str) -> str:
        """Return the name of the first field that has a value, else the empty string."""
        for name in names:
            if self._values.get(name) not in (None, ""):
                return name
        return ""

    def raw(self, *names: str) -> str:
        name = self.first(*names)
        value = self._values[name] if name else None  # the empty key may be there, and is none of ours
        if value is None or isinstance(value, str):
            return value or ""
        self.fault("field", name, "a list or a block where one text is expected; ignored")
        return ""

    def quietly(self, name: str) -> str:
        """Return a text whose faults are said elsewhere, or do not matter."""
        return _text(self._values.get(name))

    def address(self, *names: str) -> tuple[str, Address | None]:
        """Return the first field that is an address, as given and as read."""
        for name in names:
            given = self.raw(name)
            found = read_address(given)
            if found is not None:
                return given, found
            if given:
                self.fault(
                    "address",
                    name,
                    f"{_shortened(given)} is no http or https address that feeds can link to",
                )
        return "", None

    def flag(self, name: str) -> bool:
        value = self._values.get(name)
        return isinstance(value, str) and value.strip().lower() in _TRUE

    def number(self, *names: str) -> int | None:
        name = self.first(*names)
        given = self.raw(name).strip() if name else ""
        number = _integer(given)
        if given and number is None:
            self.fault("field", name, f"{_shortened(given)} is no whole number; ignored")
        return number

    def instant(self, name: str) -> datetime | None:
        given = self.raw(name)
        instant = parse_instant(given)
        if given and instant is None:
            self.fault(
                "date",
                name,
                f"{_shortened(given)} is no date, as 2026-02-11T09:00:00Z is; the time it was first seen counts",
            )
        return instant

    def texts(self, *names: str) -> list[str]:
        """Return a list of texts; one text alone is a list of one, and empty ones are nothing."""
        name = self.first(*names)
        value = self._values[name] if name else None
        values = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict | list) for one in values):
            self.fault("field", name, "something other than text in the list; it is ignored")
        return [one for one in values if isinstance(one, str) and one.strip()]

    def mapping(self, name: str) -> Mapping[str, Value]:
        value = self._values.get(name)
        if isinstance(value, list):
            self.fault("field", name, "a list where `key: value` lines are expected; ignored")
        return _mapping(value)

    def mappings(self, name: str) -> list[Mapping[str, Value]]:
        value = self._values.get(name)
        if value and not isinstance(value, list):
            self.fault("field", name, "one value where a list is expected; write it after a `- `; ignored")
        values = value if isinstance(value, list) else []
        return [one if isinstance(one, dict) else {"url": one} for one in values if isinstance(one, dict | str)]


def _sighting(fields: _Fields, body: str, context: Context) -> Sighting | None:
    name = fields.first(*_ADDRESS)
    if not name:
        fields.fault("no_address", "", "no originalUrl or webUrl; add one, an entry needs an address")
        return None
    address, found = fields.address(*_ADDRESS)
    if found is None:
        return None
    href, key = found.href, found.key
    title, summary = fields.raw("title"), fields.raw(*_SUMMARY)
    plain_summary = text.plain(summary, text.MAX_SUMMARY)
    location = fields._location  # noqa: SLF001  the class is ours, the name is only for others
    return Sighting(
        source=context.source,
        location=location,
        name=location.rpartition("/")[2],
        key=key,
        href=href,
        aliases=_aliases(fields, key),
        title=text.plain(title, text.MAX_TITLE) or text.cut(plain_summary, 200) or _bare(href),
        summary=plain_summary,
        content=_content(fields, body, href),
        published=fields.instant("publishedDateTime"),
        provider=_provider(fields.mapping("provider"), href),
        topics=_topics([*fields.texts("topics"), *context.topics]),
        authors=tuple(filter(None, (text.plain(one, text.MAX_NAME) for one in fields.texts("authors", "author")))),
        language=text.language_tag(fields.raw("language", "locale")),
        images=_images(fields.mappings("images")),
        quality=fields.number(*_QUALITY),
        heat=fields.number("heat"),
        kind="video" if fields.raw("type") == "video" else "article",
        edges=_edges(fields.mappings("related")),
        given=(_digest(title), _digest(summary), _digest(body.strip()), _digest(address)),
    )


def _bare(href: str) -> str:
    return href.partition("://")[2]


def _aliases(fields: _Fields, key: str) -> tuple[str, ...]:
    others = (read_key(fields.quietly(name) if name in _ADDRESS else fields.raw(name)) for name in _OTHER_ADDRESSES)
    return tuple(dict.fromkeys(other for other in others if other and other != key))


def _provider(given: Mapping[str, Value], href: str) -> Provider:
    """Return the provider; without a domain it is the host of the address, without a name it is the domain."""
    domain = domain_of(_text(given.get("domain"))) or domain_of(_dotted(_text(given.get("id")))) or host_of(href)
    return Provider(name=_provider_name(given) or domain, domain=domain)


def _provider_name(given: Mapping[str, Value]) -> str:
    name = _text(given.get("name"))
    if "%" in name:  # the producer of these files escapes commas in names, and nothing else
        name = name.replace("%2c", ",").replace("%2C", ",")
    return text.plain(name, text.MAX_NAME)


def _dotted(id_: str) -> str:
    return id_ if "." in id_ else ""


def _topics(spellings: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (text.plain(one, text.MAX_NAME) for one in spellings))))


def _images(given: list[Mapping[str, Value]]) -> tuple[Image, ...]:
    images: dict[str, Image] = {}
    for one in given:
        found = read_address(_text(one.get("url")))
        if found is not None:
            images.setdefault(found.href, Image(found.href, _pixels(one.get("width")), _pixels(one.get("height"))))
    return tuple(images.values())


def _pixels(value: Value) -> int | None:
    number = _integer(_text(value))
    return number if number is not None and 0 < number <= _MAX_PIXELS else None


def _edges(given: list[Mapping[str, Value]]) -> tuple[Edge, ...]:
    edges: dict[str, Edge] = {}
    for one in given[:_MAX_EDGES]:
        address = next(filter(None, (_text(one.get(name)) for name in _ADDRESS)), "")
        found = read_address(address)
        if found is None or found.href in edges:
            continue
        provider = _mapping(one.get("provider"))
        edges[found.href] = Edge(
            href=found.href,
            key=found.key,
            title=text.plain(_text(one.get("title")), text.MAX_TITLE),
            provider=(_provider_name(provider) or _provider(provider, found.href).name) if provider else "",
            published=parse_instant(_text(one.get("publishedDateTime"))),
            quality=_integer(_text(one.get("quality", one.get("score")))),
            language=text.language_tag(_text(one.get("language"))),
        )
    return tuple(edges.values())


def _content(fields: _Fields, body: str, href: str) -> str:
    """Return a body as safe HTML: as it is where it starts with a tag, else as Markdown (CommonMark)."""
    body = body.strip()
    if not body:
        return ""
    if len(body) > MAX_BODY:
        fields.fault("body", "", f"a body of more than {MAX_BODY // 1024} KiB; left out until it is shorter")
        return ""
    markup = body if re.match(r"<[a-zA-Z!]", body) else _markdown()(body)
    if markup.count("<") > MAX_TAGS:
        fields.fault("body", "", f"a body of more than {MAX_TAGS:,} tags; left out until it has fewer")
        return ""
    return text.clean_html(markup, base=href)


@cache
def _markdown() -> Callable[[str], str]:
    from markdown_it import MarkdownIt  # noqa: PLC0415  few files have a body, and the import is not free

    render = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render
    return lambda source: str(render(source))


def _mapping(value: Value) -> Mapping[str, Value]:
    """Return a block of fields; a text alone is its name."""
    return value if isinstance(value, dict) else {"name": value} if isinstance(value, str) else {}


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _integer(given: str) -> int | None:
    return int(given) if _INTEGER.fullmatch(given) else None


def _shortened(given: str) -> str:
    """Return a value as a fault quotes it: short, and without a password that an address may hold."""
    quoted = text.plain(re.sub(r"//[^/@\s]*@", "//", given), 80).replace('"', "'")
    return f'"{quoted}"'


def _digest(given: str) -> str:
    return hashlib.blake2b(given.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
