"""The page that lists what is published: what people and browsers find."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from catalogue_cases import (
    ALL,
    ATOM,
    FORMS,
    HOSTILE,
    JSON,
    PROVIDERS,
    RSS,
    SOME,
    TOPICS,
    H,
    links,
    listed,
    rendered,
    text,
)
from format_cases import BASE, CHANNEL, SITE, UPDATED
from lxml import etree, html

from aggregator.catalogue.index import INDEX
from aggregator.core.model import Facet

if TYPE_CHECKING:
    from aggregator.formats import Format


def test_the_page_has_a_link_for_each_format_of_each_channel() -> None:
    hrefs = links(rendered(INDEX))
    subscribe = [f"{BASE}{one.channel.path}.{form.suffix}" for one in SOME for form in FORMS]
    assert sorted(href for href in hrefs if href.startswith(BASE)) == sorted(subscribe)


def test_the_other_links_of_the_page_work_in_any_folder() -> None:
    page = rendered(INDEX)
    others = {href for href in links(page) if not href.startswith(BASE)}
    assert others == {"#topics", "#providers", "feeds.opml", "providers.opml", SITE.homepage}
    assert {one.get("id") for one in page.iter() if one.get("id")} == {"all", "topics", "providers"}


def test_browsers_find_everything_in_each_format_and_topics_in_the_first() -> None:
    found = rendered(INDEX, forms=(RSS, ATOM)).findall(f"{H}head/{H}link[@rel='alternate']")
    assert [(one.get("title"), one.get("type"), one.get("href")) for one in found] == [
        ("Quay News (RSS)", "application/rss+xml", f"{BASE}all.rss"),
        ("Quay News (Atom)", "application/atom+xml", f"{BASE}all.atom"),
        ("cranes – Quay News", "application/rss+xml", f"{BASE}topics/cranes.rss"),
        ("Éclairs – Quay News", "application/rss+xml", f"{BASE}topics/éclairs.rss"),
        ("Sea – Quay News", "application/rss+xml", f"{BASE}topics/sea.rss"),
    ]


def test_people_find_names_in_order_with_the_number_of_articles() -> None:
    cards = [(text(one.find(f".//{H}h3")), text(one.find(f".//{H}p"))) for one in rendered(INDEX).iter(f"{H}li")]
    assert cards == [
        ("cranes", "1 article"),
        ("Éclairs", "3 articles"),
        ("Sea", "3 articles"),
        ("buoy.example", "3 articles"),
        ("Pier Gazette", "pier.example, 3 articles"),
    ]


def test_providers_of_one_name_are_told_apart_by_their_domains() -> None:
    split = listed(Facet.PROVIDER, "Ann", "video.example_ann")
    split = replace(split, channel=replace(split.channel, key="providers/video.example/ann"))
    page = rendered(INDEX, [listed(Facet.PROVIDER, "Ann", "ann.example"), split])
    assert [text(one.find(f".//{H}p")) for one in page.iter(f"{H}li")] == [
        "ann.example, 3 articles",
        "video.example, 3 articles",
    ]


def test_the_page_says_how_much_there_is_and_how_fresh_it_is() -> None:
    newest = UPDATED + timedelta(days=2, microseconds=5)
    late = replace(TOPICS[0], channel=replace(TOPICS[0].channel, updated=newest))
    page = rendered(INDEX, [replace(ALL, count=1_200), late])
    assert text(page.find(f".//{H}header/{H}p")) == "Last updated 2026-10-23 09:30 UTC, 1,200 articles"
    assert [one.get("datetime") for one in page.iter(f"{H}time")] == ["2026-10-23T09:30:00Z"]


def test_link_texts_make_sense_alone() -> None:
    assert [text(link) for link in rendered(INDEX, [ALL, TOPICS[0], PROVIDERS[1]], (ATOM, JSON)).iter(f"{H}a")] == [
        "Topics (1)",
        "Providers (1)",
        "Atom feed: everything",
        "JSON feed: everything",
        "the list of topics (OPML)",
        "Atom feed: Sea",
        "JSON feed: Sea",
        "the list of providers (OPML)",
        "Atom feed: buoy.example",
        "JSON feed: buoy.example",
        "Quay News",
    ]


@pytest.mark.parametrize(
    ("forms", "said"),
    [
        (FORMS, "Atom, RSS and JSON hold the same articles; in doubt, take Atom."),
        ((RSS, ATOM), "RSS and Atom hold the same articles; in doubt, take RSS."),
        ((RSS,), "new articles come to you."),
    ],
    ids=["three", "two", "one"],
)
def test_newcomers_are_told_what_to_do_and_what_to_take(forms: tuple[Format, ...], said: str) -> None:
    advice = text(rendered(INDEX, forms=forms).findall(f"{H}body/{H}header/{H}p")[1])
    assert "paste it into a feed reader" in advice
    assert advice.endswith(said)


def test_nothing_published_is_said() -> None:
    page = rendered(INDEX, [])
    assert text(page.find(f".//{H}header/{H}p")) == "Nothing is published yet."
    assert links(page) == [SITE.homepage]
    assert page.find(f".//{H}nav") is None


def test_headings_leave_no_level_out() -> None:
    tags = [str(one.tag).removeprefix(H) for one in rendered(INDEX).iter() if re.fullmatch(f"{H}h[1-6]", str(one.tag))]
    assert tags == ["h1", "h2", "h2", *["h3"] * 3, "h2", *["h3"] * 2]


@pytest.mark.parametrize(("language", "said"), [("en-GB", {"en-GB"}), (None, {None})])
def test_the_language_is_that_of_the_site(language: str | None, said: set[str | None]) -> None:
    root = etree.fromstring(INDEX.render(replace(SITE, language=language), SOME, FORMS))
    assert {root.get("lang"), root.get("{http://www.w3.org/XML/1998/namespace}lang")} == said


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = rendered(INDEX)
    assert {str(one.tag).removeprefix(H) for one in page.iter()}.isdisjoint(
        {"script", "img", "iframe", "object", "form"}
    )
    assert not [name for one in page.iter() for name in one.attrib if str(name) == "src" or str(name).startswith("on")]
    assert {one.get("rel") for one in page.iter(f"{H}link")} == {"alternate"}
    assert not re.search(r"@import|url\(", text(page.find(f".//{H}style")))


@pytest.mark.parametrize("label", HOSTILE)
def test_any_name_is_shown_as_it_is_by_html_and_by_xml_readers(label: str) -> None:
    site = replace(SITE, title=label, homepage=f"{SITE.homepage}?a=1&b='2'")
    channel = replace(CHANNEL, title=label, subtitle=label)
    listings = [
        replace(ALL, channel=channel),
        listed(Facet.TOPIC, label, "t"),
        listed(Facet.PROVIDER, label, "p.example"),
    ]
    document = INDEX.render(site, listings, FORMS)
    strict, lenient = etree.fromstring(document), html.document_fromstring(document)
    assert [seen(one) for one in strict.iter()] == [seen(one) for one in lenient.iter()]
    assert strict.findtext(f".//{H}h1") == label
    assert [one.text for one in strict.findall(f".//{H}h3/{H}bdi")] == [label, label]
    assert strict.find(f"{H}head/{H}link").get("title") == f"{label} (Atom)"  # type: ignore[union-attr]
    assert links(strict)[-1] == site.homepage


def seen(element: etree._Element) -> tuple[str, dict[str, str], str, str]:
    """Return what HTML and XML call the same: tag, attributes, text."""
    attributes = {str(name): str(value) for name, value in element.attrib.items() if "lang" not in str(name)}
    attributes.pop("xmlns", None)  # an attribute to HTML only
    return str(element.tag).removeprefix(H), attributes, element.text or "", (element.tail or "").strip()
