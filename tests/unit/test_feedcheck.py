"""The checker of feeds can fail: each of its events is raised by a document that is bad in one way only."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import feedcheck
import pytest

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SELF = "https://feeds.test.example/all.atom"

ATOM = f"""\
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<id>https://feeds.test.example/all</id><title>Quay News</title><updated>2026-10-20T08:00:00Z</updated>
<link rel="self" href="{SELF}"/><link href="https://www.test.example/" type="text/html"/>
<entry><id>https://www.quay.example/crane</id><title>A crane</title><updated>2026-10-20T08:00:00Z</updated>
<published>2026-10-20T08:00:00Z</published>
<author><name>Quay Post</name><uri>https://quay.example/</uri></author>
<link rel="alternate" type="text/html" href="https://www.quay.example/crane"/>
<link rel="related" type="text/html" href="https://www.pier.example/winch" title="A winch"/>
<category term="harbour" label="Harbour"/><summary>It lifts.</summary><content type="html">&lt;p&gt;It lifts.</content>
<media:content url="https://www.quay.example/crane.jpg" medium="image"/>
<source><id>https://pier.example/feed</id><title>Pier</title><updated>2026-10-20T08:00:00Z</updated></source>
</entry></feed>"""

RSS = f"""\
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>Quay News</title><link>https://www.test.example/</link>
<description>From the quay</description><atom:link rel="self" href="{SELF}"/>
<lastBuildDate>Tue, 20 Oct 2026 08:00:00 +0000</lastBuildDate>
<image><title>Quay News</title></image>
<item><title>A crane</title>
<link>https://www.quay.example/crane</link><guid isPermaLink="false">https://www.quay.example/crane</guid>
<description>It lifts.</description><content:encoded>It lifts.</content:encoded>
<pubDate>Tue, 20 Oct 2026 08:00:00 +0000</pubDate>
<category>Harbour</category>
<author>crane@quay.example (Quay Post)</author>
<enclosure url="https://www.quay.example/crane.mp3" length="0" type="audio/mpeg"/>
<source url="https://pier.example/feed">Pier</source>
<atom:link rel="related" href="https://www.pier.example/winch" title="A winch"/>
</item></channel></rss>"""

JSON: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Quay News",
    "home_page_url": "https://www.test.example/",
    "feed_url": SELF,
    "items": [
        {
            "id": "https://www.quay.example/crane",
            "url": "https://www.quay.example/crane",
            "title": "A crane",
            "content_html": "<p>It lifts.",
            "date_published": "2026-10-20T08:00:00Z",
            "authors": [{"name": "Quay Post"}],
            "tags": ["Harbour"],
            "_ours": {"related": [{"url": "https://www.pier.example/winch"}]},
        }
    ],
}

ALTERNATE = '<link rel="alternate" type="text/html" href="https://www.quay.example/crane"/>'
AUTHOR = "<author><name>Quay Post</name><uri>https://quay.example/</uri></author>"
SUMMARY = '<summary>It lifts.</summary><content type="html">&lt;p&gt;It lifts.</content>'
ENTRY = ATOM[ATOM.index("<entry>") : ATOM.index("</feed>")]
ITEM = RSS[RSS.index("<item>") : RSS.index("</channel>")]


def found(document: str) -> list[str]:
    return feedcheck.events(document.encode(), SELF, now=NOW)


def changed(document: str, old: str, new: str) -> str:
    assert old in document
    return document.replace(old, new, 1)


@pytest.mark.parametrize("document", [ATOM, RSS, json.dumps(JSON)], ids=["atom", "rss", "json"])
def test_a_good_document_raises_nothing(document: str) -> None:
    assert found(document) == []


ATOM_CASES = [
    ("DuplicateAtomLink", ALTERNATE, ALTERNATE * 2),
    ("DuplicateAtomLink", 'rel="related" ', ""),
    ("MissingElement", AUTHOR, ""),
    ("MissingElement", "<name>Quay Post</name>", ""),
    ("MissingElement", "<title>Quay News</title>", ""),
    ("MissingElement", "<title>A crane</title>", ""),
    (
        "MediaGroupWithoutAlternatives",
        "<media:content ",
        '<media:group><media:content url="https://e.example/"/></media:group><media:content ',
    ),
    ("MissingSelf", f'<link rel="self" href="{SELF}"/>', ""),
    ("SelfDoesntMatchLocation", f'href="{SELF}"', 'href="https://elsewhere.example/all.atom"'),
    ("ContainsUndeclaredHTML", "<title>A crane<", "<title>A &lt;/b> crane<"),
    ("ContainsUndeclaredHTML", "<title>A crane<", "<title>Crane &amp;amp; winch<"),
    ("ContainsUndeclaredHTML", "<summary>It", "<summary>&amp;lt;"),
    ("ContainsUndeclaredHTML", "<title>Quay News<", "<title>&amp;#60;<"),
    ("ContainsHTML", 'title="A winch"', 'title="A &lt;/i> winch"'),
    ("ContainsHTML", 'title="A winch"', 'title="A &amp;R2 winch"'),
    ("ContainsHTML", 'label="Harbour"', 'label="&amp;lt;"'),
    ("ContainsHTML", "<name>Quay Post<", "<name>&amp;copy<"),
    ("ContainsEmail", "<name>Quay Post<", "<name>&lt;post@quay.example><"),
    ("MissingSourceElement", "<id>https://pier.example/feed</id>", ""),
    ("MissingSourceElement", "<title>Pier</title>", ""),
    ("ContainsUndeclaredHTML", "<title>Pier<", "<title>&lt;/b><"),
    ("InvalidUriChar", ' href="https://www.quay.example/crane"', ' href="https://www.quay.example/[crane]"'),
    ("InvalidUriChar", "<uri>https://quay.example/", "<uri>https://{quay}.example/"),
    ("InvalidUriChar", "crane.jpg", "crane|winch.jpg"),
    ("UriNotIri", ' href="https://www.quay.example/crane"', ' href="https://www.quay.example/grúa"'),
    ("InvalidFullLink", ' href="https://www.quay.example/crane"', ' href="/crane"'),
    ("InvalidUriChar", "<id>https://www.quay.example/crane", "<id>https://www.quay.example/a crane"),
    ("NonCanonicalURI", "<id>https://www.quay.example/crane", "<id>https://www.Quay.example/crane"),
    ("NonCanonicalURI", "<id>https://www.quay.example/crane", "<id>https://www.quay.example:443/crane"),
    ("NonCanonicalURI", "<id>https://www.quay.example/crane", "<id>https://www.quay.example"),
    ("NonCanonicalURI", "<id>https://www.quay.example/crane", "<id>https://www.quay.example/50%"),
    ("NonCanonicalURI", "<id>https://www.quay.example/crane", "<id>https://www.quay.example/%41"),
    ("NonCanonicalURI", "<id>https://www.quay.example/crane", "<id>https://www.quay.example/gr%FAa"),
    ("NonCanonicalURI", "<id>https://www.quay.example/crane", "<id>https://www.quay.example/gru%CC%81a"),
    ("NonCanonicalURI", "<id>https://www.quay.example/crane", "<id>https://www.quay.example/50%252F"),
    ("InvalidUriChar", "<id>https://www.quay.example/crane", "<id>https://[2001:db8::1]/crane"),
    ("ImplausibleDate", "<published>2026", "<published>2027"),
    ("ImplausibleDate", "<published>2026", "<published>1989"),
    ("InvalidRFC3339Date", "<published>2026-10-20T08:00:00Z", "<published>2026-10-20T08:00:00"),
    ("InvalidRFC3339Date", "<published>2026-10-20T", "<published>2026-02-30T"),
    ("BadCharacters", "It lifts.<", "It lifts\x85<"),
    ("BadCharacters", 'title="A winch"', 'title="A \ufffd winch"'),
    ("NotBlank", "<title>A crane<", "<title> <"),
    ("NotBlank", "<summary>It lifts.<", "<summary><"),
    ("NotBlank", 'term="harbour"', 'term=""'),
    ("NotBlank", "<name>Quay Post<", "<name><"),
    ("AttrNotBlank", 'title="A winch"', 'title=""'),
    ("MissingTextualContent", SUMMARY, ""),
    ("UnregisteredAtomLinkRel", 'rel="related"', 'rel="amphtml"'),
    ("MissingHref", ' href="https://www.pier.example/winch"', ""),
    ("UnknownNamespace", "<entry>", '<entry xmlns:at="http://purl.org/atompub/tombstones/1.0">'),
    ("DuplicateEntries", "</feed>", ENTRY.replace(":00Z", ":01Z") + "</feed>"),
    ("SAXError", "</feed>", ""),
]


@pytest.mark.parametrize(("event", "old", "new"), ATOM_CASES)
def test_atom_event_fires(event: str, old: str, new: str) -> None:
    assert found(changed(ATOM, old, new)) == [event]


def test_an_entry_without_content_and_alternate_is_no_entry() -> None:
    bare = changed(changed(ATOM, ALTERNATE, ""), '<content type="html">&lt;p&gt;It lifts.</content>', "")
    assert found(bare) == ["MissingContentOrAlternate"]


def test_equal_times_are_an_event_but_no_objection() -> None:
    other = ENTRY.replace("<id>https://www.quay.example/crane", "<id>tag:quay.example,2026:2")
    twice = changed(ATOM, "</feed>", f"{other}</feed>")
    assert found(twice) == ["DuplicateUpdated"]
    assert feedcheck.objections(twice.encode(), SELF, now=NOW) == []


RSS_CASES = [
    ("MissingAtomSelfLink", f'<atom:link rel="self" href="{SELF}"/>', ""),
    ("SelfDoesntMatchLocation", f'href="{SELF}"', 'href="https://elsewhere.example/all.rss"'),
    ("ChannelLinkIsSelf", "<link>https://www.test.example/<", f"<link>{SELF}<"),
    ("MissingLink", "<link>https://www.test.example/</link>", ""),
    ("MissingDescription", "<description>From the quay</description>", ""),
    ("MissingElement", RSS[RSS.index("<channel>") : RSS.index("</rss>")], ""),
    ("ImageTitleDoesntMatch", "<image><title>Quay News<", "<image><title>Pier News<"),
    ("InvalidContact", "crane@quay.example (Quay Post)", "Quay Post"),
    ("ContainsHTML", "<title>A crane<", "<title>A &lt;/b> crane<"),
    ("ContainsHTML", "<title>A crane<", "<title>Crane &amp;amp; winch<"),
    ("ContainsHTML", "<title>A crane<", "<title>A &#x3C;/b> crane<"),
    ("ContainsHTML", 'title="A winch"', 'title="A &lt;/i> winch"'),
    ("ContainsHTML", ">Harbour<", ">&lt;/u><"),
    ("ContainsHTML", ">Pier<", ">&amp;lt;<"),
    ("CharacterData", "<title>A crane<", "<title>A &lt;crane><"),
    ("CharacterData", 'title="A winch"', 'title="A &lt;winch>"'),
    ("DuplicateValue", "</channel>", f"{ITEM}</channel>"),
    ("MissingGuid", '<guid isPermaLink="false">https://www.quay.example/crane</guid>', ""),
    ("InvalidUriChar", "<link>https://www.quay.example/crane<", "<link>https://www.quay.example/{crane}<"),
    ("UriNotIri", "<link>https://www.quay.example/crane<", "<link>https://www.quay.example/grúa<"),
    ("ImplausibleDate", "<pubDate>Tue, 20 Oct 2026", "<pubDate>Wed, 20 Oct 2027"),
    ("ImplausibleDate", "<pubDate>Tue, 20 Oct 2026 08:00", "<pubDate>Sun, 01 Nov 2026 00:11"),
    ("InvalidRFC2822Date", "<pubDate>Tue, 20 Oct 2026 08:00:00 +0000", "<pubDate>2026-10-20T08:00:00Z"),
    ("InvalidRFC2822Date", "<pubDate>Tue", "<pubDate>Wed"),
    ("InvalidRFC2822Date", "<lastBuildDate>Tue, 20 Oct", "<lastBuildDate>Tue, 40 Oct"),
    ("BadCharacters", "<title>A crane<", "<title>A \x92 crane<"),
    ("NotBlank", "<title>A crane<", "<title><"),
    ("NotBlank", ">Harbour<", "><"),
    ("AttrNotBlank", 'title="A winch"', 'title=""'),
    ("MissingAttribute", ' length="0"', ""),
    ("MissingAttribute", ' type="audio/mpeg"', ""),
    ("InvalidIntegerAttribute", 'length="0"', 'length="-1"'),
    (
        "DuplicateEnclosure",
        "<enclosure ",
        '<enclosure url="https://e.example/a" length="1" type="audio/ogg"/><enclosure ',
    ),
    ("UnregisteredAtomLinkRel", 'rel="related"', 'rel="amphtml"'),
    ("UnknownNamespace", "<item>", '<item xmlns:x="https://unheard-of.example/">'),
    ("NeedDescriptionBeforeContent", "<description>It lifts.</description>", ""),
]


@pytest.mark.parametrize(("event", "old", "new"), RSS_CASES)
def test_rss_event_fires(event: str, old: str, new: str) -> None:
    assert found(changed(RSS, old, new)) == [event]


def test_an_item_needs_title_or_description() -> None:
    bare = changed(RSS, "<title>A crane</title>", "")
    bare = changed(bare, "<description>It lifts.</description><content:encoded>It lifts.</content:encoded>", "")
    assert found(bare) == ["ItemMustContainTitleOrDescription"]


JSON_CASES = [
    ("NotAFeed", {"version": "1"}, {}),
    ("MissingSelf", {"feed_url": None}, {}),
    ("SelfDoesntMatchLocation", {"feed_url": "https://elsewhere.example/all.json"}, {}),
    ("ChannelLinkIsSelf", {"home_page_url": SELF}, {}),
    ("NotBlank", {"title": ""}, {}),
    ("MissingElement", {}, {"id": None}),
    ("MissingElement", {}, {"authors": None}),
    ("NonCanonicalURI", {}, {"id": "https://www.quay.example"}),
    ("MissingTextualContent", {}, {"content_html": None}),
    ("NotBlank", {}, {"summary": " "}),
    ("NotBlank", {}, {"tags": [""]}),
    ("UriNotIri", {}, {"url": "https://www.quay.example/grúa"}),
    ("InvalidUriChar", {}, {"_ours": {"related": [{"url": "https://www.pier.example/a winch"}]}}),
    ("InvalidRFC3339Date", {}, {"date_published": "2026-10-20"}),
    ("ImplausibleDate", {}, {"date_modified": "2999-10-20T08:00:00Z"}),
    ("BadCharacters", {}, {"title": "A \ufffd crane"}),
]


@pytest.mark.parametrize(("event", "head", "item"), JSON_CASES)
def test_json_event_fires(event: str, head: dict[str, Any], item: dict[str, Any]) -> None:
    whole = {**JSON, "items": [{**JSON["items"][0], **item}], **head}
    whole["items"] = [{name: value for name, value in whole["items"][0].items() if value is not None}]
    assert found(json.dumps({name: value for name, value in whole.items() if value is not None})) == [event]


def test_repeated_json_ids_are_an_event() -> None:
    assert found(json.dumps({**JSON, "items": JSON["items"] * 2})) == ["DuplicateEntries"]
    assert found("{") == ["SAXError"]


def test_what_is_no_feed_or_too_large_is_said() -> None:
    assert found("<html/>") == ["NotAFeed"]
    assert feedcheck.events(b" " * (feedcheck.MAX_BYTES + 1), SELF, now=NOW) == ["ValidatorLimit"]
