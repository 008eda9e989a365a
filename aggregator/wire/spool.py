"""Bodies on their way: small ones in memory, large ones in files without a name, so that many slow ones cost little."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from tempfile import SpooledTemporaryFile

from aggregator.wire.errand import FetchFailure, Response

_IN_MEMORY = 512 * 1024


class Spool:
    """Bytes that are written piece by piece, and read once; to be closed."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  it is closed by whoever has the spool
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Take in the next piece; raises FetchFailure where there is no room for it."""
        try:
            self._file.write(piece)
        except OSError as error:
            raise _no_room(error) from error
        self.size += len(piece)

    def read(self) -> bytes:
        """Return all that was written; raises FetchFailure where it cannot be read."""
        try:
            self._file.seek(0)
            return self._file.read(self.size)
        except OSError as error:
            raise _no_room(error) from error

    def close(self) -> None:
        """Let go of what was written."""
        with suppress(OSError):  # what a full disk would not take is not wanted any more
            self._file.close()


@dataclass(frozen=True, slots=True)
class Arrived:
    """A response without its body, and where that is kept until somebody takes it; to be closed."""

    response: Response
    spool: Spool | None = None

    def whole(self) -> Response:
        """Return the response with its body, which is let go of here."""
        if self.spool is None:
            return self.response
        try:
            return replace(self.response, body=self.spool.read())
        except FetchFailure as failure:
            return replace(self.response, etag=b"", modified=b"", failure=failure.reason, code=failure.code)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the body."""
        if self.spool is not None:
            self.spool.close()


def _no_room(error: OSError) -> FetchFailure:
    is_lost = isinstance(error, FileNotFoundError)
    said = "there is no folder for it" if is_lost else (error.strerror or "unknown reason").lower()
    return FetchFailure(
        "no_room", f"a large answer cannot be kept in a temporary file: {said}; TMPDIR names another folder"
    )
