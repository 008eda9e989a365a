"""Which addresses may be connected to, and that a name is looked up once and connected to where it was checked."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Detour, Names

from aggregator.wire.clock import Clock
from aggregator.wire.errand import FetchFailure, Limits
from aggregator.wire.guard import Guard, is_public

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "203.0.114.0",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2a00:1450:4001:82b::200e",
]
NOT_PUBLIC = {
    "this network": ["0.0.0.0", "0.0.0.1", "0.255.255.255"],  # noqa: S104  an address to be refused
    "private": ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"],
    "carrier": ["100.64.0.1", "100.100.100.200", "100.127.255.255"],
    "loopback": ["127.0.0.1", "127.1.2.3", "127.255.255.255", "::1"],
    "link-local": [
        "169.254.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "fe80::1",
        "febf::1",
        "fe80::1%eth0",
        "fe80::1%1",
    ],
    "scoped": ["2001:4860:4860::8888%eth0"],
    "cloud": ["168.63.129.16", "192.0.0.192", "fd00:ec2::254"],
    "protocols": ["192.0.0.1", "192.0.0.8", "192.0.0.9", "192.0.0.10", "192.0.0.170", "2001:1::1", "2001:20::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmark": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "multicast": ["224.0.0.1", "239.255.255.250", "232.1.2.3", "ff02::1", "ff0e::1", "ff05::1:3"],
    "reserved": ["240.0.0.1", "255.255.255.254", "255.255.255.255"],
    "unspecified": ["::"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"],
    "compatible": ["::127.0.0.1", "::10.0.0.1", "::8.8.8.8"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "64:ff9b:1:ffff::a00:1"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "192.88.99.1"],
    "Teredo": ["2001::1", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "site-local": ["fec0::1", "feff::1"],
    "unique local": ["fc00::1", "fd12:3456::1", "fdff::1"],
    "discard": ["100::1", "100:0:0:1::1"],
    "segment routing": ["5f00::1"],
    "not given to anybody": ["1::", "4000::1", "e000::1"],
    "no address": [
        "",
        "localhost",
        "127.1",
        "0x7f.0.0.1",
        "017700000001",
        "127.0.0.01",
        "1.2.3.4.5",
        "[::1]",
        "::1/128",
    ],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("kind", "address"), [(kind, address) for kind, addresses in NOT_PUBLIC.items() for address in addresses]
)
def test_all_else_is_not(kind: str, address: str) -> None:
    assert not is_public(address), kind


@given(st.ip_addresses(v=4, network="127.0.0.0/8") | st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_no_way_to_write_a_private_address_into_ipv6_makes_it_public(address: object) -> None:
    number = int(ip_address(str(address)))
    prefixes = ["::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::"]
    embedded = [str(ip_address(int(ip_address(prefix)) + number)) for prefix in prefixes]
    shifted = [str(ip_address((start << 112) + (number << 80))) for start in (0x2002,)]
    assert not any(map(is_public, [str(address), *embedded, *shifted]))


@given(st.ip_addresses(v=6))
def test_of_ipv6_only_global_unicast_is_public(address: object) -> None:
    if is_public(str(address)):
        assert ip_address(str(address)) in ip_network("2000::/3")


def connect(
    host: str, answers: list[list[str]], *, allowed: tuple[str, int] | None = None
) -> tuple[FetchFailure | httpcore.ConnectError | None, list[str], int]:
    """Connect to port 80 of a host; return how it ended, the addresses that were connected to, the look-ups."""
    network, names = Detour(), Names({host: answers})
    clock = Clock(Limits(), timedelta(0))
    guard = Guard(allowed=[allowed] if allowed else [], clock=clock, resolve=names, network=network)
    try:
        guard.connect_tcp(host, 80)
    except (FetchFailure, httpcore.ConnectError) as error:
        return error, [address for address, _ in network.connected], len(names.asked)
    return None, [address for address, _ in network.connected], len(names.asked)


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["127.0.0.1", "93.184.216.34"],
        ["2606:2800:220:1:248:1893:25c8:1946", "::1"],
        ["93.184.216.34", "2002:7f00:1::"],
        ["93.184.216.34", "fe80::1%lo"],
        ["93.184.216.34", "no address at all"],
        ["93.184.216.34"] * 500 + ["169.254.169.254"],
    ],
)
def test_one_private_answer_among_many_is_enough_to_refuse(answers: list[str]) -> None:
    error, connected, _ = connect("feeds.example", [answers])
    assert isinstance(error, FetchFailure)
    assert (error.code, connected) == ("private_address", [])
    assert "feeds.example" in error.reason


def test_a_name_is_looked_up_once_and_connected_to_where_it_was_checked() -> None:
    _, connected, asked = connect("feeds.example", [["93.184.216.34"], ["127.0.0.1"]])
    assert (connected, asked) == (["93.184.216.34"], 1)


def test_an_answer_is_connected_to_as_a_number_without_another_look_up() -> None:
    _, connected, _ = connect("feeds.example", [["2606:2800:0220:0001:0248:1893:25C8:1946"]])
    assert connected == ["2606:2800:220:1:248:1893:25c8:1946"]


def test_a_number_needs_no_name_server() -> None:
    assert connect("93.184.216.34", [[]])[1:] == (["93.184.216.34"], 0)
    assert connect("127.0.0.1", [[]])[1:] == ([], 0)


@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "0177.0.0.1", "127.1", "localhost", "１２７.0.0.1"])
def test_what_only_the_system_can_read_is_checked_as_the_system_reads_it(host: str) -> None:
    error, connected, asked = connect(host, [["127.0.0.1"]])
    assert isinstance(error, FetchFailure)
    assert (error.code, connected, asked) == ("private_address", [], 1)


def test_an_allowance_is_for_one_host_and_one_port() -> None:
    assert connect("nas.home", [["10.0.0.5"]], allowed=("NAS.home.", 80))[1] == ["10.0.0.5"]
    assert connect("nas.home", [["10.0.0.5"]], allowed=("nas.home", 81))[1] == []
    assert connect("nas.home", [["10.0.0.5"]], allowed=("10.0.0.5", 80))[1] == []
    assert connect("::1", [[]], allowed=("[::1]", 80))[1] == ["::1"]


def test_a_few_addresses_of_each_family_are_tried() -> None:
    four = [f"93.184.216.{number}" for number in range(1, 9)]
    six = [f"2606:2800::{number}" for number in range(1, 9)]
    error, connected, _ = connect("feeds.example", [[*six, *four]])
    assert isinstance(error, httpcore.ConnectError)
    assert connected == [*six[:2], *four[:2]]


def test_a_name_without_addresses_is_unknown() -> None:
    error, _, _ = connect("feeds.example", [[]])
    assert isinstance(error, FetchFailure)
    assert error.code == "unknown_host"


def test_a_socket_of_this_machine_is_refused() -> None:
    guard = Guard(allowed=[], clock=Clock(Limits(), timedelta(0)))
    with pytest.raises(FetchFailure, match="on this machine"):
        guard.connect_unix_socket("/run/docker.sock")
