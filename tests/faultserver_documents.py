"""Feeds that the fault server hands out: good ones in every format, and ones whose text is wrong."""

from __future__ import annotations

import gzip
import json

ENTRIES = (1, 2, 3)
RSS_TYPE = "application/rss+xml"
LATEST = "Tue, 20 Oct 2026 08:00:00 GMT"
XML = '<?xml version="1.0" encoding="utf-8"?>'
LOGIN_PAGE = (
    b'<!DOCTYPE html>\n<html lang="en"><head><title>Sign in</title></head><body><h1>Sign in</h1>\n'
    b'<form action="/login" method="post"><input name="user"><input name="password" type="password"></form>\n'
    b"</body></html>\n"
)

_HOURS = 8  # of the newest entry; the others are an hour older each


def titles(name: str) -> tuple[str, ...]:
    """Return the titles of a source's entries, newest first."""
    return tuple(f"Entry {number} of {name}" for number in ENTRIES)


def host(name: str) -> str:
    """Return the host that a source's entries link to."""
    return name.replace("_", "-") + ".example"


def entry(name: str, number: int = 1, *, link: str = "", guid: str = "", more: str = "") -> str:
    """Return an RSS item; what is not given follows from the name."""
    link = link or f"https://{host(name)}/{number}"
    guid = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    date = f"Tue, 20 Oct 2026 {_HOURS + 1 - number:02}:00:00 GMT"
    return (
        f"<item><title>Entry {number} of {name}</title><link>{link}</link>{guid}<pubDate>{date}</pubDate>"
        f"<description>What entry {number} says.</description>{more}</item>\n"
    )


def rss(name: str, *entries: str, head: str = XML, more: str = "") -> bytes:
    """Return an RSS 2.0 document, with three entries where none is given."""
    inner = "".join(entries or (entry(name, number, guid=f"{name}-{number}") for number in ENTRIES))
    return (
        f'{head}\n<rss version="2.0"><channel><title>Source {name}</title><link>https://{host(name)}/</link>'
        f"<description>A source</description>{more}\n{inner}</channel></rss>\n"
    ).encode()


def atom(name: str) -> bytes:
    """Return an Atom document with three entries (RFC 4287)."""
    root = f"https://{host(name)}/"
    entries = "".join(
        f"<entry><id>{root}{number}</id><title>Entry {number} of {name}</title>"
        f'<link href="{root}{number}"/><updated>{_instant(number)}</updated>'
        f"<summary>What entry {number} says.</summary></entry>\n"
        for number in ENTRIES
    )
    return (
        f'{XML}\n<feed xmlns="http://www.w3.org/2005/Atom"><id>{root}</id><title>Source {name}</title>'
        f"<updated>{_instant(1)}</updated><author><name>{name}</name></author>\n{entries}</feed>\n"
    ).encode()


def rdf(name: str) -> bytes:
    """Return an RSS 1.0 document with three entries."""
    root = f"https://{host(name)}/"
    entries = "".join(
        f'<item rdf:about="{root}{number}"><title>Entry {number} of {name}</title><link>{root}{number}</link>'
        f"<description>What entry {number} says.</description><dc:date>{_instant(number)}</dc:date></item>\n"
        for number in ENTRIES
    )
    listed = "".join(f'<rdf:li resource="{root}{number}"/>' for number in ENTRIES)
    return (
        f'{XML}\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel rdf:about="{root}"><title>Source {name}</title>'
        f"<link>{root}</link><description>A source</description><items><rdf:Seq>{listed}</rdf:Seq></items></channel>\n"
        f"{entries}</rdf:RDF>\n"
    ).encode()


def json_feed(name: str) -> bytes:
    """Return a JSON Feed 1.1 document with three entries."""
    root = f"https://{host(name)}/"
    entries = [
        {
            "id": f"{root}{number}",
            "url": f"{root}{number}",
            "title": f"Entry {number} of {name}",
            "content_text": f"What entry {number} says.",
            "date_published": _instant(number),
        }
        for number in ENTRIES
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": f"Source {name}", "items": entries}
    return json.dumps({**feed, "home_page_url": root}).encode()


def wrong_charset(name: str) -> bytes:
    """Return a feed that calls itself UTF-8 and is Latin-1."""
    return rss(name).replace(b"says.", "says: café, naïve, £5.".encode("latin-1"))


def utf_16(name: str) -> bytes:
    """Return a good feed in UTF-16 with a byte order mark."""
    return rss(name, head='<?xml version="1.0" encoding="utf-16"?>').decode().encode("utf-16")


def punycode(name: str) -> bytes:
    """Return a feed that names a codec that Python knows and XML does not."""
    return rss(name, head='<?xml version="1.0" encoding="punycode"?>')


def surrogate(name: str) -> bytes:
    """Return a feed with a reference to half a character."""
    return rss(name).replace(b"What entry", b"What &#xD800; entry")


def truncated_gzip(name: str) -> bytes:
    """Return the first half of a gzip stream."""
    whole = gzip.compress(rss(name, *(entry(name, number, guid=str(number)) for number in range(1, 9))), mtime=0)
    return whole[: len(whole) // 2]


def bad_gzip(name: str) -> bytes:
    """Return a gzip stream that breaks behind its header: a block of the reserved type (RFC 1951, 3.2.3)."""
    return gzip.compress(rss(name), mtime=0)[:10] + b"\xff" * 200


def xxe(name: str, canary: str) -> bytes:
    """Return a feed that wants a DTD, a parameter entity and two entities from elsewhere, with the `canary` to count."""
    head = (
        f'{XML}\n<!DOCTYPE rss SYSTEM "{canary}/xxe/dtd" [\n<!ENTITY % parameter SYSTEM "{canary}/xxe/parameter">\n'
        f'%parameter;\n<!ENTITY web SYSTEM "{canary}/xxe/entity">\n<!ENTITY file SYSTEM "file:///etc/passwd">\n]>'
    )
    return rss(name, *(entry(name, number, more="<author>&web;&file;</author>") for number in ENTRIES), head=head)


def _instant(number: int) -> str:
    return f"2026-10-20T{_HOURS + 1 - number:02}:00:00Z"
