"""Addresses: the legal form that we publish, the key that we compare, the domain that a provider is known by.

The key of an address is only compared, never published as a link: what we publish is what the document gave, made
a legal URI (RFC 3986) and no more. The rules for keys are versioned: raise KEY_POLICY when they change.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import ada_url

KEY_POLICY = 1

# Parameters that say how a reader came, not what is read. One table, part of the key policy.
_TRACKING = frozenset(
    [
        "fbclid",
        "gclid",
        "gclsrc",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "yclid",
        "twclid",
        "ttclid",
        "igshid",
        "igsh",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "vero_id",
        "vero_conv",
        "oly_anon_id",
        "oly_enc_id",
        "_hsenc",
        "_hsmi",
        "__hssc",
        "__hstc",
        "__hsfp",
        "hsctatracking",
        "wickedid",
        "rb_clickid",
        "s_cid",
        "ml_subscriber",
        "ml_subscriber_hash",
    ]
)
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "piwik_", "matomo_")

# Parameters that say which feed is meant, and not who asks for it; any other one may be a secret.
_HARMLESS = re.compile(
    r"(?:alt|cat|category|ceid|channel|channel_id|feed|format|gl|hl|lang|language|locale|output|q|s|section|tag|topic|type)"
    r"=[\w.:,+%~-]{0,24}|(?:id|p|paged)=[\w.-]{0,12}|playlist_id=[\w-]{0,48}",
    re.ASCII | re.IGNORECASE,
)
_LOGIN = re.compile(r"(?<=://)[^/?#]*@")

_AMP_CACHES = (".cdn.ampproject.org", ".bing-amp.com")
_AMP_PATH = re.compile(r"/[cv]/(?:s/)?")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NOT_URI = re.compile(r"[\[\]{}|\\^`\"<> ]")
_PLAIN_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_PORT = re.compile(r":[0-9]*$")
_MAX_ADDRESS = 2_048
# What most addresses are: already in the form that the parser would give, so that it need not be asked.
_SIMPLE = re.compile(
    r"https?://((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})(?<!\.cdn\.ampproject\.org)(?<!\.bing-amp\.com)"
    r"(/[A-Za-z0-9._~!$&()*+,;=:@/-]*)?(\?[A-Za-z0-9._~!$&()*+,;=:@/?-]+)?(#[A-Za-z0-9._~!$&()*+,;=:@/?-]+)?"
)


class Address(NamedTuple):
    """An address as we publish it, and the key that it shares with other addresses of the same article."""

    href: str
    key: str


def read_address(address: str) -> Address | None:
    """Return the legal form and the key of an http or https address; None where it is none."""
    if not address:
        return None
    if simple := _simple(address):
        return simple
    legal, shared = legal_href(address), key_of(address)
    return None if legal is None or shared is None else Address(legal, shared)


def read_key(address: str) -> str | None:
    """Return the key of an address alone; None where it is none."""
    if not address:
        return None
    simple = _simple(address)
    return simple.key if simple else key_of(address)


def _simple(address: str) -> Address | None:
    """Read an address that is already in the form that the parser would give; None where it may not be."""
    simple = _SIMPLE.fullmatch(address)
    if simple is None or len(address) > _MAX_ADDRESS - 1:
        return None
    host, path, query, fragment = simple.groups(default="")
    if "/." in path or "xn--" in host:
        return None
    if path and not query and not fragment and address.startswith("https"):
        return Address(address, address)
    path = path or "/"
    href = f"{address[: address.index(':')]}://{host}{path}{query}{fragment}"
    return Address(href, f"https://{host}{path}{_kept_query(query)}")


def legal_href(address: str) -> str | None:
    """Return `address` as an absolute http or https URI in ASCII, or None where there is none that feeds can carry.

    Only what RFC 3986 demands is changed: hosts in punycode, forbidden characters escaped. A name and a password in
    it are dropped: they are nobody's business. A host that is an IPv6 address has no form that RSS allows (its
    addresses follow RFC 2396 in validators and readers, which knows no brackets).
    """
    url = _parse(address)
    if url is None or url.hostname.startswith("["):
        return None
    if url.username or url.password:
        url.username = url.password = ""
    url.pathname = _NOT_URI.sub(_percent, url.pathname)
    url.search = _NOT_URI.sub(_percent, url.search)
    url.hash = _NOT_URI.sub(_percent, url.hash[1:]).replace("#", "%23")
    href = _ESCAPE.sub(lambda escape: escape[0] if escape[1] else "%25", str(url.href))
    return href if len(href) <= _MAX_ADDRESS else None


def public_href(href: str) -> str:
    """Return what everybody may see of the legal address of a feed: no login, no fragment, no query that may hold a secret.

    Many feeds know their subscribers by a token in the query. One parameter that we do not know to be harmless takes
    all of them with it: half an address leads nowhere either. A secret in the path cannot be told from a name.
    """
    bare = _LOGIN.sub("", href.partition("#")[0])
    place, _, query = bare.partition("?")
    return bare if query and all(_HARMLESS.fullmatch(one) for one in query.split("&")) else place


def has_login(address: str) -> bool:
    """Say whether an address holds a name or a password."""
    url = _parse(address)
    return url is not None and bool(url.username or url.password)


def is_ipv6(address: str) -> bool:
    """Say whether the host of an address is an IPv6 address, which `legal_href` has no form for."""
    url = _parse(address)
    return url is not None and url.hostname.startswith("[")


def key_of(address: str) -> str | None:
    """Return the key that two addresses of one article share, written as an https address; None if it is no address.

    http and https are one; fragment, port of the scheme, trailing dot of the host, empty query and tracking
    parameters go; escapes are normalised (RFC 3986 section 6.2.2); addresses of AMP caches give the original's.
    """
    url = _parse(address)
    if url is None:
        return None
    for _ in range(4):  # a cache may hold a copy of a cache
        unwrapped = _unwrap(url)
        if unwrapped is None:
            break
        url = unwrapped
    else:
        return None  # deeper nesting is somebody's joke
    host = url.hostname.rstrip(".")
    if not host:
        return None
    port = f":{url.port}" if url.port and not (url.protocol == "http:" and url.port == "443") else ""
    path = _normalise_escapes(url.pathname or "/")
    key = f"https://{host}{port}{path}{_kept_query(_normalise_escapes(url.search))}"
    return key if len(key) <= _MAX_ADDRESS else None


def _kept_query(query: str) -> str:
    """Return what of a query, given with its question mark, says what is read."""
    if not query:
        return ""
    kept = "&".join(part for part in query[1:].split("&") if part and not _is_tracking(part))
    return f"?{kept}" if kept else ""


def _parse(address: str) -> ada_url.URL | None:
    try:
        url = ada_url.URL(address.strip())
    except ValueError:
        return None
    if url.protocol not in {"http:", "https:"} or not url.hostname.strip(".") or ".." in url.hostname:
        return None
    # Browsers take hosts that RFC 3986 section 3.2.2 does not: a quotation mark in one, say.
    return None if _NOT_URI.search(url.hostname.strip("[]")) else url


def _unwrap(url: ada_url.URL) -> ada_url.URL | None:
    """Return the original behind the address of an AMP cache: `HOST.cdn.ampproject.org/c/s/original.example/path`."""
    if not url.hostname.rstrip(".").endswith(_AMP_CACHES):
        return None
    path = _normalise_escapes(url.pathname)
    match = _AMP_PATH.match(path)
    return _parse(f"https://{path[match.end() :]}{url.search}") if match else None


def _is_tracking(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def _normalise_escapes(text: str) -> str:
    return _ESCAPE.sub(_normalise_escape, _NOT_URI.sub(_percent, text))


def _normalise_escape(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return "%25"
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _percent(character: re.Match[str]) -> str:
    return f"%{ord(character[0]):02X}"


def domain_of(host: str) -> str:
    """Return a host name as the domain of a provider: lower case, punycode, without `www.`; empty if it is none.

    An IPv6 address is none, as in `legal_href`: providers are linked to.
    """
    if _PLAIN_HOST.fullmatch(host) and "xn--" not in host:
        return host.removeprefix("www.") if host.count(".") > 1 else host
    url = _parse(f"https://{host.strip().rpartition('://')[2]}/")
    if url is None or url.hostname.startswith("["):
        return ""
    name = url.hostname.strip(".")
    return name.removeprefix("www.") if name.count(".") > 1 else name


def host_of(href: str) -> str:
    """Return the domain that a legal address is on, as a provider's domain is written."""
    return domain_of(_PORT.sub("", re.split("[/?#]", href.partition("://")[2], maxsplit=1)[0]))
