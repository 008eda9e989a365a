"""What `status` and the log of the daemon count as faults: the same things, and what they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from daemons import Running, command
from loopback import Loopback
from newsroom import CONFIG, Newsroom

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # other processes do the work


def test_status_and_the_log_count_faults_in_files_and_failing_feeds_apart(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.article("good.md")
    room.write("broken.md", "---\ntitle: [\n---\n")
    room.article("dated.md", publishedDateTime="some day")
    with Loopback() as server:  # which answers 404
        feed = f"upstream: [{{name: pier, url: '{server.url('/pier')}', private: true}}]\n"
        room.configure(f"{CONFIG}schedule: {{watch: false}}\n{feed}")
        with Running(room) as running:
            running.told("READY=1")
            running.logged("upstream feeds asked")
            assert command(room, "poke").returncode == 0
            running.logged("asked for a pass")
            logged = running.logged("pass done")
    assert re.search(r" faults=2 .*failing=1\b", logged)
    said = command(room, "status").stdout
    assert "1 source fails" in said
    assert "  entries   2   2 faults in files\n            which ones: aggregator check\n" in said
    assert "1 failing" in said
