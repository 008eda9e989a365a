"""What article files say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from article_cases import ADDRESS, LOCATION, SECRET, read

from aggregator.core.model import Edge, Image, Provider, Sighting
from aggregator.sources import Context


def test_every_field_of_an_article() -> None:
    sighting = read(
        category="news",
        title="The boat & the quay",
        excerpt="A boat came in.\nIt left.",
        publishedDateTime="2026-11-01T05:00:00-07:00",
        type="video",
        provider={"name": "Harbour%2c Inc.", "domain": "www.Harbour.example", "images": [{"url": ADDRESS}]},
        topics=["Sea", "Boats"],
        secured=SECRET,
        quality=44,
        heat=-1,
        published=False,
        webUrl="https://harbour.example/web",
        ampWebUrl="https://harbour.example/amp",
        cdnAmpWebUrl="https://harbour-example.cdn.ampproject.org/c/s/harbour.example/cache",
        images=[{"url": "https://harbour.example/1.png", "width": 10, "height": 20, "isCached": True, "title": "t"}],
        related=[
            {
                "title": "The quay",
                "excerpt": "Not used.",
                "publishedDateTime": "2026-10-31T12:00:00Z",
                "webUrl": "https://y.example/quay#top",
                "provider": {"name": "Y", "domain": "y.example"},
                "quality": 7,
                "language": "en_GB",
            }
        ],
        author="Ann",
        locale="en-us",
        featuredContent="<iframe src='https://y.example/'></iframe>",
    )
    assert replace(sighting, given=("", "", "", "")) == Sighting(
        source="news",
        location=LOCATION,
        name="2026-11-01-boat.md",
        key=ADDRESS,
        href=ADDRESS,
        aliases=("https://harbour.example/web", "https://harbour.example/amp", "https://harbour.example/cache"),
        title="The boat & the quay",
        summary="A boat came in. It left.",
        published=datetime(2026, 11, 1, 12, tzinfo=UTC),
        provider=Provider("Harbour, Inc.", "harbour.example"),
        topics=("Sea", "Boats"),
        authors=("Ann",),
        language="en-us",
        images=(Image("https://harbour.example/1.png", 10, 20),),
        quality=44,
        heat=-1,
        kind="video",
        edges=(
            Edge(
                href="https://y.example/quay#top",
                key="https://y.example/quay",
                title="The quay",
                provider="Y",
                published=datetime(2026, 10, 31, 12, tzinfo=UTC),
                quality=7,
                language="en-GB",
            ),
        ),
    )


def test_an_address_is_enough() -> None:
    assert replace(read(), given=("", "", "", "")) == Sighting(
        source="news",
        location=LOCATION,
        name="2026-11-01-boat.md",
        key=ADDRESS,
        href=ADDRESS,
        title="www.harbour.example/boat",
        provider=Provider("harbour.example", "harbour.example"),
    )


@pytest.mark.parametrize("name", ["originalUrl", "webUrl", "sourceUrl", "url"])
def test_the_address_may_have_an_older_name(name: str) -> None:
    given: dict[str, Any] = {"originalUrl": ..., name: ADDRESS}
    sighting = read(**given)
    assert (sighting.href, sighting.key) == (ADDRESS, ADDRESS)


def test_the_newest_name_of_the_address_comes_first() -> None:
    sighting = read(url="https://x.example/4", sourceUrl="https://x.example/3", webUrl="https://x.example/2")
    assert sighting.href == ADDRESS
    assert (
        read(originalUrl="", webUrl="https://x.example/2", sourceUrl="https://x.example/3").key == "https://x.example/2"
    )


def test_the_address_is_published_as_given_and_compared_by_its_key() -> None:
    sighting = read(originalUrl="http://u:p@X.example/a?utm_source=b#c")
    assert sighting.href == "http://x.example/a?utm_source=b#c"
    assert sighting.key == "https://x.example/a"


@pytest.mark.parametrize("name", ["webUrl", "sourceUrl", "ampWebUrl", "cdnAmpWebUrl", "ampUrl", "cdnAmpUrl"])
def test_other_addresses_are_aliases(name: str) -> None:
    def aliases(address: str) -> tuple[str, ...]:
        given: dict[str, Any] = {name: address}
        return read(**given).aliases

    assert aliases("https://x.example/other?utm_id=1") == ("https://x.example/other",)
    assert aliases(ADDRESS + "#top") == ()
    assert aliases("nowhere") == ()


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"abstract": "Older."}, "summary", "Older."),
        ({"excerpt": "", "abstract": "Older."}, "summary", "Older."),
        ({"excerpt": "New.", "abstract": "Older."}, "summary", "New."),
        ({"score": 7}, "quality", 7),
        ({"quality": 0, "score": 7}, "quality", 0),
        ({"quality": None, "score": 7}, "quality", 7),
        ({"quality": " +7 "}, "quality", 7),
        ({"heat": 3694}, "heat", 3694),
        ({"heat": ""}, "heat", None),
        ({"type": "article"}, "kind", "article"),
        ({"type": "story"}, "kind", "article"),
        ({"language": "de", "locale": "en"}, "language", "de"),
        ({"language": "not a language"}, "language", None),
        ({"authors": ["Ann", "", None, "<b>Bea</b>"]}, "authors", ("Ann", "Bea")),
        ({"author": "Ann"}, "authors", ("Ann",)),
        ({"topics": "Sea"}, "topics", ("Sea",)),
        ({"topics": ["Sea", None, "", "  ", "Sea", "sea", " Deep  sea "]}, "topics", ("Sea", "sea", "Deep sea")),
        ({"topics": None}, "topics", ()),
        ({"topics": []}, "topics", ()),
        ({"topics": ["C++", "R&amp;D", "\u202eno\u0007"]}, "topics", ("C++", "R&D", "no")),
        ({"publishedDateTime": "2026-11-01"}, "published", datetime(2026, 11, 1, tzinfo=UTC)),
        ({"publishedDateTime": "Sun, 01 Nov 2026 12:00:00 GMT"}, "published", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        ({"publishedDateTime": ""}, "published", None),
        ({"publishedDateTime": None}, "published", None),
        ({"images": None}, "images", ()),
        ({"images": ["https://x.example/1.png"]}, "images", (Image("https://x.example/1.png"),)),
        ({"images": [{"url": "a.png"}, {"width": 1}, None, {"url": ["https://x.example/"]}]}, "images", ()),
        (
            {"images": [{"url": "https://x.example/1", "width": 0, "height": "-3"}, {"url": "https://x.example/1"}]},
            "images",
            (Image("https://x.example/1"),),
        ),
        (
            {"images": [{"url": "https://x.example/1", "width": "10px", "height": 10**9}]},
            "images",
            (Image("https://x.example/1"),),
        ),
    ],
)
def test_fields(given: dict[str, Any], field: str, value: object) -> None:
    assert getattr(read(**given), field) == value


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ({"title": " A  <b>boat</b>\n&amp; &#8220;quay&#8221; "}, "A boat & “quay”"),
        ({"title": "C++ <vector> &amp; you"}, "C++ <vector> & you"),
        ({"title": "", "excerpt": "A boat came in."}, "A boat came in."),
        ({"title": "<p></p>", "excerpt": "A boat came in."}, "A boat came in."),
        ({"title": None, "abstract": "A boat came in."}, "A boat came in."),
        ({"title": "\u200b", "excerpt": ""}, "www.harbour.example/boat"),
        ({"excerpt": "word " * 50}, "word " * 38 + "word…"),
        ({"title": "no"}, "no"),
        ({"title": "012"}, "012"),
    ],
)
def test_titles(given: dict[str, Any], title: str) -> None:
    assert read(**given).title == title


def test_long_fields_are_cut() -> None:
    sighting = read(title="t" * 9_999, excerpt="s" * 99_999, topics=["a" * 999], provider={"name": "n" * 999})
    assert (len(sighting.title), len(sighting.summary)) == (1_000, 10_000)
    assert (len(sighting.topics[0]), len(sighting.provider.name)) == (200, 200)


@pytest.mark.parametrize(
    ("given", "provider"),
    [
        ({"name": "Harbour Times", "domain": "harbour.example"}, Provider("Harbour Times", "harbour.example")),
        ({"name": "Morningstar%2c Inc."}, Provider("Morningstar, Inc.", "harbour.example")),
        ({"name": "A%2C B%2c C 100%"}, Provider("A, B, C 100%", "harbour.example")),
        ({"name": "A", "domain": "WWW.München.example"}, Provider("A", "xn--mnchen-3ya.example")),
        ({"name": "A", "domain": "https://y.example/news"}, Provider("A", "y.example")),
        ({"name": "A", "id": "y.example"}, Provider("A", "y.example")),
        ({"name": "A", "id": "y"}, Provider("A", "harbour.example")),
        ({"name": "A", "domain": "z.example", "id": "y.example"}, Provider("A", "z.example")),
        ({"name": "A", "domain": "not a domain"}, Provider("A", "harbour.example")),
        ({"domain": "y.example"}, Provider("y.example", "y.example")),
        ({"name": ["A"], "domain": {"b": "c"}}, Provider("harbour.example", "harbour.example")),
        ({}, Provider("harbour.example", "harbour.example")),
        ("Harbour Times", Provider("Harbour Times", "harbour.example")),
        (None, Provider("harbour.example", "harbour.example")),
    ],
)
def test_providers(given: object, provider: Provider) -> None:
    assert read(provider=given).provider == provider


def test_a_provider_on_a_bare_machine_has_a_name() -> None:
    assert read(originalUrl="https://192.0.2.7:8080/a").provider == Provider("192.0.2.7", "192.0.2.7")


def test_topics_of_the_context_are_added() -> None:
    context = Context(source="news", topics=("Boats", "Sea"))
    assert read(context=context, topics=["Sea", "Quay"]).topics == ("Sea", "Quay", "Boats")
    assert read(context=context).topics == ("Boats", "Sea")


def test_related_articles_in_both_shapes() -> None:
    related = [
        {"title": "New <i>shape</i>", "webUrl": "https://x.example/1", "provider": {"name": "A%2c B"}, "quality": "5"},
        {"title": "Old shape", "url": "https://x.example/2", "score": 6, "publishedDateTime": "soon"},
        {"title": "Again", "webUrl": "https://x.example/1"},
        {"title": "Both", "originalUrl": "https://x.example/3", "url": "https://x.example/4"},
        "https://x.example/5",
        {"title": "Nowhere"},
        {"title": "No address", "url": "x"},
        {
            "title": ["x"],
            "url": "https://x.example/6",
            "provider": {"domain": "y.example"},
            "quality": "high",
            "language": "??",
        },
        {"url": "https://x.example/7", "provider": "A"},
        {"url": "https://x.example/8", "provider": ["A"]},
        None,
    ]
    assert read(related=related).edges == (
        Edge(href="https://x.example/1", key="https://x.example/1", title="New shape", provider="A, B", quality=5),
        Edge(href="https://x.example/2", key="https://x.example/2", title="Old shape", quality=6),
        Edge(href="https://x.example/3", key="https://x.example/3", title="Both"),
        Edge(href="https://x.example/5", key="https://x.example/5"),
        Edge(href="https://x.example/6", key="https://x.example/6", provider="y.example"),
        Edge(href="https://x.example/7", key="https://x.example/7", provider="A"),
        Edge(href="https://x.example/8", key="https://x.example/8"),
    )


def test_the_digests_are_those_of_what_was_given() -> None:
    def digests(body: str = "Text.", **given: Any) -> tuple[str, str, str, str]:
        return read(body, **{"title": "A", "excerpt": "B", **given}).given

    same = digests()
    assert digests(topics=["a"], quality=5, secured="x", ampWebUrl="https://x.example/", related=[]) == same
    assert digests("\n Text.\n") == same
    for place, changed in enumerate(
        [digests(title="A "), digests(excerpt="B&nbsp;"), digests("Text!"), digests(originalUrl=ADDRESS + "#a")]
    ):
        assert [one == other for one, other in zip(same, changed, strict=True)] == [at != place for at in range(4)]


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("", ""),
        ("\n\n", ""),
        ("A *boat*.\n\nA [quay](quay).", '<p>A <em>boat</em>.</p>\n<p>A <a href="https://www.harbour.example/quay">quay</a>.</p>'),
        ("# Boat\n\n## Quay", "<h1>Boat</h1>\n<h2>Quay</h2>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("~~a~~ b", "<p><s>a</s> b</p>"),
        ("<p>A *boat*.</p>", "<p>A *boat*.</p>"),
        ("\n<p onclick='a()'>a<script>b</script></p>", "<p>a</p>"),
        ("a\n\n<script>b</script>\n\n[c](javascript:d)", "<p>a</p>\n\n<p>[c](javascript:d)</p>"),
        ("A < b & c", "<p>A &lt; b &amp; c</p>"),
        ("![a](b.png)", '<p><img src="https://www.harbour.example/b.png" alt="a"></p>'),
        ("---\nA\n---\nB", "<hr>\n<h2>A</h2>\n<p>B</p>"),
    ],
)  # fmt: skip
def test_bodies(body: str, content: str) -> None:
    assert read(body).content == content


def test_a_markdown_table_is_one() -> None:
    assert "<td>2</td>" in read("| a | b |\n|---|---|\n| 1 | 2 |").content
