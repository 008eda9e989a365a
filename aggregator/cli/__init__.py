"""The command line: arguments in, exit code out. Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from aggregator import __version__
from aggregator.cli.check import check
from aggregator.cli.run import run
from aggregator.cli.state import state
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from types import FrameType

_INTERRUPTED = 130
_TERMINATED = 143

EPILOG = (
    "Exit codes: 0 done; 1 a person is needed; 2 usage; 3 configuration; 4 state or output; 5 another pass is running."
)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="aggregator", message="%(prog)s %(version)s")
def commands() -> None:
    """Article files and upstream feeds in; Atom, RSS and JSON feeds by topic and by provider out."""


commands.add_command(run)
commands.add_command(check)
commands.add_command(state)


def main() -> NoReturn:
    """Run the command line and end the process."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = commands.main(prog_name="aggregator", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted: what was finished stays; the next run does the rest", err=True)
        code = _INTERRUPTED
    except OSError as error:
        click.echo(f"error: {error.filename or 'standard output'}: {error.strerror}", err=True)
        code = AggregatorError.exit_code
    except AggregatorError as error:
        click.echo(f"error: {error}", err=True)
        code = error.exit_code
    sys.exit(code if isinstance(code, int) else 0)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    click.echo("terminated: what was finished stays; the next run does the rest", err=True)
    sys.exit(_TERMINATED)
