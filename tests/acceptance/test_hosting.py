"""The output behind real web servers, which run as somebody else."""

from __future__ import annotations

import gzip
import http.client
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from newsroom import WITH_PAGES, Newsroom

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "aggregator")
OWN = str(Path(sys.executable).parent)
PLACES = os.pathsep.join([OWN, os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
SECONDS = 20  # until a server that does not answer is a failure
TYPES = {
    "/all.atom": "application/atom+xml; charset=utf-8",
    "/topics/sea.atom": "application/atom+xml; charset=utf-8",
    "/all.rss": "application/rss+xml; charset=utf-8",
    "/all.json": "application/feed+json; charset=utf-8",
    "/feeds.opml": "text/x-opml; charset=utf-8",
    "/": "text/html; charset=utf-8",
    "/index.html": "text/html; charset=utf-8",
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass(frozen=True)
class Server:
    """A web server that hands out a site. user: whom it runs as."""

    name: str
    room: Newsroom
    port: int
    user: int

    def ask(self, path: str, method: str = "GET", **headers: str | None) -> Answer:
        """Send one request, its path as it stands; underscores of header names become hyphens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
            connection.request(method, path, headers=given)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


def publish(room: Newsroom) -> None:
    """Run the command as an owner would who keeps new files to himself."""
    subprocess.run([*COMMAND, "run", "-q"], cwd=room.folder, umask=0o077, timeout=60, check=True)


def nginx(room: Newsroom, folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    """Return how nginx is started: with the server block of the documentation around our file."""
    included = folder / "feeds.conf"
    ours = (ROOT / "config" / "nginx.conf").read_text(encoding="utf-8")
    included.write_text(re.sub(r"(?m)^#(?! )", "", ours), encoding="utf-8")  # with the lines that are offered
    page = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    block = page.partition("```nginx\n")[2].partition("```")[0]
    for documented, here in (
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("listen [::]:80;", ""),
        ("/srv/feeds/out", str(room.out)),
        ("/srv/feed-aggregator/config/nginx.conf", str(included)),
    ):
        assert block.count(documented) == 1, documented
        block = block.replace(documented, here)
    places = " ".join(
        f"{name}_temp_path {folder / name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    around = f"daemon off; worker_processes 1; pid {folder / 'pid'}; error_log stderr; events {{}}"
    file = folder / "nginx.conf"
    file.write_text(f"{around}\nhttp {{ access_log off; {places}\n{block}}}\n")
    return ["-e", "stderr", "-c", str(file)], {}


def caddy(room: Newsroom, folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    """Return how Caddy is started: with our file as it is, on an address that asks for no certificate."""
    file = folder / "Caddyfile"
    file.write_text(f"{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}}\nimport {ROOT / 'config' / 'Caddyfile'}\n")
    variables = {"HOME": str(folder), "FEEDS_SITE": f"http://127.0.0.1:{port}", "FEEDS_OUT": str(room.out)}
    return ["run", "--adapter", "caddyfile", "--config", str(file)], variables


def aggregator(room: Newsroom, _: Path, port: int) -> tuple[list[str], dict[str, str]]:
    """Return how our own server is started; it has to say what the others say."""
    room.configure(f"{WITH_PAGES}serve: {{max_age: 15 min, health: none}}\n")
    return ["serve", "--config", str(room.config_file), "--listen", f"127.0.0.1:{port}"], {}


@contextmanager
def reserved_port() -> Iterator[int]:
    """Yield a port that nobody else is given meanwhile, and that a server may nevertheless listen on."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def await_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail(f"the server does not answer: {log.read_text()}")


@pytest.fixture(scope="module", params=[nginx, caddy, aggregator], ids=lambda start: start.__name__)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Yield a site behind a server, which runs as somebody else than its owner where that can be had."""
    start = request.param
    program = shutil.which(start.__name__, path=PLACES)
    if program is None:
        pytest.skip(f"{start.__name__} is not installed")
    # Not among the folders of pytest, which let nobody else in.
    with tempfile.TemporaryDirectory(prefix="hosting-") as name, reserved_port() as port:
        folder, own = Path(name), Path(name) / "server"
        room = Newsroom(folder / "site")
        room.configure(WITH_PAGES)
        for number in range(20):
            room.article(f"a{number:02}.md")
        own.mkdir()
        for entered in (folder, room.folder, own):
            entered.chmod(0o755)
        publish(room)
        words, variables = start(room, own, port)
        identity: dict[str, Any] = {}
        if os.getuid() == 0 and start is not aggregator:  # which nobody else may be able to read
            nobody = pwd.getpwnam("nobody")
            os.chown(own, nobody.pw_uid, nobody.pw_gid)
            identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        log = folder / "log"
        environment = {**os.environ, **variables}
        with (
            log.open("wb") as sink,
            subprocess.Popen([program, *words], env=environment, stdout=sink, stderr=sink, **identity) as process,
        ):
            try:
                await_answer(process, port, log)
                yield Server(start.__name__, room, port, Path(f"/proc/{process.pid}").stat().st_uid)
            finally:
                process.terminate()


def test_every_kind_of_file_has_its_type_and_is_the_one_that_was_written(server: Server) -> None:
    for path, kind in TYPES.items():
        answer = server.ask(path)
        assert (answer.status, answer.headers["Content-Type"]) == (200, kind), path
        assert answer.headers["Content-Encoding"] is None
        assert answer.body == (server.room.out / (path[1:] or "index.html")).read_bytes()


def test_headers_that_are_offered_for_websub_name_hub_and_feed(server: Server) -> None:
    if server.name != "nginx":
        pytest.skip("its offered lines are not tried")
    self = "https://feeds.example.org/topics/sea.atom"
    expected = f'<https://hub.example.org/>; rel="hub", <{self}>; rel="self"'
    assert server.ask("/topics/sea.atom").headers["Link"] == expected
    assert [server.ask(path).headers["Link"] for path in ("/", "/index.html", "/feeds.opml", "/none.atom")] == [
        None
    ] * 4


def test_a_server_of_another_user_may_read_what_an_owner_with_a_strict_mask_publishes(server: Server) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can start a server as somebody else")
    if server.name == "aggregator":
        pytest.skip("our own server is started by the owner")
    feed = server.room.out / "topics" / "sea.atom"
    assert server.user != feed.stat().st_uid
    assert server.ask("/topics/sea.atom").body == feed.read_bytes()


@pytest.mark.parametrize("path", ["/all.atom", "/all.rss", "/all.json", "/index.html"])
def test_who_takes_gzip_gets_it(server: Server, path: str) -> None:
    packed = server.ask(path, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert packed.headers["Content-Type"] == TYPES[path]
    assert len(packed.body) < len(gzip.decompress(packed.body)) / 2
    assert gzip.decompress(packed.body) == server.ask(path).body


def test_who_asks_through_a_proxy_gets_gzip_too(server: Server) -> None:
    assert server.ask("/all.atom", Accept_Encoding="gzip", Via="1.1 cdn").headers["Content-Encoding"] == "gzip"


def test_what_did_not_change_is_not_sent_again_after_another_run_either(server: Server) -> None:
    firsts = {(path, how): server.ask(path, Accept_Encoding=how) for path in TYPES for how in ("gzip", "identity")}
    publish(server.room)
    for (path, how), first in firsts.items():
        tag, date = {"If_None_Match": first.headers["ETag"]}, {"If_Modified_Since": first.headers["Last-Modified"]}
        for validators in (tag, date, tag | date):
            again = server.ask(path, Accept_Encoding=how, **validators)
            assert (again.status, again.body) == (304, b""), (path, how, validators)
            assert again.headers["Cache-Control"] == "max-age=900"
            assert again.headers["Access-Control-Allow-Origin"] == "*"


def test_what_a_run_changed_is_sent(server: Server) -> None:
    before = server.ask("/all.atom")
    server.room.article("a00.md", title=f"Words that are new, {len(before.body)} of them")
    publish(server.room)
    after = server.ask("/all.atom", If_None_Match=before.headers["ETag"])
    assert after.status == 200
    assert after.headers["ETag"] != before.headers["ETag"]
    assert b"Words that are new" in after.body


def test_head_says_what_get_says(server: Server) -> None:
    for path in TYPES:
        full, head = server.ask(path), server.ask(path, "HEAD")
        assert (head.status, head.body) == (200, b"")
        for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control"):
            assert full.headers[name]
            assert head.headers[name] == full.headers[name]


def test_feeds_may_be_kept_a_while_and_read_by_pages_of_others(server: Server) -> None:
    for path in TYPES:
        headers = server.ask(path, Origin="https://reader.example").headers
        assert headers.get_all("Cache-Control") == ["max-age=900"]
        assert headers.get_all("Access-Control-Allow-Origin") == ["*"]
    missing = server.ask("/topics/none.atom")
    assert (missing.status, missing.headers["Cache-Control"]) == (404, None)


@pytest.mark.parametrize(
    "path",
    [
        "/state/ledger.jsonl",
        "/../state/ledger.jsonl",
        "/topics/../../state/ledger.jsonl",
        "/%2e%2e/state/ledger.jsonl",
        "/..%2fstate/ledger.jsonl",
        "/topics/..%5c..%5cstate/ledger.jsonl",
        "/../config/aggregator.yaml",
        "/.hidden",
        "/%2ehidden",
        "/topics/.sea.atom.aggregator-tmp",
        "/.git/config",
        "/.git/feed.atom",
    ],
)
def test_nothing_beside_the_output_and_no_dot_file_is_handed_out(server: Server, path: str) -> None:
    for name in (".hidden", "topics/.sea.atom.aggregator-tmp", ".git/config", ".git/feed.atom"):
        (server.room.out / name).parent.mkdir(exist_ok=True)
        (server.room.out / name).write_text("private")
        (server.room.out / name).chmod(0o644)
    server.room.state.chmod(0o755)  # no strict mask may be what protects it
    (server.room.state / "ledger.jsonl").chmod(0o644)
    answer = server.ask(path)
    assert answer.status in {400, 404}
    assert b"private" not in answer.body
    assert b"Title of" not in answer.body


def test_folders_are_not_listed(server: Server) -> None:
    for path in ("/topics/", "/providers/"):
        answer = server.ask(path)
        assert answer.status in {403, 404}
        assert b"sea" not in answer.body


def test_certificates_can_be_asked_for(server: Server) -> None:
    if server.name != "nginx":
        pytest.skip("Caddy asks for its certificates itself, and our own server has none")
    challenge = server.room.out / ".well-known" / "acme-challenge" / "token"
    challenge.parent.mkdir(parents=True, exist_ok=True)
    challenge.write_text("proof")
    assert server.ask("/.well-known/acme-challenge/token").body == b"proof"
