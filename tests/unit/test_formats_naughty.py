"""Naughty words in every place of every format, and what reads them back."""

from __future__ import annotations

import html
import json
from calendar import timegm
from dataclasses import replace
from datetime import datetime
from typing import Any

import feedparser
import pytest
from format_cases import (
    CHANNEL,
    ENTRY,
    ORIGIN,
    PUBLISHED,
    SITE,
    STYLE,
    document,
    objections,
)

from aggregator.core import text
from aggregator.core.model import Entry, Link, Provider
from aggregator.registry import FORMATS, format_named

# Naughty words in every place.

NAUGHTY = [
    "Plain words",
    "3 < 4 & 5 > 2",
    "<b>Bold</b> move",
    "Loose </b> end",
    "</B>",
    "a<b</i",
    "<script>alert(1)</script> tail",
    '<img src=x onerror="alert(1)">',
    '"><svg/onload=alert(1)>',
    "vector<int> and map<T, U>",
    "<T>",
    "<1>",
    "</1>",
    "&amp;",
    "&amp;amp;",
    "&amp;amp;amp; deeper",
    "&lt;b&gt;x&lt;/b&gt;",
    "&amp;lt;/b&amp;gt;",
    "&#60;i&#62;",
    "&#x3c;/i&#x3e;",
    "&amp;#60;",
    "&amp;#x3c;",
    "&#0; &#128; &#xD800; &#1114112;",
    "&nbsp;",
    "&copy 2026 and &copy2026",
    "&1; &_x; &é; &bogus;",
    "&",
    "&;",
    "&#",
    "AT&T, R&D2, Q&A; M&Ms",
    "&" * 60,
    "<" * 60,
    "&lt;" * 40,
    "]]>",
    "<![CDATA[ inner ]]>",
    "<![CDATA[",
    "<!-- comment -->",
    "<!DOCTYPE html>",
    "<?xml version='1.0'?>",
    "'single' \"double\" `tick`",
    "{title} {provider} {0} {} %s %(x)s",
    "\\u0041 \\n \\",
    "Kai <kai@pier.example>",
    "1 <9@pier.example> 2",
    "kai@pier.example (Kai)",
    "שלום עולם",
    "\u202eoverride\u202c \u200fmark",
    "مرحبا 123 abc",
    "港の新しいクレーン",
    "👩\u200d👩\u200d👧 🏳️\u200d🌈 🇪🇺",
    "e\u0301 \u0338 \u0300",
    "<\u0338b>\u0338",
    "\x80\x85\x92\x93 \x9d",
    "\ufffd \ufffe \uffff \ufdd0 \U0001fffe",
    "\ud83d\ude00 \ud800 \udc00",
    "\x00\x01\x07\x0b\x1b\x7f",
    "tab\tline\r\nend \u2028 \u2029 \u00a0",
    "\u200b",
    "\u200b\u2060\u00ad",
    "   ",
    "",
    "\ufeffmark",
    "ﷺ ﬁ ① İ ß",
    "x" * 3_000,
    "long words " * 1_500,
    "null",
    "---",
]


def named(given: str) -> Entry:
    """Return an entry whose words went the way of an article file's."""
    word = text.plain(given, text.MAX_NAME)
    title = text.plain(given, text.MAX_TITLE) or "www.pier.example/crane"
    return replace(
        ENTRY,
        title=title,
        summary=text.plain(given, text.MAX_SUMMARY),
        content=text.clean_html(given, ENTRY.href),
        providers=(Provider(word or "pier.example", "pier.example"), Provider(word or "b.example", "b.example")),
        topics=(word,) if word else (),
        authors=(word,) if word else (),
        related=(Link(href="https://rope.example/b", title=title, provider=word),),
        origin=replace(ORIGIN, title=title),
    )


def numbered(givens: list[str]) -> list[Entry]:
    entries = map(named, givens)
    return [replace(entry, id=f"https://www.pier.example/{number}") for number, entry in enumerate(entries)]


@pytest.mark.parametrize("given", NAUGHTY, ids=range(len(NAUGHTY)))
def test_naughty_words_raise_nothing(given: str) -> None:
    entry = named(given)
    said = text.plain(given, text.MAX_NAME) or "Quay"
    site = replace(SITE, title=said, author=said)
    channel = replace(CHANNEL, title=f"{said} – Quay", subtitle=f"On {said}.")
    style = replace(
        STYLE, related_in_rss=True, title="{title} ({provider})", words=replace(STYLE.words, related=said, more=said)
    )
    for name in FORMATS:
        feed = document(name, entry, site=site, channel=channel, style=style)
        assert objections(name, feed) == []
        assert format_named(name).check(feed) == ""


@pytest.mark.parametrize("given", ["\u200b", "\u200d\u2060", "\u00ad \u200b", "&#8203;", "<b>\u200b</b>"])
def test_words_that_nobody_could_see_are_none(given: str) -> None:
    assert text.plain(given, 100) == ""


@pytest.mark.parametrize("given", ["<p>&#x81;x</p>", "<p>&#xFFFD;x</p>", "<p>&#x202E;x</p>", "<p>&#xFDD0;x</p>"])
def test_references_in_a_body_bring_no_illegal_character_back(given: str) -> None:
    assert text.clean_html(given, ENTRY.href) == "<p>x</p>"


def test_a_mark_after_a_tag_does_not_eat_it() -> None:
    assert text.clean_html("<p>&#x338;x</p>", ENTRY.href) == "<p>\u0338x</p>"
    joined = text.clean_html('<a href="https://rope.example/">&#x338; onclick=alert(1) <b>x</b></a>', ENTRY.href)
    assert joined.startswith('<a href="https://rope.example/">')


def read_back(name: str, *entries: Entry) -> list[Any]:
    return list(feedparser.parse(document(name, *entries))["entries"])


def shown_title(found: Any) -> str:
    """Return a title as a reader would show it."""
    value = str(found["title"])
    return html.unescape(value) if found["title_detail"]["type"] == "text/html" else value


def test_feeds_read_back() -> None:
    entries = numbered(NAUGHTY)
    for name in ("atom", "rss"):
        for entry, found in zip(entries, read_back(name, *entries), strict=True):
            assert found["id"] == entry.id
            assert [one["href"] for one in found["links"] if one["rel"] == "alternate"] == [entry.href]
            assert timegm(found["published_parsed"]) == PUBLISHED.timestamp()
            expected = entry.title if name == "atom" else text.without_markup(entry.title)
            assert shown_title(found) == expected
    for entry, item in zip(entries, json.loads(document("json", *entries))["items"], strict=True):
        assert (item["id"], item["url"], item["title"]) == (entry.id, entry.href, entry.title)
        assert datetime.fromisoformat(item["date_published"]) == PUBLISHED


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_a_reader_that_takes_the_last_link_gets_the_article(name: str) -> None:
    (found,) = read_back(name, replace(ENTRY, origin=ORIGIN))
    assert found["link"] == ENTRY.href
