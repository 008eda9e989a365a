"""What a reader sees inside an entry; the laws of formats; what is unfit to be published."""

from __future__ import annotations

import html
from dataclasses import replace

import pytest
from format_cases import (
    ATOM,
    BARE,
    BASE,
    CHANNEL,
    CONTENT,
    ENTRY,
    NOW,
    ORIGIN,
    SITE,
    STYLE,
    atom_entry,
    document,
    json_item,
    rss_item,
)
from lxml import etree

from aggregator.core.model import Image, Link, Provider
from aggregator.formats.content import content_of, html_of
from aggregator.registry import FORMATS, format_named

# What a reader sees inside.


def test_content_is_picture_text_way_and_related() -> None:
    assert html_of(replace(ENTRY, related_more=2), STYLE).split("\n") == [
        (
            '<p><a href="http://www.pier.example/crane?a=1&amp;b=2#top">'
            '<img src="https://www.pier.example/c.jpg?w=1&amp;h=2" width="1200" height="630" alt=""></a></p>'
        ),
        "<p>It lifts &amp; holds.</p>",
        '<p><a href="http://www.pier.example/crane?a=1&amp;b=2#top">Read at Pier Gazette</a></p>',
        "<p><strong>Related coverage</strong></p>",
        '<ul><li><a href="https://buoy.example/a?x=1&amp;y=2">A buoy</a> – Buoy, 2026-10-19</li>',
        '<li><a href="https://rope.example/b">A rope</a></li></ul>',
        "<p>and 2 more</p>",
    ]


def test_content_is_the_same_in_every_format() -> None:
    shown = html_of(ENTRY, STYLE)
    assert atom_entry().findtext(f"{ATOM}content") == shown
    assert rss_item().findtext(f"{CONTENT}encoded") == shown
    assert json_item()["content_html"] == shown


def test_a_body_stands_for_the_summary() -> None:
    shown = html_of(replace(ENTRY, content="<p>It <em>lifts</em>.</p>"), STYLE)
    assert "<p>It <em>lifts</em>.</p>\n" in shown
    assert "It lifts &amp; holds." not in shown


def test_pictures_can_be_switched_off_and_need_no_size() -> None:
    assert "<img" not in html_of(ENTRY, replace(STYLE, images=False))
    assert '<img src="https://www.pier.example/d.jpg" alt="">' in html_of(
        replace(ENTRY, images=ENTRY.images[1:]), STYLE
    )


def test_videos_are_watched_and_other_providers_are_named() -> None:
    providers = (*ENTRY.providers, Provider("Buoy", "buoy.example"), Provider("Rope & Co", "rope.example"))
    shown = html_of(replace(BARE, kind="video", providers=providers), STYLE)
    assert (
        shown == f'<p><a href="{html.escape(ENTRY.href)}">Watch at Pier Gazette</a><br>Also at Buoy, Rope &amp; Co</p>'
    )


HOSTILE = "</a></p><script>alert('x')</script>\"&amp;"


def test_no_word_becomes_markup() -> None:
    words = replace(
        STYLE.words,
        related=f"R {HOSTILE}",
        more=f"M {HOSTILE}",
        read=f"R {HOSTILE} {{provider}}",
        also=f"A {HOSTILE} {{providers}}",
    )
    entry = replace(
        ENTRY,
        title=HOSTILE,
        summary=HOSTILE,
        providers=(Provider(HOSTILE, "pier.example"), Provider(HOSTILE, "buoy.example")),
        href='https://www.pier.example/"><script>',
        images=(Image('https://www.pier.example/"><script>'),),
        related=(Link(href='https://rope.example/"><script>', title=HOSTILE, provider=HOSTILE),),
        related_more=1,
    )
    shown = html_of(entry, replace(STYLE, words=words))
    assert "<script" not in shown
    assert shown.count(html.escape(HOSTILE, quote=False)) == 9
    parsed = etree.fromstring(shown.replace("<br>", "<br/>").replace('alt="">', 'alt=""/>').join(("<div>", "</div>")))
    assert {element.tag for element in parsed.iter()} == {"div", "p", "a", "img", "br", "strong", "ul", "li"}


# Laws.


@pytest.mark.parametrize("name", FORMATS)
def test_rendered_twice_is_equal(name: str) -> None:
    entry = replace(ENTRY, origin=ORIGIN)
    assert document(name, entry, BARE) == document(name, entry, BARE)


@pytest.mark.parametrize("name", FORMATS)
def test_a_fragment_does_not_depend_on_its_channel(name: str) -> None:
    form = format_named(name)
    fragment = form.fragment(ENTRY, content_of(ENTRY, STYLE), STYLE)
    other = replace(CHANNEL, id=f"{BASE}topics/x", path="topics/x", title="X", updated=NOW)
    for channel in (CHANNEL, other):
        for site in (SITE, replace(SITE, language="de", hubs=("https://hub.example/",))):
            assert fragment in form.wrap(channel, [fragment], site)


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_joined_fragments_are_no_worse_than_a_document_in_one_piece(name: str) -> None:
    feed = document(name, ENTRY, BARE)
    assert feed.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    assert feed.count(b"xmlns:media=") == 1
    assert feed.endswith(b">\n")


# What is unfit to be published.

TWO_ALTERNATES = b'<link rel="alternate" href="https://www.pier.example/x"/>'
UNFIT = [
    ("atom", b"</entry>", b"", "not well-formed"),
    ("atom", b"</entry>", TWO_ALTERNATES + b"</entry>", "not exactly one alternate link in https://"),
    (
        "atom",
        b'rel="alternate" type="text/html" href="http://',
        b'rel="via" href="http://',
        "not exactly one alternate link in https://",
    ),
    ("atom", b"<id>https://www.pier", b"<id/><id>https://www.pier", "ids that are missing"),
    ("atom", b"<updated>2026-10-21T09:30:00+00:00</updated>", b"<updated>then</updated>", "a date that is none: then"),
    ("rss", b"</item>", b"", "not well-formed"),
    (
        "rss",
        b"</item>",
        b"<link>https://www.pier.example/x</link></item>",
        "not exactly one alternate link in https://",
    ),
    ("rss", b"<guid isPermaLink", b"<guid/><guid isPermaLink", "ids that are missing"),
    ("rss", b"<pubDate>Tue, 20", b"<pubDate>Tue, 40", "a date that is none: Tue, 40"),
    ("json", b"\n]\n}", b"", "not a JSON Feed"),
    ("json", b'"items"', b'"entries"', "not a JSON Feed"),
    ("json", b'"id": "https://www.pier.example/crane?a=1&b=2"', b'"id": ""', "ids that are missing"),
    ("json", b'"date_published": "2026', b'"date_published": "soon', "a date that is none: soon"),
]


@pytest.mark.parametrize(("name", "old", "new", "reason"), UNFIT)
def test_what_is_unfit_is_found(name: str, old: bytes, new: bytes, reason: str) -> None:
    feed = document(name, ENTRY)
    check = format_named(name).check
    assert check(feed) == ""
    assert old in feed
    assert check(feed.replace(old, new)).startswith(reason)


@pytest.mark.parametrize("name", FORMATS)
def test_repeated_ids_are_unfit(name: str) -> None:
    assert "repeated" in format_named(name).check(document(name, ENTRY, ENTRY))


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_no_document_is_unfit(name: str) -> None:
    assert format_named(name).check(b"") != ""
    assert format_named(name).check(b"[]") != ""
