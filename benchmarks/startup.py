"""How long each command takes until its work begins: until it reads its configuration, and until its first word.

    python benchmarks/startup.py [--repeat 11]

The first is seen by a configuration that is a pipe, the second by what a command prints with hardly anything to do: one
article without a body, a pass that is stopped by the lock of its state. Byte code is kept, as it is wherever this is
installed. The baseline is a Python that imports the libraries which no command can do without.
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
_MOMENT = 0.0005  # seconds
_ARTICLE = "---\ntitle: One\noriginalUrl: https://news.example/one\n---\n"
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_AGGREGATOR = [sys.executable, "-m", "aggregator"]
_BASELINE = [sys.executable, "-c", "import click, pydantic.main, yaml; print()"]
_SAYING = {"--help": ["--help"], "config show": ["config", "show"], "check": ["check"], "run, to its lock": ["run"]}
_READING = ("config show", "check", "run", "status", "sources", "explain x", "serve", "daemon")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long commands take to start.")
    parser.add_argument("--repeat", type=int, default=11, help="repetitions, interleaved (11)")
    repeat = parser.parse_args().repeat
    walls: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="aggregator-bench-") as temporary:
        site = Path(temporary, "site")
        for words in (["init", str(site)], ["run", "--config", str(site / "config/aggregator.yaml")]):
            subprocess.run(
                [*_AGGREGATOR, *words], check=True, capture_output=True, stdin=subprocess.DEVNULL, env=_ENVIRONMENT
            )
        for sample in (site / "config" / "articles").glob("*.md"):
            sample.write_text(_ARTICLE, encoding="utf-8")
        pipe = site / "pipe.yaml"
        os.mkfifo(pipe)
        with (site / "state" / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.truncate(0)
            lock.write(f"{os.getpid()} daemon\n")  # for whom nobody waits
            lock.flush()
            for _ in range(repeat):
                walls.setdefault("baseline", []).append(_to_first_word(_BASELINE, site))
                for name in _READING:
                    walls.setdefault(f"{name}: reads", []).append(_to_reading(name.split(), pipe))
                for name, words in _SAYING.items():
                    walls.setdefault(f"{name}: says", []).append(_to_first_word([*_AGGREGATOR, *words], site))
    baseline = statistics.median(walls["baseline"])
    print(f"{'':28}{'ms':>6}{'least':>8}{'/ baseline':>12}   (medians of {repeat})")
    for step, measured in walls.items():
        median = statistics.median(measured)
        print(f"{step:28}{median:6.0f}{min(measured):8.0f}{median / baseline:12.2f}")
    slowest = max(statistics.median(measured) for step, measured in walls.items() if step.endswith("reads"))
    print(f"\nslowest to read  {slowest:.0f} ms   target {TARGET_MS}: {'met' if slowest <= TARGET_MS else 'MISSED'}")


def _to_reading(words: list[str], pipe: Path) -> float:
    """Return the milliseconds until a command opens its configuration; then it is ended."""
    begun = time.perf_counter()
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*_AGGREGATOR, *words, "--config", str(pipe)], env=_ENVIRONMENT, **quiet) as process:  # type: ignore[call-overload]
        while process.poll() is None:
            try:
                writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # nobody reads yet
                time.sleep(_MOMENT)
                continue
            wall = (time.perf_counter() - begun) * 1000
            process.kill()
            os.close(writer)
            return wall
    sys.exit(f"{' '.join(words)} ended with {process.returncode} before it read its configuration")


def _to_first_word(command: list[str], folder: Path) -> float:
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
