"""What a connection to our server may not do: wait for ever, send too much, take too long, be one too many."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from served import everything, served
from starlette.responses import PlainTextResponse

from aggregator.errors import ServeError
from aggregator.publish.output import Retired
from aggregator.serve.connection import Bounds
from aggregator.serve.listening import listening
from aggregator.serve.site import Hosted, site
from aggregator.serve.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp

SHORT = Bounds(request=timedelta(seconds=0.2), answer=timedelta(seconds=0.4), ending=timedelta(seconds=0.2))
HELLO = PlainTextResponse("hello")
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
LARGE = 15 * 1024 * 1024  # bytes: more than the system keeps for a reader who does not read


def folder(path: Path) -> ASGIApp:
    (path / "a.txt").write_bytes(b"a" * LARGE)
    hosted = Hosted(folder=path, base_url="https://feeds.example/", hubs=(), max_age=timedelta(minutes=10))
    return site(hosted, Retired(path), Tally())


@pytest.mark.parametrize("sent", [b"", b"GET / HT", GET, GET + b"X-Long: a"])
def test_who_does_not_come_to_the_point_is_cut_off(sent: bytes) -> None:
    with served(HELLO, SHORT) as server:
        assert server.raw(sent) == b""


def test_a_byte_now_and_then_is_not_enough() -> None:
    with served(HELLO, SHORT) as server, server.connected() as connection:
        connection.sendall(GET)
        connection.settimeout(0.05)
        came = None
        while came is None:
            try:
                connection.sendall(b"a")
                came = connection.recv(100)
            except TimeoutError:
                continue
            except OSError:
                came = b""
        assert came == b""


def test_a_second_request_has_no_more_time_than_the_first() -> None:
    with served(HELLO, SHORT) as server, server.connected() as connection:
        connection.sendall(GET + b"\r\n" + GET)
        assert everything(connection).count(b"hello") == 1


def test_who_does_not_read_is_cut_off(tmp_path: Path) -> None:
    with served(folder(tmp_path), SHORT) as server, server.connected() as connection:
        connection.sendall(b"GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(5):  # each of which waits as long as a request may
            assert server.raw(b"") == b""
        assert len(everything(connection)) < LARGE


def test_who_reads_gets_all_of_a_large_file(tmp_path: Path) -> None:
    with served(folder(tmp_path)) as server:
        assert len(server.ask("/a.txt").body) == LARGE


@pytest.mark.parametrize("header", [b"X-Long: " + b"a" * 40_000, b"X: a\r\n" * 8_000])
def test_headers_have_an_end(header: bytes) -> None:
    with served(HELLO) as server:
        assert server.raw(GET + header + b"\r\n\r\n")[:12] in {b"HTTP/1.1 400", b""}  # or lost with the connection
        assert server.ask("/").status == 200


def test_a_long_header_is_refused_before_it_ends() -> None:
    with served(HELLO) as server, server.connected() as connection, suppress(OSError):
        connection.sendall(GET + b"X-Long: " + b"a" * 20_000)
        assert everything(connection).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "body",
    [b"Content-Length: 5\r\n\r\nhello", b"Content-Length: 999999999\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"],
)
@pytest.mark.parametrize(("method", "status"), [(b"GET", b"413"), (b"POST", b"405")])
def test_a_body_is_refused_unread_and_the_connection_ends(
    tmp_path: Path, method: bytes, status: bytes, body: bytes
) -> None:
    with served(folder(tmp_path)) as server:
        answer = server.raw(method + b" /a.txt HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n" + body)
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b"connection: close" in answer.lower()


def test_what_is_no_http_is_refused() -> None:
    with served(HELLO) as server:
        for sent in (
            b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
            b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET\r\n\r\n",
        ):
            assert server.raw(sent).startswith(b"HTTP/1.1 400"), sent


def test_one_connection_too_many_ends_the_one_that_has_been_idle_longest() -> None:
    told: list[int] = []
    with served(HELLO, Bounds(connections=3), told.append) as server, ExitStack() as stack:
        first, second, third = (stack.enter_context(server.connected()) for _ in range(3))
        for one in (second, first, third):  # each has been accepted when it is answered
            one.sendall(GET + b"\r\n")
            assert one.recv(100).startswith(b"HTTP/1.1 200")
        assert server.ask("/").status == 200
        assert everything(second).endswith(b"hello")  # and the end
        for one in (first, third):
            one.sendall(GET + b"\r\n")
            assert b"hello" in one.recv(1000)
    assert told == [1]


def test_one_connection_too_many_is_told_so_where_all_are_being_answered(tmp_path: Path) -> None:
    with served(folder(tmp_path), Bounds(connections=2)) as server, ExitStack() as stack:
        busy = [stack.enter_context(server.connected()) for _ in range(2)]
        for one in busy:
            one.sendall(b"GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one.recv(100).startswith(b"HTTP/1.1 200")
        with server.connected() as one:
            assert everything(one).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        for one in busy:
            one.sendall(b"GET /a.txt HTTP/1.0\r\n\r\n")  # the last one of the connection
            assert len(everything(one)) > 2 * LARGE


def test_more_files_may_be_open_as_far_as_the_system_lets() -> None:
    program = "from aggregator.serve import descriptors as d; d.raise_limit(); print(d.room_for_connections(d.READERS))"
    for soft, hard, room in ((100, 600, 200), (600, 600, 200), (100, 6000, 1365), (5000, 6000, 1666)):
        script = f'ulimit -S -n {soft} && ulimit -H -n {hard} && exec "$@"'
        words = ("sh", "-c", script, "sh", sys.executable, "-c", program)
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert (done.stdout, done.stderr) == (f"{room}\n", "")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with listening("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with (
            pytest.raises(ServeError, match=f"127.0.0.1:{port}: cannot listen there: .*EADDRINUSE.*end it"),
            listening("127.0.0.1", port),
        ):
            pass
    path = str(tmp_path / "socket")
    with listening("", 0, path), pytest.raises(ServeError, match="socket: cannot listen there"), listening("", 0, path):
        pass


def test_a_socket_that_was_left_is_used_again_and_other_files_never(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(path))
    with listening("", 0, str(path)):
        assert path.stat().st_mode & 0o777 == 0o666
    assert not path.exists()
    path.write_text("mine")
    with pytest.raises(ServeError), listening("", 0, str(path)):
        pass
    assert path.read_text() == "mine"
