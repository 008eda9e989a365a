"""What the tests have worker processes do; it must be importable there."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def double(number: int) -> int:
    return 2 * number


def double_the_text(text: bytes) -> bytes:
    return text * 2


def text_of(value: object) -> str:
    return str(value)


def process_id(_: object) -> int:
    return os.getpid()


def act(order: str) -> str:
    """Do what is said, mostly harm, and repeat the order."""
    word, _, rest = order.partition(" ")
    made = _ACTS[word](rest) if word in _ACTS else None
    return order if made is None else made


def _burn(seconds: str) -> None:
    end = time.process_time() + float(seconds)
    while time.process_time() < end:
        pass


def _grow(size: str) -> str:
    return "x" * len(bytearray(int(size)))


def _die(name: str) -> None:
    os.kill(os.getpid(), signal.Signals[name])
    time.sleep(60)


def _raise(reason: str) -> None:
    raise ValueError(reason)


def _stay(path: str) -> None:
    Path(path).write_text(str(os.getpid()), encoding="ascii")
    time.sleep(600)


_ACTS: dict[str, Callable[[str], Any]] = {
    "sleep": lambda seconds: time.sleep(float(seconds)),
    "spin": lambda _: _burn("inf"),
    "burn": _burn,
    "grow": _grow,
    "die": _die,
    "exit": lambda code: os._exit(int(code)),
    "raise": _raise,
    "unpicklable": lambda _: lambda: None,
    "stay": _stay,
}
