"""Log lines: a record is one line, for a terminal, for programs or for the journal, without secrets."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from aggregator.errors import ConfigError
from aggregator.masking import Mask, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORMS = ("text", "json", "journal")
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
NAME = "aggregator"
# They name addresses with their queries, or say so much that nobody finds the rest.
_CHATTY = ("apscheduler", "asyncio", "httpcore", "httpx", "markdown_it", "watchfiles")
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))  # syslog's
_DEBUG = 7
_MAX_VALUE = 2_000  # characters
_MAX_TRACE = 20  # lines of a traceback, the last ones
_BARE = re.compile(r'[^\s="\\]+')

Value: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Record:
    """A line to be logged: a message of ours, always the same for the same, and the facts beside it."""

    level: int
    message: str
    fields: tuple[tuple[str, Value], ...] = ()


def chosen(form: str, level: str, environment: Mapping[str, str], stream: TextIO) -> tuple[str, str]:
    """Return form and level of the log: what `$AGGREGATOR_LOG` says, else the given; `auto` looks at the stream.

    Raises:
        ConfigError: `$AGGREGATOR_LOG` holds what is neither form nor level.
    """
    for word in environment.get("AGGREGATOR_LOG", "").replace(",", " ").split():
        if word.lower() in ("auto", *FORMS):
            form = word.lower()
        elif word.lower() in LEVELS:
            level = word.lower()
        else:
            known = ", ".join(("auto", *FORMS, *LEVELS))
            raise ConfigError([f"$AGGREGATOR_LOG: {one_line(word)[:40]}: unknown; known here: {known}"])
    if form == "auto":
        form = "journal" if is_journal(stream, environment.get("JOURNAL_STREAM", "")) else "text"
    return form, level


def is_journal(stream: TextIO, named: str) -> bool:
    """Say whether a stream is the one that `$JOURNAL_STREAM` names, to the journal: device and inode agree."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{status.st_dev}:{status.st_ino}"


def configure(form: str, level: str, stream: TextIO, *, secrets: Iterable[str] = ()) -> None:
    """Send all that is logged in this process to a stream, a line each, also errors that nobody caught.

    To be called again where the configuration, and so the secrets, may be others.
    """
    lines = _Lines(stream)
    lines.setFormatter(formatter(form, Mask(secrets)))
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Lines)]:
        root.removeHandler(old)
    root.addHandler(lines)
    root.setLevel(LEVELS[level])
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(LEVELS[level], logging.WARNING))
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda _kind, error, _trace: _uncaught(error)
    threading.excepthook = lambda given: _uncaught(given.exc_value)


def write(records: Iterable[Record]) -> None:
    """Log records."""
    logger = logging.getLogger(NAME)
    for one in records:
        logger.log(one.level, one.message, extra={"fields": one.fields})


def _uncaught(error: BaseException | None) -> None:
    if not isinstance(error, SystemExit):
        logging.getLogger(NAME).critical("an error of our own; please report it", exc_info=error)


class _Lines(logging.StreamHandler[TextIO]):
    """The handler that `configure` puts in place."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging names it
        """Let a record go that cannot be written: the standard way prints it as it is, with its secrets."""


def formatter(form: str, mask: Mask) -> logging.Formatter:
    """Return what makes a line of a log record."""
    return {"text": _Text, "json": _Json, "journal": _Journal}[form](mask)


class _Formatter(logging.Formatter):
    """The part that all forms share: what is in a record, cleaned."""

    def __init__(self, mask: Mask) -> None:
        super().__init__()
        self._mask = mask

    def _message(self, record: logging.LogRecord) -> str:
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001  arguments that do not fit are the caller's mistake, not a reason to be silent
            text = str(record.msg)
        return _cut(self._mask.line(text))

    def _fields(self, record: logging.LogRecord) -> dict[str, Value]:
        fields: dict[str, Value] = {name: self._clean(value) for name, value in getattr(record, "fields", ())}
        if record.name.partition(".")[0] != NAME:
            fields["logger"] = self._mask.line(record.name)
        return fields

    def _clean(self, value: Value) -> Value:
        return _cut(self._mask.line(value)) if isinstance(value, str) else value

    def _trace(self, record: logging.LogRecord) -> list[str]:
        text = ""
        if record.exc_info and record.exc_info[1]:
            with suppress(Exception):  # an error whose own text cannot be made
                text = "".join(traceback.format_exception(record.exc_info[1]))
            text = text or type(record.exc_info[1]).__name__
        text += f"\n{record.stack_info}" if record.stack_info else ""
        # As a whole, since a secret may span lines.
        lines = (_cut(self._mask.line(one)) for one in self._mask(text).splitlines())
        return [one for one in lines if one][-_MAX_TRACE:]


class _Journal(_Formatter):
    """Priority, message and facts; the journal knows the time."""

    def format(self, record: logging.LogRecord) -> str:
        priority = next((number for level, number in _PRIORITIES if record.levelno >= level), _DEBUG)
        return f"<{priority}>{self._words(record)}"

    def _words(self, record: logging.LogRecord) -> str:
        fields = self._fields(record)
        if trace := self._trace(record):
            fields["traceback"] = " | ".join(trace)
        return " ".join([self._message(record), *(f"{name}={_shown(value)}" for name, value in fields.items())])


class _Text(_Journal):
    """Time, level, message and facts."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{_instant(record)} {record.levelname:<7} {self._words(record)}"


class _Json(_Formatter):
    """An object; the facts are keys of it."""

    def format(self, record: logging.LogRecord) -> str:
        trace = self._trace(record)
        line: dict[str, Any] = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "message": self._message(record),
            **self._fields(record),
            **({"traceback": trace} if trace else {}),
        }
        return json.dumps(line, ensure_ascii=False)


def _instant(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))


def _shown(value: Value) -> str:
    text = "" if value is None else str(value)
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"
