"""Lists of feeds that each pass reads anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom

from aggregator.config.lists import SourceList
from aggregator.errors import UnknownSource
from aggregator.gather.lists import followed_now
from aggregator.options import Options
from aggregator.run.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def rss(name: str, count: int = 1) -> bytes:
    items = "".join(
        f"<item><title>{name} {number}</title><link>https://{name}.example/{number}</link></item>"
        for number in range(count)
    )
    text = (
        f"<rss version='2.0'><channel><title>{name}</title><link>https://{name}.example/</link>{items}</channel></rss>"
    )
    return answer(text.encode())


class Site:
    """A newsroom with a list; feeds and lists of a server on loopback."""

    def __init__(self, folder: Path, server: Loopback) -> None:
        self.room = Newsroom(folder / "site")
        self.server = server
        self.answers: dict[str, Any] = {f"/{name}": rss(name) for name in "abc"}
        server.answers = self.answers

    def document(self, names: Sequence[str], topic: str = "Sea") -> bytes:
        outlines = "".join(f"<outline text='{one}' xmlUrl='{self.server.url(f'/{one}')}'/>" for one in names)
        return f"<opml version='2.0'><body><outline text='{topic}'>{outlines}</outline></body></opml>".encode()

    def file(self, *names: str, at: str = "feeds.opml") -> Path:
        path = self.room.config_file.parent / at
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self.document(names))
        return path

    def serve(self, *names: str) -> None:
        self.answers["/list"] = answer(self.document(names), "Content-Type: text/x-opml")

    def configure(self, block: str, extra: str = "") -> None:
        self.room.configure(f"{CONFIG}upstream_from: [{{{block}, private: true}}]\n{extra}")

    def run(self, **options: Any) -> Any:
        return self.room.run(after=timedelta(hours=2), **options)

    def titles(self, path: str = "all") -> set[str]:
        return set(self.room.titles(path))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback() as server:
        yield Site(tmp_path, server)


def test_the_feeds_of_a_file_are_followed_and_what_it_loses_goes(site: Site) -> None:
    site.configure("path: feeds.opml, topics: [Kept]")
    site.file("a", "b")
    report = site.run()
    assert (report.followed, report.faults) == (2, [])
    assert site.titles("topics/sea") == site.titles("topics/kept") == {"a 0", "b 0"}
    assert site.run().gathered.polled.asked == 2
    site.file("b", "c")
    site.run()
    assert site.titles() == {"b 0", "c 0"}


def test_the_feeds_of_an_address_are_followed_and_it_is_asked_as_politely_as_they_are(site: Site) -> None:
    site.configure(f"url: '{site.server.url('/list')}', name: planet, interval: 6 h")
    site.serve("a", "b")
    site.run()
    assert site.titles() == {"a 0", "b 0"}
    site.run()
    assert [one.path for one in site.server.seen].count("/list") == 1
    site.serve("a")
    site.run(ask_now=True)
    assert site.titles() == {"a 0"}
    assert site.run(ask_now=True, only=frozenset({"planet"})).gathered.polled.asked == 0
    assert [one.path for one in site.server.seen].count("/list") == 3


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (answer(b"<html>Log in</html>"), "list_html_page"),
        (answer(status="404 Not Found"), "list_status"),
        (answer(b"<opml><body/></opml>"), "list_emptied"),
        (answer(b"<!DOCTYPE opml [<!ENTITY a 'b'>]><opml/>"), "list_entities"),
    ],
)
def test_an_address_that_gives_no_list_is_said_and_the_last_good_list_stays(
    broken: bytes, code: str, site: Site
) -> None:
    site.configure(f"url: '{site.server.url('/list')}', name: planet")
    site.serve("a")
    site.run()
    site.answers["/list"] = broken
    for asked in (1, 0):
        report = site.run(ask_now=bool(asked), only=frozenset({"planet"}) if asked else frozenset())
        (fault,) = report.gathered.polled.faults
        assert (fault.code, fault.location, report.gathered.polled.failing) == (code, "planet", 1)
        assert "its feeds stay" in fault.reason
        assert site.titles() == {"a 0"}
    site.serve("a", "b")
    site.room.now += timedelta(days=1)
    assert site.run().faults == []
    assert site.titles() == {"a 0", "b 0"}


@pytest.mark.parametrize(
    ("text", "code"), [(None, "list_unreadable"), (b"<opml>", "list_malformed"), (b"<opml/>", "list_emptied")]
)
def test_a_file_that_is_no_list_is_said_and_the_last_good_list_stays(text: bytes | None, code: str, site: Site) -> None:
    site.configure("path: feeds.opml")
    path = site.file("a")
    site.run()
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text)
    for _ in range(2):
        report = site.run()
        (fault,) = report.gathered.polled.faults
        assert (fault.code, report.gathered.polled.failing) == (code, 1)
        assert fault.location.startswith("feeds.opml")
        assert fault.reason.endswith("its feeds stay")
        assert site.titles() == {"a 0"}
    site.file("b")
    assert site.run().faults == []
    assert site.titles() == {"b 0"}


def test_in_a_folder_of_lists_each_file_stands_for_itself(site: Site) -> None:
    site.configure("path: lists")
    site.file("a", at="lists/one.opml")
    second = site.file("a", "b", at="lists/two.OPML")
    site.file("c", at="lists/readme.txt")
    assert site.run().followed == 2
    second.write_bytes(b"<opml>")
    site.file("c", at="lists/one.opml")
    report = site.run()
    assert site.titles() == {"a 0", "b 0", "c 0"}
    assert [one.location for one in report.gathered.polled.faults] == ["lists/two.OPML:1:7"]
    second.unlink()
    site.run()
    assert site.titles() == {"c 0"}
    (site.room.config_file.parent / "lists").rename(site.room.folder / "unmounted")
    assert [one.location for one in site.run().gathered.polled.faults] == ["lists"]
    assert site.titles() == {"c 0"}


def test_many_articles_that_would_go_with_a_feed_of_a_list_are_held(site: Site) -> None:
    site.configure("path: feeds.opml, backlog: 50")
    site.answers["/a"] = rss("a", 25)
    site.file("a", "b")
    site.run()
    site.file("b")
    (held,) = site.run().gathered.held
    assert (held.source, held.gone) == (site.server.url("/a").removeprefix("http://"), 25)
    assert len(site.titles()) == 26
    assert site.run(accept_removals=frozenset({held.source})).gathered.held == ()
    assert site.titles() == {"b 0"}


def test_the_configuration_has_the_say_over_a_feed_that_it_names(site: Site) -> None:
    own = f"upstream: [{{url: '{site.server.url('/a')}', name: mine, topics: [Own], private: true}}]\n"
    site.configure("path: feeds.opml", own)
    site.file("a", "b")
    assert site.run().followed == 2
    assert site.titles("topics/own") == {"a 0"}
    assert site.titles("topics/sea") == {"b 0"}


def test_a_list_that_left_the_configuration_takes_its_feeds_along(site: Site) -> None:
    site.configure(f"url: '{site.server.url('/list')}', name: planet")
    site.serve("a")
    site.run()
    site.room.configure(CONFIG)
    site.run()
    assert site.titles() == set()
    site.configure("path: feeds.opml, name: planet")
    assert site.run().followed == 0


def test_a_list_may_move_from_an_address_to_a_file_and_back(site: Site) -> None:
    site.serve("a")
    site.file("b")
    for block, title in ((f"url: '{site.server.url('/list')}'", "a 0"), ("path: feeds.opml", "b 0")) * 2:
        site.configure(f"{block}, name: mine")
        site.run()
        assert site.titles() == {title}


def test_outlines_that_are_not_taken_are_said_by_each_pass(site: Site) -> None:
    odd = b"<opml><body>\n<outline xmlUrl='ftp://x.example/f'/></body></opml>"
    site.configure("path: feeds.opml, name: file")
    site.room.config_file.write_text(
        site.room.config_file.read_text().replace(
            "}]", f"}}, {{url: '{site.server.url('/list')}', private: true, name: planet}}]"
        )
    )
    (site.room.config_file.parent / "feeds.opml").write_bytes(odd)
    site.answers["/list"] = answer(odd)
    for _ in range(2):
        places = [one.location for one in site.run().gathered.faults if one.code == "outline"]
        assert places == ["planet:2", "feeds.opml:2"]


def test_a_dry_run_and_an_export_ask_nobody_and_know_the_kept_list(site: Site) -> None:
    site.configure(f"url: '{site.server.url('/list')}', name: planet")
    site.serve("a", "b")
    found = followed_now(site.room.loaded(), site.room.now).polled.faults
    assert [one.code for one in found] == ["list_unread"]
    site.run()
    seen = len(site.server.seen)
    report = rehearse(site.room.loaded(), site.room.now + timedelta(days=1), Options(), lambda *_: None)
    assert (report.followed, report.settled.removed, report.gathered.held) == (2, 0, ())
    assert [one.topics for one in followed_now(site.room.loaded(), site.room.now).config.upstream] == [
        ("Sea",),
        ("Sea",),
    ]
    assert len(site.server.seen) == seen


def test_a_list_that_may_ask_private_addresses_is_warned_about(site: Site) -> None:
    site.configure("path: feeds.opml")
    (warning,) = site.room.loaded().warnings
    assert warning.endswith("upstream_from.0.private: whatever its feeds mean in your network is asked")


def test_only_knows_the_feeds_of_lists(site: Site) -> None:
    site.configure("path: feeds.opml")
    site.file("a", "b")
    assert site.run(only=frozenset({site.server.url("/a").removeprefix("http://")})).gathered.polled.asked == 1
    with pytest.raises(UnknownSource, match="no source is called x; there is: "):
        site.run(only=frozenset({"x"}))


def test_a_list_of_a_stranger_opens_no_private_address_but_its_own_host() -> None:
    mine = SourceList(name="x", location="x", private=True)
    theirs = replace(mine, url="http://10.0.0.1:8080/list")
    assert theirs.upstream("http://10.0.0.1:8080/f", ()).allowed == {("10.0.0.1", 8080)}
    assert theirs.upstream("http://10.0.0.2:8080/f", ()).allowed == frozenset()
    assert replace(theirs, private=False).upstream("http://10.0.0.1:8080/f", ()).allowed == frozenset()
