"""The command, as somebody at a prompt calls it in the folder of a site."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsroom import Newsroom

COMMAND = (sys.executable, "-m", "aggregator")


def call(room: Newsroom, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the site's folder."""
    variables = {**os.environ, "NO_COLOR": "1", **environment}
    return subprocess.run(
        [*COMMAND, *words], cwd=room.folder, env=variables, capture_output=True, text=True, timeout=60, check=False
    )


def said(room: Newsroom, *words: str) -> tuple[int, str]:
    """Run the command; return how it ended and all that it said."""
    done = call(room, *words)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def imported(room: Newsroom, *words: str) -> set[str]:
    """Run the command; return the modules that it loads."""
    command = (sys.executable, "-X", "importtime", *COMMAND[1:], *words)
    loud = subprocess.run(command, cwd=room.folder, capture_output=True, text=True, timeout=60, check=True)
    return {line.rpartition("|")[2].strip() for line in loud.stderr.splitlines()}
