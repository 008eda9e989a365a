"""Feeds as they are found, rather than as they should be."""

from __future__ import annotations

import codecs
from dataclasses import replace

import pytest
from feed_cases import CONTEXT, FULL, atom, json_feed, one, parsed, read, rss

ITEM = "<title>Café</title><link>https://site.example/a</link>"
FEED = rss(ITEM)
BARE = FEED.partition(b"?>\n")[2]
TEXT = BARE.decode()


def declared(encoding: str, data: bytes) -> bytes:
    return b'<?xml version="1.0" encoding="' + encoding.encode() + b'"?>' + data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(FEED, id="as it should be"),
        pytest.param(BARE, id="no declaration"),
        pytest.param(b"\n\n  \t" + FEED, id="blanks first"),
        pytest.param(codecs.BOM_UTF8 + FEED, id="byte order mark"),
        pytest.param(codecs.BOM_UTF8 + b"\r\n" + FEED, id="mark, then blanks"),
        pytest.param(b"<br />\n<b>Warning</b>: nothing in line 3<br />\n" + FEED, id="a warning first"),
        pytest.param(b"<!-- cached -->\n" + FEED, id="a comment first"),
        pytest.param(b"<!-- no <html> here, and no <!DOCTYPE html> -->\n" + FEED, id="a comment on pages first"),
        pytest.param(b"<!-- <feed> --><!-- --><!-- <html> -->" + FEED, id="comments on roots first"),
        pytest.param(b"<!-- never ended" + FEED, id="a comment that never ends"),
        pytest.param(FEED.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(FEED + b"\n<!-- served in 3 ms -->", id="a comment behind"),
        pytest.param(FEED + b"<script>x</script> and & more <", id="garbage behind"),
        pytest.param(FEED.replace(b"</rss>", b""), id="the last tag is missing"),
        pytest.param(FEED.replace(b"</channel></rss>", b""), id="the last tags are missing"),
        pytest.param(FEED.replace(b"<title>The", b"<title>\x0b\x00\x1b\x0cThe"), id="control characters"),
        pytest.param(FEED.replace(b"<title>The", b"<title>&#x1F;&#0;&#xFFFF;&#xD800;&#x110000;The"), id="references to none"),
        pytest.param(FEED.replace(b"<title>The", b"<title>\xef\xbf\xbfThe"), id="a noncharacter"),
        pytest.param(FEED.replace(b"<title>The", b"<description>a & b</description><title>The"), id="a bare ampersand"),
        pytest.param(FEED.replace(b"Caf\xc3\xa9", b"Caf&eacute;"), id="an entity of HTML"),
        pytest.param(FEED.replace(b"Caf\xc3\xa9", b"Caf&#233;"), id="a reference"),
        pytest.param(FEED.replace(b"Caf\xc3\xa9", b"Caf&amp;eacute;"), id="escaped twice"),
        pytest.param(FEED.replace(b"Caf\xc3\xa9", b"<![CDATA[Caf\xc3\xa9]]>"), id="CDATA"),
        pytest.param(FEED.replace(b"Caf\xc3\xa9", b"<![CDATA[<b>Caf&eacute;</b>]]>"), id="CDATA with HTML"),
        pytest.param(FEED.replace(b"Caf\xc3\xa9", b"\n  <![CDATA[ Caf]]><![CDATA[\xc3\xa9 ]]>\n"), id="two CDATA"),
        pytest.param(FEED.replace(b"Caf\xc3\xa9", b"Cafe\xcc\x81"), id="decomposed"),
        pytest.param(FEED.replace(b"Caf\xc3\xa9", b"Caf\xc3\x83\xc2\xa9"), id="encoded twice"),
        pytest.param(FEED.replace(b"Caf\xc3\xa9", b"Caf\xe9"), id="a stray byte of Latin-1"),
        pytest.param(FEED.replace(b"<item>", b"<item><media:x/><foo:bar foo:z='1'/>"), id="prefixes nobody declared"),
        pytest.param(FEED.replace(b"<item>", b"<item><b><i></b></i>"), id="tags that cross"),
        pytest.param(FEED.replace(b"<item>", b'<p:chapters xmlns:p="http://podlove.org/simple-chapters"><p:chapter/></p:chapters><item>'), id="chapters of nothing"),
        pytest.param(FEED.replace(b"<item>", b'<item><textInput><m:player xmlns:m="http://search.yahoo.com/mrss/"/></textInput>'), id="a player out of place"),
        pytest.param(FEED.replace(b"<item>", b"<item><title/>"), id="an empty title first"),
        pytest.param(FEED.replace(b"<channel>", b"").replace(b"</channel>", b""), id="no channel"),
        pytest.param(FEED.replace(b'version="2.0"', b""), id="no version"),
        pytest.param(FEED.replace(b'version="2.0"', b'version="9"'), id="a version of its own"),
        pytest.param(FEED.replace(b"rss", b"RSS").replace(b"item", b"ITEM").replace(b"link", b"LINK"), id="capitals"),
        pytest.param(FEED.replace(b" >", b' xmlns="http://backend.userland.com/rss2">', 1), id="an old namespace"),
        pytest.param(FEED.replace(b" >", b' xmlns="https://unheard.example/">', 1), id="an unheard namespace"),
        pytest.param(FEED.replace(b" >", b" />", 1), id="a root that is closed at once"),
        pytest.param(FEED.replace(b" >", b" x=y xmlns='http://www.w3.org/2005/Atom'>", 1), id="an attribute without quotes"),
        pytest.param(declared("utf-16", TEXT.encode("utf-8")), id="UTF-8 that calls itself UTF-16"),
        pytest.param(TEXT.encode("utf-16"), id="UTF-16 with a mark"),
        pytest.param(TEXT.encode("utf-16-le"), id="UTF-16 without"),
        pytest.param(TEXT.encode("utf-16-be"), id="UTF-16, the other way round"),
        pytest.param(TEXT.encode("utf-32"), id="UTF-32"),
        pytest.param(declared("iso-8859-1", TEXT.encode("latin-1")), id="Latin-1"),
        pytest.param(declared("iso-8859-1", BARE), id="UTF-8 that calls itself Latin-1"),
        pytest.param(declared("utf-8", TEXT.encode("latin-1")), id="Latin-1 that calls itself UTF-8"),
        pytest.param(declared("us-ascii", BARE), id="UTF-8 that calls itself ASCII"),
        pytest.param(declared("windows-1252", TEXT.encode("cp1252")), id="Windows-1252"),
        pytest.param(declared("iso-8859-15", TEXT.encode("latin-1")), id="Latin-9"),
        pytest.param(declared("punycode", BARE), id="an encoding for hosts"),
        pytest.param(declared("undefined", BARE), id="an encoding that is none"),
        pytest.param(declared("undefined", TEXT.encode("latin-1")), id="none, and Latin-1"),
        pytest.param(declared("unheard-of", BARE), id="an unheard encoding"),
        pytest.param(declared("unicode_escape", TEXT.encode("latin-1")), id="an encoding of Python"),
        pytest.param(b"<!DOCTYPE rss [<!ENTITY x 'y'>]>" + BARE, id="a DTD"),
        pytest.param(b"<!DOCTYPE rss PUBLIC '-//x' 'http://127.0.0.1:9/x.dtd'>" + BARE, id="a DTD elsewhere"),
        pytest.param(b'<?xml-stylesheet href="x.xsl"?>' + BARE, id="a style sheet"),
        pytest.param(f"<r:rss xmlns:r=''>{TEXT[TEXT.index('>') + 1 :]}".encode(), id="a prefix for the root, undone"),
    ],
)  # fmt: skip
def test_what_can_be_read_is_read(data: bytes) -> None:
    (sighting,) = read(data)
    assert (sighting.title, sighting.href) == ("Café", "https://site.example/a")


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("koi8-r", "Привет"),
        ("windows-1251", "Привет"),
        ("iso-8859-7", "Καλημέρα"),
        ("iso-8859-9", "İstanbul"),
        ("gb2312", "港口"),
        ("big5", "港口"),
        ("shift_jis", "みなと"),
        ("euc-jp", "みなと"),
        ("iso-2022-jp", "みなと"),
        ("euc-kr", "항구"),
        ("iso-8859-2", "Łódź"),
    ],
)
def test_an_encoding_that_is_declared_is_used(encoding: str, title: str) -> None:
    text = TEXT.replace("Café", title).encode(encoding)
    assert one(declared(encoding, text)).title == title
    assert one(text, replace(CONTEXT, charset=encoding)).title == title


def test_an_encoding_of_the_server_that_is_wrong_does_no_harm() -> None:
    assert one(FEED, replace(CONTEXT, charset="iso-8859-1")).title == "Café"
    assert one(FEED, replace(CONTEXT, charset="no such")).title == "Café"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t\0", "empty"),
        (b"<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>", "html_page"),
        (b"<!doctype HTML PUBLIC '-//x'>\n<HTML><item>x</item></HTML>", "html_page"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body/></html>", "html_page"),
        (b"<opml version='2.0'><body><outline text='x'/></body></opml>", "not_feed"),
        (b"<urlset><url><loc>https://site.example/</loc></url></urlset>", "not_feed"),
        (b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>", "not_feed"),
        (b"Not Found", "not_feed"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_feed"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "not_feed"),
        (b"<rss><channel><title>x", "malformed"),
        (b"<rss><channel><title>x</channel>", "malformed"),
        (b"{", "malformed"),
        (b'{"items": [}', "malformed"),
        (b'{"error": "no such feed"}', "not_feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 100_000, "malformed"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "n": ' + b"9" * 10_000 + b"}", "malformed"),
        (b"[]", "not_feed"),
    ],
)
def test_what_is_no_feed_is_a_fault(data: bytes, code: str) -> None:
    document = parsed(data)
    assert document.fault is not None
    assert (document.fault.code, document.fault.location, document.found) == (code, "wire", 0)
    assert document.fault.reason


@pytest.mark.parametrize("data", [rss(), atom(), json_feed(), rss() + b"</x> & behind"])
def test_a_feed_without_entries_is_a_feed(data: bytes) -> None:
    document = parsed(data)
    assert (document.fault, document.found, document.title) == (None, 0, "The Site")


def test_no_entity_is_read_from_anywhere_or_grows() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    outside = '<!ENTITY file SYSTEM "file:///etc/hostname"><!ENTITY % remote SYSTEM "http://127.0.0.1:9/"> %remote;'
    data = f"<!DOCTYPE rss [{outside}{entities}]>{TEXT.replace('Café', 'a&file;b&e9;')}".encode()
    assert one(data).title == "a&file;b&e9;"


def test_a_document_that_ends_inside_an_entry_loses_that_one_only() -> None:
    data = rss(ITEM, "<title>B</title><link>https://site.example/long-address</link>")
    document = parsed(data[: data.index(b"-address")])
    assert [sighting.href for sighting in document.sightings] == ["https://site.example/a"]
    assert [(drop.code, drop.place) for drop in document.drops] == [("torn", "entry 2")]


def test_html_that_would_harm_never_comes_through() -> None:
    html = (
        "<p onclick='x()' style='position:fixed'>a<script>x()</script><iframe src='https://evil.example/'></iframe>"
        "<a href='java\tscript:x()'>b</a><a href='vbscript:x'>c</a><img src='data:image/png;base64,x' onerror='x()'>"
        "<svg><a xlink:href='javascript:x'>d</a></svg><style>p{}</style><form action='x'><input></form></p>"
    )
    sighting = one(rss(f"{ITEM}<description><![CDATA[{html}]]></description>"), FULL)
    for word in ("script", "onclick", "onerror", "style", "iframe", "data:", "evil", "svg", "form", "position"):
        assert word not in sighting.content
    assert sighting.summary == "abc"


@pytest.mark.parametrize("given", ["<b>a</b>", "&lt;b&gt;a&lt;/b&gt;", "<![CDATA[<b>a</b>]]>", "&amp;lt;b&amp;gt;a"])
def test_titles_of_rss_are_plain_however_they_are_written(given: str) -> None:
    title = one(rss(f"<title>{given}</title><link>https://site.example/a</link>")).title
    assert title in {"a", "<b>a"}  # the last is escaped twice: these are words about a tag
