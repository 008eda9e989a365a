"""Answers that are cut short, damaged or none: failures, and never an empty feed; and what only looks broken."""

from __future__ import annotations

import gzip
import socket
import struct
import time
import zlib

import pytest
from loopback import Loopback, Talk, answer, fetched_one, to

FEED = b"<rss version='2.0'/>"
HEAD = b"HTTP/1.1 200 OK\r\n"
ZIPPED = HEAD + b"Content-Encoding: gzip\r\n\r\n"
DEFLATED = HEAD + b"Content-Encoding: deflate\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%b\r\n" % (65536, b"x" * 65536)


def reset(talk: Talk) -> None:
    talk.send(HEAD + b"Content-Length: 1000\r\n\r\n<rss>")
    time.sleep(0.1)
    talk.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    talk.connection.close()


PACKED = gzip.compress(FEED * 50)
BROKEN = {
    "short body": (HEAD + b"Content-Length: 1000\r\n\r\n<rss>", "truncated"),
    "reset": (reset, "truncated"),
    "chunks that end": (CHUNKED + CHUNK, "truncated"),
    "chunks that are none": (CHUNKED + b"zz\r\n", "truncated"),
    "cut gzip": (ZIPPED + PACKED[:-12], "truncated"),
    "gzip without its checksum": (ZIPPED + PACKED[:-8], "truncated"),
    "cut deflate": (DEFLATED + zlib.compress(FEED)[:-1], "truncated"),
    "one byte of gzip": (ZIPPED + b"\x1f", "truncated"),
    "wrong checksum": (ZIPPED + PACKED[:-8] + b"12345678", "encoding"),
    "damaged gzip": (ZIPPED + PACKED[:12] + b"\xff\xff\xff" + PACKED[15:], "encoding"),
    "no gzip": (ZIPPED + FEED, "encoding"),
    "no deflate": (DEFLATED + b"\xff" * 20, "encoding"),
    "gzip in gzip": (answer(gzip.compress(PACKED), "Content-Encoding: gzip, gzip"), "encoding"),
    "twice said": (answer(gzip.compress(PACKED), "Content-Encoding: gzip", "Content-Encoding: gzip"), "encoding"),
    "gzip and deflate": (answer(PACKED, "Content-Encoding: deflate, gzip"), "encoding"),
    "brotli": (answer(b"\x0b\x02\x80", "Content-Encoding: br"), "encoding"),
    "zstd": (answer(b"\x28\xb5\x2f\xfd", "Content-Encoding: zstd"), "encoding"),
    "compress": (answer(b"\x1f\x9d", "Content-Encoding: compress"), "encoding"),
    "unheard of": (answer(FEED, "Content-Encoding: \x1b[31mrot13"), "encoding"),
    "a thousand files": (answer(gzip.compress(b"x") * 1000, "Content-Encoding: gzip"), "encoding"),
    "negative length": (HEAD + b"Content-Length: -5\r\n\r\n<rss>", "not_http"),
    "two lengths": (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n<rss>", "not_http"),
    "odd coding": (HEAD + b"Transfer-Encoding: rot13\r\n\r\n<rss>", "not_http"),
    "no status": (b"HTTP/1.1 OK\r\n\r\n", "not_http"),
    "status of letters": (b"HTTP/1.1 abc OK\r\n\r\n", "not_http"),
    "a radio": (b"ICY 200 OK\r\n\r\n", "not_http"),
    "a mail server": (b"220 mail.example ESMTP\r\n", "not_http"),
    "no head": (FEED + b"\r\n\r\n", "not_http"),
    "binary": (bytes(range(256)), "not_http"),
    "HTTP/2": (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "not_http"),
    "nothing": (b"", "connection"),
    "half a head": (HEAD + b"Content-", "not_http"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_a_failure_and_no_empty_feed(name: str) -> None:
    behaviour, code = BROKEN[name]
    with Loopback({"*": behaviour}) as server:  # type: ignore[dict-item]  # each is an answer
        response = fetched_one(to(server))
        assert (response.code, response.body, response.etag) == (code, b"", b"")
        assert response.failure
        assert response.failure.isprintable()


@pytest.mark.parametrize("after", [b"\x00" * 600, b"garbage", b"\x1f"])
def test_what_follows_a_whole_gzip_is_passed_over(after: bytes) -> None:
    with Loopback({"*": answer(gzip.compress(FEED) + after, "Content-Encoding: gzip")}) as server:
        assert fetched_one(to(server)).body == FEED


def test_several_gzip_files_are_one_body() -> None:
    with Loopback({"*": answer(gzip.compress(FEED) * 3, "Content-Encoding: gzip")}) as server:
        assert fetched_one(to(server)).body == FEED * 3


def test_an_empty_body_needs_no_gzip() -> None:
    with Loopback({"*": answer(b"", "Content-Encoding: gzip")}) as server:
        response = fetched_one(to(server))
        assert (response.status, response.body, response.failure) == (200, b"", "")
