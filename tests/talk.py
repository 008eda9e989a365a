"""Runs the command line in some site, and keeps what it says there."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from message_cases import HUMBLE

from aggregator.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from newsroom import Newsroom

COMMAND = (sys.executable, "-m", "aggregator")


def in_a_process(words: Sequence[str], variables: Mapping[str, str], folder: Path) -> tuple[object, str, str]:
    """Run the command with the rights of nobody in particular."""
    command = (sys.executable, "-c", HUMBLE, *COMMAND, *words)
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def here(words: Sequence[str], variables: Mapping[str, str], folder: Path) -> tuple[object, str, str]:
    """Run the command in this process: a process for each of so many would cost a minute."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setattr(sys, "argv", ["aggregator", *words])
        patch.setattr(os, "environ", {**variables})
        patch.setattr(signal, "signal", lambda *_: None)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
    for one in (out, err):
        one.seek(0)
    return ended.value.code, out.read(), err.read()


@dataclass
class Talk:
    """A site, and what the command said there."""

    room: Newsroom
    said: list[str] = field(default_factory=list)

    def __call__(self, *words: str, humble: bool = False, **environment: str) -> None:
        variables = {**os.environ, "HOME": "/nonexistent", "XDG_CONFIG_HOME": "", "NO_COLOR": "1", **environment}
        speak = in_a_process if humble else here
        code, out, err = speak(words, variables, self.room.folder)
        assert "Traceback" not in err, err
        self.said.append(f"$ {' '.join(('aggregator', *words))}    [ends with {code}]")
        self.said += [f"  {line}".rstrip() for line in out.splitlines()]
        self.said += [f"! {line}".rstrip() for line in err.splitlines()]

    def text(self) -> str:
        """Return what was said, without what differs from one time to the next."""
        text = "\n".join(self.said).replace(str(self.room.folder), "SITE")
        text = re.sub(r"\b\d+\.\d s\b", "0.0 s", text)
        return re.sub(r"(?!2026-10-20 08:00)\b\d{4}-\d\d-\d\d \d\d:\d\d\b", "NOW", text)
