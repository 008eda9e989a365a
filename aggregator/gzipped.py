"""Copies of documents in gzip: the same bytes for the same document, and read back within bounds."""

from __future__ import annotations

import zlib

SUFFIX = ".gz"
_LEVEL = 6
_GZIP = 31  # zlib's word for a window of 32 KiB inside a gzip header, which then holds no name and no time


def pack(document: bytes) -> bytes:
    """Return a document in gzip."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(document) + packer.flush()


def unpack(packed: bytes, max_bytes: int) -> bytes:
    """Return the first bytes of what was packed, or nothing where it is no gzip."""
    try:
        return zlib.decompressobj(_GZIP).decompress(packed, max_bytes)
    except zlib.error:
        return b""
