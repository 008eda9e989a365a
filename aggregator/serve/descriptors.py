"""How many files a process may have open at once, connections among them."""

from __future__ import annotations

import resource
from contextlib import suppress

READERS = 3
MONITORS = 8
_WANTED = 4096
_PLENTY = 1_000_000  # in place of no limit at all


def raise_limit() -> None:
    """Raise the soft limit of this process as far as it may and makes sense; what it starts gets the same."""
    soft, hard = _limits()
    wanted = min(_WANTED, hard)
    if soft < wanted:
        with suppress(ValueError, OSError):  # less room for readers is no reason to end
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def room_for_connections(share: int) -> int:
    """Return how many connections one in `share` of the files are.

    READERS and MONITORS leave enough for all else: databases, feeds that are asked, workers, and connections that are
    still open for a moment after they were turned away.
    """
    return max(1, _limits()[0] // share)


def _limits() -> tuple[int, int]:
    soft, hard = (
        _PLENTY if one == resource.RLIM_INFINITY else one for one in resource.getrlimit(resource.RLIMIT_NOFILE)
    )
    return soft, hard
