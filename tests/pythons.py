"""Other Pythons of this machine, each with what the program needs, for the test that compares what they write.

    python tests/pythons.py

Makes an environment below the one that runs this, for each Python from 3.11 on that stands in PATH or among those of
pyenv. One that can't be made (no wheels yet for a new Python, say) is named and left out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ENVIRONMENTS = Path(sys.prefix) / "pythons"
OLDEST = (3, 11)
REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"

_NAME = re.compile(r"python3\.[0-9]+")
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


def main() -> None:
    for version, python in sorted(others().items()):
        folder = ENVIRONMENTS / version
        try:
            sys.stdout.write(f"Python {version}: {python}\n")
            _make(folder, python)
        except subprocess.CalledProcessError as error:
            shutil.rmtree(folder, ignore_errors=True)
            sys.stdout.write(
                f"Python {version}: left out: {' '.join(map(str, error.cmd))} ended with {error.returncode}\n"
            )


def others() -> dict[str, Path]:
    """Return the Pythons of other versions than this one, by version."""
    folders = [Path(one) for one in os.get_exec_path()]
    folders += sorted(Path.home().glob(".pyenv/versions/*/bin"), reverse=True)
    found: dict[str, Path] = {}
    for path in (path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())):
        if not _NAME.fullmatch(path.name) or not os.access(path, os.X_OK):
            continue
        asked = subprocess.run([path, "-c", _VERSION], capture_output=True, text=True, check=False)
        version = asked.stdout.strip()
        if version and version != "{}.{}".format(*sys.version_info) and _numbers(version) >= OLDEST:
            found.setdefault(version, path)
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _make(folder: Path, python: Path) -> None:
    inside = folder / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", folder], check=True)
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r")
    subprocess.run([inside, *install, REQUIREMENTS], check=True)


if __name__ == "__main__":
    main()
