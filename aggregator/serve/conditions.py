"""What a request wants of a file: another coding, only what changed, only a part of it (RFC 9110 sections 12 to 14)."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregator.serve.shelf import Shape, Version

_RANGE = re.compile(rb"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE)
_TAG = re.compile(rb'(W/)?("[^"]*")')
_ANY = b"*"
_KNOWN = (b"gzip", b"x-gzip", b"*")


@lru_cache(maxsize=256)
def takes_gzip(accepted: bytes) -> bool:
    """Say whether an `Accept-Encoding` (section 12.5.3) lets gzip pass."""
    weights: dict[bytes, bool] = {}
    for part in accepted.lower().split(b","):
        coding, _, weight = part.partition(b";")
        weights[coding.strip()] = not re.fullmatch(rb"\s*q\s*=\s*0(?:\.0*)?\s*", weight)
    return next((weights[coding] for coding in _KNOWN if coding in weights), False)


def joined(fields: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return headers by name; of those that came in several lines, the list that they make up (section 5.3)."""
    headers = dict(fields)
    if len(headers) < len(fields):
        headers = {name: b", ".join(value for other, value in fields if other == name) for name in headers}
    return headers


def is_another(headers: Mapping[bytes, bytes], version: Version, shape: Shape) -> bool:
    """Say whether somebody wants a version that this is not any more (sections 13.1.1 and 13.1.4)."""
    tags = headers.get(b"if-match")
    if tags is not None:  # compared strongly
        return tags.strip() != _ANY and (b"", shape.etag) not in _TAG.findall(tags)
    since = headers.get(b"if-unmodified-since")
    return since is not None and _is_since(version, since) is False


def is_unchanged(headers: Mapping[bytes, bytes], version: Version, shape: Shape) -> bool:
    """Say whether who asks has this already (sections 13.1.2 and 13.1.3): by ETag, compared weakly, else by date."""
    tags = headers.get(b"if-none-match")
    if tags is not None:
        return tags.strip() == _ANY or any(tag == shape.etag for _, tag in _TAG.findall(tags))
    since = headers.get(b"if-modified-since")
    return since is not None and (since == version.modified or _is_since(version, since) is True)


def _is_since(version: Version, date: bytes) -> bool | None:
    """Say whether a file is as old as a date, or older; None where that is no date."""
    try:
        then = parsedate_to_datetime(date.decode("latin-1"))
        seconds = (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return version.stamp.modified // 1_000_000_000 <= seconds


def part_of(headers: Mapping[bytes, bytes], version: Version) -> slice | None:
    """Return the part of a file that is wanted (section 14); None for all of it, an empty one for none that there is.

    Several parts at once, and what is no range, are answered with all of it, as section 14.2 allows.
    """
    match = _RANGE.fullmatch(headers.get(b"range", b"").strip())
    # section 13.1.5: compared strongly, and a date only if it is the very same
    if match is None or headers.get(b"if-range", version.plain.etag) not in (version.plain.etag, version.modified):
        return None
    first, last = match.groups()
    size = len(version.body)
    if not first and not last:
        return None
    if not first:
        return slice(max(0, size - int(last)), size) if int(last) else slice(0, 0)
    if last and int(last) < int(first):
        return None
    start, stop = int(first), min(size, int(last) + 1) if last else size
    return slice(start, stop) if start < size else slice(0, 0)
