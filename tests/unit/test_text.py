from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.core.text import clean_html, cut, legal, looks_like_markup, plain, without_markup

BASE = "https://x.example/a/b"
ANY_TEXT = st.text(st.one_of(st.characters(), st.sampled_from("\ud83d\ude00\x00\x93\ufeffe\u0301\u202e<>&;#x ab")))
MARKUP = st.lists(
    st.sampled_from(["<", ">", "</", "<b", "<b>", "</b>", "<script>", "</script>", "<!--", "&", "&lt;", "&amp;", "lt;", "a", " ", "p", "'", "&#60;", "<img src=x onerror=a>"]),
    max_size=30,
).map("".join)  # fmt: skip

NAUGHTY = [
    "undefined", "null", "-1e400", "${7*7}", "{{7*7}}", "%s%n%x", "'; DROP TABLE x; --", "../../x", "C:\\x", "=1+1",
    "Ω≈ç√∫˜µ≤≥÷", "田中さんにあげて下さい", "ÅÍÎÏ˝ÓÔÒÚÆ☃", "\u202etest\u202c", "\u2066a\u2069", "\ufeffa", "Z̧͇̗̈́ͅa̖l͕g̦o̞",
    "👩🏽‍🚀", "🇺🇳🇺", "\ufffea", "\x1b[31ma\x07", "a\x00b", "\u00ad\u200b", "ﷺ", "ʇunpıpıɔuı", "\u202etxt.exe",
]  # fmt: skip


def test_every_code_point_becomes_text_that_xml_can_carry() -> None:
    step = 0x4000
    for start in range(0, sys.maxunicode + 1, step):
        # Each on its own, between letters, so that no two of them make a pair.
        made = legal("a".join(map(chr, range(start, start + step))))
        element = etree.Element("a")
        element.text = made
        assert etree.fromstring(etree.tostring(element, encoding="utf-8")).text == made
        assert unicodedata.is_normalized("NFC", made)
        assert legal(made) == made


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        pytest.param("plain ~ text", "plain ~ text", id="ASCII"),
        pytest.param("a\tb\nc\rd", "a\tb\nc\rd", id="white space stays"),
        pytest.param("a\x00b\x08c\x1bd\x7fe", "abcde", id="controls"),
        pytest.param("\x93a\x94 \x96 b\x85", "“a” – b…", id="C1 is Windows punctuation"),
        pytest.param("a\x81b", "ab", id="C1 that Windows does not know"),
        pytest.param("\ud83d\ude00", "😀", id="surrogate pair"),
        pytest.param("a\ud83d b\ude00", "a b", id="lone surrogates"),
        pytest.param("\ude00\ud83d", "", id="pair the wrong way round"),
        pytest.param("\ud83d\x00\ude00", "", id="halves that a control keeps apart"),
        pytest.param("e\u0301", "é", id="NFC"),
        pytest.param("e\x00\u0301", "é", id="NFC after what is removed"),
        pytest.param("a\ufffeb\uffffc\ufdd0d\U0001fffee\ufffd", "abcde", id="noncharacters"),
        pytest.param("\ufeffa\u200eb\u200f\u202ec\u202c\u2066d\u2069", "abcd", id="byte order mark and bidi controls"),
        pytest.param("👩\u200d🚀 ❤\ufe0f", "👩\u200d🚀 ❤\ufe0f", id="joiners and variations stay"),
    ],
)
def test_legal_text(given_text: str, expected: str) -> None:
    assert legal(given_text) == expected


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT)
def test_legal_text_stays_as_it_is(text: str) -> None:
    made = legal(text)
    assert legal(made) == made
    made.encode()


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        pytest.param("a  b\n\tc\u00a0d ", "a b c d", id="white space"),
        pytest.param("C++ <vector> & Co", "C++ <vector> & Co", id="angle brackets that are no markup"),
        pytest.param("a < b > c", "a < b > c", id="comparisons"),
        pytest.param("List<String> is <T>", "List<String> is <T>", id="generics"),
        pytest.param("<b>a</b> <i class='x'>b</i>", "a b", id="tags"),
        pytest.param("<B>a</B>", "a", id="tags in capitals"),
        pytest.param("<b>C++ <vector></b>", "C++ <vector>", id="markup around what is none"),
        pytest.param("a<br>b<br/>c</p><p>d", "a b c d", id="blocks part words"),
        pytest.param("a<script>alert('<b>')</script>b", "a b", id="scripts"),
        pytest.param("a<style media=x>p { }</style >b", "a b", id="styles"),
        pytest.param("a<SCRIPT\n>b</sCRIPT\t>c", "a c", id="scripts in capitals"),
        pytest.param("How <script> tags work", "How tags work", id="a script that never ends"),
        pytest.param("a<!--b", "ab", id="comments"),
        pytest.param("<scr<b>ipt>alert(1)</scr</b>ipt>", "alert(1)", id="tags in tags"),
        pytest.param("<<b>b>a", "a", id="a tag that opens another"),
        pytest.param("<script>" * 5000 + "a", "a", id="scripts in scripts"),
        pytest.param("a &amp; b &lt;b&gt; &#8220;c&#x201D;&nbsp;d", "a & b <b> “c” d", id="entities"),
        pytest.param("<b>AT&T</b> &copy; &amp;lt;", "AT&T © &lt;", id="entities are read once"),
        pytest.param("AT&T R&D &notanentity; a&b;c", "AT&T R&D &notanentity; a&b;c", id="ampersands"),
        pytest.param("<b>x</b>?a=1&copy=2", "x?a=1&copy=2", id="parameters are no entities"),
        pytest.param("a&#0;b&#xD800;c&#x202E;d&#128;", "abcd€", id="entities of what is not legal"),
        pytest.param("", "", id="nothing"),
        pytest.param("<p></p>", "", id="nothing but tags"),
    ],
)
def test_plain_text(given_text: str, expected: str) -> None:
    assert plain(given_text, 1_000) == expected


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("<b" * 5_000 + ">" * 5_000, id="tags in tags in tags"),
        pytest.param("<script>" * 5_000 + "<style>" * 5_000, id="scripts that never end"),
        pytest.param("<script" * 5_000, id="tags that never end"),
        pytest.param("&amp;&#" + "9" * 5_000 + ";", id="a number that is no character"),
        pytest.param("&" * 5_000 + "amp;" * 5_000, id="references in references"),
    ],
)
def test_hostile_text_is_cut_and_legal(hostile: str) -> None:
    made = plain(hostile, 100)
    assert len(made) <= 100
    assert legal(made) == made


@settings(max_examples=200, deadline=None)
@given(st.one_of(ANY_TEXT, MARKUP), st.integers(1, 40))
def test_plain_text_is_one_legal_line_within_its_limit(text: str, limit: int) -> None:
    made = plain(text, limit)
    assert len(made) <= limit
    assert legal(made) == made
    assert " ".join(made.split()) == made


@settings(max_examples=200, deadline=None)
@given(MARKUP.filter(lambda text: "&" not in text))
@example("<" * 30 + "b" + ">" * 30)
def test_no_tag_survives_however_it_is_put_together(text: str) -> None:
    made = plain(text, 1_000)
    assert not any(tag in made for tag in ("<b>", "</b>", "<script>", "</script>", "<!--"))


@pytest.mark.parametrize("naughty", NAUGHTY)
def test_naughty_text_is_legal_and_keeps_what_can_be_seen(naughty: str) -> None:
    made = plain(naughty, 100)
    element = etree.Element("a")
    element.text = made
    assert etree.fromstring(etree.tostring(element)).text == (made or None)
    assert not set(made) & set("\x00\x07\x1b\ufeff\ufffe\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert [one for one in made if one.isalnum()] == [
        one for one in unicodedata.normalize("NFC", naughty) if one.isalnum()
    ]


@pytest.mark.parametrize(
    ("given_text", "limit", "expected"),
    [
        pytest.param("abc def", 7, "abc def", id="fits"),
        pytest.param("abc def ghi", 9, "abc def…", id="at a word"),
        pytest.param("abc defghijkl", 8, "abc def…", id="no word ends near"),
        pytest.param("abcdefghij", 5, "abcd…", id="one long word"),
        pytest.param("abcd  efgh ij", 8, "abcd…", id="no blank before the mark"),
        pytest.param("abe\u0327\u0301xyz", 4, "ab…", id="a letter keeps its marks or goes"),
        pytest.param("ab❤\ufe0fxyz", 4, "ab…", id="a variation"),
        pytest.param("\u0301" * 9, 5, "…", id="nothing but marks"),
        pytest.param("abc", 1, "…", id="no room"),
        pytest.param("", 1, "", id="nothing"),
    ],
)
def test_cutting(given_text: str, limit: int, expected: str) -> None:
    assert cut(given_text, limit) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab \u0301\u200d\ufe0f👩")), st.integers(1, 12))
def test_a_cut_is_marked_and_within_the_limit(text: str, limit: int) -> None:
    made = cut(text, limit)
    assert len(made) <= limit
    assert made == text or (made.endswith("…") and text.startswith(made[:-1]))


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        pytest.param("<p>a <em>b</em></p>", "<p>a <em>b</em></p>", id="what is allowed"),
        pytest.param('<a href="javascript:alert(1)">a</a>', "<a>a</a>", id="javascript"),
        pytest.param('<a href=" jAva\nscript:alert(1)">a</a>', "<a>a</a>", id="javascript in disguise"),
        pytest.param('<a href="&#106;avascript:alert(1)">a</a>', "<a>a</a>", id="javascript in entities"),
        pytest.param('<a href="vbscript:a">a</a><a href="file:///a">b</a>', "<a>a</a><a>b</a>", id="other schemes"),
        pytest.param('<img src="data:image/svg+xml,a" alt="b">', '<img alt="b">', id="data"),
        pytest.param('<p onclick="a()" style="b" class="c" id="d">e</p>', "<p>e</p>", id="attributes"),
        pytest.param('<img src="c.png" onerror="a()">', '<img src="https://x.example/a/c.png">', id="handlers"),
        pytest.param('<svg onload="a()"><a href="b">c</a></svg>d', "d", id="svg"),
        pytest.param("a<script>alert(1)</script>b", "ab", id="script"),
        pytest.param("a<style>p {}</style>b", "ab", id="style"),
        pytest.param('a<iframe src="https://y.example/"></iframe>b', "ab", id="iframe"),
        pytest.param('<object data="a"></object><embed src="a"><form><input></form>', "", id="objects and forms"),
        pytest.param("a<!-- b -->c", "ac", id="comments"),
        pytest.param('<base href="https://y.example/"><a href="b">c</a>', '<a href="https://x.example/a/b">c</a>', id="base"),
        pytest.param('<a href="/c?d=1&amp;e">f</a>', '<a href="https://x.example/c?d=1&amp;e">f</a>', id="from the root"),
        pytest.param('<a href="//y.example/c">f</a>', '<a href="https://y.example/c">f</a>', id="without a scheme"),
        pytest.param('<a href="#c">f</a>', '<a href="https://x.example/a/b#c">f</a>', id="fragment alone"),
        pytest.param('<a href="mailto:a@x.example">b</a>', '<a href="mailto:a@x.example">b</a>', id="mail"),
        pytest.param('<a href="https://y.example/" target="_blank" rel="x">b</a>', '<a href="https://y.example/">b</a>', id="targets"),
        pytest.param('<q cite="javascript:alert(1)">d</q>', "<q>d</q>", id="addresses that nobody sees"),
        pytest.param("<p>a<p>b<i>c", "<p>a</p><p>b<i>c</i></p>", id="tags that are left open"),
        pytest.param("a < b & c", "a &lt; b &amp; c", id="text"),
        pytest.param("<p>\x93a\x94\x00\ud800</p>", "<p>“a”</p>", id="illegal text"),
        pytest.param("a\r\nb", "a\nb", id="line ends"),
        pytest.param("  ", "", id="nothing"),
        pytest.param('<noscript><p title="</noscript><img src=x onerror=a()>"></noscript>', '&lt;p title="<img src="https://x.example/a/x">"&gt;', id="mutation"),
        pytest.param("<math><mtext><table><mglyph><style><img src=x onerror=a()>", "", id="namespaces"),
    ],
)  # fmt: skip
def test_html_is_made_safe(markup: str, expected: str) -> None:
    assert clean_html(markup, BASE) == expected


@settings(max_examples=200, deadline=None)
@given(MARKUP)
def test_safe_html_stays_as_it_is(markup: str) -> None:
    made = clean_html(markup, BASE)
    assert "onerror" not in made.replace("onerror=a&gt;", "")
    assert "<script" not in made
    assert clean_html(made, BASE) == made


LIKE_MARKUP = [
    ("a <b>c</b>", "a ‹b>c‹/b>"),
    ("a <vector>", "a ‹vector>"),
    ("<!DOCTYPE", "‹!DOCTYPE"),
    ("a &amp; b", "a ＆amp; b"),
    ("a &copy 2026", "a ＆copy 2026"),
    ("a &#60; b &#x3C;", "a ＆#60; b ＆#x3C;"),
]
UNLIKE_MARKUP = ["", "a", "a < b", "1 <2", "a & b", "a > b", "</ a", "<3", "a &", "<"]


@pytest.mark.parametrize(("text", "expected"), LIKE_MARKUP)
def test_what_looks_like_markup_is_found_and_defused(text: str, expected: str) -> None:
    assert looks_like_markup(text)
    assert without_markup(text) == expected


@pytest.mark.parametrize("text", UNLIKE_MARKUP)
def test_what_does_not_look_like_markup_stays(text: str) -> None:
    assert not looks_like_markup(text)
    assert without_markup(text) == text


def test_an_ampersand_that_is_no_reference_stays() -> None:
    assert without_markup("AT&T, R&D, x &unknown; y") == "AT&T, R&D, x &unknown; y"


@settings(max_examples=200, deadline=None)
@given(MARKUP)
def test_defused_text_is_defused_once(text: str) -> None:
    made = without_markup(text)
    assert len(made) == len(text)
    assert without_markup(made) == made
    assert "<b" not in made
