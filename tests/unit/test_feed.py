from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from feed_cases import CONTEXT, FULL, NOW, atom, dropped, json_feed, one, parsed, read, rss

from aggregator.core.model import Edge, Image, Origin, Provider
from aggregator.sources.feed.given import MAX_READ
from aggregator.sources.feed.parse import MAX_ENTRIES, Drop, parse_pair

LINK = "<link>https://site.example/a</link>"
HREF = '<link href="https://site.example/a"/>'
MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


@pytest.mark.parametrize(
    ("data", "href"),
    [
        (rss(LINK), "https://site.example/a"),
        (rss("<link>  https://site.example/a\n</link>"), "https://site.example/a"),
        (rss("<link>http://site.example/ä b?x=1&amp;y=2#z</link>"), "http://site.example/%C3%A4%20b?x=1&y=2#z"),
        (rss("<link>/a</link>"), "https://site.example/a"),
        (rss("<link>//other.example/a</link>"), "https://other.example/a"),
        (rss('<link href="https://site.example/a"/>'), "https://site.example/a"),
        (rss("<link/><guid>https://site.example/a</guid>"), "https://site.example/a"),
        (rss("<guid>https://site.example/a</guid>"), "https://site.example/a"),
        (rss(f"{LINK}<guid>https://site.example/other</guid>"), "https://site.example/a"),
        (rss("<link>javascript:x()</link><guid>https://site.example/a</guid>"), "https://site.example/a"),
        (rss("<link>https://user:secret@site.example/a</link>"), "https://site.example/a"),
        (atom(HREF), "https://site.example/a"),
        (atom(f'<link rel="self" href="https://site.example/self"/>{HREF}'), "https://site.example/a"),
        (atom(f'{HREF}<link rel="alternate" href="https://site.example/b"/>'), "https://site.example/a"),
        (atom(f'<link type="application/pdf" href="https://site.example/x.pdf"/>{HREF}'), "https://site.example/a"),
        (atom('<link type="application/pdf" href="https://site.example/x.pdf"/>'), "https://site.example/x.pdf"),
        (atom("<id>https://site.example/a</id>"), "https://site.example/a"),
        (atom('<link href="a"/>'), "https://site.example/a"),
        (json_feed({"url": "https://site.example/a"}), "https://site.example/a"),
        (json_feed({"external_url": "https://other.example/a"}), "https://other.example/a"),
        (json_feed({"id": "https://site.example/a"}), "https://site.example/a"),
    ],
)
def test_the_address_of_an_entry_is_a_legal_one(data: bytes, href: str) -> None:
    assert one(data).href == href


@pytest.mark.parametrize(
    "scheme",
    [
        "javascript:x()",
        "mailto:a@b.example",
        "file:///x",
        "ftp://x.example/",
        "java\tscript:x",
        "http://[::1]/",
        "http://",
    ],
)
def test_an_entry_without_an_address_is_dropped_with_a_reason(scheme: str) -> None:
    (drop,) = dropped(rss(f"<link>{scheme}</link><guid isPermaLink='false'>g</guid>"))
    assert (drop.code, drop.place) == ("no_address", "g")
    assert drop.reason.endswith("is no http or https address that feeds can link to")


def test_an_entry_with_neither_link_nor_guid_is_named_by_its_number() -> None:
    assert dropped(rss(LINK, "<title>B</title>")) == (
        Drop(code="no_address", place="entry 2", reason="neither link nor guid"),
    )


def test_of_entries_with_one_address_the_newest_is_kept() -> None:
    dates = ("Mon, 02 Mar 2026 10:00:00 GMT", "Tue, 03 Mar 2026 10:00:00 GMT", "Sun, 01 Mar 2026 10:00:00 GMT")
    document = parsed(
        rss(*(f"<title>{n}</title>{LINK}<guid isPermaLink='false'>g{n}</guid><pubDate>{date}</pubDate>" for n, date in enumerate(dates)))
    )  # fmt: skip
    assert [sighting.title for sighting in document.sightings] == ["1"]
    assert [(drop.code, drop.place) for drop in document.drops] == [("repeated", "g0"), ("repeated", "g2")]


def test_repeated_guids_are_no_reason_to_drop() -> None:
    items = [f"<link>https://site.example/{n}</link><guid isPermaLink='false'>same</guid>" for n in range(3)]
    assert [(sighting.name, sighting.href[-1]) for sighting in read(rss(*items))] == [
        ("same", "0"),
        ("same", "1"),
        ("same", "2"),
    ]


def test_only_the_newest_entries_of_a_document_are_taken() -> None:
    day = datetime(2020, 1, 1, tzinfo=UTC)
    count = MAX_ENTRIES + 5
    data = atom(
        *(f'<link href="/{n}"/><id>{n}</id><updated>{day + timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ}</updated>' for n in range(count))
    )  # fmt: skip
    document = parsed(data)
    assert [sighting.name for sighting in document.sightings] == [str(n) for n in range(5, count)]
    assert [(drop.code, drop.place) for drop in document.drops] == [("too_many", str(n)) for n in range(5)]


@pytest.mark.parametrize("data", [rss(*[LINK] * (MAX_READ + 7)), json_feed(*[{"url": "/a"}] * (MAX_READ + 7))])
def test_beyond_a_number_entries_are_only_counted(data: bytes) -> None:
    document = parsed(data)
    assert document.found == MAX_READ + 7
    assert document.drops[-1].count == 7


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('<title type="text">a &lt;b&gt; c</title>', "a <b> c"),
        ("<title>a &lt;b&gt; c</title>", "a <b> c"),
        ('<title type="html">a &lt;b&gt;c&lt;/b&gt; &amp;amp; d</title>', "a c & d"),
        ('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b> &lt;c</div></title>', "a b <c"),
        ("<title>escaped twice &amp;amp; again</title>", "escaped twice & again"),
        ("<title>  two\n lines </title>", "two lines"),
        ("<title/><summary>The first words stand for it.</summary>", "The first words stand for it."),
        ("<title/>", "site.example/a"),
    ],
)
def test_titles_are_plain_text(given: str, expected: str) -> None:
    assert one(atom(given + HREF)).title == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<p>One.</p><p>Two<br>three &amp; four</p>", "One. Two three & four"),
        ("<custom-tag a='b > c'>words</custom-tag><o:p>more</o:p>", "wordsmore"),
        ("<script>x()</script><style>p{}</style>words", "words"),
        ("<!-- comment -->words<![if x]>", "words"),
        ("a &lt; b", "a < b"),
        ("<img src='x'>", ""),
        ("plain words\n\n and more", "plain words and more"),
        ("<p>" + "word " * 200 + "</p>", ("word " * 59).strip() + "…"),
        ("<img src='data:image/png;base64," + "A" * 9_000 + "'>words behind", "words behind"),
    ],
)
def test_summaries_are_plain_and_short(given: str, expected: str) -> None:
    sighting = one(rss(f"{LINK}<description><![CDATA[{given}]]></description>"))
    assert sighting.summary == expected
    assert len(sighting.summary) <= 300
    assert sighting.content == ""


def test_without_a_summary_the_content_gives_the_first_words() -> None:
    assert one(atom(f'{HREF}<content type="html">&lt;p&gt;Words.&lt;/p&gt;</content>')).summary == "Words."


def test_content_is_republished_only_where_the_owner_says_so() -> None:
    data = atom(
        f'{HREF}<summary>Short.</summary><content type="html">&lt;p&gt;Long &lt;a href="b"&gt;b&lt;/a&gt;.&lt;/p&gt;</content>'
    )
    assert (one(data).summary, one(data).content) == ("Short.", "")
    full = one(data, FULL)
    assert (full.summary, full.content) == ("Short.", '<p>Long <a href="https://site.example/b">b</a>.</p>')


def test_a_description_that_is_the_article_becomes_its_content() -> None:
    full = one(rss(f"{LINK}<description><![CDATA[<p>{'Words. ' * 100}</p>]]></description>"), FULL)
    assert full.content == f"<p>{'Words. ' * 100}</p>"
    assert len(full.summary) <= 300


@pytest.mark.parametrize("body", ["<b>" * 10_001, "a" * (256 * 1024 + 1)])
def test_content_beyond_all_measure_is_left_out(body: str) -> None:
    data = rss(f"{LINK}<description>Short.</description><content:encoded><![CDATA[{body}]]></content:encoded>", declared='xmlns:content="http://purl.org/rss/1.0/modules/content/"')  # fmt: skip
    full = one(data, FULL)
    assert (full.summary, full.content) == ("Short.", "")


@pytest.mark.parametrize("name", ["title", "description", "author", "category", "guid", "link", "pubDate"])
def test_a_field_of_ten_megabytes_is_cut(name: str) -> None:
    words = "word " * 2_000_000
    fields = {
        "link": "https://site.example/a",
        name: words if name != "link" else f"https://site.example/{'a' * 10_000_000}",
    }
    document = parsed(rss("".join(f"<{key}>{value}</{key}>" for key, value in fields.items())), FULL)
    assert len(pickle.dumps(document)) < 20_000


def test_what_was_given_tells_of_changes_that_readers_see_and_of_no_others() -> None:
    def given(summary: str = "s", title: str = "t", content: str = "c", link: str = "a") -> tuple[str, str, str, str]:
        return one(
            atom(
                f'<title>{title}</title><link href="/{link}"/><summary>{summary}</summary><content>{content}</content>'
            )
        ).given

    before = given()
    assert [one == other for one, other in zip(before, given(summary="x"), strict=True)] == [True, False, True, True]
    assert [one == other for one, other in zip(before, given(title="x"), strict=True)] == [False, True, True, True]
    assert [one == other for one, other in zip(before, given(link="x"), strict=True)] == [True, True, True, False]
    assert given(content="x") == before


@pytest.mark.parametrize(
    ("data", "published", "updated"),
    [
        (rss(f"{LINK}<pubDate>Mon, 02 Mar 2026 10:00:00 EST</pubDate>"), "2026-03-02T15:00:00+00:00", None),
        (rss(f"{LINK}<dc:date>2026-03-02</dc:date>", declared=DC), "2026-03-02T00:00:00+00:00", None),
        (rss(f"{LINK}<pubDate>soon</pubDate>"), None, None),
        (rss(LINK), None, None),
        (atom(f"{HREF}<updated>2026-03-02T10:00:00Z</updated>"), "2026-03-02T10:00:00+00:00", None),
        (atom(f"{HREF}<updated>2026-03-02T10:00:00Z</updated><published>2026-03-01T10:00:00Z</published>"), "2026-03-01T10:00:00+00:00", "2026-03-02T10:00:00+00:00"),
        (json_feed({"url": "/a", "date_modified": "2026-03-02T10:00:00Z"}), "2026-03-02T10:00:00+00:00", None),
    ],
)  # fmt: skip
def test_dates_are_the_authors_or_none(data: bytes, published: str | None, updated: str | None) -> None:
    sighting = one(data)
    assert sighting.published == (datetime.fromisoformat(published) if published else None)
    assert sighting.updated == (datetime.fromisoformat(updated) if updated else None)


@pytest.mark.parametrize(
    ("link", "source", "expected"),
    [
        ("https://site.example/a", "", Provider("The Site", "site.example")),
        ("https://www.site.example/a", "", Provider("The Site", "site.example")),
        ("https://blog.site.example/a", "", Provider("The Site", "blog.site.example")),
        ("https://other.example/a", "", Provider("other.example", "other.example")),
        ("https://notsite.example/a", "", Provider("notsite.example", "notsite.example")),
        ("https://other.example/a", "<source url='https://other.example/rss'>The Other</source>", Provider("The Other", "other.example")),
        ("https://other.example/a", "<source>The Other</source>", Provider("The Other", "other.example")),
    ],
)  # fmt: skip
def test_the_provider_is_who_publishes_at_the_address(link: str, source: str, expected: Provider) -> None:
    assert one(rss(f"<link>{link}</link>{source}")).provider == expected


def test_the_owner_may_name_the_provider_the_language_and_more_topics() -> None:
    provider = Provider("Mine", "mine.example")
    context = replace(CONTEXT, provider=provider, language="fr", topics=("Added",), categories=frozenset({"open-data"}))
    item = f"{LINK}<category>Open Data</category><category>Other</category><category>open data</category>"
    sighting = one(rss(item, head="<language>en</language>"), context)
    assert (sighting.provider, sighting.language) == (provider, "fr")
    assert sighting.topics == ("Open Data", "open data", "Added")


def test_categories_become_topics_only_if_they_are_wanted() -> None:
    data = rss(f"{LINK}<category>A &amp;amp; B</category><category/><category>  </category>")
    assert one(data).topics == ()
    assert one(data, replace(CONTEXT, categories=None)).topics == ("A & B",)
    data = json_feed({"url": "/a", "tags": ["x"]})
    assert one(data).topics == ()
    assert one(data, replace(CONTEXT, categories=None)).topics == ("x",)


def test_names_are_published_and_mail_addresses_are_not() -> None:
    def authors(data: bytes) -> tuple[str, ...]:
        return one(data).authors

    assert authors(rss(f"{LINK}<author>ann@site.example (Ann Bo)</author>")) == ("Ann Bo",)
    assert authors(rss(f"{LINK}<author>Ann Bo &lt;ann@site.example&gt;</author>")) == ("Ann Bo",)
    assert authors(rss(f"{LINK}<author>ann@site.example</author>")) == ()
    assert authors(json_feed({"url": "/a", "authors": [{"name": "ann@site.example"}, {"name": "Bo"}]})) == ("Bo",)
    assert authors(rss(f"{LINK}<dc:creator>Ann</dc:creator><dc:creator>Bo</dc:creator>", declared=DC)) == ("Ann", "Bo")
    assert authors(atom(f"{HREF}<author><name>Ann</name><email>ann@site.example</email></author>")) == ("Ann",)
    assert authors(atom(HREF, head="<author><name>Of the feed</name></author>")) == ("Of the feed",)
    assert authors(rss(f"{LINK}<author>The Site</author>")) == ()


@pytest.mark.parametrize(
    ("given", "images"),
    [
        ('<media:content url="/1.jpg" medium="image" width="10" height="20"/>', (Image("https://site.example/1.jpg", 10, 20),)),
        ('<media:content url="/1.jpg"/><media:thumbnail url="/2.jpg"/>', (Image("https://site.example/1.jpg"),)),
        ('<media:group><media:content url="/1" type="image/png"/></media:group>', (Image("https://site.example/1"),)),
        ('<media:thumbnail url="/2.jpg" width="x" height="0"/>', (Image("https://site.example/2.jpg"),)),
        ('<media:content url="/1.mp4" type="video/mp4"/><media:thumbnail url="/2.jpg"/>', (Image("https://site.example/2.jpg"),)),
        ('<enclosure url="/3.png" type="image/png"/>', (Image("https://site.example/3.png"),)),
        ('<enclosure url="javascript:x" type="image/png"/><enclosure url="" type="image/png"/>', ()),
        ('<media:content url="/s.jpg" width="9"/><media:content url="/l.jpg" width="100"/>', (Image("https://site.example/l.jpg", 100), Image("https://site.example/s.jpg", 9))),
        ('<media:content medium="image"/>', ()),
    ],
)  # fmt: skip
def test_pictures_of_an_entry(given: str, images: tuple[Image, ...]) -> None:
    assert one(rss(LINK + given, declared=MEDIA)).images == images


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ('<enclosure url="/a.mp4" type="video/mp4"/>', "video"),
        ('<enclosure url="/a.mp3" type="audio/mpeg"/>', "article"),
        ('<enclosure url="/a.mp3" type="audio/mpeg"/><enclosure url="/a.mp4" type="video/mp4"/>', "article"),
        ('<media:content url="/a" medium="video"/>', "video"),
        ('<media:content url="/a.jpg" medium="image"/><media:content url="/a" medium="video"/>', "article"),
        ('<media:content url="/a.jpg" medium="image"/>', "article"),
    ],
)
def test_an_entry_whose_main_thing_is_a_video_is_a_video(given: str, kind: str) -> None:
    assert one(rss(LINK + given, declared=MEDIA)).kind == kind


def test_related_links_of_a_source_are_edges() -> None:
    data = atom(
        f'{HREF}<link rel="related" href="/b" title="B" hreflang="en"/><link rel="related" href="/a"/><link rel="via" href="/c"/>'
    )
    href = "https://site.example/b"
    assert one(data).edges == (Edge(href=href, key=href, title="B", language="en"),)


def test_an_entry_says_which_feed_it_came_from() -> None:
    head = '<id>urn:x</id><link rel="self" href="https://site.example/self"/><updated>2026-03-01T00:00:00Z</updated>'
    day = datetime(2026, 3, 1, tzinfo=UTC)
    own = Origin(id="urn:x", title="The Site", href="https://site.example/self", updated=day)
    assert one(atom(HREF, head=head)).origin == own
    assert one(rss(LINK)).origin == Origin(id=CONTEXT.url, title="The Site", href=CONTEXT.url, updated=NOW)
    source = '<source><id>urn:y</id><title>Y</title><link rel="self" href="https://y.example/f"/></source>'
    assert one(atom(HREF + source, head=head)).origin == Origin(
        id="urn:y", title="Y", href="https://y.example/f", updated=day
    )


def test_a_feed_from_a_file_needs_no_address() -> None:
    context = replace(CONTEXT, url="")
    assert one(rss(LINK), context).origin == Origin(
        id="https://site.example/", title="The Site", href="https://site.example/", updated=NOW
    )
    nowhere = json_feed({"url": "https://site.example/a"}, title="")
    made = one(nowhere, context).origin
    assert made is not None  # or it would count as a file of our own
    assert (made.id[:9], made.title, made.href, made.updated) == ("urn:uuid:", "feed", "", NOW)
    other = one(nowhere, replace(context, source="other")).origin
    assert other is not None
    assert other.id != made.id


@pytest.mark.parametrize(
    ("head", "ttl"),
    [
        ("", None),
        ("<ttl>60</ttl>", timedelta(hours=1)),
        ("<ttl> 60 </ttl>", timedelta(hours=1)),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>many</ttl>", None),
        ("<ttl>999999</ttl>", timedelta(hours=24)),
        ("<ttl>12345678</ttl>", timedelta(hours=24)),
        (f"<ttl>{'9' * 5000}</ttl>", timedelta(hours=24)),
        (f"<ttl>{'0' * 5000}60</ttl>", timedelta(hours=1)),
        (f"<ttl>-{'9' * 5000}</ttl>", None),
        ("<ttl>1e9</ttl>", None),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", timedelta(hours=24)),
        ("<sy:updatePeriod> Daily </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", timedelta(hours=6)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", timedelta(hours=1)),
        (
            f"<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>{'9' * 50}</sy:updateFrequency>",
            timedelta(days=1) / 999_999,
        ),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><ttl>90</ttl>", timedelta(minutes=90)),
        ("<sy:updatePeriod>never</sy:updatePeriod>", None),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", timedelta(hours=24)),
        ("<skipHours><hour>3</hour></skipHours>", None),
    ],
)
def test_how_long_a_feed_asks_to_be_left_alone(head: str, ttl: timedelta | None) -> None:
    declared = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    assert parsed(rss(head=head, declared=declared)).ttl == ttl


def test_the_hub_of_a_feed() -> None:
    assert parsed(atom(head='<link rel="hub" href="https://hub.example/"/>')).hub == "https://hub.example/"
    assert parsed(atom(head='<link rel="hub" href="javascript:x"/>')).hub == ""
    assert parsed(atom()).hub == ""


def test_a_document_travels_between_processes() -> None:
    pair = (rss(LINK, "<title>lost</title>"), FULL)
    document = parse_pair(pair)
    assert pickle.loads(pickle.dumps(document)) == document  # noqa: S301  our own bytes
    assert parse_pair(pickle.loads(pickle.dumps(pair))) == document  # noqa: S301
