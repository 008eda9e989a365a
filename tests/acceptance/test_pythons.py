"""What another Python writes is what this one writes, byte for byte."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import lookalikes
import pytest
from newsroom import Newsroom
from pythons import ENVIRONMENTS

TESTS = Path(__file__).parent.parent
SCRIPT = "import sys, pathlib, newsroom; newsroom.Newsroom(pathlib.Path(sys.argv[1])).run()"
FOUND = sorted(ENVIRONMENTS.glob("*/bin/python"))


@pytest.mark.skipif(not FOUND, reason="no other Python is set up: make pythons does it")
@pytest.mark.parametrize("python", FOUND, ids=lambda python: python.parent.parent.name)
def test_every_python_that_is_found_writes_the_same_bytes(tmp_path: Path, python: Path) -> None:
    ours = Newsroom(tmp_path / "ours")
    lookalikes.generate(ours.articles, 300, 11)
    theirs = ours.copy(tmp_path / "theirs")
    ours.run()
    environment = {**os.environ, "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"}
    subprocess.run([python, "-W", "error", "-c", SCRIPT, theirs.folder], env=environment, check=True)
    assert len(ours.output()) > 100
    assert theirs.output() == ours.output()
    assert (theirs.state / "ledger.jsonl").stat().st_size == (ours.state / "ledger.jsonl").stat().st_size
