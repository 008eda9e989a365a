"""The command against servers that do all they can to spoil it, beside some that are well."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from faultserver import FaultServer
from newsroom import CONFIG, Newsroom

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORBIDDEN = ("dns_rebind",)
# A document all the same, or one with entries that can be had: what these give is published like any other.
READ = {
    *("attribute_bomb", "nesting_bomb", "entity_bomb", "many_entries", "long_title", "wrong_charset", "utf_16"),
    *("punycode", "surrogate", "moved", "xxe", "changing_guid", "changing_link"),
}
# A process's peak begins with what its parent had when it was started: between the two stands one that has next to nothing.
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def configure(room: Newsroom, server: FaultServer) -> None:
    names = [f"healthy_{number}" for number in range(len(server.healthy))]
    addresses = {**dict(zip(names, server.healthy, strict=True)), **server.urls}
    blocks = [
        f"  - {{name: {name}, url: '{url}', private: {'false' if name in FORBIDDEN else 'true'}, backlog: 50,"
        f" topics: [{'Well' if name in names else 'Ill'}]}}\n"
        for name, url in addresses.items()
    ]
    room.configure(f"{CONFIG}upstream:\n{''.join(blocks)}")


def call(room: Newsroom, *words: str) -> tuple[dict[str, object], float]:
    """Run the command; return its report and the peak memory of its main process in MiB."""
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "aggregator", "run", "--json", *words]
    done = subprocess.run(command, cwd=room.folder, capture_output=True, text=True, timeout=180, check=False)
    code, kib = map(int, done.stderr.splitlines()[-1].split())
    assert code == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report, kib / 1024


def test_servers_that_misbehave_cost_their_own_entries_and_nothing_else(tmp_path: Path, server: FaultServer) -> None:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    configure(room, server)
    report, peak = call(room)
    assert peak < 150, peak
    assert set(server.titles) == set(room.titles("topics/well"))
    assert room.titles("topics/sea") == ["Title of a"]
    assert server.connections("canary") == server.connections("dns_rebind") == 0
    faults = report["faults"]
    assert isinstance(faults, list)
    failing = {one["location"] for one in faults}
    assert not failing & {f"healthy_{number}" for number in range(5)}
    assert {name for name in server.urls if name not in failing} <= READ
    assert report["upstream"] == {**dict(report["upstream"]), "asked": 54, "failing": len(failing)}  # type: ignore[call-overload]
    # A second run, at once: nobody is asked again, whatever became of the first.
    asked = len(server.log)
    again, _ = call(room)
    assert len(server.log) == asked
    assert again["feeds"] == {**dict(again["feeds"]), "written": 0, "removed": 0}  # type: ignore[call-overload]


def test_an_answer_that_did_not_change_is_asked_for_with_its_validators(tmp_path: Path, server: FaultServer) -> None:
    room = Newsroom(tmp_path / "site")
    configure(room, server)
    only = [word for number in range(5) for word in ("--only", f"healthy_{number}")]
    report, _ = call(room, *only)
    assert report["upstream"] == {**dict(report["upstream"]), "asked": 5, "fresh": 5}  # type: ignore[call-overload]
    before = room.output()
    report, _ = call(room, "--now", *only)
    assert report["upstream"] == {**dict(report["upstream"]), "asked": 5, "unchanged": 5, "fresh": 0}  # type: ignore[call-overload]
    assert room.output() == before
    again = [one for one in server.log if one.name.startswith("healthy")][-5:]
    assert all(one.header("If-None-Match") or one.header("If-Modified-Since") for one in again)


def test_ids_and_links_that_change_with_each_fetch_multiply_nothing(tmp_path: Path, server: FaultServer) -> None:
    room = Newsroom(tmp_path / "site")
    configure(room, server)
    only = ("--only", "changing_guid", "--only", "changing_link")
    first, _ = call(room, *only)
    before = sorted(room.titles())
    for _ in range(9):
        report, _ = call(room, "--now", *only)
        assert report["entries"] == {**dict(report["entries"]), "total": first["entries"]["total"]}  # type: ignore[call-overload,index]
    assert sorted(room.titles()) == before
