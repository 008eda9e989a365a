"""Workers that cannot begin, or are held up where nobody expects it: each item is answered all the same, and soon."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from worker_cases import double_the_text, process_id

from aggregator.worker import Limits, Workers

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]

SCRIPT = """
    import sys
    from datetime import timedelta
    from aggregator.worker import Failure, Limits, Workers
    {imports}

    def ask():
        limits = Limits(wall=timedelta(seconds=5), start=timedelta(seconds={start}))
        with Workers({count}, limits) as workers:
            made = [one for _, one in workers.map({function}, range(12))]
        print(sorted(getattr(one, "code", one) for one in made))

    {call}
"""
# Wherever it is imported but in the process that asks, it ends that process.
DEADLY = """
    import multiprocessing, os, sys, time
    if sys.argv[-1] != "asking":
        {deed}
    def same(number):
        return number
"""
DEEDS = {
    "ends": "os._exit(1)",
    "is killed": "os.kill(os.getpid(), 9)",
    "raises": "raise SystemExit(1)",
}


def answered(folder: Path, script: Mapping[str, object], runs: int = 1) -> list[str]:
    """Return what a script printed in each of some runs at once; fails where one does not end."""
    path = folder / "script.py"
    path.write_text(textwrap.dedent(SCRIPT).format(**script), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    command = [sys.executable, str(path), "asking"]
    silent = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    processes = [subprocess.Popen(command, env=environment, text=True, **silent) for _ in range(runs)]  # type: ignore[call-overload]
    try:
        return [process.communicate(timeout=60)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.parametrize("deed", DEEDS)
def test_where_no_worker_comes_up_every_item_is_told_so(tmp_path: Path, deed: str) -> None:
    (tmp_path / "deadly.py").write_text(textwrap.dedent(DEADLY).format(deed=DEEDS[deed]), encoding="utf-8")
    script = {"imports": "from deadly import same", "function": "same", "count": 4, "start": 0.5, "call": "ask()"}
    said = answered(tmp_path, {**script, "call": "if __name__ == '__main__': ask()"})
    assert said == [f"{['no_worker'] * 12}\n"]


def test_all_parsers_are_there_whatever_is_the_first_to_work(tmp_path: Path) -> None:
    looking = "import sys\ndef is_there(_):\n    return {'feedparser', 'aggregator.sources.opml'} <= set(sys.modules)\n"
    (tmp_path / "looking.py").write_text(looking, encoding="utf-8")
    script = {"imports": "from looking import is_there", "function": "is_there", "count": 1, "start": 20}
    said = answered(tmp_path, {**script, "call": "if __name__ == '__main__': ask()"})
    assert said == [f"{[True] * 12}\n"]


def test_a_script_without_a_guard_ends_however_often_it_is_run(tmp_path: Path) -> None:
    script = {"imports": "", "function": "abs", "count": 2, "start": 5, "call": "ask()"}
    for said in answered(tmp_path, script, runs=4):
        assert said.splitlines()[-1] in {f"{['no_worker'] * 12}", f"{list(range(12))}"}


def test_a_worker_that_is_stopped_between_two_items_holds_up_nobody() -> None:
    limits = Limits(wall=timedelta(seconds=2), start=timedelta(seconds=1.5))
    with Workers(1, limits) as workers:
        ((_, pid),) = workers.map(process_id, [0])
        assert isinstance(pid, int)
        os.kill(pid, signal.SIGSTOP)
        begun = time.monotonic()
        made = list(workers.map(double_the_text, [b"x" * 3_000_000, b"y"]))
        assert all(result == item * 2 for item, result in made)
        assert time.monotonic() - begun < 15
