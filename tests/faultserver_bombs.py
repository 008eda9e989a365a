"""Documents of a few kilobytes that want gigabytes or minutes from whoever reads them."""

from __future__ import annotations

import gzip
import struct
import zlib
from functools import cache
from itertools import count, islice
from typing import TYPE_CHECKING

from faultserver_documents import ENTRIES, XML, entry, rss

if TYPE_CHECKING:
    from collections.abc import Iterator

DECODED = 512 * 2**20
CHUNK = 2**16

_BLOCK = 2**20
_BROTLI_BLOCK = 2**24
_ZSTD_BLOCK = 2**17


@cache
def gzip_bomb() -> bytes:
    """Return a feed with a title of 512 MiB of spaces, as half a megabyte of gzip."""
    head, tail = rss("gzip_bomb").split(b"Source gzip_bomb")
    spaces = b" " * _BLOCK
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # After a full flush equal input gives equal bytes, so that one block can stand 512 times.
    first = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(spaces) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(tail) + packer.flush(zlib.Z_FINISH)
    check = zlib.crc32(head)
    for _ in range(DECODED // _BLOCK):
        check = zlib.crc32(spaces, check)
    length = len(head) + DECODED + len(tail)
    header = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # RFC 1952, 2.3
    body = first + block * (DECODED // _BLOCK) + last
    return header + body + struct.pack("<LL", zlib.crc32(tail, check), length)


@cache
def gzip_in_gzip() -> bytes:
    """Return the gzip bomb in gzip once more: a few kilobytes."""
    return gzip.compress(gzip_bomb(), mtime=0)


@cache
def br_bomb() -> bytes:
    """Return 512 MiB of spaces as some 400 bytes of Brotli (RFC 7932)."""
    block = [
        *((0, 1), (2, 2), (_BROTLI_BLOCK - 1, 24), (0, 1)),  # not the last, length in 6 nibbles, compressed
        *((0, 3), (0, 6), (0, 2), (0, 2)),  # one block type each, plain distances, one tree each
        *((1, 2), (0, 2), (ord(" "), 8)),  # one literal only: the space
        *((1, 2), (0, 2), (399, 10)),  # one command only: a literal, then the longest copy
        *((1, 2), (0, 2), (16, 6)),  # one distance only
        *((_BROTLI_BLOCK - 1 - 2118, 24), (0, 1)),  # how much is copied, from one byte back
    ]
    bits = [(15, 4), *(block * (DECODED // _BROTLI_BLOCK)), (3, 2)]  # a window of 16 MiB; the last block is empty
    number = width = 0
    for value, size in bits:
        number |= value << width
        width += size
    return number.to_bytes((width + 7) // 8, "little")


@cache
def zstd_bomb() -> bytes:
    """Return 512 MiB of spaces as 16 kB of Zstandard: blocks that repeat one byte (RFC 8878, 3.1.1.2)."""
    blocks = DECODED // _ZSTD_BLOCK
    repeat = (_ZSTD_BLOCK << 3 | 1 << 1).to_bytes(3, "little") + b" "
    last = (_ZSTD_BLOCK << 3 | 1 << 1 | 1).to_bytes(3, "little") + b" "
    return b"\x28\xb5\x2f\xfd\x00\x38" + repeat * (blocks - 1) + last


def attribute_bomb(name: str) -> bytes:
    """Return a feed with 100,000 attributes, 1 MB, in one start tag."""
    attributes = " ".join(f'a{number}=""' for number in range(100_000))
    return rss(name, *(entry(name, number, more=f"<b {attributes}/>") for number in ENTRIES[:1]))


def nesting_bomb(name: str) -> bytes:
    """Return a feed with elements 100,000 deep."""
    return rss(name, entry(name, more="<b>" * 100_000 + "</b>" * 100_000))


def entity_bomb(name: str, fetch: int) -> bytes:
    """Return entities of entities with odd fetches (billion laughs), one long entity many times with even ones."""
    if fetch % 2:
        nested = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
        declared, used = f'<!ENTITY e0 "laugh">{nested}', "&e9;"
    else:
        declared, used = f'<!ENTITY e0 "{"a" * 100_000}">', "&e0;" * 10_000
    return rss(name, entry(name, more=f"<author>{used}</author>"), head=f"{XML}\n<!DOCTYPE rss [{declared}]>")


def many_entries(name: str) -> Iterator[bytes]:
    """Give a feed of 100,000 entries, 9 MB, in pieces."""
    head, tail = rss(name, "<item/>").split(b"<item/>")
    yield head
    numbers = count(1)
    for _ in range(100):
        entries = (
            f"<item><title>Entry {number} of {name}</title><link>https://many.example/{number}</link></item>"
            for number in islice(numbers, 1000)
        )
        yield "".join(entries).encode()
    yield tail


def long_title(name: str) -> Iterator[bytes]:
    """Give a feed whose first entry has a title of 10 MB, in pieces; it stays below 10 MiB."""
    head, tail = rss(name).split(b"Entry 1 of", 1)
    yield head
    yield from (b"Long " * 20_000 for _ in range(100))
    yield b"Entry 1 of" + tail
