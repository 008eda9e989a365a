"""What readers ask under conditions (RFC 9110 sections 13 and 14), over real connections."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from served import Answer, Served, served

from aggregator.publish.output import Retired
from aggregator.serve.site import Hosted, site
from aggregator.serve.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = b"".join(b"<entry>%d</entry>\n" % number for number in range(1000))
MODIFIED = 1_790_000_000
DATE, BEFORE = "Mon, 21 Sep 2026 14:13:20 GMT", "Mon, 21 Sep 2026 14:13:19 GMT"


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tally: Tally) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("out")
    for name, body in (("all.atom", BODY), ("small.txt", b"x"), ("empty.txt", b"")):
        (folder / name).write_bytes(body)
        os.utime(folder / name, (MODIFIED, MODIFIED))
    hosted = Hosted(folder=folder, base_url="https://feeds.test.example/", max_age=timedelta(minutes=5))
    with served(site(hosted, Retired(folder), tally)) as one:
        yield one


def tags(server: Served) -> dict[str, str]:
    """Return the ETags of the file as it is and in gzip, to be put into a header."""
    return {
        "E": server.ask("/all.atom").headers["ETag"],
        "G": server.ask("/all.atom", Accept_Encoding="gzip").headers["ETag"],
    }


def asked(server: Served, method: str, *lines: str) -> tuple[int, bytes]:
    """Send a request with headers line by line, tags put in; return status and body."""
    given = "".join(f"{line.format(**tags(server))}\r\n" for line in lines)
    answer = server.raw(f"{method} /all.atom HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{given}\r\n".encode())
    return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["If-None-Match: {E}"], 304),
        (["If-None-Match: W/{E}"], 304),
        (["If-None-Match: *"], 304),
        (['If-None-Match: "a", W/"b,c" ,{E}'], 304),
        (['If-None-Match: "a"', "If-None-Match: {E}"], 304),
        (["If-None-Match: {E}", 'If-None-Match: "a"'], 304),
        (["If-None-Match: {E}, {G}", "Accept-Encoding: gzip"], 304),
        (["If-None-Match: {E}", "Accept-Encoding: gzip"], 200),
        (["If-None-Match: {G}"], 200),
        (['If-None-Match: "*"'], 200),
        (['If-None-Match: "a", *'], 200),
        (["If-None-Match: W/*"], 200),
        (["If-None-Match:"], 200),
        (['If-None-Match: "a"', f"If-Modified-Since: {DATE}"], 200),
        (["If-None-Match: {E}", f"If-Modified-Since: {BEFORE}"], 304),
        ([f"If-Modified-Since: {DATE}"], 304),
        ([f"If-Modified-Since: {BEFORE}"], 200),
        (["If-Modified-Since: Monday, 21-Sep-26 14:13:20 GMT"], 304),
        (["If-Modified-Since: Mon Sep 21 14:13:20 2026"], 304),
        (["If-Modified-Since: Mon, 21 Sep 2026 14:13:20 -0000"], 304),
        (["If-Modified-Since: now"], 200),
        (["If-Match: {E}"], 200),
        (['If-Match: "a", {E}'], 200),
        (["If-Match: *"], 200),
        (["If-Match: W/{E}"], 412),
        (['If-Match: "a"'], 412),
        (["If-Match: {E}", f"If-Unmodified-Since: {BEFORE}"], 200),
        (["If-Match: {E}", "If-None-Match: {E}"], 304),
        ([f"If-Unmodified-Since: {DATE}"], 200),
        ([f"If-Unmodified-Since: {BEFORE}"], 412),
        (["If-Unmodified-Since: now"], 200),
    ],
)
def test_conditions_come_to_what_the_specification_wants(
    server: Served, method: str, lines: list[str], status: int
) -> None:
    found, body = asked(server, method, *lines)
    assert found == status
    assert bool(body) == (status == 200 and method == "GET")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["If-Range: {E}"], 206),
        (["If-Range: W/{E}"], 200),
        (["If-Range: {G}"], 200),
        ([f"If-Range: {DATE}"], 206),
        ([f"If-Range: {BEFORE}"], 200),
        (["If-None-Match: {E}", "If-Range: {E}"], 304),
        (['If-Match: "a"'], 412),
        (["Range: bytes=8-9"], 200),  # several, in two lines
        (["Accept-Encoding: gzip"], 206),
    ],
)
def test_a_part_is_given_after_all_other_conditions(server: Served, lines: list[str], status: int) -> None:
    found, body = asked(server, "GET", "Range: bytes=2-5", *lines)
    assert found == status
    assert body == {206: BODY[2:6], 200: BODY}.get(status, b"")


def test_parts_are_of_the_file_as_it_is_and_a_copy_in_gzip_of_its_own_is_one_too(server: Served) -> None:
    whole = server.ask("/all.atom")
    part = server.ask("/all.atom", Range="bytes=-4", Accept_Encoding="gzip")
    assert (part.status, part.body, part.headers["ETag"]) == (206, BODY[-4:], whole.headers["ETag"])
    assert (part.headers["Vary"], part.headers["Content-Encoding"]) == ("Accept-Encoding", None)
    for path in ("/empty.txt", "/small.txt"):
        answer = server.ask(path, Range="bytes=1-")
        assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(server.ask(path).body)}")
        assert answer.headers["Content-Length"] == "0"


def test_caches_are_told_what_an_answer_hangs_on(server: Served) -> None:
    etag = server.ask("/all.atom").headers["ETag"]
    for given, status in (({}, 200), ({"If_None_Match": etag}, 304), ({"Range": "bytes=0-1"}, 206)):
        for path in ("/all.atom", "/small.txt"):
            answer = server.ask(path, **given)
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["Cache-Control"] == "max-age=300"
            assert answer.status == status or path == "/small.txt"


@pytest.mark.parametrize(("method", "path"), [("HEAD", "/none"), ("HEAD", "/all.atom"), ("DELETE", "/none")])
def test_an_answer_without_a_body_is_counted_as_one(server: Served, tally: Tally, method: str, path: str) -> None:
    before = tally.sent
    answer = server.ask(path, method)
    assert tally.sent - before == len(answer.body)


def test_what_may_be_asked_is_said_whatever_the_path(server: Served) -> None:
    answers: list[Answer] = [
        server.ask(path, "OPTIONS", Origin="https://a.example") for path in ("/all.atom", "/none", "*")
    ]
    for one in answers:
        assert (one.status, one.headers["Allow"], one.body) == (204, "GET, HEAD, OPTIONS", b"")
        assert one.headers["Access-Control-Allow-Headers"] == "*"
    refused = server.ask("/none", "PATCH")
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
