"""What an export writes, an import reads back."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import config
from aggregator.catalogue.opml import subscriptions
from aggregator.config.subscriptions import add
from aggregator.config.upstream import Upstream
from aggregator.core.text import MAX_TITLE, plain
from aggregator.sources.opml import Subscription, parse_list

HARD = (
    "&amp;",
    "<b>",
    "a,b/c",
    "no",
    "012",
    "- x",
    "#",
    "'",
    '"',
    ": ",
    "null",
    "<<",
    "Sea",
    "sea",
    "&lt;p&gt;",
    "]]>",
)


def lines() -> st.SearchStrategy[str]:
    """Return texts as the configuration keeps them."""
    words = st.lists(st.one_of(st.sampled_from(HARD), st.text(max_size=8)), min_size=1, max_size=4)
    return words.map(lambda parts: plain(" ".join(parts), MAX_TITLE)).filter(bool)


def feeds() -> st.SearchStrategy[list[Upstream]]:
    hosts = st.from_regex(r"https?://[a-z]{1,6}\.example/[a-z?&=%20]{0,6}", fullmatch=True)
    urls = hosts.map(
        lambda one: parse_list(f"<opml><outline xmlUrl='{one}'/></opml>".encode(), "").subscriptions[0].url
    )
    one = st.builds(
        lambda url, name, topics: Upstream(url=url, name=name, topics=tuple(topics)),
        urls,
        lines(),
        st.lists(lines(), max_size=4, unique=True),
    )
    return st.lists(one, max_size=6, unique_by=(lambda one: one.url, lambda one: one.name))


def written_and_read(text: str) -> tuple[Upstream, ...]:
    """Return the feeds of an included file as the configuration takes them."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "more.yaml").write_text(text, encoding="utf-8")
        (Path(folder) / "aggregator.yaml").write_text(
            "base_url: https://x.test/\ninclude: more.yaml\n", encoding="utf-8"
        )
        return config.load(Path(folder) / "aggregator.yaml", {}).upstream


@settings(max_examples=60, deadline=None)
@given(feeds())
def test_an_import_of_an_export_gives_the_same_feeds(given_feeds: list[Upstream]) -> None:
    document = parse_list(subscriptions("Test", given_feeds), "x.opml")
    assert document.skipped == ()
    added = add("", document.subscriptions, (), ())
    assert (added.new, added.refused) == (len(given_feeds), [])
    read = {one.url: one for one in written_and_read(added.text)}
    assert {one.url: one.name for one in given_feeds} == {url: one.name for url, one in read.items()}
    for one in given_feeds:
        assert set(read[one.url].topics) == set(one.topics)
        if not any("," in topic or "/" in topic for topic in one.topics):
            assert read[one.url].topics == one.topics


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6), st.lists(st.text(max_size=30), max_size=3))
def test_whatever_titles_hold_the_file_is_a_good_one_and_names_are_unique(titles: list[str], topics: list[str]) -> None:
    found = [
        Subscription(
            url=f"https://x.example/{number}",
            title=plain(one, MAX_TITLE),
            topics=tuple(filter(None, (plain(t, MAX_TITLE) for t in topics))),
        )
        for number, one in enumerate(titles)
    ]
    added = add("", found, (), {"Taken"})
    read = written_and_read(added.text)
    assert [one.url for one in read] == [one.url for one in found]
    assert len({one.name for one in read}) == len(found)
    again = add(added.text, found, {one.url for one in read}, {one.name for one in read})
    assert (again.text, again.new, again.known) == (added.text, 0, len(found))


def test_a_title_that_repeats_gets_a_number() -> None:
    found = [Subscription(url=f"https://x.example/{number}", title="News") for number in range(3)]
    found += [Subscription(url="http://y.example/f"), Subscription(url="https://y.example/f")]
    added = add("", found, (), {"News 2"})
    assert [one.name for one in written_and_read(added.text)] == [
        "News",
        "News 3",
        "News 4",
        "y.example/f",
        "y.example/f 2",
    ]


def test_what_a_person_wrote_into_the_file_stays() -> None:
    first = add("", [Subscription(url="https://x.example/1", title="One")], (), ())
    mine = first.text.replace("    name: One\n", "    name: Mine   # a word\n    interval: 6 h\n").rstrip("\n")
    second = add(mine, [Subscription(url="https://x.example/2")], {"https://x.example/1"}, {"Mine"})
    assert second.text.startswith(mine)
    assert [one.name for one in written_and_read(second.text)] == ["Mine", "x.example/2"]
