"""What is installed works by itself: the package alone, with what it says it needs, under the name of the command."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata, resources
from pathlib import Path

from newsroom import WITH_PAGES, Newsroom

from aggregator import __version__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WHERE = "import aggregator; print(aggregator.__file__)"


def canonical(name: str) -> str:
    """Return the name of a distribution as all its spellings have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(path: Path) -> set[str]:
    """Return the top packages that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_command_that_is_installed_is_this_program() -> None:
    (entry,) = metadata.entry_points(group="console_scripts", name="aggregator")
    assert entry.value == PROJECT["project"]["scripts"]["aggregator"]
    assert callable(entry.load())
    command = Path(sys.executable).with_name("aggregator")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"aggregator {__version__}\n"


def test_all_that_is_imported_comes_with_an_installation() -> None:
    """A package that only the tests, or another package, bring along would be missing elsewhere."""
    extras = [one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra]
    declared = {canonical(re.split(r"[^\w.-]", one)[0]) for one in (*PROJECT["project"]["dependencies"], *extras)}
    makers = metadata.packages_distributions()
    names = set().union(*(imported(path) for path in (ROOT / "aggregator").rglob("*.py")))
    foreign = names - sys.stdlib_module_names - {"aggregator"}
    assert {"lxml", "yaml"} <= foreign
    lacking = {name for name in foreign if declared.isdisjoint(canonical(maker) for maker in makers.get(name, ()))}
    assert lacking == set()


def test_migrations_and_the_mark_of_types_lie_inside_the_package() -> None:
    package = resources.files("aggregator")
    assert package.joinpath("py.typed").is_file()
    names = sorted(file.name for file in package.joinpath("store", "migrations").iterdir())
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["aggregator"]


def test_the_package_alone_does_a_whole_run_and_leaves_itself_as_it_was(tmp_path: Path) -> None:
    """A wheel holds the folder of the package and nothing else of the project."""
    place = tmp_path / "elsewhere"
    alone = place / "aggregator"
    shutil.copytree(ROOT / "aggregator", alone, ignore=shutil.ignore_patterns("__pycache__"))
    before = {path: path.stat().st_mtime_ns for path in alone.rglob("*") if path.is_file()}
    room = Newsroom(tmp_path / "site")
    room.configure(WITH_PAGES)
    room.article("a.md", body="Some *words*.")
    environment = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    calls = (["run"], ["state", "export"], ["init", str(tmp_path / "new")])
    for words in (["-c", WHERE], *(["-m", "aggregator", *words] for words in calls)):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=room.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert words[0] == "-m" or done.stdout == f"{alone / '__init__.py'}\n"
    assert room.titles() == ["Title of a"]
    assert (room.out / "index.html").is_file()
    assert (tmp_path / "new" / "config" / "aggregator.yaml").is_file()
    assert {path: path.stat().st_mtime_ns for path in alone.rglob("*") if path.is_file()} == before
