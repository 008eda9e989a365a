"""Which addresses are connected to: the very ones that were looked up and checked, and no private one.

The check stands where the connection is made, so that no spelling of an address, no redirect and no second answer of
a name server gets around it.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections import Counter
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

import httpcore

from aggregator.wire.clock import Timed
from aggregator.wire.errand import FetchFailure, plain_host

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from aggregator.wire.clock import Clock

    Resolve = Callable[[str, int], Sequence[str]]

# `is_global` of the standard library calls several of these global, differently in each release. All of a block is
# refused, also what is public in it: nobody serves feeds there.
_NOT_PUBLIC_4 = tuple(
    map(
        ip_network,
        [
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # behind carriers, and the metadata of some clouds
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # the inner side of Azure
            "169.254.0.0/16",  # link-local, and the metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ],
    )
)
# The only block of IPv6 that is routed between strangers (RFC 4291 section 2.4). Outside of it lie loopback, mapped
# and compatible IPv4, NAT64, unique local, link-local, site-local and multicast.
_GLOBAL_6 = ip_network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    map(
        ip_network,
        [
            "2001::/23",  # protocols: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: leads to any IPv4 address
            "3fff::/20",  # documentation
        ],
    )
)
_IF_MEANT = "set `private: true` for this source if it is meant"
_NEVER = "a redirect to an address that is not public is never followed"
_TRIED_PER_FAMILY = 2  # addresses of a name that are tried


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Say whether an address belongs to a stranger's machine on the open internet."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return parsed.is_global and not any(parsed in network for network in _NOT_PUBLIC_4)
    if parsed.scope_id is not None or parsed not in _GLOBAL_6:
        return False
    return parsed.is_global and not any(parsed in network for network in _NOT_PUBLIC_6)


def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host as the system knows them, link-local ones with their scope."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard(httpcore.NetworkBackend):
    """A network on which one host is looked up once, checked, and connected to at the address that was checked."""

    def __init__(
        self,
        *,
        allowed: Collection[tuple[str, int]],
        clock: Clock,
        is_redirected: bool = False,
        resolve: Resolve = resolved,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._allowed = {(plain_host(host), port) for host, port in allowed}
        self._clock = clock
        self._is_redirected = is_redirected
        self._resolve = resolve
        self._network = network or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  the clock knows better
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connection to a checked address of a host; raises FetchFailure where there is none."""
        targets = _first_of_each_family(self._checked(host, port))
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for number, address in enumerate(targets):
            share = self._clock.left() / (len(targets) - number)  # one dead address leaves time for the next
            try:
                stream = self._network.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return Timed(stream, self._clock)
        raise failure or FetchFailure("unknown_host", f"{host} has no address")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002  nothing is waited for
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Refuse: a socket on this machine is as private as can be."""
        raise FetchFailure("private_address", f"{path} is on this machine")

    def _checked(self, host: str, port: int) -> Sequence[str]:
        addresses = self._addresses(host, port)
        if (plain_host(host), port) in self._allowed:
            return addresses
        for address in addresses:
            if not is_public(address):
                where = f"{host} is" if address == host else f"{host} is at {address},"
                cure = _NEVER if self._is_redirected else _IF_MEANT
                raise FetchFailure("private_address", f"{where} no public address: not connected; {cure}")
        return [str(ip_address(address)) for address in addresses]

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            ip_address(host)
        except ValueError:
            return self._looked_up(host, port)
        return [host]

    def _looked_up(self, host: str, port: int) -> Sequence[str]:
        """Ask for the addresses of a name, in a thread: the system's call can be neither timed nor interrupted."""
        answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, ValueError) as error:  # ValueError: no name that can be asked for
                answers.put(error)

        threading.Thread(target=ask, name=f"look-up {host}", daemon=True).start()
        try:
            answer = answers.get(timeout=self._clock.left())
        except queue.Empty:
            raise FetchFailure("timeout", f"the address of {host} was not found in time") from None
        if isinstance(answer, Exception):
            said = getattr(answer, "strerror", None) or "no name that can be looked up"
            raise FetchFailure("unknown_host", f"{host} has no address: {said.lower()}") from answer
        return answer


def _first_of_each_family(addresses: Sequence[str]) -> list[str]:
    """Return the first few addresses, some of each family: a name with hundreds must not make us a port scanner."""
    seen: Counter[bool] = Counter()
    kept = []
    for address in addresses:
        seen[":" in address] += 1
        if seen[":" in address] <= _TRIED_PER_FAMILY:
            kept.append(address)
    return kept
