"""How long each command takes before its work begins, beside the interpreter and the libraries that it cannot do without.

    python benchmarks/startup.py [--repeat 11]

What is measured is the time to the first thing that a command says, with hardly anything to do: one article without a body. A
pass is stopped by the lock of its state, which it takes first. Byte code is kept, as it is wherever this is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGET_MS = 200
_STATE_IS_TAKEN = 5
_ARTICLE = "---\ntitle: One\noriginalUrl: https://news.example/one\n---\n"
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_AGGREGATOR = [sys.executable, "-m", "aggregator"]
_STEPS: dict[str, list[str]] = {
    "a  python, importing click, pydantic and yaml": [
        sys.executable,
        "-c",
        "import click, pydantic.main, yaml; print()",
    ],
    "b  --help": [*_AGGREGATOR, "--help"],
    "c  config show": [*_AGGREGATOR, "config", "show"],
    "d  check, one article": [*_AGGREGATOR, "check"],
    "e  run, as far as the lock of its state": [*_AGGREGATOR, "run"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long commands take to start.")
    parser.add_argument("--repeat", type=int, default=11, help="repetitions, interleaved (11)")
    repeat = parser.parse_args().repeat
    walls: dict[str, list[float]] = {step: [] for step in _STEPS}
    with tempfile.TemporaryDirectory(prefix="aggregator-bench-") as temporary:
        site = Path(temporary, "site")
        for words in (["init", str(site)], ["run", "--config", str(site / "config/aggregator.yaml")]):
            subprocess.run(
                [*_AGGREGATOR, *words], check=True, capture_output=True, stdin=subprocess.DEVNULL, env=_ENVIRONMENT
            )
        for sample in (site / "config" / "articles").glob("*.md"):
            sample.write_text(_ARTICLE, encoding="utf-8")
        with (site / "state" / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.truncate(0)
            lock.write(f"{os.getpid()} daemon\n")  # for whom nobody waits
            lock.flush()
            for _ in range(repeat):
                for step, command in _STEPS.items():
                    walls[step].append(_wall_ms(command, site))
    baseline = statistics.median(next(iter(walls.values())))
    print(f"{'':48}{'ms':>6}{'least':>8}{'/ a':>8}   (medians of {repeat})")
    for step, measured in walls.items():
        median = statistics.median(measured)
        print(f"{step:48}{median:6.0f}{min(measured):8.0f}{median / baseline:8.2f}")
    slowest = max(statistics.median(one) for one in walls.values())
    print(f"\nslowest  {slowest:.0f} ms   target {TARGET_MS}: {'met' if slowest <= TARGET_MS else 'MISSED'}")


def _wall_ms(command: list[str], folder: Path) -> float:
    """Return the milliseconds to the first thing that a command says; how long it takes to end is not counted."""
    begun = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_ENVIRONMENT,
    ) as process:
        os.read(process.stdout.fileno(), 1)  # type: ignore[union-attr]
        wall = (time.perf_counter() - begun) * 1000
        process.communicate()
    if process.returncode not in (0, _STATE_IS_TAKEN):
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return wall


if __name__ == "__main__":
    main()
