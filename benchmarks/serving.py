"""What an answer of the built-in server costs, beside nginx on the same machine: a feed of 35 kB, whole and unchanged.

    python benchmarks/serving.py [--seconds 3] [--repeat 3]

One process each; connections are kept alive, requests not pipelined. CPU is that of the server alone, so that the client
beside it on the same cores changes the rate and not the cost.
"""

from __future__ import annotations

import argparse
import os
import re
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTES = 35_000
CONNECTIONS = 16
WHOLE, UNCHANGED = 200, 304
_TICK = os.sysconf("SC_CLK_TCK")
_CONFIG = "title: Benchmark\nbase_url: https://feeds.bench.example/\narticles: [{{path: .}}]\noutput: {{path: out}}\nserve: {serve}\n"
_NGINX = """\
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=100;
    types {{ application/atom+xml atom; }}
    server {{ listen 127.0.0.1:{port}; root {folder}/out; }}
}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what answers cost, beside nginx.")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement (3)")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions, interleaved (3)")
    given = parser.parse_args()
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    with tempfile.TemporaryDirectory(prefix="aggregator-bench-") as temporary, ExitStack() as stack:
        folder = Path(temporary)
        folder.chmod(0o755)
        (folder / "out").mkdir()
        (folder / "out" / "all.atom").write_bytes(os.urandom(BYTES // 2).hex().encode())
        servers = {"aggregator serve": stack.enter_context(_ours(folder))}
        if nginx:
            servers["nginx"] = stack.enter_context(_theirs(nginx, folder))
        found: dict[tuple[str, int], list[tuple[float, float]]] = {}
        for _ in range(given.repeat):
            for name, (pid, port) in servers.items():
                for status in (WHOLE, UNCHANGED):
                    found.setdefault((name, status), []).append(_measured(pid, port, status, given.seconds))
    print(f"{'':20}{'':>5}{'answers/s':>12}{'CPU us':>9}   (medians of {given.repeat})")
    cost = {}
    for (name, status), measured in found.items():
        rate, cpu = (statistics.median(one[part] for one in measured) for part in (0, 1))
        cost[name, status] = cpu
        print(f"{name:20}{status:>5}{rate:12,.0f}{cpu:9.1f}")
    if nginx:
        for status in (WHOLE, UNCHANGED):
            ratio = cost["aggregator serve", status] / cost["nginx", status]
            print(f"CPU of one {status} beside nginx: {ratio:.1f}")


@contextmanager
def _ours(folder: Path) -> Iterator[tuple[int, int]]:
    serve = "{listen: '127.0.0.1:0', health: 'localhost:0'}"
    (folder / "aggregator.yaml").write_text(_CONFIG.format(serve=serve), encoding="utf-8")
    command = [sys.executable, "-m", "aggregator", "serve", "--config", str(folder / "aggregator.yaml")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = iter(process.stderr or ())
            match = next(filter(None, (re.search(r"http://127\.0\.0\.1:(\d+)", line) for line in lines)), None)
            if match is None:
                sys.exit("aggregator serve did not start")
            yield process.pid, int(match[1])
        finally:
            process.terminate()


@contextmanager
def _theirs(nginx: str, folder: Path) -> Iterator[tuple[int, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port), encoding="utf-8")
    with subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]) as process:
        try:
            until = time.monotonic() + 10
            while time.monotonic() < until:
                with socket.socket() as probe:
                    if not probe.connect_ex(("127.0.0.1", port)):
                        break
                time.sleep(0.05)
            yield process.pid, port
        finally:
            process.terminate()


def _measured(pid: int, port: int, status: int, seconds: float) -> tuple[float, float]:
    """Return answers a second, and the server's CPU microseconds for one."""
    plain = b"GET /all.atom HTTP/1.1\r\nHost: feeds.bench.example\r\n"
    whole = _answer(port, plain)
    etag = re.search(rb"(?i)\r\netag: ([^\r]+)", whole)
    if not whole.startswith(b"HTTP/1.1 200 ") or not etag:
        sys.exit(f"no feed with an ETag: {whole[:200]!r}")
    request = plain if status == WHOLE else plain + b"If-None-Match: " + etag[1] + b"\r\n"
    length = len(_answer(port, request))
    begun, busy = time.monotonic(), _cpu(pid)
    answers = _flood(port, request + b"\r\n", length, begun + seconds)
    return answers / (time.monotonic() - begun), (_cpu(pid) - busy) / answers * 1e6


def _answer(port: int, request: bytes) -> bytes:
    """Return one answer on a connection that is kept alive."""
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.sendall(request + b"\r\n")
        said = b""
        while not (end := said.find(b"\r\n\r\n") + 4) > len(b"HTTP"):
            said += one.recv(1 << 16)
        size = re.search(rb"(?i)\r\ncontent-length: (\d+)", said[:end])
        whole = end + (int(size[1]) if size and said.startswith(b"HTTP/1.1 200 ") else 0)
        while len(said) < whole:
            said += one.recv(1 << 16)
        return said


def _flood(port: int, request: bytes, length: int, until: float) -> int:
    """Ask again on each connection as soon as an answer of that length is there; return how many came."""
    answers = 0
    with ExitStack() as stack:
        left = {}
        for _ in range(CONNECTIONS):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            one.sendall(request)
            left[one] = length
        while time.monotonic() < until:
            for one in select.select(list(left), [], [], 1.0)[0]:
                left[one] -= len(one.recv(1 << 18))
                if left[one] <= 0:
                    answers += 1
                    left[one] = length
                    one.sendall(request)
    return answers


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


if __name__ == "__main__":
    main()
