"""The manual page: roff out of the click commands, and what is the same for all of them."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click

from aggregator import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Pairs = Iterable[tuple[str, str]]

DESCRIPTION = """\
A folder of article files becomes feeds that people subscribe to: one of everything, one per topic, one per provider, \
each as Atom, RSS and JSON Feed, with the related coverage of every article as links.

An article file is a document that starts with YAML between two lines of ---. A run reads, renders and writes only what \
changed. Ids and dates are kept, and stay while a file, its folder or its address changes. What looks like an accident \
is held until a person agrees to it."""

FILES = (
    ("config/aggregator.yaml", "The configuration, below the working folder. Paths in it are relative to it."),
    ("$XDG_CONFIG_HOME/aggregator/aggregator.yaml", "That of a user, where the working folder has none."),
    ("/etc/aggregator/aggregator.yaml", "That of the system, where the user has none either."),
    ("config/articles/", "The articles, unless the configuration names other folders."),
    ("out/", "The feeds: what a web server hands out."),
    ("state/ledger.jsonl", "Ids and dates, which nothing can compute again: back it up."),
)

ENVIRONMENT = (
    ("AGGREGATOR_CONFIG", "The configuration file, where --config does not name one."),
    (
        "CONFIGURATION_DIRECTORY",
        "Folders to look for aggregator.yaml, between the working folder and the user's; systemd sets it.",
    ),
    ("XDG_CONFIG_HOME", "Where the user's configuration is; ~/.config, if it is not set."),
    ("HOME", "The folder that ~ means."),
    ("STATE_DIRECTORY", "Folder of the state, where the configuration does not name one; systemd sets it."),
    (
        "AGGREGATOR_LOG",
        "Form and level of the log, as json or text,debug, whatever the configuration says; a daemon logs.",
    ),
    ("JOURNAL_STREAM", "If standard error is what it names, lines are in the form of the journal; systemd sets it."),
    ("NOTIFY_SOCKET", "Where a daemon says how it is; systemd sets it."),
    ("WATCHDOG_USEC", "How often it has to say that it works; systemd sets it."),
    ("WATCHDOG_PID", "The process that is meant by it; systemd sets it."),
    ("NO_COLOR", "If it is set, nothing is coloured."),
    ("TERM", "If it is dumb, nothing is coloured and no bar is drawn."),
)

EXIT_STATUS = (
    ("0", "Done. Faults in articles are reported, and do not count."),
    ("1", "A person is needed; or, with --strict and in check, an article has a fault."),
    ("2", "The command line cannot be understood, or init would overwrite something."),
    ("3", "The configuration is unusable."),
    ("4", "The state or the output cannot be read or written."),
    ("5", "Another run is at work on the same state."),
    ("130, 143", "Interrupted, and terminated: what was finished stays."),
)

EXAMPLES = (
    ("aggregator init news && cd news && aggregator run", "Begin a site, and make its first feeds."),
    (
        "*/10 * * * * aggregator run -q --config /srv/news/config/aggregator.yaml",
        "Run from cron; no mail without need.",
    ),
    ("aggregator run --dry-run", "See what a change of the configuration would do to each feed."),
    ("aggregator run --accept-removals articles", "Agree that the files that are gone from a source are meant to be."),
    ("aggregator explain articles/tidal-array.md", "See why an entry is where it is, or why a file gives none."),
    ("aggregator config show", "See what the configuration comes to, and which line says what."),
    ("aggregator state export > ledger.jsonl", "Copy ids and dates, to take them elsewhere with state import."),
)


def manual(commands: click.Group) -> str:
    """Return the manual page of a group of commands."""
    top = click.Context(commands, info_name="aggregator", **commands.context_settings)
    leaves = list(_leaves(top))
    lines = [
        f'.TH AGGREGATOR 1 "" "feed-aggregator {__version__}" "User Commands"',
        ".SH NAME",
        f"aggregator \\- {_roff(_sentence(commands))}",
        ".SH SYNOPSIS",
        *_parted(".br", ([_usage(leaf)] for leaf in leaves)),
        ".SH DESCRIPTION",
        *_paragraphs(DESCRIPTION),
        ".SH OPTIONS",
        *_tagged(_options(top)),
        ".SH COMMANDS",
        *(line for leaf in leaves for line in _command(leaf)),
    ]
    for name, pairs in (("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT), ("EXIT STATUS", EXIT_STATUS)):
        lines += [f".SH {name}", *_tagged(pairs)]
    return "\n".join([*lines, ".SH EXAMPLES", *_examples(), ""])


def _leaves(context: click.Context) -> Iterator[click.Context]:
    """Yield the commands that do something, in the order in which help lists them."""
    if not isinstance(context.command, click.Group):
        yield context
        return
    for name in context.command.list_commands(context):
        command = context.command.get_command(context, name)
        assert command is not None
        yield from _leaves(click.Context(command, parent=context, info_name=name))


def _command(context: click.Context) -> Iterator[str]:
    yield f".SS {_roff(context.command_path)}"
    yield from _paragraphs(inspect.cleandoc(context.command.help or ""))
    yield from _tagged(pair for pair in _options(context) if "--help" not in pair[0])


def _usage(context: click.Context) -> str:
    pieces = " ".join(context.command.collect_usage_pieces(context))
    return f"\\fB{_roff(context.command_path)}\\fR {_roff(pieces)}"


def _options(context: click.Context) -> Pairs:
    records = (param.get_help_record(context) for param in context.command.get_params(context))
    return [record for record in records if record is not None and record[1]]  # an argument says nothing of itself


def _sentence(command: click.Command) -> str:
    return (command.help or "").partition("\n")[0].removesuffix(".").replace("Article", "article", 1)


def _paragraphs(text: str) -> list[str]:
    return _parted(".PP", ([_roff(" ".join(one.split()))] for one in text.split("\n\n")))


def _parted(between: str, parts: Iterable[list[str]]) -> list[str]:
    return [line for number, part in enumerate(parts) for line in ([between, *part] if number else part)]


def _tagged(pairs: Pairs) -> list[str]:
    return [line for tag, text in pairs for line in (".TP", f"\\fB{_roff(tag)}\\fR", _roff(text))]


def _examples() -> list[str]:
    return [
        line
        for command, purpose in EXAMPLES
        for line in (".PP", _roff(purpose), ".PP", ".RS 4", ".nf", _roff(command), ".fi", ".RE")
    ]


def _roff(text: str) -> str:
    """Return a text in which roff sees no commands, hyphens stay what a shell wants, and code stands out."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    escaped = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", escaped)
    return re.sub(r"^(?=[.'])", r"\\&", escaped, flags=re.MULTILINE)
