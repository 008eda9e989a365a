"""WebSub on loopback: a hub that verifies, fetches and distributes; a subscriber; and a server for what is published."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from newsroom import CONFIG, Newsroom

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Asked:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class Peer:
    """A server that answers each request with what `answer` makes of it, and keeps the requests."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.over = threading.Event()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline()
                self.close_connection = True
                if not self.parse_request():
                    return
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, self.rfile.read(length))
                peer.asked.append(asked)
                reply = peer.answer(asked)
                if reply is None:
                    return
                self.send_response_only(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def answer(self, asked: Asked) -> Reply | None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Origin(Peer):
    """Hands out a folder, as a web server would that names hub and feed in its headers too."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.hubs: tuple[str, ...] = ()

    def answer(self, asked: Asked) -> Reply:
        name = asked.path.lstrip("/")
        links = [*(f'<{hub}>; rel="hub"' for hub in self.hubs), f'<{self.url}{name}>; rel="self"']
        kind = TYPES[name.rpartition(".")[2]]
        return Reply(200, {"Content-Type": kind, "Link": ", ".join(links)}, (self.folder / name).read_bytes())


class Subscriber(Peer):
    """Agrees to what it asked for, and keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: set[str] = set()

    def answer(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            return Reply(204)
        query = dict(parse_qsl(urlsplit(asked.path).query))
        agreed = query["hub.mode"] == "subscribe" and query["hub.topic"] in self.wanted
        return Reply(200, body=query["hub.challenge"].encode()) if agreed else Reply(404)

    def subscribe(self, hub: Hub, topic: str) -> int:
        self.wanted.add(topic)
        form = {"hub.mode": "subscribe", "hub.topic": topic, "hub.callback": f"{self.url}callback"}
        return sent("POST", hub.url, urlencode(form).encode()).status

    @property
    def received(self) -> list[Asked]:
        return [one for one in self.asked if one.method == "POST"]


class Hub(Peer):
    """A hub that is done with everything before it answers.

    pings: feeds it was told of, in that order. down: what it answers announcements with in place of taking them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.subscribers: dict[str, list[str]] = {}
        self.pings: list[str] = []
        self.down: Callable[[Asked], Reply | None] | None = None

    def answer(self, asked: Asked) -> Reply | None:
        form = asked.form
        if form["hub.mode"] == "subscribe":
            return self._subscribe(form["hub.topic"], form["hub.callback"])
        assert form["hub.mode"] == "publish"
        if self.down:
            return self.down(asked)
        self.pings.append(form["hub.url"])
        self._distribute(form["hub.url"])
        return Reply(204)

    def fails(self, status: int, **headers: str) -> None:
        self.down = lambda _: Reply(status, {name.replace("_", "-"): value for name, value in headers.items()})

    def hangs(self) -> None:
        def hang(_: Asked) -> None:
            self.over.wait(30)

        self.down = hang

    def taken(self) -> list[str]:
        """Return the paths it was told of since it was asked this last, sorted."""
        paths = sorted(urlsplit(ping).path.lstrip("/") for ping in self.pings)
        self.pings.clear()
        return paths

    def _subscribe(self, topic: str, callback: str) -> Reply:
        challenge = secrets.token_hex(8)
        query = {"hub.mode": "subscribe", "hub.topic": topic, "hub.challenge": challenge, "hub.lease_seconds": "864000"}
        verified = sent("GET", f"{callback}?{urlencode(query)}")
        if (verified.status, verified.body) != (200, challenge.encode()):
            return Reply(403)
        self.subscribers.setdefault(topic, []).append(callback)
        return Reply(202)

    def _distribute(self, topic: str) -> None:
        callbacks = self.subscribers.get(topic, [])
        if callbacks:
            document = sent("GET", topic)
            kept = {name: document.headers[name] for name in ("content-type", "link")}
            assert f'<{self.url}>; rel="hub"' in kept["link"]
            assert f'<{topic}>; rel="self"' in kept["link"]
            for callback in callbacks:
                sent("POST", callback, document.body, kept)


def sent(method: str, url: str, body: bytes = b"", headers: Mapping[str, Any] | None = None) -> Reply:
    """Send one request on loopback."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=20)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        connection.request(method, target, body or None, headers or kind)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, found, response.read())
    finally:
        connection.close()


def site_with_news(folder: Path, hub: Hub) -> Newsroom:
    """Return a site that was published, and then got news that its hub has not been told of."""
    room = Newsroom(folder)
    room.configure(f"{CONFIG}hub: {hub.url}\n")
    room.article("a.md")
    room.run()
    room.article("a.md", title="News")
    return room
