from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aggregator.cli import progress

if TYPE_CHECKING:
    import pytest


def test_a_person_who_waits_sees_a_bar_and_nobody_else_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", 0.0)
    for is_terminal, quiet, seen in ((True, False, True), (True, True, False), (False, False, False)):
        monkeypatch.setattr(sys.stderr, "isatty", lambda answer=is_terminal: answer)
        with progress.progress_bar(quiet=quiet) as bar:
            for done in range(3):
                bar("articles", done, 3)
            bar("feeds", 1, 9)
        shown = capsys.readouterr()
        assert ("articles" in shown.err and "feeds" in shown.err) is seen
        assert shown.out == ""


def test_short_work_shows_no_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.progress_bar(quiet=False) as bar:
        bar("articles", 1, 3)
    assert capsys.readouterr().err == ""
