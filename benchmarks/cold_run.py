"""What a pass costs, beside a baseline measured in the same run: reading the same front matter with PyYAML.

    python benchmarks/cold_run.py [--articles DIR | --count N] [--formats atom,rss,json]

Each measurement is a fresh child process. README.md beside this file says how to read the table.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
LOOKALIKES = ROOT / "tests" / "lookalikes.py"
TARGET_RATIO = 3.0
TARGET_MIB = 300
TITLES_CHANGED = 10

_STEPS = {
    "baseline": "a  read and parse front matter",
    "cold": "b  aggregator run, cold",
    "idle": "c  again, nothing changed",
    "changed": f"d  again, {TITLES_CHANGED} titles changed",
}
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as installed
_TITLE = re.compile(rb"""^(title: +)(["']?)(?=\S)""", re.MULTILINE)
# The platforms of the generated articles; without them their many names would be two large feeds.
_CONFIG = """\
title: Benchmark
base_url: https://feeds.bench.example/
articles: [{{path: articles}}]
output: {{path: out, formats: [{formats}]}}
state: state
providers: {{split: [msn.com, youtube.com, millstone-portal.example, reelhouse.example]}}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process used: CPU seconds (user and system, its own children included), wall seconds, peak RSS in MiB."""

    cpu: float
    wall: float
    peak: float


def main() -> None:
    given = _arguments()
    signal.signal(signal.SIGTERM, _interrupted)  # so that the temporary folder goes whatever ends us
    with tempfile.TemporaryDirectory(prefix="aggregator-bench-") as temporary:
        site = Path(temporary)
        _prepare(site, given)
        costs: dict[str, list[Cost]] = {step: [] for step in _STEPS}
        for repetition in range(1, given.repeat + 1):
            print(f"repetition {repetition} of {given.repeat} ...", file=sys.stderr, flush=True)
            _repetition(site, costs, repetition)
        print(_table(site, costs, given.formats))


def parse_all(folder: Path) -> None:
    """Be the baseline: read each file and parse its front matter the way that needs no thought."""
    import yaml  # noqa: PLC0415  the parent stays small: a child's peak RSS begins with its parent's

    parsed = failed = 0
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        parts = path.read_bytes().replace(b"\r\n", b"\n").split(b"---\n", 2)
        try:
            parsed += bool(yaml.load(parts[1], Loader=yaml.CSafeLoader)) if len(parts) > 1 and not parts[0] else 0
        except (yaml.YAMLError, UnicodeDecodeError):
            failed += 1
    print(json.dumps({"parsed": parsed, "failed": failed}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what a pass costs, beside a baseline.")
    parser.add_argument("--articles", type=Path, metavar="DIR", help="copy these instead of generating some")
    parser.add_argument("--count", type=int, default=10_000, help="articles to generate (10,000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--formats", default="atom,rss,json", help="feeds to write (atom,rss,json)")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions, interleaved (3)")
    return parser.parse_args()


def _prepare(site: Path, given: argparse.Namespace) -> None:
    """Fill a folder with articles: always files of our own, for titles in it are going to change."""
    articles = site / "articles"
    if given.articles:
        shutil.copytree(given.articles, articles)
    else:
        command = [sys.executable, str(LOOKALIKES), "--out", str(articles)]
        command += ["--count", str(given.count), "--seed", str(given.seed)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (site / "aggregator.yaml").write_text(_CONFIG.format(formats=given.formats.replace(",", ", ")), encoding="utf-8")


def _repetition(site: Path, costs: dict[str, list[Cost]], number: int) -> None:
    run = [sys.executable, "-m", "aggregator", "run", "--config", str(site / "aggregator.yaml"), "--quiet"]
    for folder in ("out", "state"):
        shutil.rmtree(site / folder, ignore_errors=True)
    baseline = [
        sys.executable,
        "-c",
        f"import cold_run, pathlib; cold_run.parse_all(pathlib.Path({str(site)!r}, 'articles'))",
    ]
    costs["baseline"].append(_measure(baseline, Path(__file__).parent))
    costs["cold"].append(_measure(run, ROOT))
    costs["idle"].append(_measure(run, ROOT))
    _change_titles(site / "articles", number)
    costs["changed"].append(_measure(run, ROOT))


def _measure(command: list[str], folder: Path) -> Cost:
    """Return what a fresh process costs; its own usage, where RUSAGE_CHILDREN would give the largest peak of all."""
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=_ENVIRONMENT, stdout=said, stderr=subprocess.STDOUT)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()  # else it would go on writing into a folder that is being removed
            process.wait()
            raise
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{said.read().decode(errors='replace')}")
    unit = 1024**2 if sys.platform == "darwin" else 1024  # ru_maxrss counts bytes there, KiB elsewhere
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / unit)


def _change_titles(articles: Path, number: int) -> None:
    """Give ten articles, far from each other, another title."""
    files = sorted(one for one in articles.rglob("*") if one.is_file())
    step = max(1, len(files) // TITLES_CHANGED)
    left = TITLES_CHANGED
    for path in [*files[number::step], *files]:
        data = path.read_bytes()
        changed = _TITLE.sub(rb"\g<1>\g<2>Take %d: " % number, data, count=1)
        if left and changed != data and data.startswith(b"---") and b"Take %d: " % number not in data:
            path.write_bytes(changed)
            left -= 1


def _table(site: Path, costs: dict[str, list[Cost]], formats: str) -> str:
    files = [one for one in (site / "articles").rglob("*") if one.is_file()]
    size = sum(one.stat().st_size for one in files) / 1024**2
    feeds = [one for one in (site / "out").rglob("*") if one.is_file()]
    lines = [
        f"{len(files):,} articles, {size:,.0f} MiB; {len(feeds):,} feeds as {formats}; medians of {len(costs['cold'])}",
        "",
        f"{'':34}{'CPU s':>9}{'wall s':>9}{'peak RSS MiB':>15}",
    ]
    for step, name in _STEPS.items():
        cpu, wall, peak = (statistics.median(getattr(cost, field) for cost in costs[step]) for field in Cost.__slots__)
        lines.append(f"{name:34}{cpu:9.2f}{wall:9.2f}{peak:15.0f}")
    pairs = zip(costs["cold"], costs["baseline"], strict=True)
    ratios = sorted(cold.cpu / baseline.cpu for cold, baseline in pairs)
    ratio = statistics.median(ratios)
    peak = max(cost.peak for step in costs if step != "baseline" for cost in costs[step])
    spread = f"from {ratios[0]:.2f} to {ratios[-1]:.2f}"
    lines += [
        "",
        f"CPU of b / a   {ratio:6.2f}   target {TARGET_RATIO:.1f}: {_met(ratio <= TARGET_RATIO)}   ({spread})",
        f"peak RSS, MiB  {peak:6.0f}   target {TARGET_MIB}: {_met(peak <= TARGET_MIB)}",
    ]
    return "\n".join(lines)


def _met(holds: bool) -> str:
    return "met" if holds else "MISSED"


def _interrupted(_signal: int, _frame: object) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
