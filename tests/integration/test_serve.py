"""The published files over HTTP: types, validators, codings, parts, and what is refused."""

from __future__ import annotations

import gzip
import os
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from newsroom import WITH_PAGES, Newsroom
from served import Served, served

from aggregator import files
from aggregator.publish.output import Retired
from aggregator.serve.site import Hosted, site
from aggregator.serve.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

HUB = "https://hub.example/"
SITE = WITH_PAGES.replace("https://feeds.test.example/", "https://feeds.test.example/news/")
FEEDS = {
    "all.atom": "application/atom+xml; charset=utf-8",
    "all.rss": "application/rss+xml; charset=utf-8",
    "all.json": "application/feed+json; charset=utf-8",
    "topics/sea.atom": "application/atom+xml; charset=utf-8",
}
FILES = {
    **FEEDS,
    "feeds.opml": "text/x-opml; charset=utf-8",
    "index.html": "text/html; charset=utf-8",
    "all.atom.gz": "application/gzip",
}
SECRET = b"nobody should see this"


def application(room: Newsroom, tally: Tally | None = None) -> ASGIApp:
    config = room.loaded()
    hosted = Hosted(
        folder=room.out, base_url=config.site.base_url, hubs=config.site.hubs, max_age=timedelta(minutes=15)
    )
    return site(hosted, Retired(room.state), tally or Tally())


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    room = Newsroom(tmp_path_factory.mktemp("site"))
    room.configure(f"{SITE}  gzip: true\nhub: {HUB}\n")
    for number in range(20):
        room.article(f"a{number:02}.md", topics=["Sea", "Tides"])
    room.run()
    room.configure(f"{SITE}  gzip: true\nhub: {HUB}\ntopics: [{{name: Sea, also: [Tides]}}]\n")
    room.run()
    return room


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


@pytest.fixture(scope="module")
def server(room: Newsroom, tally: Tally) -> Iterator[Served]:
    with served(application(room, tally)) as one:
        yield one


@pytest.mark.parametrize("path", FILES)
def test_every_kind_of_file_has_its_type_and_its_bytes(server: Served, room: Newsroom, path: str) -> None:
    answer = server.ask(f"/{path}")
    assert (answer.status, answer.body) == (200, (room.out / path).read_bytes())
    assert answer.headers["Content-Type"] == FILES[path]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "max-age=900"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_json_that_is_no_feed_is_plain_json(server: Served, room: Newsroom) -> None:
    (room.out / "other.json").write_text("{}")
    (room.out / "other.thing").write_text("?")
    assert server.ask("/other.json").headers["Content-Type"] == "application/json"
    assert server.ask("/other.thing").headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_names_itself_and_its_hub(server: Served, path: str) -> None:
    own = f"<https://feeds.test.example/news/{path}>; rel=self, <{HUB}>; rel=hub"
    assert server.ask(f"/{path}").headers["Link"] == own
    assert server.ask("/index.html").headers["Link"] is None


def test_a_proxy_may_take_the_path_off_or_leave_it_on(server: Served, room: Newsroom) -> None:
    feed, page = (room.out / "all.atom").read_bytes(), (room.out / "index.html").read_bytes()
    assert [server.ask(path).body for path in ("/all.atom", "/news/all.atom")] == [feed, feed]
    assert [server.ask(path).body for path in ("/", "/news/", "/news/index.html")] == [page, page, page]
    moved = server.ask("/news")
    assert (moved.status, moved.headers["Location"]) == (301, "/news/")
    assert server.raw(b"GET http://feeds.test.example/news/all.atom HTTP/1.0\r\n\r\n").endswith(feed)
    assert server.ask("/%61ll.atom?from=x").body == feed


def test_gzip_is_another_representation(server: Served, room: Newsroom) -> None:
    plain, packed = server.ask("/all.atom"), server.ask("/all.atom", Accept_Encoding="br;q=1.0, gzip;q=0.8")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.body == (room.out / "all.atom.gz").read_bytes()
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert plain.headers["Content-Encoding"] is None
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert server.ask("/all.atom", Accept_Encoding="gzip", If_None_Match=plain.headers["ETag"]).status == 200
    again = server.ask("/all.atom", Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
    assert (again.status, again.headers["ETag"]) == (304, packed.headers["ETag"])


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("*", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip;q=0", None),
        ("gzip ; q=0.000, *", None),
        ("br, deflate", None),
        ("identity, *;q=0", None),
        ("", None),
    ],
)
def test_who_does_not_take_gzip_gets_none(server: Served, accepted: str, coding: str | None) -> None:
    assert server.ask("/all.atom", Accept_Encoding=accepted).headers["Content-Encoding"] == coding


def test_a_copy_that_is_not_of_this_version_is_not_sent(server: Served, room: Newsroom) -> None:
    (room.out / "own.txt").write_bytes(b"now " * 1000)
    (room.out / "own.txt.gz").write_bytes(gzip.compress(b"before " * 100_000))
    assert gzip.decompress(server.ask("/own.txt", Accept_Encoding="gzip").body) == b"now " * 1000


def test_either_validator_alone_or_both_save_the_body(server: Served) -> None:
    first = server.ask("/all.atom")
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]
    for given in (tag, f"W/{tag}", f'"x", W/{tag}', "*"):
        assert server.ask("/all.atom", If_None_Match=given).status == 304, given
    later = "Fri, 01 Jan 2100 00:00:00 GMT"
    for given in (date, later):
        assert server.ask("/all.atom", If_Modified_Since=given).status == 304
    assert server.ask("/all.atom", If_None_Match=tag, If_Modified_Since="Thu, 01 Jan 1998 00:00:00 GMT").status == 304
    unchanged = server.ask("/all.atom", If_None_Match=tag)
    assert (unchanged.body, unchanged.headers["Content-Type"]) == (b"", None)
    for name in ("ETag", "Last-Modified", "Cache-Control", "Vary", "Link", "Access-Control-Allow-Origin"):
        assert unchanged.headers[name] == first.headers[name]


def test_what_is_not_known_or_not_understood_is_sent(server: Served) -> None:
    date = server.ask("/all.atom").headers["Last-Modified"]
    assert server.ask("/all.atom", If_None_Match='"x"', If_Modified_Since=date).status == 200
    for given in ("Thu, 01 Jan 1998 00:00:00 GMT", "yesterday", "Thu, 99 Jan 99999 00:00:00 GMT"):
        assert server.ask("/all.atom", If_Modified_Since=given).status == 200


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("how", ["gzip", "identity"])
def test_head_says_what_get_says(server: Served, path: str, how: str) -> None:
    full, head = (server.ask(f"/{path}", method, Accept_Encoding=how) for method in ("GET", "HEAD"))
    assert (head.status, head.body) == (200, b"")
    for answer in (full, head):
        del answer.headers["Date"]
    assert head.headers.items() == full.headers.items()


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-9", slice(10)),
        ("bytes=5-", slice(5, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=-99999999", slice(None)),
        ("bytes=9-99999999", slice(9, None)),
    ],
)
def test_a_part_is_one_of_the_file_as_it_is(server: Served, room: Newsroom, wanted: str, part: slice) -> None:
    whole = (room.out / "all.atom").read_bytes()
    answer = server.ask("/all.atom", Range=wanted, Accept_Encoding="gzip")
    start, stop, _ = part.indices(len(whole))
    assert (answer.status, answer.body, answer.headers["Content-Encoding"]) == (206, whole[part], None)
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
    assert answer.headers["ETag"] == server.ask("/all.atom").headers["ETag"]


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=-0"])
def test_a_part_that_there_is_not_is_refused(server: Served, room: Newsroom, wanted: str) -> None:
    answer = server.ask("/all.atom", Range=wanted)
    size = (room.out / "all.atom").stat().st_size
    assert (answer.status, answer.body, answer.headers["Content-Range"]) == (416, b"", f"bytes */{size}")


@pytest.mark.parametrize("wanted", ["bytes=9-5", "bytes=-", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", "bytes= 1-2"])
def test_what_is_no_range_of_one_part_gets_all(server: Served, wanted: str) -> None:
    assert server.ask("/all.atom", Range=wanted).status == 200


def test_a_part_goes_on_only_with_the_version_that_was_begun(server: Served) -> None:
    first = server.ask("/all.atom").headers
    packed = server.ask("/all.atom", Accept_Encoding="gzip").headers["ETag"]
    for given in (first["ETag"], first["Last-Modified"]):
        assert server.ask("/all.atom", Range="bytes=0-1", If_Range=given).status == 206
    for given in (f"W/{first['ETag']}", '"x"', packed, "Fri, 01 Jan 2100 00:00:00 GMT"):
        assert server.ask("/all.atom", Range="bytes=0-1", If_Range=given).status == 200
    assert server.ask("/all.atom", "HEAD", Range="bytes=0-1").status == 200
    assert server.ask("/all.atom", Range="bytes=0-1", If_None_Match=first["ETag"]).status == 304


@pytest.mark.parametrize(
    "path",
    [
        "/state/ledger.jsonl",
        "/../state/ledger.jsonl",
        "/topics/../../state/ledger.jsonl",
        "/news/../state/ledger.jsonl",
        "/news/../../state/ledger.jsonl",
        "/%2e%2e/state/ledger.jsonl",
        "/..%2fstate/ledger.jsonl",
        "/%252e%252e/state/ledger.jsonl",
        "/..%252fstate%252fledger.jsonl",
        "/topics/..%5c..%5cstate/ledger.jsonl",
        "//etc/passwd",
        "/news//etc/passwd",
        "/.hidden",
        "/%2ehidden",
        "/topics/.sea.atom.aggregator-tmp",
        "/.git/feed.atom",
        "/link.atom",
        "/linked/ledger.jsonl",
        "/all.atom%00.html",
        "/all.atom/",
        "/all.atom/x",
        "/%ff%fe.atom",
        "/pipe.atom",
        f"/{'a' * 300}.atom",
        "/topics",
        "/topics/",
        "/providers/",
    ],
)
def test_nothing_but_published_files_is_handed_out(server: Served, room: Newsroom, path: str) -> None:
    hidden = (".hidden", f"topics/.sea.atom{files.TEMPORARY}", ".git/feed.atom")
    for name in hidden:
        (room.out / name).parent.mkdir(exist_ok=True)
        (room.out / name).write_bytes(SECRET)
    (room.state / "ledger.jsonl").write_bytes(SECRET)
    if not (room.out / "pipe.atom").exists():
        os.mkfifo(room.out / "pipe.atom")
        (room.out / "link.atom").symlink_to(room.state / "ledger.jsonl")
        (room.out / "linked").symlink_to(room.state)
    sent = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = server.raw(sent.encode())
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert SECRET not in answer
    assert b"root:" not in answer


def test_a_file_that_becomes_a_link_is_handed_out_no_more(server: Served, room: Newsroom) -> None:
    (room.out / "changing.txt").write_text("open")
    assert server.ask("/changing.txt").status == 200
    (room.state / "open").write_bytes(SECRET)
    (room.out / "changing.txt").unlink()
    (room.out / "changing.txt").symlink_to(room.state / "open")
    assert server.ask("/changing.txt").status == 404


def test_a_file_that_can_be_none_of_ours_is_not_handed_out(server: Served, room: Newsroom) -> None:
    with (room.out / "film.txt").open("wb") as film:
        film.truncate(17 * 1024 * 1024)
    assert server.ask("/film.txt").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_only_get_and_head_are_answered(server: Served, method: str) -> None:
    answer = server.ask("/all.atom", method, b"x" if method == "POST" else None)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_pages_of_others_may_ask_first(server: Served) -> None:
    answer = server.ask("/all.atom", "OPTIONS", Origin="https://reader.example", Access_Control_Request_Method="GET")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


def test_a_retired_feed_is_gone_and_an_unknown_one_not_found(server: Served, room: Newsroom) -> None:
    assert not (room.out / "topics" / "tides.atom").exists()
    for path in ("/topics/tides.atom", "/news/topics/tides.rss", "/topics/tides.json"):
        answer = server.ask(path)
        assert (answer.status, answer.body) == (410, b"410: this feed is published no more\n")
    for path in ("/topics/sea.txt", "/topics/land.atom"):
        missing = server.ask(path)
        assert (missing.status, missing.headers["Cache-Control"]) == (404, None)


def test_a_feed_that_comes_and_goes_is_answered_as_it_is_now(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.article("a.md", topics=["Sea", "Tides"])
    with served(application(room)) as server:
        assert server.ask("/topics/tides.atom").status == 404
        room.run()
        assert server.ask("/topics/tides.atom").status == 200
        room.configure(f"{SITE}topics: [{{name: Sea, also: [Tides]}}]\n")
        room.run()
        assert server.ask("/topics/tides.atom").status == 410
        room.configure(SITE)
        room.run()
        assert server.ask("/topics/tides.atom").status == 200


def test_a_file_that_is_replaced_is_new_at_once_and_never_torn(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    target, over, torn = room.out / "all.atom", threading.Event(), []
    files.write_all({target: b"0" * 300_000})

    def read(server: Served) -> None:
        while not over.is_set():
            body = server.ask("/all.atom").body
            if len(body) != 300_000 or len(set(body)) != 1:
                torn.append(body)

    with served(application(room)) as server:
        reader = threading.Thread(target=read, args=(server,))
        reader.start()
        try:
            for number in range(1, 40):
                body = str(number % 10).encode() * 300_000
                before = server.ask("/all.atom").headers["ETag"]
                files.write_all({target: body})
                after = server.ask("/all.atom", If_None_Match=before)
                assert (after.status, after.body) == (200, body)
        finally:
            over.set()
            reader.join()
    assert torn == []


def test_what_was_sent_and_saved_is_counted(room: Newsroom) -> None:
    tally = Tally()
    with served(application(room, tally)) as server:
        first = server.ask("/all.atom")
        packed = server.ask("/all.atom", Accept_Encoding="gzip")
        server.ask("/all.atom", If_None_Match=first.headers["ETag"])
        missing = server.ask("/none.atom")
    assert tally.answers == {200: 2, 304: 1, 404: 1}
    assert tally.sent == len(first.body) + len(packed.body) + len(missing.body)
    assert tally.saved == 2 * len(first.body) - len(packed.body)
