"""What upstream feeds cost, cold: fetched, parsed, merged and published, beside feedparser alone on the same bodies.

    python benchmarks/upstream.py [--feeds N] [--hosts N] [--repeat N]

Feeds are generated, and served by a process of its own on as many loopback ports as there are hosts.
"""

from __future__ import annotations

import argparse
import os
import random
import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

TARGET_RATIO = 0.5
_WORDS = [
    "harbour",
    "tide",
    "wind",
    "crane",
    "sail",
    "rope",
    "winter",
    "storm",
    "pier",
    "boat",
    "island",
    "light",
    "grid",
    "turbine",
    "letter",
    "market",
    "school",
]
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as installed
_CONFIG = (
    "title: Benchmark\nbase_url: https://feeds.bench.example/\narticles: [{path: articles}]\noutput: {path: out}\n"
)


def main() -> None:
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="aggregator-bench-") as temporary:
        site = Path(temporary)
        _generate(site / "feeds", given.feeds) if given.folder is None else _collect(site / "feeds", given.folder)
        _measure(site, given)


def serve(folder: Path, hosts: int) -> None:
    """Be the server: print the ports, then answer until stdin ends."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (folder / self.path.lstrip("/")).read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    servers = [socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer) for _ in range(hosts)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(*(server.server_address[1] for server in servers), flush=True)
    sys.stdin.read()


def parse_all(folder: Path) -> None:
    """Be the baseline: what most programs do with a body."""
    import feedparser  # noqa: PLC0415  the parent stays small

    for path in sorted(folder.iterdir()):
        feedparser.parse(path.read_bytes())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="feeds of your own, *.xml at any depth, in place of generated ones")
    return parser.parse_args()


def _generate(folder: Path, count: int) -> None:
    folder.mkdir()
    rng = random.Random(1)  # noqa: S311
    for number in range(count):
        entries = min(200, max(5, round(rng.lognormvariate(3, 0.7))))
        items = "".join(_item(rng, f"f{number}-{entry}", entry) for entry in range(entries))
        head = f"<title>Feed {number}</title><link>https://site{number}.example/</link><description>d</description>"
        (folder / f"{number}.xml").write_text(f"<rss version='2.0'><channel>{head}{items}</channel></rss>")


def _collect(folder: Path, given: Path) -> None:
    folder.mkdir()
    for number, path in enumerate(sorted(given.rglob("*.xml"))):
        (folder / f"{number}.xml").write_bytes(path.read_bytes())


def _item(rng: random.Random, name: str, entry: int) -> str:
    text = " ".join(rng.choices(_WORDS, k=rng.randint(60, 400)))
    body = f"&lt;p&gt;{text[:300]}&lt;/p&gt;&lt;p&gt;&lt;a href='/x'&gt;{text[300:]}&lt;/a&gt;&lt;/p&gt;"
    day, hour = 1 + entry % 28, entry % 24
    return (
        f"<item><title>{' '.join(rng.choices(_WORDS, k=8))}</title><link>https://news.example/{name}</link>"
        f"<guid isPermaLink='false'>{name}</guid><pubDate>{day:02} Oct 2026 {hour:02}:00:00 GMT</pubDate>"
        f"<category>{rng.choice(_WORDS)}</category><description>{body}</description></item>"
    )


def _measure(site: Path, given: argparse.Namespace) -> None:
    me = [sys.executable, str(Path(__file__).resolve())]
    feeds = str(site / "feeds")
    server = subprocess.Popen([*me, "--serve", feeds, str(given.hosts)], stdin=-1, stdout=-1, text=True)
    assert server.stdout is not None  # noqa: S101  for the type checker
    assert server.stdin is not None  # noqa: S101
    ports, count = server.stdout.readline().split(), sum(1 for _ in (site / "feeds").iterdir())
    blocks = "".join(
        f"  - {{url: 'http://127.0.0.1:{ports[number % len(ports)]}/{number}.xml', private: true}}\n"
        for number in range(count)
    )
    (site / "articles").mkdir()
    ratios, rows = [], []
    for repetition in range(given.repeat):
        (site / f"{repetition}.yaml").write_text(f"{_CONFIG}state: state{repetition}\nupstream:\n{blocks}".replace(
            "path: out", f"path: out{repetition}"
        ))  # fmt: skip
        base = _cost([*me, "--parse", feeds], site)
        run = _cost([sys.executable, "-m", "aggregator", "run", "-q", "--config", f"{repetition}.yaml"], site)
        ratios.append(run[0] / base[0])
        rows.append((base, run))
    server.stdin.close()
    server.wait()
    size = sum(path.stat().st_size for path in (site / "feeds").iterdir()) / 2**20
    print(f"{count} feeds on {given.hosts} hosts, {size:.0f} MiB, cold; medians of {given.repeat}\n")
    for number, label in enumerate(("a  feedparser.parse, defaults", "b  aggregator run")):
        cpu, wall = (statistics.median(row[number][one] for row in rows) for one in (0, 1))
        print(f"{label:32} {cpu:6.2f} s CPU  {wall:6.2f} s wall")
    ratio = statistics.median(ratios)
    verdict = "met" if ratio <= TARGET_RATIO else "MISSED"
    print(f"\nCPU of b / a  {ratio:.2f}   target {TARGET_RATIO}: {verdict}   ({min(ratios):.2f} to {max(ratios):.2f})")


def _cost(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command; return CPU seconds, of its children too, and seconds on the wall."""
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=_ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - started


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--serve", folder, hosts]:
            serve(Path(folder), int(hosts))
        case ["--parse", folder]:
            parse_all(Path(folder))
        case _:
            main()
