"""The fault server does what its table says, each behaviour seen from outside with bounded reads."""

from __future__ import annotations

import gc
import gzip
import http.client
import json
import re
import socket
import threading
import time
import tracemalloc
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import faultserver
import feedparser
import pytest
from faultserver import FaultServer
from faultserver_bombs import DECODED
from faultserver_documents import titles
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MIB = 2**20
TICK = 0.01


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    body: bytes


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer(healthy_sources=6, now=NOW, tick=TICK) as running:
        yield running


def fetch(url: str, **headers: str) -> Got:
    """Return an answer that is at most 20 MiB; a header's name is written with underscores."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=5)
    try:
        connection.request(
            "GET", parts.path or "/", headers={key.replace("_", "-"): one for key, one in headers.items()}
        )
        answer = connection.getresponse()
        return Got(answer.status, {key.lower(): one for key, one in answer.getheaders()}, answer.read(20 * MIB))
    finally:
        connection.close()


def connected(server: FaultServer, name: str) -> socket.socket:
    """Return a connection on which a request was sent."""
    peer = socket.create_connection(("127.0.0.1", server.port(name)), timeout=5)
    peer.sendall(b"GET /feed HTTP/1.1\r\nHost: x\r\n\r\n")
    return peer


def wire(server: FaultServer, name: str, limit: int = 20 * MIB) -> bytes:
    """Return what comes over the wire, until it ends or the limit is reached."""
    got: list[bytes] = []
    with connected(server, name) as peer:
        while sum(map(len, got)) < limit and (piece := peer.recv(MIB)):
            got.append(piece)
    return b"".join(got)


def body(server: FaultServer, name: str) -> bytes:
    """Return the body of a 200."""
    got = fetch(server.urls[name])
    assert got.status == 200
    return got.body


def parsed_titles(document: bytes) -> list[str]:
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    return [str(one) for one in root.xpath("//item/title/text()")]


def test_the_table_names_49_behaviours_each_on_a_port_of_its_own(server: FaultServer) -> None:
    named = re.findall(r"^\| ([a-z_0-9]+) \|", faultserver.__doc__ or "", re.MULTILINE)[1:]
    assert named == list(server.urls)
    assert len(named) == 49
    ports = {urlsplit(url).port for url in [*server.urls.values(), *server.healthy, server.canary]}
    assert len(ports) == 49 + 6 + 1


def test_gzip_bombs_are_small_and_become_512_mib(server: FaultServer) -> None:
    got = fetch(server.urls["gzip_bomb"])
    assert got.headers["content-encoding"] == "gzip"
    assert len(got.body) < MIB
    unpacked, length, rest = zlib.decompressobj(31), 0, got.body
    while not unpacked.eof:
        length += len(unpacked.decompress(rest, MIB))
        rest = unpacked.unconsumed_tail
    assert DECODED < length < DECODED + MIB
    twice = fetch(server.urls["gzip_in_gzip"])
    assert twice.headers["content-encoding"] == "gzip, gzip"
    assert len(twice.body) < 10_000
    assert gzip.decompress(twice.body) == got.body


def test_the_other_bombs_of_compression_are_named_and_small(server: FaultServer) -> None:
    brotli = fetch(server.urls["br_bomb"])
    assert (brotli.headers["content-encoding"], len(brotli.body) < 1000) == ("br", True)
    zstd = fetch(server.urls["zstd_bomb"])
    assert zstd.headers["content-encoding"] == "zstd"
    blocks = [int.from_bytes(zstd.body[at : at + 3], "little") for at in range(6, len(zstd.body), 4)]
    assert sum(block >> 3 for block in blocks) == DECODED
    assert [block & 1 for block in blocks] == [0] * (len(blocks) - 1) + [1]


def test_bombs_of_markup_have_the_size_that_they_are_named_for(server: FaultServer) -> None:
    assert len(re.findall(rb' a\d+=""', body(server, "attribute_bomb"))) == 100_000
    nested = body(server, "nesting_bomb")
    assert nested.count(b"<b>") == nested.count(b"</b>") == 100_000
    many = body(server, "many_entries")
    assert many.count(b"<item>") == len(set(re.findall(rb"<link>.*?</link>", many))) - 1 == 100_000
    assert len(many) < 10 * MIB
    long = body(server, "long_title")
    (title,) = re.findall(rb"<item><title>(Long .*?)</title>", long)
    assert 10_000_000 < len(title) < len(long) < 10 * MIB
    assert long.endswith(b"</rss>\n")


def test_entity_bombs_of_both_kinds_take_turns(server: FaultServer) -> None:
    first, second = sorted((body(server, "entity_bomb") for _ in range(2)), key=len)
    assert first.count(b"<!ENTITY") == 10
    assert second.count(b"&e0;") == 10_000
    for document in (first, second):
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(document, etree.XMLParser(resolve_entities=True, no_network=True))


def test_gzip_can_be_bad_cut_or_unknown(server: FaultServer) -> None:
    for name in ("bad_gzip", "truncated_gzip"):
        got = fetch(server.urls[name])
        assert got.headers["content-encoding"] == "gzip"
        assert got.body.startswith(b"\x1f\x8b")
        with pytest.raises((zlib.error, EOFError)):
            gzip.decompress(got.body)
    assert zlib.decompressobj(31).decompress(body(server, "truncated_gzip")).startswith(b"<?xml")
    assert fetch(server.urls["unknown_coding"]).headers["content-encoding"] == "x-ours"


def test_text_can_be_in_another_encoding_than_it_says(server: FaultServer) -> None:
    wrong = fetch(server.urls["wrong_charset"])
    assert "utf-8" in wrong.headers["content-type"]
    assert "café" in wrong.body.decode("latin-1")
    with pytest.raises(UnicodeDecodeError):
        wrong.body.decode("utf-8")
    assert parsed_titles(body(server, "utf_16")) == list(titles("utf_16"))
    assert b'encoding="punycode"' in body(server, "punycode")
    for name in ("wrong_charset", "punycode", "surrogate"):
        with pytest.raises(etree.XMLSyntaxError):
            parsed_titles(body(server, name))


def test_a_200_can_be_empty_or_a_page(server: FaultServer) -> None:
    assert body(server, "empty") == b""
    page = fetch(server.urls["login_page"])
    assert (page.headers["content-type"], page.body[:15]) == ("text/html", b"<!DOCTYPE html>")


def test_an_endless_body_goes_on_and_waits_for_a_peer_that_does_not_read(server: FaultServer) -> None:
    assert len(wire(server, "endless", 30 * MIB)) >= 30 * MIB
    tracemalloc.start()
    try:
        with connected(server, "endless") as peer:
            time.sleep(0.2)
            assert tracemalloc.get_traced_memory()[1] < MIB
            assert peer.recv(1000).startswith(b"HTTP/1.1 200 OK")
    finally:
        tracemalloc.stop()


def test_lengths_can_lie(server: FaultServer) -> None:
    head, given = wire(server, "short_body").split(b"\r\n\r\n")
    (announced,) = re.findall(rb"Content-Length: (\d+)", head)
    assert 0 < len(given) < int(announced)
    assert b"Content-Length: -1\r\n" in wire(server, "negative_length")


def test_heads_can_be_huge(server: FaultServer) -> None:
    big, after = wire(server, "big_header").split(b"\r\n\r\n", 1)
    assert max(map(len, big.split(b"\r\n"))) > 10 * MIB
    many, after_many = wire(server, "many_headers").split(b"\r\n\r\n", 1)
    assert many.count(b"\r\nX-") == 200_000
    assert (parsed_titles(after), parsed_titles(after_many)) == ([*titles("big_header")], [*titles("many_headers")])


@pytest.mark.parametrize("name", ["body_drip", "header_drip"])
def test_a_drip_gives_a_byte_each_tick(server: FaultServer, name: str) -> None:
    with connected(server, name) as peer:
        got, started = b"", time.monotonic()
        while len(got) < 100:
            got += peer.recv(1000)
        taken = time.monotonic() - started
        pieces = [peer.recv(1000) for _ in range(5)]
    assert (b"\r\n\r\n" in got) == (name == "body_drip")
    assert taken >= TICK * 10
    assert sum(map(len, pieces)) < 20


@pytest.mark.parametrize("name", ["hang", "tls_hang"])
def test_a_server_can_take_a_connection_and_say_nothing(server: FaultServer, name: str) -> None:
    with connected(server, name) as peer:
        peer.settimeout(0.2)
        with pytest.raises(TimeoutError):
            peer.recv(1)
    assert server.urls["tls_hang"].startswith("https:")


def test_a_connection_is_reset_in_the_middle_of_the_body(server: FaultServer) -> None:
    with connected(server, "reset") as peer:
        assert b"Content-Length" in peer.recv(1000)
        with pytest.raises(ConnectionResetError):
            list(iter(lambda: peer.recv(1000), b""))


def test_an_answer_need_not_be_http(server: FaultServer) -> None:
    for name in ("bad_status", "not_http"):
        with pytest.raises(http.client.BadStatusLine):
            fetch(server.urls[name])
    assert wire(server, "not_http").startswith(b"220 ")


def test_redirects_lead_round_in_circles_or_far(server: FaultServer) -> None:
    own = server.urls["redirect_self"]
    assert (fetch(own).status, fetch(own).headers["location"]) == (302, own)
    there = fetch(server.urls["redirect_pair"]).headers["location"]
    assert fetch(server.urls["redirect_pair"].replace("/feed", there)).headers["location"] == "/feed"
    url, statuses = server.urls["redirect_30"], []
    while (got := fetch(url)).status == 302:
        statuses.append(got.status)
        url = got.headers["location"]
    assert len(statuses) == 30
    assert parsed_titles(got.body) == list(titles("redirect_30"))


def test_redirects_lead_where_nobody_may_go(server: FaultServer) -> None:
    where = {name: fetch(url).headers.get("location", "") for name, url in server.urls.items() if "redirect_" in name}
    assert where["redirect_loopback"] == f"{server.canary}/redirected"
    assert where["redirect_metadata"].startswith("http://169.254.169.254/")
    assert where["redirect_file"].startswith("file:///")
    with pytest.raises(ValueError, match="IPv6"):
        urlsplit(where["redirect_unparsable"])


def test_a_moved_feed_is_good_at_its_new_address(server: FaultServer) -> None:
    got = fetch(server.urls["moved"])
    assert got.status == 301
    assert parsed_titles(fetch(got.headers["location"]).body) == list(titles("moved"))


def test_the_canary_and_the_rebound_host_count_who_comes() -> None:
    with FaultServer(healthy_sources=0) as server:
        assert server.urls["dns_rebind"] == f"http://rebind.test:{server.port('dns_rebind')}/feed"
        for name, url in (("canary", server.canary), ("dns_rebind", server.urls["dns_rebind"])):
            assert server.connections(name) == 0
            socket.create_connection(("127.0.0.1", server.port(name))).close()
            assert server.connections(name) == 1
            assert fetch(url).status == 200
            assert server.connections(name) == 2
    assert server.connections("canary") == 2


@pytest.mark.parametrize(
    ("name", "status", "retry"),
    [
        ("gone", 410, None),
        ("not_found", 404, None),
        ("retry_seconds", 429, "3600"),
        ("retry_date", 429, "Sun, 01 Nov 2026 13:00:00 GMT"),
        ("retry_absurd", 429, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ("unavailable", 503, None),
        ("unasked_304", 304, None),
    ],
)
def test_a_status_comes_with_what_its_name_says(server: FaultServer, name: str, status: int, retry: str | None) -> None:
    got = fetch(server.urls[name])
    assert (got.status, got.headers.get("retry-after")) == (status, retry)


def test_entities_lead_to_the_canary(server: FaultServer) -> None:
    document = body(server, "xxe").decode()
    assert [part in document for part in ("/xxe/dtd", "/xxe/parameter", "/xxe/entity", "file:///")] == [True] * 4
    assert document.count(server.canary) == 3
    assert document.count("&web;&file;") == 3


def test_guids_or_links_change_with_each_fetch_and_nothing_else_does(server: FaultServer) -> None:
    for name, change in (("changing_guid", r"<guid.*?</guid>"), ("changing_link", r"\?token=\d+")):
        first, second = (body(server, name).decode() for _ in range(2))
        assert not set(re.findall(change, first)) & set(re.findall(change, second))
        assert re.sub(change, "", first) == re.sub(change, "", second)
    assert "<guid" not in body(server, "changing_link").decode()


def test_healthy_sources_are_good_feeds_of_every_kind(server: FaultServer) -> None:
    found, versions = [], []
    for url in server.healthy:
        got = fetch(url, Accept_Encoding="gzip")
        text = gzip.decompress(got.body) if "content-encoding" in got.headers else got.body
        if "json" in got.headers["content-type"]:
            document = json.loads(text)
            found += [item["title"] for item in document["items"]]
            versions.append(document["version"])
        else:
            document = feedparser.parse(text)
            assert not document.bozo
            found += [entry.title for entry in document.entries]
            versions.append(document.version)
        versions[-1] += got.headers.get("content-encoding", "")
    assert versions == ["rss20", "atom10", "https://jsonfeed.org/version/1.1", "rss10", "rss20gzip", "rss20"]
    assert tuple(found) == server.titles
    assert len(set(found)) == 18
    assert "content-encoding" not in fetch(server.healthy[4]).headers


def test_healthy_sources_know_their_validators(server: FaultServer) -> None:
    for url in server.healthy:
        headers = fetch(url).headers
        tag, latest = headers["etag"], headers["last-modified"]
        for known in ({"If_None_Match": tag}, {"If_None_Match": f'"x", W/{tag}'}, {"If_Modified_Since": latest}):
            got = fetch(url, **known)
            assert (got.status, got.body, got.headers["etag"]) == (304, b"", tag)
        assert fetch(url, If_None_Match='"other"', If_Modified_Since=latest).status == 200


def test_the_log_keeps_requests_as_they_came() -> None:
    with FaultServer(healthy_sources=1) as server:
        before = time.monotonic()
        fetch(server.healthy[0], User_Agent="Somebody/1")
        fetch(server.urls["gone"])
    first, second = server.log
    assert (first.name, first.method, first.path, first.port) == ("healthy_0", "GET", "/feed", server.port("healthy_0"))
    assert ("User-Agent", "Somebody/1") in first.headers
    assert first.header("user-agent") == "Somebody/1"
    assert second.name == "gone"
    assert second.header("user-agent") is None
    assert before <= first.at <= second.at


def test_the_end_comes_within_a_second_whoever_is_connected() -> None:
    threads = set(threading.enumerate())
    with ExitStack() as stack:
        with FaultServer(healthy_sources=0) as server:
            for name in ("endless", "body_drip", "header_drip", "hang", "tls_hang", "gzip_bomb", "big_header"):
                stack.enter_context(connected(server, name))
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", server.port("hang"))))
            assert server.connections("hang") == 2
            ended = time.monotonic()
        assert time.monotonic() - ended < 1
        assert silent.recv(1) == b""
        for url in (*server.urls.values(), server.canary):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", urlsplit(url).port or 0))
    assert set(threading.enumerate()) <= threads
    gc.collect()  # a socket left open would warn here, and a warning is an error
