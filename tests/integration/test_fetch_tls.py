"""Certificates are checked, unless the owner of a source says otherwise for its host."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest
from loopback import HOST, Detour, Loopback, Names, answer, fetched_one, redirect, to

from aggregator.sources.http import Request

if TYPE_CHECKING:
    from pathlib import Path

FEED = b"<rss/>"
PUBLIC = "93.184.216.34"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Return what a server needs whose certificate nobody signed but itself."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl command that could make a certificate")
    folder: Path = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=feeds.example"]
    command += [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    command += ["-addext", f"subjectAltName=DNS:feeds.example,IP:{HOST}"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


def test_a_certificate_that_nobody_vouches_for_is_refused(context: ssl.SSLContext) -> None:
    with Loopback({"*": answer(FEED)}, tls=context) as server:
        response = fetched_one(to(server, user="me", password="secret"))  # noqa: S106
        assert (response.code, response.status, response.body) == ("tls", 0, b"")
        assert response.failure == "its certificate is not trusted: self-signed certificate"
        assert server.seen == []


def test_it_is_taken_where_the_owner_says_so(context: ssl.SSLContext) -> None:
    with Loopback({"/r": redirect("/"), "*": answer(FEED)}, tls=context) as server:
        assert fetched_one(to(server, "/r", verify=False)).body == FEED
        assert fetched_one(to(server)).code == "tls"


def test_the_word_of_the_owner_holds_for_one_host(context: ssl.SSLContext) -> None:
    with Loopback({"*": answer(FEED)}, tls=context) as other, Loopback(tls=context) as server:
        server.answers = {"*": redirect("https://other.example/")}
        names = Names({"feeds.example": [[HOST]], "other.example": [[PUBLIC]]})
        request = Request(
            name="x", url="https://feeds.example/", allowed=frozenset([("feeds.example", 443)]), verify=False
        )
        network = Detour({HOST: server.port, PUBLIC: other.port})
        response = fetched_one(request, resolve=names, network=network)
        assert (len(server.seen), len(other.seen), response.code) == (1, 0, "tls")
        assert response.url == "https://other.example/"


def test_https_is_not_left_for_http(context: ssl.SSLContext) -> None:
    with Loopback({"*": answer(FEED)}) as plain, Loopback(tls=context) as server:
        server.answers = {"*": redirect(plain.url())}
        response = fetched_one(to(server, verify=False, allowed=frozenset([server.place, plain.place])))
        assert (response.code, plain.connections) == ("redirect", 0)
        assert "without protection" in response.failure


def test_http_may_lead_to_https_and_credentials_stay_behind(context: ssl.SSLContext) -> None:
    with Loopback({"*": answer(FEED)}, tls=context) as server, Loopback() as plain:
        plain.answers = {"*": redirect(server.url())}
        allowed = frozenset([server.place, plain.place])
        response = fetched_one(to(plain, verify=False, allowed=allowed, user="me", password="secret"))  # noqa: S106
        assert (response.body, response.url) == (FEED, server.url())
        assert server.seen[0].header(b"authorization") is None


def test_a_server_without_tls_is_named_as_such() -> None:
    with Loopback({"*": answer(FEED)}, first=lambda connection, _: connection.sendall(b"SSH-2.0\r\n" * 10)) as server:
        response = fetched_one(
            Request(name="x", url=f"https://{HOST}:{server.port}/", allowed=frozenset([server.place]))
        )
        assert response.code == "tls"
        assert "no protected connection" in response.failure
