"""The W3C feed validator over a site's output, without network: `python tests/w3c.py CHECKOUT CONFIG`.

CHECKOUT is a clone of https://github.com/w3c/feedvalidator; what it imports itself (html5lib, six) may be installed
beside it: `pip install --target CHECKOUT/pylib html5lib six`.
"""

from __future__ import annotations

import importlib
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from aggregator import config

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCEPTED = frozenset({"DuplicateUpdated"})  # articles of the same minute
LEVELS = ("Error", "Warning")
MAX_BYTES = 5_000_000  # the validator's own limit, which it minds only when it retrieves a feed itself


def main(arguments: list[str]) -> int:
    """Validate every Atom and RSS feed in the output folder of a configuration; return the exit code."""
    if len(arguments) != 2:
        sys.stderr.write("usage: w3c.py CHECKOUT CONFIG\n")
        return 2
    validator = _imported(Path(arguments[0]))
    loaded = config.load(Path(arguments[1]), os.environ)
    feeds = sorted(path for path in loaded.output.rglob("*") if path.suffix in {".atom", ".rss"})
    if not feeds:
        sys.stderr.write(f"{loaded.output}: no feeds; run the aggregator first\n")
        return 2
    told = accepted = 0
    for path in feeds:
        url = loaded.site.base_url + quote(path.relative_to(loaded.output).as_posix())
        for line, column, level, event in _events(validator, path.read_text(encoding="utf-8"), url):
            accepted += event in ACCEPTED
            if event not in ACCEPTED:
                told += 1
                sys.stdout.write(f"{path}:{line}:{column} {level} {event}\n")
    sys.stdout.write(f"{len(feeds)} feeds, {told} events, {accepted} accepted ({', '.join(ACCEPTED)})\n")
    return 1 if told else 0


def _imported(checkout: Path) -> Any:
    """Return the validator's package, which has no network from here on."""
    sys.path[:0] = [str(folder) for folder in (checkout / "src", checkout, checkout / "pylib") if folder.is_dir()]
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        setattr(socket, name, _refuse)
    try:
        return importlib.import_module("feedvalidator")
    except ImportError as error:
        raise SystemExit(f"{checkout}: {error}; see the head of {Path(__file__).name}") from None


def _refuse(*_: object, **__: object) -> NoReturn:
    raise OSError("no network here")


def _events(validator: Any, document: str, url: str) -> Iterator[tuple[int, int, str, str]]:
    """Return place, level and name of each error and warning about a document."""
    if len(document.encode()) > MAX_BYTES:
        yield 1, 1, "error", "ValidatorLimit"
    if hasattr(validator, "validateString"):
        result = validator.validateString(document, firstOccurrenceOnly=0, base=url)
    else:  # copies that are reduced to what works on bytes
        result = validator.validateBytes(document.encode(), url)
    if not result.get("feedType"):
        yield 1, 1, "error", "NotAFeed"
    for event in result["loggedEvents"]:
        level = next((name for name in LEVELS if name in {kind.__name__ for kind in type(event).__mro__}), "")
        if level:
            yield event.params.get("line", 1), event.params.get("column", 1), level.lower(), type(event).__name__


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
