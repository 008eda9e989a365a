from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import click
import pytest
from generated import ROOT, generated
from manual import ENVIRONMENT, manual

from aggregator import errors
from aggregator.cli import commands

if TYPE_CHECKING:
    from pathlib import Path

MADE = generated()
PAGE = manual(commands)
READ = re.compile(r'(?:environ|environment)(?:\.get\(|\[)"([A-Z_]+)"')


def options_of(command: click.Command) -> set[str]:
    """Return every long option of a command and of those below it."""
    own = {name for param in command.params for name in param.opts if name.startswith("--")}
    context = click.Context(command)
    names = command.list_commands(context) if isinstance(command, click.Group) else []
    below = [one for name in names if isinstance(command, click.Group) and (one := command.get_command(context, name))]
    return own.union(*(options_of(one) for one in below))


@pytest.mark.parametrize("path", MADE, ids=str)
def test_what_is_made_from_the_commands_is_current(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == MADE[path], "`make generated` renews it"


def test_the_manual_names_every_option() -> None:
    options = options_of(commands)
    assert "--accept-removals" in options
    assert {one for one in options if one.replace("-", "\\-") not in PAGE} == set()


def test_the_manual_names_every_variable_that_is_read() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "aggregator").rglob("*.py")]
    named = {name for name, _ in ENVIRONMENT}
    assert {name for text in texts for name in READ.findall(text)} <= named


def test_the_manual_names_every_exit_code() -> None:
    codes = {one.exit_code for one in vars(errors).values() if hasattr(one, "exit_code")}
    section = PAGE.partition(".SH EXIT STATUS")[2].partition(".SH")[0]
    assert codes | {0} <= {int(code) for tag in re.findall(r"\\fB([\d, ]+)\\fR", section) for code in tag.split(",")}


def test_the_manual_has_its_sections_in_the_usual_order() -> None:
    assert re.findall(r"^\.SH (.+)$", PAGE, re.MULTILINE) == [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "COMMANDS",
        "FILES",
        "ENVIRONMENT",
        "EXIT STATUS",
        "EXAMPLES",
    ]


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_takes_the_manual_without_a_warning() -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-P-cbou"], input=PAGE, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    text = " ".join(done.stdout.split())
    assert "aggregator state import [OPTIONS] FILE" in text
    assert "--config FILE Configuration file; else $AGGREGATOR_CONFIG" in text.replace("‐ ", "")
