"""Everything the program says, provoked for real, beside each other in tests/golden/messages.txt."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from newsroom import Newsroom
from talk import Talk
from talks import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent.parent / "golden" / "messages.txt"
NAMES = [case.__name__.replace("_", " ") for case in CASES]


def expected() -> dict[str, str]:
    """Return what the golden file says of each case, by its name."""
    parts = re.split(r"^== (.*)\n", GOLDEN.read_text(encoding="utf-8") if GOLDEN.exists() else "", flags=re.MULTILINE)
    return {name: text.strip("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_what_is_said(case: Callable[[Talk], None], tmp_path: Path, *, update_golden: bool) -> None:
    talk = Talk(Newsroom(tmp_path / "site"))
    case(talk)
    name, said = case.__name__.replace("_", " "), talk.text().strip("\n")
    if update_golden:
        known = {**expected(), name: said}
        GOLDEN.write_text("\n".join(f"== {one}\n{known[one]}\n" for one in NAMES if one in known), encoding="utf-8")
    assert said == expected().get(name), "if that is meant: pytest with --update-golden and -n 0, then read it"


def test_the_golden_file_holds_these_cases_and_no_other() -> None:
    assert list(expected()) == NAMES
