from __future__ import annotations

import base64
import io
import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aggregator import config
from aggregator.errors import ConfigError
from aggregator.log import FORMS, chosen, formatter
from aggregator.masking import Mask, one_line

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = 'pa"ss wörd\\/\n%1'
NASTY = f"x\r\n<0>forged\x1b[2J\x00\x85\u2028\u202e\ud800 level=error {HIDDEN} https://me:{HIDDEN[:2]}@pier.example/a@b"


def lines(form: str, *, secrets: tuple[str, ...] = (), **given: object) -> str:
    """Return what a form makes of a record."""
    record = logging.makeLogRecord({"name": "aggregator", "levelno": logging.INFO, "levelname": "INFO", **given})
    record.created = 1_700_000_000.5
    return formatter(form, Mask(secrets)).format(record)


def failure(text: str) -> tuple[type[Exception], Exception, None]:
    """Return an error with a cause, as it was caught."""
    error = ValueError(f"first\n{text}")
    error.__cause__ = KeyError(text)
    error.add_note(f"note {text}")
    return type(error), error, None


def test_a_line_for_a_terminal_has_time_level_message_and_facts() -> None:
    fields = (("source", "Pier News"), ("new", 3), ("path", "a.md:1:2"), ("none", None), ("odd", 'a="b"'))
    assert lines("text", msg="source read", fields=fields) == (
        '2023-11-14T22:13:20Z INFO    source read source="Pier News" new=3 path=a.md:1:2 none="" odd="a=\\"b\\""'
    )


def test_a_line_for_programs_is_an_object() -> None:
    fields = (("source", "Pier"), ("new", 3), ("none", None))
    assert json.loads(lines("json", msg="source %s", args=("read",), fields=fields)) == {
        "time": "2023-11-14T22:13:20Z",
        "level": "info",
        "message": "source read",
        "source": "Pier",
        "new": 3,
        "none": None,
    }


@pytest.mark.parametrize(
    ("level", "priority"),
    [("CRITICAL", 2), ("ERROR", 3), ("WARNING", 4), ("INFO", 6), ("DEBUG", 7)],
)
def test_a_line_for_the_journal_has_a_priority_and_no_time(level: str, priority: int) -> None:
    levels = logging.getLevelNamesMapping()
    assert lines("journal", msg="done", levelno=levels[level], levelname=level) == f"<{priority}>done"


@pytest.mark.parametrize("form", FORMS)
def test_one_record_is_one_printable_line_without_secrets_whatever_is_in_it(form: str) -> None:
    line = lines(
        form,
        secrets=(HIDDEN, ""),
        name=f"foreign {NASTY}",
        msg=NASTY,
        fields=(("reason", NASTY), ("repeated", repr(NASTY)), ("coded", json.dumps(HIDDEN)), ("long", "é" * 100_000)),
        exc_info=failure(NASTY),
        stack_info=f"Stack\n  {NASTY}",
    )
    assert line.isprintable()
    assert len(line) < 20_000
    assert not [part for part in ("wörd", "w\\u00f6rd", "me:", "\\n%1") if part in line]
    assert "***@pier.example/a@b" in line
    assert "ValueError: first" in line
    assert "KeyError" in line
    assert form != "journal" or line.startswith("<6>x <0>forged")


@pytest.mark.parametrize("form", FORMS)
def test_a_record_that_does_not_fit_together_is_still_a_line(form: str) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    line = lines(form, msg="two %s %s", args=("one",), exc_info=(MuteError, MuteError(), None))
    assert "two %s %s" in line
    assert "MuteError" in line


def test_a_secret_of_few_letters_is_hidden_where_it_stands_alone() -> None:
    assert Mask(["x"])("next try with x, x=x&y") == "next try with ***, ***=***&y"


def test_a_secret_is_hidden_in_every_way_in_which_it_is_written() -> None:
    mask = Mask(["s3cret&more", "s3cret"])
    for written in ("s3cret&more", "https://x.example/?key=s3cret%26more", "s3cret", "{'key': 's3cret'}"):
        assert "s3cret" not in mask.line(written)
    assert mask.line("a s3cret&more b") == "a *** b"
    assert mask.line("nothing of it") == "nothing of it"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("see https://me:word@pier.example/feed.", "see https://***@pier.example/feed."),
        ("HTTP://me@pier.example", "HTTP://***@pier.example"),
        ("//me:w@rd@pier.example/", "//***@pier.example/"),
        (r"https:\\me:word@pier.example", r"https:\\***@pier.example"),
        ("https:me:word@pier.example", "https:***@pier.example"),
        ("https://me:wo\trd@pier.example", "https://***@pier.example"),
        ("ftp://me:word@pier.example", "ftp://***@pier.example"),
        ("https://pier.example/@me", "https://pier.example/@me"),
        ("https://pier.example?to=me@pier.example", "https://pier.example?to=me@pier.example"),
        ("https://pier.example or me@pier.example", "https://pier.example or me@pier.example"),
    ],
)
def test_who_logs_in_is_taken_out_of_addresses(given: str, expected: str) -> None:
    assert Mask().line(given) == expected


def test_what_is_not_printable_becomes_a_space() -> None:
    assert one_line(" a\t\x1b[1m\r\n b\u200b\ue000c  d é ") == "a [1m b c d é"


@pytest.mark.parametrize(
    ("named", "environment", "expected"),
    [
        (("auto", "info"), {}, ("text", "info")),
        (("json", "error"), {}, ("json", "error")),
        (("json", "info"), {"AGGREGATOR_LOG": "text"}, ("text", "info")),
        (("auto", "info"), {"AGGREGATOR_LOG": "JSON, debug"}, ("json", "debug")),
        (("json", "info"), {"AGGREGATOR_LOG": "auto"}, ("text", "info")),
        (("auto", "info"), {"JOURNAL_STREAM": "1:2"}, ("text", "info")),
    ],
)
def test_the_form_is_that_of_the_variable_else_of_the_configuration(
    named: tuple[str, str], environment: dict[str, str], expected: tuple[str, str]
) -> None:
    assert chosen(*named, environment, io.StringIO()) == expected


def test_the_journal_is_known_by_device_and_inode(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("w") as stream:
        status = os.fstat(stream.fileno())
        environment = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        assert chosen("auto", "info", environment, stream) == ("journal", "info")
        assert chosen("text", "info", environment, stream) == ("text", "info")
    with (tmp_path / "other").open("w") as stream:
        assert chosen("auto", "info", environment, stream) == ("text", "info")


def test_a_variable_that_says_neither_form_nor_level_is_a_fault() -> None:
    with pytest.raises(ConfigError, match=r"^\$AGGREGATOR_LOG: loud: unknown; known here: auto, text, json"):
        chosen("auto", "info", {"AGGREGATOR_LOG": "text,loud"}, io.StringIO())


PROGRAM = """
import logging, sys, threading, warnings
from aggregator.log import Record, configure, write
configure("text", "error", sys.stdout)
configure("json", "info", sys.stderr, secrets=["s3cret"])
write([Record(logging.INFO, "pass done", (("note", "s3cret"),)), Record(logging.DEBUG, "not said")])
logging.getLogger("httpx").info("GET https://pier.example/?key=s3cret")
logging.getLogger("apscheduler.scheduler").warning("late")
warnings.warn("s3cret")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise RuntimeError("s3cret")
"""


def test_everything_of_a_process_is_logged_once_in_one_form() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert [one["message"].partition(":")[0] for one in said] == [
        "pass done",
        "late",
        "<string>",
        "an error of our own; please report it",
        "an error of our own; please report it",
    ]
    assert said[0]["note"] == "***"
    assert [one.get("logger") for one in said[:3]] == [None, "apscheduler.scheduler", "py.warnings"]
    assert [one["traceback"][-1] for one in said[3:]] == ["ZeroDivisionError: division by zero", "RuntimeError: ***"]
    assert "s3cret" not in done.stderr


def test_a_stream_that_is_gone_ends_nothing() -> None:
    program = PROGRAM.partition("write(")[0] + "sys.stderr.close()\nwrite([Record(40, 'x')])\nprint('went on')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")


def test_the_configuration_knows_the_secrets_it_names(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("from file\n", encoding="utf-8")
    (tmp_path / "aggregator.yaml").write_text(
        "base_url: https://feeds.test.example/\n"
        "log: {form: json, level: debug}\n"
        "upstream:\n"
        "  - url: https://a.example/feed\n"
        "    headers: {X-Api-Key: $KEY, X-Other: $UNSET}\n"
        "    login: {user: me, password: $WORD}\n"
        "  - url: https://b.example/feed\n"
        "    login: {user: me, password_file: word}\n"
        "  - url: https://c.example/feed\n"
        "    login: {user: me, password_file: nowhere}\n",
        encoding="utf-8",
    )
    loaded = config.load(tmp_path / "aggregator.yaml", {})
    assert (loaded.log.form, loaded.log.level) == ("json", "debug")
    basic = [base64.b64encode(f"me:{word}".encode()).decode() for word in ("word", "from file")]
    assert loaded.secrets({"KEY": "key", "WORD": "word"}) == ("key", "word", basic[0], "from file", basic[1])
