"""What a server sees of us, and what we make of its answer."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from loopback import CONTACT, HOST, Detour, Loopback, Names, Talk, answer, fetched, fetched_one, redirect, to

from aggregator import __version__
from aggregator.sources.http import Request, Response

if TYPE_CHECKING:
    from pathlib import Path

FEED = b"<rss version='2.0'/>"


def test_a_feed_comes_with_all_that_is_needed_to_ask_again() -> None:
    headers = ["Content-Type: Application/RSS+XML; Charset=UTF-8", 'ETag: W/"7"', "Last-Modified: yesterday"]
    with Loopback({"*": answer(FEED, *headers, "Cache-Control: public, max-age=900", "Age: 100")}) as server:
        response = fetched_one(to(server, "/feed?a=b%20c#top"))
        assert response == Response(
            status=200,
            body=FEED,
            media_type="application/rss+xml",
            charset="utf-8",
            url=server.url("/feed?a=b%20c"),
            etag=b'W/"7"',
            modified=b"yesterday",
            fresh_for=timedelta(seconds=800),
            requests=1,
            received=len(FEED),
        )
        assert server.seen[0].path == "/feed?a=b%20c"


def test_the_request_is_this_and_nothing_more() -> None:
    with Loopback({"*": answer(FEED)}) as server:
        fetched(to(server))
        assert server.seen[0].line == b"GET / HTTP/1.1"
        names = [name for name, _ in server.seen[0].headers]
        assert names == [b"Host", b"User-Agent", b"Accept", b"Accept-Encoding", b"Connection"]
        agent = f"feed-aggregator/{__version__} (+{CONTACT})".encode()
        assert server.seen[0].header(b"user-agent") == agent
        assert server.seen[0].header(b"accept-encoding") == b"gzip, deflate"
        assert (server.seen[0].header(b"accept") or b"").startswith(b"application/atom+xml, application/rss+xml")


@pytest.mark.parametrize(
    ("contact", "agent"), [("", ""), ("a@b.example\r\nX: y", " (+a@b.exampleX: y)"), ("(é)", ""), ("x) y", " (+x y)")]
)
def test_a_contact_cannot_break_the_user_agent(contact: str, agent: str) -> None:
    with Loopback({"*": answer(FEED)}) as server:
        fetched(to(server), contact=contact)
        assert server.seen[0].header(b"user-agent") == f"feed-aggregator/{__version__}{agent}".encode()


VALIDATORS = [
    b'"plain"',
    b'W/"weak"',
    b"no quotes",
    b'"\xe9\xff\x80 latin-1"',
    '"Zürich – ✓"'.encode(),
    b'"\x01\x02\x1b[0m"',
    b'"a"b"c, "d"',
    b"'; DROP TABLE feeds --",
    b"x" * 1024,
]


@pytest.mark.parametrize("validator", VALIDATORS)
def test_validators_come_and_go_byte_for_byte(validator: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: %b\r\nLast-Modified: %b\r\n\r\n" % (
        validator,
        validator[::-1],
    )
    with Loopback({"/": head, "/304": answer(status="304 Not Modified")}) as server:
        first = fetched_one(to(server))
        assert (first.etag, first.modified) == (validator, validator[::-1].strip())
        second = fetched_one(to(server, "/304", etag=first.etag, modified=first.modified))
        assert (second.status, second.body, second.failure) == (304, b"", "")
        assert server.seen[1].header(b"If-None-Match") == validator
        assert server.seen[1].header(b"If-Modified-Since") == validator[::-1].strip()


def test_a_validator_without_end_is_none() -> None:
    with Loopback({"*": answer(FEED, f"ETag: {'x' * 1025}")}) as server:
        assert fetched_one(to(server)).etag == b""


def test_an_unasked_304_is_a_failure() -> None:
    with Loopback({"*": answer(status="304 Not Modified"), "/r": redirect("/")}) as server:
        for response in fetched(to(server), to(server, "/r", etag=b'"1"')):
            assert (response.status, response.code) == (304, "unasked")
            assert "not asked whether" in response.failure


def test_validators_go_only_to_the_address_that_gave_them() -> None:
    with Loopback({"/a": redirect("/b"), "/b": answer(status="304 Not Modified")}) as server:
        fetched(to(server, "/a", etag=b'"1"', modified=b"then"))
        response = fetched_one(to(server, "/a", etag=b'"1"', modified=b"then", validated=server.url("/b")))
        sent = [(seen.path, seen.header(b"if-none-match"), seen.header(b"if-modified-since")) for seen in server.seen]
        assert sent == [("/a", b'"1"', b"then"), ("/b", None, None), ("/a", None, None), ("/b", b'"1"', b"then")]
        assert (response.status, response.url, response.failure) == (304, server.url("/b"), "")


def test_cookies_are_neither_kept_nor_sent() -> None:
    with Loopback({"/": redirect("/next"), "*": answer(FEED, "Set-Cookie: a=b; Path=/")}) as server:
        cookie = redirect("/next").replace(b"\r\n\r\n", b"\r\nSet-Cookie: c=d; Path=/\r\n\r\n")
        server.answers = {**server.answers, "/": cookie}
        fetched(to(server), to(server, "/other"))
        fetched(to(server))
        assert len(server.seen) == 5
        assert not [seen for seen in server.seen if seen.header(b"cookie") or seen.header(b"referer")]


def test_where_one_address_is_dead_the_next_one_is_asked() -> None:
    with Loopback({"*": answer(FEED)}) as server:
        names = Names({"feeds.example": [["2606:2800::1", "93.184.216.34"]]})
        network = Detour({"93.184.216.34": server.port})
        request = Request(name="x", url="http://FEEDS.example/feed")
        assert fetched_one(request, resolve=names, network=network).body == FEED
        assert [address for address, _ in network.connected] == ["2606:2800::1", "93.184.216.34"]


def test_who_fetches_nothing_need_not_load_the_client() -> None:
    code = "import sys, aggregator.sources.http; sys.exit('httpx' in sys.modules or 'httpcore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_proxies_and_netrc_of_the_environment_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text(f"machine {HOST} login somebody password secret\n", encoding="utf-8")
    (tmp_path / ".netrc").chmod(0o600)
    with Loopback({"*": answer(FEED)}) as server, Loopback() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        assert fetched_one(to(server)).body == FEED
        assert proxy.connections == 0
        assert server.seen[0].header(b"authorization") is None


def test_user_and_password_are_sent_as_basic_authentication() -> None:
    with Loopback({"*": answer(FEED)}) as server:
        fetched(to(server, user="Jörg", password="pass:wörd"))  # noqa: S106
        assert server.seen[0].header(b"authorization") == b"Basic SsO2cmc6cGFzczp3w7ZyZA=="


def test_headers_of_a_source_are_sent_and_may_replace_ours() -> None:
    with Loopback({"*": answer(FEED)}) as server:
        fetched(to(server, headers={"X-Key": "ä ", "accept": "text/x-feed", "Authorization": "Bearer t"}, user="u"))
        seen = server.seen[0]
        assert seen.header(b"x-key") == "ä".encode()
        assert [value for name, value in seen.headers if name.lower() == b"accept"] == [b"text/x-feed"]
        assert [value for name, value in seen.headers if name.lower() == b"authorization"] == [b"Bearer t"]


@pytest.mark.parametrize("name", ["Host", "host ", "Accept-Encoding", "Content-Length", "Range", "If-None-Match"])
def test_a_source_cannot_set_what_frames_a_message(name: str) -> None:
    with Loopback() as server:
        response = fetched_one(to(server, headers={name: "secret"}))
        assert (response.code, server.connections) == ("bad_header", 0)
        assert "secret" not in response.failure


@pytest.mark.parametrize(
    "headers", [{"X-Key": "sec\r\nret: 1"}, {"X-Key": "sec\0ret"}, {"X Key": "secret"}, {"": "secret"}]
)
def test_headers_that_would_break_the_message_are_refused_without_a_word_of_them(headers: dict[str, str]) -> None:
    with Loopback({"*": answer(FEED)}) as server:
        response = fetched_one(to(server, headers=headers))
        assert (response.code, server.seen) == ("bad_header", [])
        assert "sec" not in response.failure


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_credentials_and_headers_stay_with_their_server(status: int) -> None:
    with Loopback({"*": answer(FEED)}) as other, Loopback() as server:
        server.answers = {"/": redirect("/here", status), "/here": redirect(other.url("/there"), status)}
        own: dict[str, Any] = {"headers": {"X-Key": "k"}, "user": "u", "password": "p"}
        request = to(server, allowed=frozenset([server.place, other.place]), **own)
        assert fetched_one(request).body == FEED
        assert [seen.header(b"authorization") for seen in server.seen] == [b"Basic dTpw"] * 2
        assert [seen.header(b"x-key") for seen in server.seen] == [b"k"] * 2
        names = [name for name, _ in other.seen[0].headers]
        assert names == [b"Host", b"User-Agent", b"Accept", b"Accept-Encoding", b"Connection"]


def test_a_redirect_cannot_bring_a_name_and_a_password() -> None:
    with Loopback({"/b": answer(FEED)}) as server:
        server.answers = {"/a": redirect(f"http://me:secret@{HOST}:{server.port}/b"), **server.answers}
        response = fetched_one(to(server, "/a"))
        assert (response.body, response.url) == (FEED, server.url("/b"))
        assert server.seen[1].header(b"authorization") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://me:secret@127.0.0.1:1/",
        "https://secret@feeds.example/",
        "ftp://me:secret@feeds.example/",
        "http://me:sec/secret@feeds.example/",
        "http:\\\\me:secret@feeds.example",
        "me:secret@feeds.example",
        "http://me:secret@[::1/",
    ],
)
def test_secrets_are_in_no_message_and_no_representation(url: str) -> None:
    request = Request(name="x", url=url, user="me", password="secret", headers={"X-Key": "secret"})  # noqa: S106
    response = fetched_one(request)
    assert response.code == "bad_address"
    assert "secret" not in repr(request) + repr(response) + response.failure


@pytest.mark.parametrize(
    "url", ["", "feed", "/feed", "file:///etc/passwd", "gopher://x/", "http://", "http://[", "data:,"]
)
def test_what_is_no_address_of_http_is_refused(url: str) -> None:
    assert fetched_one(Request(name="x", url=url)).code == "bad_address"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((status, "status") for status in (201, 204, 206, 300, 401, 404, 500, 599, 799)),
        (410, "gone"),
        (429, "slow_down"),
        (503, "slow_down"),
    ],
)
def test_only_200_brings_a_feed(status: int, code: str) -> None:
    extra = ["ETag: x", "Retry-After: 120", "Content-Type: text/html"]
    with Loopback({"*": answer(b"" if status == 204 else b"<html>", *extra, status=f"{status} Whatever")}) as server:
        response = fetched_one(to(server))
        assert (response.status, response.code, response.body, response.etag) == (status, code, b"", b"")
        assert (response.retry_after, response.media_type) == (timedelta(minutes=2), "text/html")
        assert str(status) in response.failure


def test_permanent_redirects_alone_say_that_a_feed_moved() -> None:
    ways = {"/1": redirect("/2", 301), "/2": redirect("/4", 308), "/3": redirect("/1"), "/4": answer(FEED)}
    ways |= {"/5": redirect("/3", 301), "/6": redirect("/7", 301)}
    with Loopback(ways) as server:
        moved = [response.moved for response in fetched(*(to(server, f"/{number}") for number in range(1, 7)))]
        there = server.url("/4")
        assert moved == [there, there, "", "", "", ""]


def test_odd_locations_are_read_as_browsers_read_them() -> None:
    with Loopback({"*": answer(FEED)}) as server:
        locations = {
            b"next": "/next",
            b"?q=1": "/odd?q=1",
            b"  /a b ": "/a%20b",
            "/Zürich".encode(): "/Z%C3%BCrich",
            "/Zürich".encode("latin-1"): "/Z%C3%BCrich",
            b"//127.0.0.1:%d/x" % server.port: "/x",
            b"http:\\\\127.0.0.1:%d\\y" % server.port: "/y",
            b"/z#part": "/z",
            b"HTTP://0x7f.1:%d/h" % server.port: "/h",
        }
        for location, path in locations.items():
            head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n" % location
            server.answers = {"*": answer(FEED), "/odd": head}
            assert fetched_one(to(server, "/odd")).url == server.url(path)
            assert server.seen[-1].path == path


ENCODED = {
    "gzip": gzip.compress(FEED),
    "X-GZIP": gzip.compress(FEED),
    "deflate": zlib.compress(FEED),
    "Deflate ": zlib.compress(FEED, wbits=-15),
    "identity": FEED,
    "identity, ": FEED,
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_gzip_and_deflate_are_decoded_however_they_are_cut(encoding: str, step: int) -> None:
    body = ENCODED[encoding]

    def cut(talk: Talk) -> None:
        talk.send(answer(b"", f"Content-Encoding: {encoding}").replace(b"Length: 0", b"Length: %d" % len(body)))
        talk.drip((body[at : at + step] for at in range(0, len(body), step)), 0.001)

    with Loopback({"*": cut}) as server:
        response = fetched_one(to(server))
        assert (response.body, response.failure, response.received) == (FEED, "", len(body))
