"""Who is connected: no more than there is room for, and of one reader no more than is fair."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol

_HOME = 64  # bits of an IPv6 address that tell one home from another


class Guest(Protocol):
    """A connection."""

    def is_idle(self) -> bool:
        """Say whether it is neither being answered nor being sent anything."""

    def send_away(self, *, is_new: bool) -> None:
        """End it."""


class Crowd:
    """The connections of a server, the one that was answered longest ago first.

    most: at once. most_each: of one reader.
    """

    def __init__(self, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._readers: dict[Guest, str] = {}
        self._counts: Counter[str] = Counter()

    def admit(self, guest: Guest, reader: str) -> None:
        """Let one in, and send away who has to go for that, who may be the new one itself.

        It is the one that has been idle longest, since whoever asks at once is answered at once: a flood of those that
        do not ask takes the room from itself. reader: from `reader_of`.
        """
        self._readers[guest] = reader
        self._counts[reader] += 1
        goes = None
        if reader and self._counts[reader] > self._most_each:
            goes = next((one for one, of in self._readers.items() if of == reader and one.is_idle()), guest)
        elif len(self._readers) > self._most:
            goes = next((one for one in self._readers if one.is_idle()), guest)
        if goes is not None:
            self.leave(goes)
            goes.send_away(is_new=goes is guest)

    def rest(self, guest: Guest) -> None:
        """Note that one has just been answered."""
        if guest in self._readers:
            self._readers[guest] = self._readers.pop(guest)

    def leave(self, guest: Guest) -> None:
        """Let one go, who may have gone already."""
        reader = self._readers.pop(guest, None)
        if reader is not None:
            self._counts[reader] -= 1
            if not self._counts[reader]:
                del self._counts[reader]


@lru_cache(maxsize=1024)
def reader_of(host: str) -> str:
    """Return what tells one reader from others; nothing where many may stand behind an address.

    That is where no public address is seen: there sits a proxy, on this machine or beside it, or friends do.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return reader_of(str(address.ipv4_mapped))
        return str(ip_network((address, _HOME), strict=False)) if address.is_global else ""
    return host if address.is_global else ""
