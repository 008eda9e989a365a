"""Bodies as they come, made bytes to be parsed: in small steps, so that no bomb goes off (RFC 9110 section 8.4)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from aggregator.wire.errand import FetchFailure
from aggregator.wire.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.wire.errand import Limits

_GZIP = zlib.MAX_WBITS + 16
_MAX_PIECES = 100_000  # a body sent in pieces of one byte costs seconds of our time
_MAX_MEMBERS = 64  # gzip files in one body; more is a joke at our expense
_KNOWN = {"": "", "identity": "", "gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}


def decoded(chunks: Iterable[bytes], encoding: str, limits: Limits) -> Spool:
    """Return a body decoded; raises FetchFailure where it is too large, broken, or coded as we did not ask for."""
    kind = _kind(encoding)
    body = Spool()
    try:
        _fill(body, chunks, _Inflater(kind, limits.step_bytes) if kind else None, limits)
    except BaseException:
        body.close()
        raise
    return body


def _kind(encoding: str) -> str:
    """Return how a body is coded: gzip, deflate, or empty for not at all."""
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    if len(names) > 1:
        raise FetchFailure("encoding", "the answer is encoded more than once; that is not decoded")
    kind = _KNOWN.get("".join(names))
    if kind is None:
        raise FetchFailure("encoding", "the answer is encoded in a way that was not asked for; gzip and deflate were")
    return kind


def _fill(body: Spool, chunks: Iterable[bytes], inflater: _Inflater | None, limits: Limits) -> None:
    received = 0
    for number, chunk in enumerate(chunks):
        received += len(chunk)
        for piece in inflater.pieces(chunk) if inflater else (chunk,):
            body.write(piece)
            if body.size > limits.max_bytes:
                raise too_large(limits)
        if received > limits.max_bytes:  # blocks that decode to nothing can go on for ever
            raise too_large(limits)
        if number > _MAX_PIECES:
            raise FetchFailure("too_large", f"the body comes in more than {_MAX_PIECES:,} pieces")
    if inflater:
        inflater.finish()


def too_large(limits: Limits) -> FetchFailure:
    """Return the failure of a body that is longer than we take."""
    most = limits.max_bytes
    shown = f"{most / 2**20:g} MiB" if most >= 2**20 else f"{most / 2**10:g} KiB"
    return FetchFailure("too_large", f"more than {shown}: not read to its end")


class _Inflater:
    """Decodes one body, at most `step` bytes at a time.

    What follows a complete gzip file is decoded if it is another one (RFC 1952 section 2.2), else passed over, as
    browsers and curl do: the checksum says that what came before is whole.
    """

    def __init__(self, kind: str, step: int) -> None:
        self._is_gzip = kind == "gzip"
        self._step = step
        self._stream: zlib._Decompress | None = None
        self._held = b""  # what came before it was clear what it begins
        self._members = 0
        self._is_over = False

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what a chunk decodes to."""
        rest = self._held + chunk
        self._held = b""
        while not self._is_over:
            if self._stream is None and not self._begin(rest):
                return
            piece, rest = self._inflate(rest)
            if piece:
                yield piece
            if self._stream is not None and not rest and len(piece) < self._step:
                return

    def finish(self) -> None:
        """Raise FetchFailure where the body is not whole."""
        if self._stream is not None or (self._held and not self._members):
            raise FetchFailure("truncated", "the compressed body ends in the middle")

    def _begin(self, rest: bytes) -> bool:
        """Open a decoder for what begins here; False where there is nothing to decode, or not yet."""
        if len(rest) < 2:  # noqa: PLR2004  both formats are known by two bytes
            self._held = rest
            return False
        if self._members and not rest.startswith(b"\x1f\x8b"):
            self._is_over = True
            return False
        if self._members == _MAX_MEMBERS:
            raise FetchFailure("encoding", f"more than {_MAX_MEMBERS} gzip files in one body")
        self._stream = zlib.decompressobj(_GZIP if self._is_gzip else _deflate_window(rest))
        return True

    def _inflate(self, rest: bytes) -> tuple[bytes, bytes]:
        """Return the next piece, and what of the input is left."""
        stream = self._stream
        if stream is None:
            return b"", rest
        try:
            piece = stream.decompress(rest, self._step)
        except zlib.error as error:
            raise FetchFailure("encoding", "the compressed body is broken") from error
        if not stream.eof:
            return piece, stream.unconsumed_tail
        self._stream = None
        self._members += 1
        self._is_over = not self._is_gzip
        return piece, stream.unused_data


def _deflate_window(start: bytes) -> int:
    """Return what zlib has to be told: some servers send deflate bare, without the header of RFC 1950."""
    has_header = start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:2]) % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
