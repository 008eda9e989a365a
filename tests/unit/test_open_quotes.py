"""A quote that is never closed is said where it opens, wherever the reader stops making sense of it."""

from __future__ import annotations

import pytest

from aggregator.config.marks import MarkedYaml
from aggregator.errors import ConfigError
from aggregator.sources.frontmatter import FrontMatterError, read

NEVER = "the quote that opens here is never closed"
RUNS_ON = "the quote that opens here goes on to one on a later line; close it where it should end"
AFTER = "text after a closing quote"

CASES = [
    ('a: b\nc: d\ntitle: "x\ne: f\n', 3, 8, NEVER),
    ("a: b\ntitle: 'x\ne: f\n", 2, 8, NEVER),
    ('a: b\ntitle: "x\nbase_url: "https://x.test/"\n', 2, 8, RUNS_ON),
    ('a: "b"\ntitle: "x\nc: d\narticles:\n  - path: "y"\n', 2, 8, RUNS_ON),
    ("title: 'x\na: b\nc: it's\n", 1, 8, RUNS_ON),
    ('title: "x\na: b # the "best" of them\n', 1, 8, RUNS_ON),
    ('a: {b: "x, c: d}\ne: "f"\n', 1, 8, RUNS_ON),
    ('a:\n  - "x\n  - "y"\n', 2, 5, RUNS_ON),
    ('title: "ü\r\nb: "@"\r\n', 1, 8, RUNS_ON),
    ('title: "one" two\nb: "c"\n', 1, 14, AFTER),
    ('a: "long\n  text"\ntitle: "one" two\n', 3, 14, AFTER),
]


@pytest.mark.parametrize(("text", "line", "column", "reason"), CASES)
def test_in_a_configuration(text: str, line: int, column: int, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        MarkedYaml(text, "file")
    assert str(caught.value).startswith(f"file:{line}:{column}: {reason}")


@pytest.mark.parametrize(("text", "line", "column", "reason"), CASES)
def test_in_an_article(text: str, line: int, column: int, reason: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        read(f"---\n{text}---\n".encode())
    assert (caught.value.line, caught.value.column) == (line + 1, column)
    assert caught.value.reason.startswith(reason)
