"""The command line: arguments in, exit code out. Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import gc
import io
import json
import os
import shlex
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn, cast

import click

from aggregator import __version__
from aggregator.cli.screen import fitted
from aggregator.errors import AggregatorError, reason_of

if TYPE_CHECKING:
    from types import FrameType

_INTERRUPTED = 130
_TERMINATED = 143
_COMPLETE = "_AGGREGATOR_COMPLETE"

EPILOG = (
    "Exit codes: 0 done; 1 a person is needed; 2 usage; 3 configuration; 4 state or output; 5 another pass is running."
)


# Each is loaded when it is asked for: what starts one command is no cost of the others.
_COMMANDS = {
    "init": "init:init",
    "run": "run:run",
    "daemon": "daemon:daemon",
    "poke": "daemon:poke",
    "check": "check:check",
    "config": "config:config",
    "sources": "sources:sources",
    "explain": "explain:explain",
    "state": "state:state",
    "serve": "serve:serve",
    "status": "status:status",
    "import-opml": "opml:import_opml",
    "export-opml": "opml:export_opml",
    "install-service": "install:install_service",
}


class _Commands(click.Group):
    """The commands by name."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.commands = dict.fromkeys(_COMMANDS, click.Command(None))  # only their names are looked at

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module, _, name = _COMMANDS.get(cmd_name, "").partition(":")
        return cast("click.Command", getattr(import_module(f"{__name__}.{module}"), name)) if module else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take `help run` for `run --help`, and say where an option belongs that stands before its command."""
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            start = next((number for number, word in enumerate(given) if word in _COMMANDS), len(given))
            name = given[start] if start < len(given) else "run"
            if error.option_name not in _options(self.get_command(ctx, name)):
                raise
            cure = shlex.join(["aggregator", *(given[start:] or [name]), *given[:start]])
            raise click.UsageError(f"{error.option_name} belongs behind the command: {cure}", ctx) from None


def _options(command: click.Command | None) -> set[str]:
    """Return the options that a command has, or those below it."""
    if command is None:
        return set()
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return {option for one in (command, *below) for param in one.params for option in param.opts}


@click.group(
    cls=_Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="aggregator", message="%(prog)s %(version)s")
def commands() -> None:
    """Article files and upstream feeds in; Atom, RSS and JSON feeds by topic and by provider out."""


def main() -> NoReturn:
    """Run the command line and end the process."""
    signal.signal(signal.SIGTERM, _terminate)
    gc.disable()  # what starting makes stays to the end; `options.loaded` turns it on for the work
    # pydantic would look through all packages for plugins: 20 ms of each command that reads a configuration.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # titles hold more than every terminal can write
            stream.reconfigure(errors="backslashreplace")
    try:
        if _COMPLETE in os.environ:  # a shell asks
            import_module(f"{__name__}.bash").register()
        code = commands.main(prog_name="aggregator", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = _told("Usage", error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted: what was finished stays; the next run does the rest", err=True)
        code = _told("Interrupted", "interrupted", _INTERRUPTED)
    except OSError as error:
        text = f"{error.filename or 'standard output'}: {reason_of(error)}"
        _complain(f"error: {text}")
        code = _told("OSError", text, AggregatorError.exit_code) if error.filename else AggregatorError.exit_code
    except AggregatorError as error:
        _complain(fitted(f"error: {error}", err=True))
        code = _told(type(error).__name__, str(error), error.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    click.echo("terminated: what was finished stays; the next run does the rest", err=True)
    sys.exit(_told("Terminated", "terminated", _TERMINATED))


def _complain(text: str) -> None:
    """Print an error; in the journal each line of it has the priority of one (sd-daemon(3))."""
    mark = ""
    if named := os.environ.get("JOURNAL_STREAM"):
        from aggregator.log import is_journal  # noqa: PLC0415  only under a service manager

        mark = "<3>" if is_journal(sys.stderr, named) else ""
    click.echo("\n".join(f"{mark}{line}" for line in text.splitlines()), err=True)


def _told(kind: str, message: str, code: int) -> int:
    """Tell a program that reads stdout what went wrong, too; return the code to end with."""
    if "--json" in sys.argv[1:]:  # not asked of click: a mistake at the prompt ends before any option is read
        error = {"kind": kind, "message": message, "exit_code": code}
        click.echo(json.dumps({"error": error}, ensure_ascii=False))
    return code
