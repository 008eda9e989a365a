"""What may stand in a line for people: nothing unprintable, no secret, no name and password of an address."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import ada_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HIDDEN = "***"
_SHOWN = 200  # characters of an address in a report
_LEAST = 4  # letters of a secret that is looked for also inside of words
# Browsers take backslashes for slashes and leave some out; an `@` in a path comes after a slash, and stays.
_USERINFO = re.compile(r"(https?:[/\\]*|//)[^/?#\\ ]*@", re.IGNORECASE)


def one_line(text: str) -> str:
    """Return a text as one line of printable characters; what is none becomes a space, and many spaces one."""
    if text.isprintable() and "  " not in text:
        return text
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def masked(url: str) -> str:
    """Return an address as reports show it: no name and password, no query, nothing unprintable, not endless."""
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        # What is no address may still hold a password, and nobody can say where it begins.
        shown = url.rpartition("@")[2].partition("?")[0]
        shown = "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in shown)
    else:
        path = parsed.pathname
        if not parsed.protocol.startswith("http"):
            path = path.rpartition("@")[2]  # only for the web does the parser know where a password is
        shown = f"{parsed.protocol}//{parsed.host}{path}"
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


class Mask:
    """Text in, the same text out without secrets: neither as they are nor as addresses, JSON and Python write them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if form}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._secrets = re.compile("|".join(map(_pattern, longest_first))) if forms else None

    def __call__(self, text: str) -> str:
        """Return a text without secrets, its lines as they are."""
        hidden = self._secrets.sub(HIDDEN, text) if self._secrets else text
        return _USERINFO.sub(rf"\1{HIDDEN}@", hidden)

    def line(self, text: str) -> str:
        """Return a text as one line without secrets."""
        return self(one_line(self(text)))  # what held a control character may become a secret without it


def _pattern(form: str) -> str:
    return re.escape(form) if len(form) >= _LEAST else rf"(?<!\w){re.escape(form)}(?!\w)"


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield one_line(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret, safe="")
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
