"""Which names are those of known fields, mistyped: other case or hyphens, singular for plural, or one slip of the keys."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAST = 5  # letters of a field; one slip in fewer makes another word
_MOST = 40


def nearly(names: Iterable[str], known: frozenset[str]) -> dict[str, str]:
    """Return those names that are nearly a known one, with the known one; a name that is known is not among them."""
    found = {name: _nearest(name, known) for name in names if name not in known and _LEAST - 1 <= len(name) <= _MOST}
    return {name: meant for name, meant in found.items() if meant}


@lru_cache(maxsize=4096)  # the same names stand in thousands of files
def _nearest(name: str, known: frozenset[str]) -> str:
    plain = _plain(name)
    return next((one for one in sorted(known) if len(one) >= _LEAST and _is_one_slip(plain, _plain(one))), "")


def _plain(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")


def _is_one_slip(left: str, right: str) -> bool:
    """Say whether two words differ in at most one letter too many, too few or wrong, or in two that changed places."""
    if abs(len(left) - len(right)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    here, there = left[start:], right[start:]
    return (
        here[1:] == there[1:]
        or here[1:] == there
        or here == there[1:]
        or (len(here) > 1 and here[:2] == there[1::-1] and here[2:] == there[2:])
    )
