"""The published files as a web site: what each path is answered with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from aggregator.formats import MEDIA_TYPES
from aggregator.serve.conditions import is_another, is_unchanged, joined, part_of, takes_gzip
from aggregator.serve.shelf import INDEX, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

    from aggregator.serve.shelf import Headers, Shape, Version
    from aggregator.serve.tally import Tally

_CHUNK = 256 * 1024  # bytes handed to a connection at once; more waits until it is sent
_METHODS = "GET, HEAD, OPTIONS"
_EVERYWHERE = {"access-control-allow-origin": "*", "x-content-type-options": "nosniff"}
_OPTIONS = {
    **_EVERYWHERE,
    "allow": _METHODS,
    "access-control-allow-methods": _METHODS,
    "access-control-allow-headers": "*",
    "access-control-max-age": "86400",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """What is handed out, and what is said of it. base_url: with a slash at the end; hubs: named with every feed."""

    folder: Path
    base_url: str
    hubs: tuple[str, ...] = ()
    max_age: timedelta

    def said(self, path: str) -> Headers:
        """Return what is said of a file besides what it is: headers that an answer without a body has too."""
        headers = [
            (b"cache-control", b"max-age=%d" % self.max_age.total_seconds()),
            (b"access-control-allow-origin", b"*"),
            (b"access-control-expose-headers", b"ETag, Link"),
        ]
        if PurePosixPath(path).suffix[1:] in MEDIA_TYPES:  # WebSub section 4: where it is, and who tells of it
            own = f"<{self.base_url}{quote(path)}>; rel=self"
            headers.append((b"link", ", ".join([own, *(f"<{hub}>; rel=hub" for hub in self.hubs)]).encode()))
        return headers


def site(hosted: Hosted, is_retired: Callable[[str], bool], tally: Tally) -> ASGIApp:
    """Return the application that hands out a folder, at the path of its base address and at `/` as well.

    So it may stand behind a proxy that takes the path off as behind one that leaves it on. is_retired: whether a path
    without suffix was that of a feed that is published no more.
    """
    prefix = urlsplit(hosted.base_url).path
    shelf = Shelf(hosted.folder, hosted.said)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        response = _refusal(scope, prefix)
        if response is None:
            names = _names(scope["path"], prefix)
            version = next(filter(None, map(shelf.find, names)), None)
            if version is not None:
                await _hand_out(version, scope, send, tally)
                return
            is_gone = any(is_retired(name.rpartition(".")[0]) for name in names)
            response = _short(410, "this feed is published no more") if is_gone else _short(404, "nothing is here")
        tally.count(response.status_code, 0 if scope["method"] == "HEAD" else len(response.body))
        await response(scope, receive, send)

    return answer


def _refusal(scope: Scope, prefix: str) -> Response | None:
    """Return the answer to a request that asks for no file."""
    method, closing = scope["method"], _closing(joined(scope["headers"]))
    if method == "OPTIONS":
        return Response(status_code=204, headers={**_OPTIONS, **closing})
    if method not in {"GET", "HEAD"}:
        return _short(405, "only GET and HEAD", {"allow": _METHODS, **closing})
    if closing:
        return _short(413, "no body is taken", closing)
    if scope["path"] == prefix[:-1]:
        return RedirectResponse(prefix, 301, _EVERYWHERE)
    return None


def _names(path: str, prefix: str) -> list[str]:
    """Return the files that a path may mean, below the folder, the likelier one first."""
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]  # RFC 9112 section 3.2.2: the whole address may come
    path += INDEX if path.endswith("/") else ""
    names = [path.removeprefix(prefix)] if path.startswith(prefix) else []
    return [*names, path[1:]] if prefix != "/" else names


def _closing(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """Return what ends a connection on which a body would follow: it is not read."""
    has_body = b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
    return {"connection": "close"} if has_body else {}


def _short(status: int, text: str, more: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{status}: {text}\n", status, {**_EVERYWHERE, **(more or {})})


async def _hand_out(version: Version, scope: Scope, send: Send, tally: Tally) -> None:
    headers = joined(scope["headers"])
    wants_part = b"range" in headers and scope["method"] == "GET"  # section 14.2: defined for GET only
    shape = version.plain
    if not wants_part and takes_gzip(headers.get(b"accept-encoding", b"")):
        shape = version.packed or shape
    if is_another(headers, version, shape):  # in the order of section 13.2.2
        tally.count(412, 0)
        await _send(send, 412, [*shape.said, (b"content-length", b"0")], b"")
        return
    if is_unchanged(headers, version, shape):
        tally.count(304, 0, len(version.body))
        await _send(send, 304, shape.said, b"")
        return
    part = part_of(headers, version) if wants_part else None
    if part is None:
        body = shape.body if scope["method"] == "GET" else b""
        tally.count(200, len(body), len(version.body) - len(shape.body) if body else 0)
        await _send(send, 200, shape.headers, body)
    else:
        await _send_part(send, shape, part, tally)


async def _send_part(send: Send, shape: Shape, part: slice, tally: Tally) -> None:
    body, size = shape.body[part], len(shape.body)
    status = 206 if body else 416
    place = f"bytes {part.start}-{part.stop - 1}/{size}" if body else f"bytes */{size}"
    others = [(name, value) for name, value in shape.headers if name != b"content-length"]
    own = [(b"content-length", str(len(body)).encode()), (b"content-range", place.encode())]
    tally.count(status, len(body))
    await _send(send, status, [*own, *(others if body else shape.said)], body)


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    last = max(0, len(body) - 1) // _CHUNK * _CHUNK
    for start in range(0, last, _CHUNK):
        await send({"type": "http.response.body", "body": body[start : start + _CHUNK], "more_body": True})
    await send({"type": "http.response.body", "body": body[last:]})
