"""The pages that list what is published: what readers import, what people and browsers find."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from format_cases import BASE, CHANNEL, SITE, UPDATED
from lxml import etree, html

from aggregator.catalogue import Listing
from aggregator.catalogue.index import INDEX
from aggregator.catalogue.opml import FEEDS_OPML, PROVIDERS_OPML
from aggregator.core.model import Facet
from aggregator.formats import GENERATOR
from aggregator.registry import FORMATS, format_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.catalogue import Page
    from aggregator.formats import Format

PAGES = (INDEX, FEEDS_OPML, PROVIDERS_OPML)
ATOM, RSS, JSON = FORMS = tuple(format_named(name) for name in FORMATS)
H = "{http://www.w3.org/1999/xhtml}"
HOSTILE = (
    "<b>&\"'",
    "</title><script>alert(1)</script>",
    "&amp; &#60; ]]> -->",
    "🌊 Tides 👩‍🔬",
    "أخبار البحر",
    "{braces} %s $x",
    "a" * 200,
)


def listed(facet: Facet, label: str, slug: str = "", count: int = 3) -> Listing:
    path = f"{facet}/{slug or label.lower()}"
    channel = replace(
        CHANNEL, key=path, facet=facet, id=BASE + path, title=f"{label} – Quay News", subtitle=f"On {label}.", path=path
    )
    return Listing(channel=channel, label=label, count=count)


ALL = Listing(channel=CHANNEL, label="", count=12)
TOPICS = [listed(Facet.TOPIC, "Sea"), listed(Facet.TOPIC, "Éclairs"), listed(Facet.TOPIC, "cranes", count=1)]
PROVIDERS = [listed(Facet.PROVIDER, "Pier Gazette", "pier.example"), listed(Facet.PROVIDER, "buoy.example")]
SOME = [*PROVIDERS, *TOPICS, ALL]


def rendered(page: Page, listings: Sequence[Listing] = SOME, forms: Sequence[Format] = FORMS) -> etree._Element:
    """Return a page as a strict parser reads it."""
    document = page.render(SITE, listings, forms)
    assert page.check(document) == ""
    return etree.fromstring(document)


def outlines(page: Page, listings: Sequence[Listing] = SOME, forms: Sequence[Format] = FORMS) -> list[dict[str, str]]:
    """Return the feeds of a list, all of them in its one folder."""
    root = rendered(page, listings, forms)
    found = root.findall("body/outline/outline")
    assert len(found) == len(root.findall(".//outline")) - 1
    return [{str(name): str(value) for name, value in one.attrib.items()} for one in found]


def text(element: etree._Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def links(page: etree._Element) -> list[str]:
    return [link.get("href", "") for link in page.iter(f"{H}a")]


# All pages.


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
@pytest.mark.parametrize(
    "listings", [[], [ALL], TOPICS, PROVIDERS, SOME], ids=["none", "all", "topics", "providers", "some"]
)
def test_pages_are_fit_whatever_is_published(page: Page, listings: Sequence[Listing]) -> None:
    rendered(page, listings)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_the_order_of_the_channels_changes_nothing(page: Page) -> None:
    assert page.render(SITE, SOME, FORMS) == page.render(SITE, SOME[::-1], FORMS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_pages_say_early_that_they_are_ours(page: Page) -> None:
    site = replace(SITE, title="Ω" * 1_000, author="Ω" * 1_000, homepage=SITE.homepage + "x" * 2_000, language="en-GB")
    assert GENERATOR.encode() in page.render(site, SOME, FORMS)[:4096]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_two_thousand_channels_take_no_time(page: Page) -> None:
    many = [
        listed(facet, f"Name {n}", f"n{n}.example") for facet in (Facet.TOPIC, Facet.PROVIDER) for n in range(1_000)
    ]
    seconds, document = [], b""
    for _ in range(3):
        start = time.process_time()
        document = page.render(SITE, [ALL, *many], FORMS)
        seconds.append(time.process_time() - start)
    assert page.check(document) == ""
    assert min(seconds) < 0.1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
@pytest.mark.parametrize(
    "broken", [b"", b"<html>", b"<opml version='2.0'><body/></opml>", b"<p>A page of someone else</p>"]
)
def test_what_is_no_such_page_is_unfit(page: Page, broken: bytes) -> None:
    assert page.check(broken)
    assert page.check(page.render(SITE, SOME, FORMS)[:-20])


# The lists for readers.


def test_lists_hold_everything_first_then_topics_by_name_and_providers_apart() -> None:
    assert [one["text"] for one in outlines(FEEDS_OPML)] == [
        "Quay News",
        "cranes – Quay News",
        "Éclairs – Quay News",
        "Sea – Quay News",
    ]
    assert [one["xmlUrl"] for one in outlines(PROVIDERS_OPML)] == [
        f"{BASE}providers/buoy.example.atom",
        f"{BASE}providers/pier.example.atom",
    ]


def test_a_feed_in_a_list_has_what_readers_look_for() -> None:
    assert outlines(FEEDS_OPML)[-1] == {
        "type": "rss",
        "text": "Sea – Quay News",
        "title": "Sea – Quay News",
        "xmlUrl": f"{BASE}topics/sea.atom",
        "htmlUrl": SITE.homepage,
        "description": "On Sea.",
    }


@pytest.mark.parametrize(
    ("forms", "suffix", "version"),
    [((RSS, ATOM), "atom", None), ((RSS, JSON), "rss", "RSS"), ((JSON,), "json", None)],
    ids=["atom", "rss", "json"],
)
def test_lists_give_one_address_a_channel_in_the_best_format(
    forms: tuple[Format, ...], suffix: str, version: str | None
) -> None:
    found = outlines(FEEDS_OPML, forms=forms)
    assert len(found) == 4
    assert all(one["xmlUrl"].endswith(f".{suffix}") for one in found)
    assert {one.get("version") for one in found} == {version}


def test_the_folders_of_the_two_lists_have_different_names() -> None:
    names = [rendered(page).xpath("string(body/outline/@text)") for page in (FEEDS_OPML, PROVIDERS_OPML)]
    assert names == ["Quay News", "Providers – Quay News"]
    assert [rendered(page).findtext("head/title") for page in (FEEDS_OPML, PROVIDERS_OPML)] == names


def test_the_head_of_a_list_says_whose_it_is_and_how_fresh() -> None:
    newer = replace(PROVIDERS[0], channel=replace(PROVIDERS[0].channel, updated=UPDATED + timedelta(days=2)))
    root = rendered(PROVIDERS_OPML, [ALL, PROVIDERS[1], newer])
    assert root.findtext("head/dateModified") == "Fri, 23 Oct 2026 09:30:00 +0000"
    assert root.findtext("head/ownerName") == SITE.author
    assert rendered(PROVIDERS_OPML, [ALL]).find("head/dateModified") is None
    nobody = etree.fromstring(PROVIDERS_OPML.render(replace(SITE, author=""), SOME, FORMS))
    assert nobody.find("head/ownerName") is None


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("page", [FEEDS_OPML, PROVIDERS_OPML], ids=lambda page: page.path)
def test_any_name_comes_back_from_a_list_as_it_was(page: Page, label: str) -> None:
    site = replace(SITE, title=label, author=label)
    one = listed(Facet.TOPIC if page is FEEDS_OPML else Facet.PROVIDER, label, "slug")
    root = etree.fromstring(page.render(site, [one], FORMS))
    (found,) = root.findall("body/outline/outline")
    assert (found.get("text"), found.get("title")) == (one.channel.title, one.channel.title)
    assert found.get("description") == one.channel.subtitle
    assert str(root.xpath("string(body/outline/@text)")).endswith(label)
    assert root.findtext("head/ownerName") == label


def test_a_list_that_names_a_feed_twice_is_unfit() -> None:
    assert "repeated" in FEEDS_OPML.check(FEEDS_OPML.render(SITE, [ALL, ALL], FORMS))


# The page for people.


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
