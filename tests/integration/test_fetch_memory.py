"""What large bodies cost the process that fetches them, however many come at once and however slowly."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from contextlib import ExitStack
from typing import TYPE_CHECKING

from loopback import QUICK, Answer, Loopback, Talk, answer, fetched_one, to

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SIZE = 9 * 2**20
SERVERS = 12

CHILD = """
    import resource, sys
    from datetime import UTC, datetime, timedelta
    from aggregator.sources.http import Limits, Request, fetch_all
    from aggregator.worker import Workers

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def bodies(ports, path):
        allowed = frozenset(("127.0.0.1", port) for port in ports)
        requests = [Request(name="x", url=f"http://127.0.0.1:{port}{path}", allowed=allowed) for port in ports]
        # Slow is what takes a second: others are asked meanwhile, until all of them are on their way.
        limits, now = Limits(workers=4, total=timedelta(seconds=15)), datetime(2026, 11, 1, tzinfo=UTC)
        for _, response in fetch_all(requests, contact="", limits=limits, now=now):
            yield response.body

    if __name__ == "__main__":
        ports = [int(port) for port in sys.argv[1:]]
        with Workers() as workers:
            assert [size for _, size in workers.map(len, bodies(ports[:1], "/small"))] == [5]
            before = peak()
            print([size for _, size in workers.map(len, bodies(ports, "/large"))])
        print(peak() - before)
"""


def test_many_large_and_slow_bodies_are_not_held_in_memory(tmp_path: Path) -> None:
    def slow(talk: Talk) -> None:
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
        talk.drip([bytes(SIZE // 16)] * 16, 0.1)

    script = tmp_path / "child.py"
    script.write_text(textwrap.dedent(CHILD), encoding="utf-8")
    with ExitStack() as stack:
        answers: dict[str, Answer] = {"/small": answer(b"<rss>"), "/large": slow}
        servers = [stack.enter_context(Loopback(answers)) for _ in range(SERVERS)]
        command = [sys.executable, str(script), *(str(server.port) for server in servers)]
        run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    sizes, megabytes = run.stdout.splitlines()
    assert sizes == str([SIZE] * SERVERS)
    assert float(megabytes) < 60


def test_where_no_file_can_be_made_a_large_body_fails_and_a_small_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with Loopback({"/small": answer(b"<rss>"), "/large": answer(bytes(2_000_000), "ETag: x")}) as server:
        assert fetched_one(to(server, "/small")).body == b"<rss>"
        response = fetched_one(to(server, "/large"), QUICK)
        assert (response.code, response.body, response.etag) == ("no_room", b"", b"")
        assert str(tmp_path) not in response.failure
