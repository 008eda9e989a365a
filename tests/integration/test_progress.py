"""The bar on long work: on a terminal and on stderr only."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from terminal import COLOUR, typed

if TYPE_CHECKING:
    from pathlib import Path

# A pass that reads 300 articles and writes 9 feeds, for somebody with little patience.
WORK = """\
import sys, time
from aggregator.cli.progress import progress_bar
with progress_bar(quiet="-q" in sys.argv, patience=float(sys.argv[1])) as progress:
    for what, total in (("articles [new]", 300), ("feeds", 9)):
        for done in range(total):
            time.sleep(0.003 if total == 300 else 0.06)
            progress(what, done, total)
print("through", "rich" in sys.modules)
"""
COMMAND = (sys.executable, "-c", WORK)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_person_who_waits_sees_counts_and_a_rate(tmp_path: Path, columns: int) -> None:
    shown, code = typed([*COMMAND, "0"], tmp_path, columns)
    assert code == 0
    frames = COLOUR.sub("", shown)
    for part in ("articles [new]", "/300", "articles/s", "300/300", "feeds", "/9", "feeds/s", "through True"):
        assert part in frames, part


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        (("0", "-q"), {}),
        (("60",), {}),
        (("0",), {"TERM": "dumb"}),
    ],
    ids=("quiet", "soon done", "a terminal that cannot move back"),
)
def test_nobody_else_does_and_rich_is_not_imported(
    tmp_path: Path, words: tuple[str, ...], environment: dict[str, str]
) -> None:
    assert typed([*COMMAND, *words], tmp_path, 80, **environment) == ("through False\n", 0)


def test_a_bar_without_colour_has_none(tmp_path: Path) -> None:
    shown, _ = typed([*COMMAND, "0"], tmp_path, 80, NO_COLOR="1")
    assert "articles/s" in shown
    assert COLOUR.findall(shown) == []


def test_what_is_no_terminal_gets_no_bar(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "0"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("through False\n", "")
