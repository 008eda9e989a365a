"""What the three formats write: what validators object to by default, and the rules of good feeds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import feedcheck
import pytest
from format_cases import (
    ATOM,
    BARE,
    BASE,
    CHANNEL,
    DC,
    ENTRY,
    LANG,
    MEDIA,
    NOW,
    ORIGIN,
    PUBLISHED,
    RELATED,
    SITE,
    STYLE,
    UPDATED,
    atom_entry,
    document,
    json_item,
    links,
    objections,
    rss_item,
)
from lxml import etree

from aggregator.core.channels import Policy
from aggregator.core.model import Entry, Link
from aggregator.registry import FORMATS

# What validators object to by default.


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("entries", [(), (ENTRY,), (BARE,)])
def test_usual_feeds_raise_nothing(name: str, entries: tuple[Entry, ...]) -> None:
    assert objections(name, document(name, *entries)) == []


def test_related_links_are_no_further_alternates() -> None:
    alternates = links(atom_entry(), "alternate")
    assert [dict(link.attrib) for link in alternates] == [
        {"rel": "alternate", "type": "text/html", "href": ENTRY.href, "hreflang": "en-GB"}
    ]


def test_feeds_and_entries_have_an_author() -> None:
    feed = etree.fromstring(document("atom", ENTRY))
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Quay News"
    first, second = feed.findall(f"{ATOM}entry/{ATOM}author")
    assert first.findtext(f"{ATOM}name") == "Pier Gazette"
    assert first.findtext(f"{ATOM}uri") == "https://pier.example/"
    assert second.findtext(f"{ATOM}name") == "Ann Winch"


@pytest.mark.parametrize("found", [atom_entry, rss_item])
def test_pictures_stand_in_the_item_itself(found: Any) -> None:
    item = found()
    assert item.find(f".//{MEDIA}group") is None
    assert item.find(f".//{MEDIA}thumbnail") is None
    assert [dict(image.attrib) for image in item.findall(f"{MEDIA}content")] == [
        {"url": ENTRY.images[0].href, "medium": "image", "width": "1200", "height": "630"},
        {"url": ENTRY.images[1].href, "medium": "image"},
    ]


def test_rss_names_people_without_addresses() -> None:
    item = rss_item()
    assert item.find("author") is None
    assert [creator.text for creator in item.findall(f"{DC}creator")] == ["Pier Gazette", "Ann Winch"]


@pytest.mark.parametrize("path", ["all", "topics/heavy-lifting"])
def test_self_is_where_the_file_is(path: str) -> None:
    channel = replace(CHANNEL, path=path)
    for name in FORMATS:
        feed = document(name, ENTRY, channel=channel)
        assert objections(name, feed, channel) == []
        assert feedcheck.events(feed, f"{BASE}elsewhere.{name}", now=NOW) == ["SelfDoesntMatchLocation"]


def test_the_page_of_an_rss_channel_is_the_homepage() -> None:
    channel = etree.fromstring(document("rss", site=replace(SITE, hubs=("https://hub.example/",)))).find("channel")
    assert channel is not None
    assert [link.text for link in channel.findall("link")] == ["https://www.quay.example/"]


def test_atom_text_that_looks_like_markup_says_so() -> None:
    entry = atom_entry(replace(ENTRY, title="The </b> tag", summary="Say &amp; and <i>."))
    title, summary = entry.find(f"{ATOM}title"), entry.find(f"{ATOM}summary")
    assert title is not None
    assert (title.get("type"), title.text) == ("html", "The &lt;/b&gt; tag")
    assert summary is not None
    assert (summary.get("type"), summary.text) == ("html", "Say &amp;amp; and &lt;i&gt;.")


def test_plain_text_stays_plain_text() -> None:
    title = atom_entry(replace(ENTRY, title="3 < 4 & so on")).find(f"{ATOM}title")
    assert title is not None
    assert (title.get("type"), title.text) == (None, "3 < 4 & so on")


def test_texts_that_cannot_say_so_hold_nothing_like_markup() -> None:
    hostile = "The </b> of R&D &amp; &#60; &copy2 <a@b.example>"
    entry = replace(
        ENTRY,
        title=hostile,
        topics=(hostile,),
        authors=(hostile,),
        related=(Link(href="https://rope.example/b", title=hostile),),
        origin=replace(ORIGIN, title=hostile),
    )
    said = "The ‹/b> of R&D ＆amp; ＆#60; ＆copy2 ‹a@b.example>"
    item, found = rss_item(entry, replace(STYLE, related_in_rss=True)), atom_entry(entry)
    assert [item.findtext(name) for name in ("title", "category", "source")] == [said] * 3
    assert [one.get("title") for one in links(item, "related")] == [said]
    assert item.findall(f"{DC}creator")[1].text == said
    assert [one.get("title") for one in links(found, "related")] == [said]
    assert [one.findtext(f"{ATOM}name") for one in found.findall(f"{ATOM}author")][1:] == [said]
    assert [one.get("label") for one in found.findall(f"{ATOM}category")] == [said]


def test_rss_descriptions_are_html_that_says_the_text() -> None:
    item = rss_item(replace(ENTRY, summary="Say &amp; and <i>."))
    assert item.findtext("description") == "Say &amp;amp; and &lt;i&gt;."


def test_rss_writes_references_as_numbers() -> None:
    feed = document("rss", replace(ENTRY, title="3 < 4 & 5 > 2"), site=replace(SITE, title="A & B"))
    assert b"<title>3 &#x3C; 4 &#x26; 5 &#x3E; 2</title>" in feed
    assert not any(reference in feed for reference in (b"&lt;", b"&amp;", b"&gt;", b"<![CDATA["))


def test_atom_source_is_complete_and_last() -> None:
    source = atom_entry(replace(ENTRY, origin=ORIGIN))[-1]
    assert source.tag == f"{ATOM}source"
    assert [(str(child.tag).removeprefix(ATOM), child.text or child.get("href")) for child in source] == [
        ("id", ORIGIN.id),
        ("title", "Pier"),
        ("updated", "2026-10-20T08:00:05+00:00"),
        ("link", ORIGIN.href),
    ]
    assert objections("atom", document("atom", replace(ENTRY, origin=ORIGIN))) == []


def test_rss_source_is_the_feed_it_came_from() -> None:
    source = rss_item(replace(ENTRY, origin=ORIGIN)).find("source")
    assert source is not None
    assert (source.get("url"), source.text) == (ORIGIN.href, "Pier")


def test_entries_of_files_have_no_source() -> None:
    assert atom_entry().find(f"{ATOM}source") is None
    assert rss_item().find("source") is None


def test_nothing_is_blank() -> None:
    assert objections("rss", document("rss", BARE)) == []
    assert atom_entry(BARE).findtext(f"{ATOM}summary") == "A crane"
    assert rss_item(BARE).findtext("description") == "A crane"
    assert json_item(BARE)["summary"] == "A crane"


def test_there_are_no_enclosures_and_no_foreign_namespaces() -> None:
    for name in ("atom", "rss"):
        feed = document(name, replace(ENTRY, kind="video"))
        assert b"enclosure" not in feed
        assert {
            uri for element in etree.fromstring(feed).iter() for uri in element.nsmap.values()
        } <= feedcheck.NAMESPACES


# The rules of good feeds.


def test_the_alternate_is_the_first_link_of_an_entry() -> None:
    assert [link.get("rel") for link in atom_entry().findall(f"{ATOM}link")] == ["alternate", "related", "related"]


def test_related_links_carry_all_they_know_best_first() -> None:
    assert [dict(link.attrib) for link in links(atom_entry(), "related")] == [
        {"rel": "related", "type": "text/html", "href": RELATED[0].href, "hreflang": "de", "title": "A buoy"},
        {"rel": "related", "type": "text/html", "href": RELATED[1].href, "title": "A rope"},
    ]


def test_related_links_in_atom_can_be_switched_off() -> None:
    assert links(atom_entry(style=replace(STYLE, related_in_atom=False)), "related") == []


def test_related_links_in_rss_are_switched_on() -> None:
    assert rss_item().find(f"{ATOM}link") is None
    shown = links(rss_item(style=replace(STYLE, related_in_rss=True)), "related")
    assert [link.get("href") for link in shown] == [link.href for link in RELATED]
    assert shown[0].get("hreflang") == "de"


def test_related_links_in_json_stand_under_our_name() -> None:
    extension = json_item(replace(ENTRY, related_more=3))["_aggregator"]
    assert extension["about"].startswith("https://")
    assert extension["more"] == 3
    assert extension["related"] == [
        {
            "url": RELATED[0].href,
            "title": "A buoy",
            "provider": "Buoy",
            "date_published": "2026-10-19T23:59:00Z",
            "language": "de",
        },
        {"url": RELATED[1].href, "title": "A rope"},
    ]
    assert "_aggregator" not in json_item(BARE)


def test_topics_have_term_scheme_and_label_once_each() -> None:
    categories = [dict(category.attrib) for category in atom_entry().findall(f"{ATOM}category")]
    scheme = f"{BASE}topics/"
    assert categories[0] == {"term": "heavy-lifting", "scheme": scheme, "label": "Heavy Lifting"}
    assert [category["label"] for category in categories] == ["Heavy Lifting", "C++"]
    assert [(one.text, one.get("domain")) for one in rss_item().findall("category")] == [
        ("Heavy Lifting", scheme),
        ("C++", scheme),
    ]
    assert json_item()["tags"] == ["Heavy Lifting", "C++"]


def test_a_topic_that_is_an_alias_has_the_term_of_the_topic() -> None:
    style = replace(STYLE, policy=Policy(topic_of={"a.i.": "ai"}, slugs={"ai": "machines"}))
    (category,) = atom_entry(replace(ENTRY, topics=("A.I.", "AI")), style).findall(f"{ATOM}category")
    assert (category.get("term"), category.get("label")) == ("machines", "A.I.")


def test_languages_of_feed_and_entry() -> None:
    site = replace(SITE, language="en")
    feed = etree.fromstring(document("atom", ENTRY, BARE, site=site))
    assert feed.get(LANG) == "en"
    assert [entry.get(LANG) for entry in feed.findall(f"{ATOM}entry")] == ["en-GB", None]
    assert etree.fromstring(document("rss", site=site)).findtext("channel/language") == "en"
    whole = json.loads(document("json", ENTRY, BARE, site=site))
    assert [whole["language"], *(item.get("language") for item in whole["items"])] == ["en", "en-GB", None]
    assert etree.fromstring(document("atom")).get(LANG) is None


def test_the_hubs_are_named_in_every_format() -> None:
    site = replace(SITE, hubs=("https://hub.example/?a=1&b=2", "https://other.example/"))
    hubs = list(site.hubs)
    assert [link.get("href") for link in links(etree.fromstring(document("atom", site=site)), "hub")] == hubs
    channel = etree.fromstring(document("rss", site=site)).find("channel")
    assert channel is not None
    assert [link.get("href") for link in links(channel, "hub")] == hubs
    assert json.loads(document("json", site=site))["hubs"] == [{"type": "WebSub", "url": hub} for hub in hubs]
    assert all(objections(name, document(name, ENTRY, site=site)) == [] for name in FORMATS)
    assert not any(b"hub" in document(name, ENTRY) for name in FORMATS)


def test_the_icon_is_named_in_every_format() -> None:
    site = replace(SITE, icon="https://www.quay.example/icon.png")
    assert etree.fromstring(document("atom", site=site)).findtext(f"{ATOM}icon") == site.icon
    channel = etree.fromstring(document("rss", site=site)).find("channel")
    assert channel is not None
    for name in ("title", "link"):
        assert channel.findtext(f"image/{name}") == channel.findtext(name)
    assert channel.findtext("image/url") == site.icon
    assert json.loads(document("json", site=site))["icon"] == site.icon


def test_ids_links_and_dates_are_the_same_in_all_formats() -> None:
    entry, item, other = atom_entry(), rss_item(), json_item()
    assert {entry.findtext(f"{ATOM}id"), item.findtext("guid"), other["id"]} == {ENTRY.id}
    assert {links(entry, "alternate")[0].get("href"), item.findtext("link"), other["url"]} == {ENTRY.href}
    assert datetime.fromisoformat(entry.findtext(f"{ATOM}published") or "") == PUBLISHED
    assert parsedate_to_datetime(item.findtext("pubDate") or "") == PUBLISHED
    assert datetime.fromisoformat(other["date_published"]) == PUBLISHED
    assert datetime.fromisoformat(entry.findtext(f"{ATOM}updated") or "") == UPDATED
    assert datetime.fromisoformat(other["date_modified"]) == UPDATED


def test_an_rss_guid_is_no_link() -> None:
    guid = rss_item().find("guid")
    assert guid is not None
    assert guid.get("isPermaLink") == "false"


def test_the_feed_is_as_old_as_its_channel_says() -> None:
    assert etree.fromstring(document("atom")).findtext(f"{ATOM}updated") == "2026-10-21T09:30:00+00:00"
    built = etree.fromstring(document("rss")).findtext("channel/lastBuildDate")
    assert built == "Wed, 21 Oct 2026 09:30:00 +0000"
    assert json.loads(document("json"))["_aggregator"]["updated"] == "2026-10-21T09:30:00Z"


def test_entries_stand_in_the_order_given() -> None:
    older = replace(BARE, id="https://www.pier.example/0", published=PUBLISHED - timedelta(days=1))
    feed = document("atom", BARE, older)
    assert feed.index(BARE.title.encode()) < feed.index(b"https://www.pier.example/0")


def test_the_owner_may_put_the_provider_into_titles() -> None:
    style = replace(STYLE, title="{title} ({provider})")
    entry = replace(ENTRY, title="Braces {provider} {0}")
    assert atom_entry(entry, style).findtext(f"{ATOM}title") == "Braces {provider} {0} (Pier Gazette)"
    assert rss_item(entry, style).findtext("title") == "Braces {provider} {0} (Pier Gazette)"
    assert json_item(entry, style)["title"] == "Braces {provider} {0} (Pier Gazette)"
