"""All pages that list what is published, and those that readers import."""

from __future__ import annotations

import time
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
    PAGES,
    PROVIDERS,
    RSS,
    SOME,
    TOPICS,
    listed,
    outlines,
    rendered,
)
from format_cases import BASE, SITE, UPDATED
from lxml import etree

from aggregator.catalogue.opml import FEEDS_OPML, PROVIDERS_OPML
from aggregator.core.model import Facet
from aggregator.formats import GENERATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.catalogue import Listing, Page
    from aggregator.formats import Format


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
