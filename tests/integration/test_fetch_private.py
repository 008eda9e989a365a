"""No connection to what is not public: whatever the spelling, whichever the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loopback import HOST, Detour, Loopback, Names, Talk, answer, fetched, fetched_one, redirect, to

from aggregator.sources.http import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

PUBLIC = "93.184.216.34"
PRIVATE = {
    "loopback": """127.0.0.1 127.1 127.0.1 127.0.0.1. 127.000.000.001 0177.0.0.1 0177.1 017700000001 0x7f.0.0.1 0x7F.1
        0x7f000001 0x7f.0x0.0x0.0x1 0x7f.0.1 2130706433 127.255.255.254 127.0.1.1 %31%32%37.0.0.1 127%2e0%2e0%2e1
        １２７.0.0.1 １２７．０．０．１ 127。0。0。1 ①②⑦.⓪.⓪.① 0x7ｆ.1 [::1] [0:0:0:0:0:0:0:1] [0000::0001] [::0.0.0.1]""",
    "names": "localhost LOCALHOST localhost. LocalHost ｌｏｃａｌｈｏｓｔ ⓛⓞⓒⓐⓛⓗⓞⓢⓣ any.localhost ip6-localhost loop.example",
    "nothing": "0.0.0.0 0 0x0 00 0.0 0.1.2.3 [::] [0::0]",
    "embedded": """[::ffff:127.0.0.1] [::FFFF:7F00:1] [0:0:0:0:0:ffff:127.0.0.1] [::ffff:0:127.0.0.1] [::127.0.0.1]
        [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:7f00:0001::1] [2001:0:7f00:1::]
        [::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [64:ff9b::a9fe:a9fe] [2002:a9fe:a9fe::]""",
    "clouds": """169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518 0xA9.0xFE.0xA9.0xFE 169.16689662
        100.100.100.200 168.63.129.16 0xa83f8110 2822734096 192.0.0.192 169.254.170.2 [fd00:ec2::254] [fe80::a9fe:a9fe]""",
    "at home": """10.0.0.1 10.1 012.1 0xa.1 167772161 172.16.0.1 172.31.255.255 0254.16.1 192.168.1.1 192.168.257 3232235777
        0xc0a80101 100.64.0.1 [fc00::1] [fd12:3456:789a::1] [fec0::1] [fe80::1]""",
    "nobody": """192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
        4294967295 0xffffffff [ff02::1] [2001:db8::1] [3fff::1] [100::1] [5f00::1] [4000::1]""",
}
SPELLINGS = [spelling for group in PRIVATE.values() for spelling in group.split()]
HIDDEN = [  # {} is the host and port of a server on loopback
    "http://{}#@feeds.example/",
    "http://{}\\@feeds.example/",
    "http://{}/@feeds.example/",
    "http:\\\\{}/",
    "http:////{}/",
    "  http://{}/",
    "ht\ttp://{}/",
    "HTTP://{}/",
    "https://{}/",
]


def every_name_is_here(host: str, port: int) -> Sequence[str]:
    assert host
    assert port
    return [HOST]


def test_there_are_many_spellings() -> None:
    assert len(set(SPELLINGS)) == len(SPELLINGS) >= 100


def served_at(host: str) -> Loopback:
    try:
        return Loopback({"*": answer(b"secret")}, host=host)
    except OSError:
        pytest.skip(f"this machine has no {host}")


@pytest.mark.parametrize("host", [HOST, "::1"])
def test_no_spelling_is_connected_to_directly(host: str) -> None:
    shown = f"[{host}]" if ":" in host else host
    with served_at(host) as server:
        urls = [f"http://{spelling}:{server.port}/" for spelling in SPELLINGS]
        urls += [way.replace("{}", f"{shown}:{server.port}") for way in [*HIDDEN, "http:/{}/"]]
        network = Detour({HOST: server.port})
        responses = fetched(*(Request(name=url, url=url) for url in urls), resolve=every_name_is_here, network=network)
        assert {response.code for response in responses} == {"private_address"}
        assert not any(response.body for response in responses)
        assert network.connected == []
        assert fetched_one(Request(name="x", url=urls[0])).code == "private_address"
        assert server.connections == 0


def test_no_spelling_is_connected_to_after_a_redirect() -> None:
    with Loopback({"*": answer(b"secret")}) as server, Loopback() as front:
        places = [f"http://{spelling}:{server.port}/" for spelling in SPELLINGS]
        places += [f"//{spelling}:{server.port}/" for spelling in SPELLINGS]
        places += [way.strip().replace("\t", "").replace("{}", f"{HOST}:{server.port}") for way in HIDDEN]
        places += [f"http://feeds.example:x@{HOST}:{server.port}/", f"http://@{HOST}:{server.port}/"]
        front.answers = {f"/{number}": _found(place) for number, place in enumerate(places)}
        network = Detour({HOST: front.port})
        requests = [to(front, f"/{number}") for number in range(len(places))]
        responses = fetched(*requests, resolve=every_name_is_here, network=network)
        assert {response.code for response in responses} == {"private_address"}
        assert set(network.connected) == {front.place}
        assert (front.connections, server.connections) == (len(places), 0)


def test_the_ways_of_the_system_are_no_way_around() -> None:
    with Loopback({"*": answer(b"secret")}) as server:
        hosts = ["localhost", "LOCALHOST", "0x7f.1", "2130706433", "[::1]", HOST, "[::ffff:127.0.0.1]"]
        requests = [Request(name=host, url=f"http://{host}:{server.port}/") for host in hosts]
        assert {response.code for response in fetched(*requests)} == {"private_address"}
        assert server.connections == 0


REBOUND = """\
    127.0.0.1 ::1 ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 2001:0:7f00:1:: fe80::1 fe80::1%lo
    fec0::1 fc00::1 fd00:ec2::254 169.254.169.254 168.63.129.16 100.64.0.1 10.0.0.1 172.16.0.1 192.168.1.1 0.0.0.0
    198.18.0.1 192.0.2.1 224.0.0.1 255.255.255.255 :: ff02::1 2001:db8::1 127.1 0x7f000001 localhost"""


@pytest.mark.parametrize("address", REBOUND.split())
def test_a_name_that_changes_its_mind_gains_nothing(address: str) -> None:
    with Loopback({"/": redirect("http://feeds.example/again"), "*": answer(b"secret")}) as server:
        network = Detour({PUBLIC: server.port, HOST: server.port})
        names = Names({"feeds.example": [[PUBLIC], [address]]})
        response = fetched_one(Request(name="x", url="http://feeds.example/"), resolve=names, network=network)
        assert (response.code, response.url) == ("private_address", "http://feeds.example/again")
        assert (network.connected, names.asked) == ([(PUBLIC, 80)], ["feeds.example"] * 2)


@pytest.mark.parametrize("address", REBOUND.split())
def test_a_name_with_two_minds_gains_nothing(address: str) -> None:
    names = Names({"one.example": [[PUBLIC, address]], "two.example": [[address, PUBLIC]]})
    network = Detour({})
    requests = [Request(name=host, url=f"http://{host}/") for host in names.answers]
    responses = fetched(*requests, resolve=names, network=network)
    assert [response.code for response in responses] == ["private_address"] * 2
    assert network.connected == []


def test_the_address_that_was_checked_is_the_one_that_is_connected_to() -> None:
    with Loopback({"*": answer(b"feed")}) as server:
        network, names = Detour({PUBLIC: server.port}), Names({"feeds.example": [[PUBLIC], [HOST]]})
        response = fetched_one(Request(name="x", url="http://feeds.example/"), resolve=names, network=network)
        assert (response.body, network.connected, names.asked) == (b"feed", [(PUBLIC, 80)], ["feeds.example"])
        assert server.seen[0].header(b"host") == b"feeds.example"


def test_the_allowance_of_one_source_is_not_that_of_another() -> None:
    with Loopback({"*": answer(b"feed")}) as server:
        responses = fetched(to(server), Request(name="x", url=server.url()), to(server, "/2"))
        assert [response.code for response in responses] == ["", "private_address", ""]
        assert server.connections == 2


def test_an_allowance_for_one_port_opens_no_other() -> None:
    with Loopback({"*": answer(b"secret")}) as server, Loopback() as front:
        front.answers = {"*": redirect(server.url())}
        assert fetched_one(to(front)).code == "private_address"
        assert server.connections == 0


OTHER_SCHEMES = [
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "file:etc",
    "gopher://{}/_GET%20/",
    "ftp://{}/",
    "dict://{}/",
    "ldap://{}/",
    "tftp://{}/",
    "ws://{}/",
    "http+unix://%2Frun%2Fdocker.sock/",
    "unix:/run/docker.sock",
    "jar:http://{}!/",
    "data:application/rss+xml,<rss/>",
    "javascript:alert(1)",
    "about:blank",
    "mailto:a@b.example",
    "netdoc:///etc/passwd",
    "view-source:http://{}/",
    "feed:http://{}/",
]


def test_only_http_and_https_are_followed() -> None:
    with Loopback({"*": answer(b"secret")}) as server, Loopback() as front:
        places = [place.replace("{}", f"{HOST}:{server.port}") for place in OTHER_SCHEMES]
        front.answers = {f"/{number}": _found(place) for number, place in enumerate(places)}
        allowed = frozenset([front.place, server.place])
        responses = fetched(*(to(front, path, allowed=allowed) for path in front.answers))
        assert [(response.code, response.status) for response in responses] == [("redirect", 302)] * len(places)
        assert server.connections == 0


@pytest.mark.parametrize(
    "place", ["", "http://", "http://[", "http://feeds example/", "http://x:99999/", "http://%00/", "//"]
)
def test_a_redirect_to_no_address_is_a_failure(place: str) -> None:
    with Loopback({"*": _found(place)}) as server:
        response = fetched_one(to(server))
        assert (response.code, response.status, response.body) == ("redirect", 302, b"")


def test_a_redirect_without_a_place_is_a_failure() -> None:
    with Loopback({"*": answer(status="301 Moved")}) as server:
        assert fetched_one(to(server)).code == "redirect"


def test_a_failure_says_where_it_went_and_no_more() -> None:
    with Loopback({"*": redirect("http://me:secret@10.0.0.1:8080/?key=secret")}) as server:
        response = fetched_one(to(server))
        said = "10.0.0.1 is no public address: not connected"
        assert response.failure == f"{said}; a redirect to an address that is not public is never followed"
        assert "me:" not in repr(response)


def test_an_address_of_the_owner_that_is_private_may_be_meant() -> None:
    response = fetched_one(Request(name="x", url="http://10.0.0.1:8080/?key=secret"))
    said = "10.0.0.1 is no public address: not connected"
    assert response.failure == f"{said}; set `private: true` for this source if it is meant"


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found"])
def test_what_can_be_done_where_there_is_no_feed(status: str) -> None:
    with Loopback({"*": answer(status=status)}) as server:
        response = fetched_one(to(server))
        assert response.code == "status"
        assert response.failure.startswith(f"it answered {status[:3]} ({status[4:]}); look at the address in a browser")
        assert "aggregator sources test URL" in response.failure


def _found(place: str) -> bytes:
    return b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n" % place.encode()


def test_what_comes_from_elsewhere_is_shown_without_control_characters() -> None:
    def shout(talk: Talk) -> None:
        talk.send(b"HTTP/1.1 302 Found\r\nLocation: gopher://x/\x1b[31m\xe2\x80\xae\r\nContent-Length: 0\r\n\r\n")

    with Loopback({"*": shout}) as server:
        response = fetched_one(to(server))
        assert response.code == "redirect"
        assert response.failure.isprintable()
