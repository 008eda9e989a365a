"""The words of an entry: plain text and safe HTML, out of as much of a feed's HTML as they need."""

from __future__ import annotations

import re

import nh3

from aggregator.core import text

MAX_SUMMARY = 300
MAX_CONTENT = 256 * 1024
MAX_TAGS = 10_000  # what cleans HTML takes the square of how deep they are nested
HEAD = 4_000  # characters of HTML that nearly always hold a summary

_BLOCK = re.compile(r"(</?(?:p|div|br|li|h[1-6]|t[dhr]|blockquote|figcaption|d[dt])\b)", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_MAIL = re.compile(r"(?:mailto:)?[^\s<>()\"',;]{1,100}@[^\s<>()\"',;]{1,100}")
_NO_TAGS: set[str] = set()


def line(markup: str, limit: int) -> str:
    """Return a title or a name as plain text; tags that HTML does not know are words there, as in `List<int>`."""
    return text.plain(markup[:HEAD], limit)


def name(markup: str) -> str:
    """Return the name of a person, without an address of mail: that is nobody's business."""
    made = line(markup, text.MAX_NAME)
    return _MAIL.sub("", made).strip(" ()<>\"',;") if "@" in made else made


def bare(href: str) -> str:
    """Return an address as words, where there are no others."""
    return text.plain(href.partition("://")[2], text.MAX_TITLE)


def plain(markup: str, limit: int) -> str:
    """Return HTML as one line of plain text."""
    markup = markup[:MAX_CONTENT]
    if "<" in markup:
        spaced = _BLOCK.sub(r" \1", markup)
        few = spaced.count("<") <= MAX_TAGS
        markup = nh3.clean(spaced, tags=_NO_TAGS) if few else _ANY_TAG.sub(" ", spaced)
    return text.plain(markup, limit)


def summary(markup: str) -> str:
    """Return the first words of HTML."""
    made = plain(markup[:HEAD], MAX_SUMMARY)
    enough = len(markup) <= HEAD or len(made) > MAX_SUMMARY // 2
    return made if enough else plain(markup, MAX_SUMMARY)


def content(markup: str, base: str) -> str:
    """Return HTML that is safe to republish, its links resolved; nothing where there is more than anybody reads."""
    if len(markup) > MAX_CONTENT or markup.count("<") > MAX_TAGS:
        return ""
    return text.clean_html(markup, base=base)
