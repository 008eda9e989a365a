"""What the three formats write: the rules of good feeds, one test each, and hostile words in every place."""

from __future__ import annotations

import html
import json
from calendar import timegm
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import feedcheck
import feedparser
import pytest
from lxml import etree

from aggregator.core import text
from aggregator.core.channels import Policy
from aggregator.core.model import Channel, Entry, Facet, Image, Link, Origin, Provider
from aggregator.formats import Site, Style, Words
from aggregator.formats.content import content_of, html_of
from aggregator.registry import FORMATS, format_named

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PUBLISHED = datetime(2026, 10, 20, 8, 0, 5, tzinfo=UTC)
UPDATED = datetime(2026, 10, 21, 9, 30, tzinfo=UTC)
BASE = "https://feeds.quay.example/"
ATOM, MEDIA, DC, CONTENT = feedcheck.ATOM, feedcheck.MEDIA, feedcheck.DC, feedcheck.CONTENT
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

STYLE = Style(base_url=BASE, policy=Policy())
SITE = Site(title="Quay News", base_url=BASE, homepage="https://www.quay.example/", author="Quay News")
CHANNEL = Channel(
    key="all", facet=Facet.ALL, id=f"{BASE}all", title="Quay News", subtitle="Collected.", path="all", updated=UPDATED
)
RELATED = (
    Link(
        href="https://buoy.example/a?x=1&y=2",
        title="A buoy",
        provider="Buoy",
        published=datetime(2026, 10, 19, 23, 59, tzinfo=UTC),
        language="de",
    ),
    Link(href="https://rope.example/b", title="A rope"),
)
ENTRY = Entry(
    key="https://www.pier.example/crane?a=1&b=2",
    id="https://www.pier.example/crane?a=1&b=2",
    href="http://www.pier.example/crane?a=1&b=2#top",
    title="A crane",
    summary="It lifts & holds.",
    content="",
    published=PUBLISHED,
    updated=UPDATED,
    shown=PUBLISHED,
    providers=(Provider("Pier Gazette", "pier.example"),),
    topics=("Heavy Lifting", "heavy-lifting", "C++"),
    authors=("Ann Winch",),
    language="en-GB",
    images=(Image("https://www.pier.example/c.jpg?w=1&h=2", 1200, 630), Image("https://www.pier.example/d.jpg")),
    related=RELATED,
)
ORIGIN = Origin(id="tag:pier.example,2020:feed", title="Pier", href="https://pier.example/f.atom", updated=PUBLISHED)
BARE = replace(ENTRY, summary="", topics=(), authors=(), language=None, images=(), related=())


def document(name: str, *entries: Entry, style: Style = STYLE, site: Site = SITE, channel: Channel = CHANNEL) -> bytes:
    form = format_named(name)
    return form.wrap(channel, [form.fragment(entry, content_of(entry, style), style) for entry in entries], site)


def objections(name: str, feed: bytes, channel: Channel = CHANNEL) -> list[str]:
    return feedcheck.objections(feed, f"{BASE}{channel.path}.{name}", now=NOW)


def atom_entry(entry: Entry = ENTRY, style: Style = STYLE) -> etree._Element:
    (found,) = etree.fromstring(document("atom", entry, style=style)).findall(f"{ATOM}entry")
    return found


def rss_item(entry: Entry = ENTRY, style: Style = STYLE) -> etree._Element:
    (found,) = etree.fromstring(document("rss", entry, style=style)).findall("channel/item")
    return found


def json_item(entry: Entry = ENTRY, style: Style = STYLE) -> dict[str, Any]:
    (found,) = json.loads(document("json", entry, style=style))["items"]
    return dict(found)


def links(entry: etree._Element, rel: str) -> list[etree._Element]:
    return [link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == rel]


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
    channel = etree.fromstring(document("rss", site=replace(SITE, hub="https://hub.example/"))).find("channel")
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


def test_the_hub_is_named_in_every_format() -> None:
    site = replace(SITE, hub="https://hub.example/?a=1&b=2")
    (hub,) = links(etree.fromstring(document("atom", site=site)), "hub")
    assert hub.get("href") == site.hub
    channel = etree.fromstring(document("rss", site=site)).find("channel")
    assert channel is not None
    assert [link.get("href") for link in links(channel, "hub")] == [site.hub]
    assert json.loads(document("json", site=site))["hubs"] == [{"type": "WebSub", "url": site.hub}]
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
    words = Words(
        related=f"R {HOSTILE}", more=f"M {HOSTILE}", read=f"R {HOSTILE} {{provider}}", also=f"A {HOSTILE} {{providers}}"
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
        for site in (SITE, replace(SITE, language="de", hub="https://hub.example/")):
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
    style = replace(STYLE, related_in_rss=True, title="{title} ({provider})", words=Words(related=said, more=said))
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
