"""What a feed validator would object to in a single value: a text without markup, an address, an id, a date."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.entities import name2codepoint
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TAGS = frozenset(
    re.findall(
        r"\w+",
        "a abbr article aside audio b base big blockquote body br button center cite code dd del div dl dt em embed "
        "figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd li link m main mark "
        "meta nav noscript object ol option p param picture pre q s samp script section select small source span strike "
        "strong style sub summary sup table tbody td textarea tfoot th thead time title tr tt u ul var video",
    )
)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

_END_TAG = re.compile(r"</(\w+)>")
REFERENCE = re.compile(r"&(#?\w+)")
_FORBIDDEN = re.compile(r"[^0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]")
_SCHEME = re.compile(r"[a-zA-Z][0-9a-zA-Z+.-]*:.")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-F]{2})")
_NEEDLESS_ESCAPE = re.compile(r"%(?:4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE]|3[0-9]|2[DE])")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_RFC2822 = re.compile(r"([A-Z][a-z]{2}, )?\d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d(:\d\d)? ([+-]\d{4}|GMT|UT|Z)")


def html_in(text: str) -> Iterator[str]:
    if any(name.lower() in TAGS for name in _END_TAG.findall(text)):
        yield "ContainsHTML"
        return
    for name in REFERENCE.findall(text):
        if name in name2codepoint or name == "apos" or not name.isalpha():
            yield "ContainsHTML"


def uri(uri: str) -> Iterator[str]:
    if not uri.isascii():
        yield "UriNotIri"
    elif _FORBIDDEN.search(uri):
        yield "InvalidUriChar"
    elif not _SCHEME.match(uri):
        yield "InvalidFullLink"


def entry_id(id_: str) -> Iterator[str]:
    if id_.startswith(("tag:", "urn:")):
        return
    flaws = list(uri(id_))
    yield from flaws
    if not flaws and not _is_canonical(id_):
        yield "NonCanonicalURI"


def _is_canonical(id_: str) -> bool:
    parts = urlsplit(id_)
    try:
        text = unquote(id_, errors="strict")
    except UnicodeDecodeError:
        return False
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "-")
    return not (
        parts.netloc != parts.netloc.lower()
        or parts.netloc.endswith(default)
        or not parts.path
        or _STRAY_PERCENT.search(id_)
        or _NEEDLESS_ESCAPE.search(id_)
        or unicodedata.normalize("NFC", text) != text
        or unquote(text) != text  # the W3C validator decodes twice
    )


def rfc3339(date: str, latest: datetime) -> Iterator[str]:
    if not _RFC3339.fullmatch(date):
        yield "InvalidRFC3339Date"
        return
    try:
        instant = datetime.fromisoformat(date)
    except ValueError:
        yield "InvalidRFC3339Date"
        return
    yield from _plausible(instant, latest)


def rfc2822(date: str, latest: datetime) -> Iterator[str]:
    try:
        instant = parsedate_to_datetime(date) if _RFC2822.fullmatch(date) else None
    except ValueError:
        instant = None
    if instant is None or (date[3] == "," and date[:3] != f"{instant:%a}"):
        yield "InvalidRFC2822Date"
        return
    yield from _plausible(instant.replace(tzinfo=instant.tzinfo or UTC), latest)


def _plausible(instant: datetime, latest: datetime) -> Iterator[str]:
    if not EARLIEST <= instant <= latest:
        yield "ImplausibleDate"
