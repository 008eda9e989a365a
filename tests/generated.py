"""The files that are made from the commands and committed: `make generated` renews them, a test keeps them current."""

from __future__ import annotations

from pathlib import Path

from click.shell_completion import get_completion_class
from manual import manual

from aggregator.cli import commands
from aggregator.cli.bash import register
from aggregator.cli.schema import schema_text
from aggregator.cli.units import USERS, USUAL, daemon_files, timer_files

ROOT = Path(__file__).parents[1]
SHELLS = ("bash", "zsh", "fish")


def generated() -> dict[Path, str]:
    """Return the text of each file, by its path below the project."""
    scripts = {Path(f"config/completions/aggregator.{shell}"): completion(shell) for shell in SHELLS}
    return {
        Path("config/aggregator.schema.json"): schema_text(),
        Path("docs/aggregator.1"): manual(commands),
        **scripts,
        **units(),
    }


def units() -> dict[Path, str]:
    """Return the unit files for the place that the documentation describes."""
    folder = Path("config/systemd")
    files = {**daemon_files(USUAL), **timer_files(USUAL)}
    return {folder / ("sysusers.d" if path == USERS else "") / path.name: text for path, text in files.items()}


def completion(shell: str) -> str:
    """Return the script with which a shell asks the command how a line may go on."""
    register()
    of_shell = get_completion_class(shell)
    assert of_shell is not None
    made = of_shell(commands, {}, "aggregator", "_AGGREGATOR_COMPLETE")
    return made.source_template % made.source_vars()


if __name__ == "__main__":
    for path, text in generated().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
