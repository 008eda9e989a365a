"""What libyaml says to those who know its grammar, said to those who edit the file."""

from __future__ import annotations

from contextlib import suppress

import yaml

_PLAINLY = {
    "did not find expected key": (
        "text after a closing quote (a quote inside quotes needs a backslash), or an indentation unlike that above"
    ),
    "mapping values are not allowed in this context": "a second `: ` in one value; put the value in quotes",
    "could not find expected ':'": "a line that is no `key: value`; indent it if the value above goes on",
    "found unexpected end of stream": "the quote that opens here is never closed",
    "did not find expected ',' or ']'": "the [ that opens here is never closed, or lacks a comma; put text in quotes",
    "did not find expected ',' or '}'": "the { that opens here is never closed, or lacks a comma; put text in quotes",
    "did not find expected node content": "a value is missing here, or a bracket above is never closed",
    "did not find expected '-' indicator": "a line of a list without its hyphen, or an indentation that does not fit",
    "found character that cannot start any token": (
        "a value that starts with @, % or `, or a tab; put such a value in quotes, and indent with spaces"
    ),
    "found invalid Unicode character escape code": "a \\u escape that is no character; write the character itself",
    "found unknown escape character": "an escape that YAML does not know; write \\\\ for a backslash",
    "did not find expected hexdecimal number": "an escape without its digits; write \\\\ for a backslash",
    "did not find expected alphabetic or numeric character": "a value that starts with * or &; put it in quotes",
    "found undefined alias": "a value that starts with *; put it in quotes",
    "found undefined tag handle": "a value that starts with !; put it in quotes",
    "did not find the expected '>'": "a value that starts with !; put it in quotes",
    "did not find expected comment or line break": "text after | or >; put it on the next line, indented",
    "found a tab character where an indentation space is expected": "a tab at the start of a line; indent with spaces",
    "found a tab character that violates indentation": "a tab at the start of a line; indent with spaces",
    "block sequence entries are not allowed in this context": (
        "a list that starts beside its key; put each `- ` on a line of its own, or the value in quotes"
    ),
    "mapping keys are not allowed in this context": "a value that starts with `? `; put it in quotes",
    "did not find expected <document start>": "text after a line `...`; remove that line",
    "but found another document": "a second document; remove the line `---`",
}

# libyaml stops where the file or the line ends; the mistake is where the thing began.
_AT_ITS_START = frozenset(
    {
        "could not find expected ':'",
        "found unexpected end of stream",
        "did not find expected ',' or ']'",
        "did not find expected ',' or '}'",
    }
)
_RUN_ON = (
    "the quote that opens here goes on to one on a later line; close it where it should end (a quote inside quotes needs "
    "a backslash)"
)


def explain(error: yaml.MarkedYAMLError, text: str) -> tuple[int, int, str]:
    """Return where a mistake in a text is, line and column from 1, and what is wrong there."""
    if error.problem_mark and (opening := _run_on(error.problem_mark, text)):
        return opening.line + 1, opening.column + 1, _RUN_ON
    problem = error.problem or error.context or "no reason is known"
    marks = (error.problem_mark, error.context_mark)
    mark = next(filter(None, marks[::-1] if problem in _AT_ITS_START else marks), None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return line, column, _PLAINLY.get(problem, f"not YAML: {problem}")


def _run_on(mark: yaml.Mark, text: str) -> yaml.Mark | None:
    """Return where the quote opens that ends right before a place, if that is on an earlier line.

    A quote that is never closed takes all up to the next one, and it is only what follows there that makes no sense.
    """
    before = "".join(text.splitlines()[mark.line : mark.line + 1])[: mark.column].rstrip(" ")
    if not before.endswith(('"', "'")):
        return None
    quoted = None
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if (token.start_mark.line, token.start_mark.column) >= (mark.line, mark.column):
                break
            quoted = token if isinstance(token, yaml.ScalarToken) and token.style in {'"', "'"} else None
    if quoted is None or quoted.start_mark.line == mark.line:
        return None
    return quoted.start_mark if quoted.end_mark.line == mark.line else None
