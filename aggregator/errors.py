"""What goes wrong on our own side; bad data of others is a `core.model.Fault`, a value, and never raised.

AggregatorError
├── ConfigError       the configuration is unusable; carries every fault in it
├── UnknownSource     an option names a source that there is not
├── NoDaemon          no daemon works on the state, or none that we may signal
├── UnfitPath         a path cannot be written into a unit file
├── StoreError        the state cannot be read or written
│   ├── LockedError   another pass, or a daemon, holds the state
│   ├── OthersState   the state is that of another user
│   ├── StateMissing  feeds of ours are published, but their ledger is gone
│   └── StateTaken    the state belongs to another output folder
├── PublishError      a feed could not be written; the old one stays
└── ServeError        no server can listen where it should
"""

from __future__ import annotations

import errno
import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_NAMED = 20  # sources in a message
_CURES = {
    errno.EADDRINUSE: "another program listens there; end it, or name another address",
    errno.EADDRNOTAVAIL: "name an address of this machine",
    errno.EACCES: "the user that runs this needs the right to it",
    errno.EPERM: "the user that runs this needs the right to it",
    errno.ENOENT: "look at the name, or where the link leads",
    errno.ENOTDIR: "move away what stands in the place of a folder",
    errno.EEXIST: "move away what stands in the place of a folder",
    errno.EISDIR: "move away what stands in the place of a file",
    errno.ELOOP: "remove the link that leads to itself",
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room, or get a larger quota",
    errno.EFBIG: "raise the limit for the size of a file",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`, `LimitNOFILE=`)",
    errno.EROFS: "make the disk writable, or name another folder",
    errno.EIO: "the disk may be failing",
}


def reason_of(error: OSError) -> str:
    """Return what the system says of an error, its name, and what helps against it."""
    number = error.errno or 0
    name, cure = errno.errorcode.get(number), _CURES.get(number)
    said = (error.strerror or str(error)).lower()
    return said + (f" ({name})" if name else "") + (f"; {cure}" if cure else "")


class AggregatorError(Exception):
    """Root of all errors that the program raises itself; `exit_code` is what the command ends with."""

    exit_code = 4


class ConfigError(AggregatorError):
    """The configuration is unusable; `faults` are lines `file:line:column: key: what is wrong`."""

    exit_code = 3

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class UnknownSource(AggregatorError):  # noqa: N818  the name says the condition, as FileNotFound would
    """An option names a source that there is not."""

    exit_code = 2

    def __init__(self, names: Sequence[str], known: Sequence[str], commands: Sequence[str] = ()) -> None:
        shown = [*known[:_NAMED], *([f"and {len(known) - _NAMED:,} more"] if len(known) > _NAMED else [])]
        from difflib import get_close_matches  # noqa: PLC0415  only where a name is wrong

        near = dict.fromkeys(one for name in names for one in get_close_matches(name, known, cutoff=0.5))
        meant = [*(f"`aggregator {one}`" for one in commands), *(near if len(known) > _NAMED else ())]
        hint = f"did you mean {' or '.join(meant)}?" if meant else f"there is: {', '.join(shown)}"
        super().__init__(f"no source is called {', '.join(names)}; {hint}")


class NoDaemon(AggregatorError):  # noqa: N818  as above
    """No daemon works on the state, or none that we may signal; the reason says what to do."""

    exit_code = 1

    def __init__(self, state: object, reason: str) -> None:
        super().__init__(f"{state}: {reason}")


class UnfitPath(AggregatorError):  # noqa: N818  as above
    """A path cannot be written into a unit file."""

    exit_code = 2

    def __init__(self, path: str) -> None:
        super().__init__(f"{path!r}: a unit file cannot name that; give it a name without control characters")


class StoreError(AggregatorError):
    """The state cannot be read or written; `facts` are the place, if there is one, and what is wrong."""

    def __init__(self, *facts: object) -> None:
        super().__init__(": ".join(map(str, facts)))


class LockedError(StoreError):
    """Another process holds the state: the daemon with the given number, or a pass."""

    exit_code = 5

    def __init__(self, path: Path, daemon: int = 0) -> None:
        if daemon:
            reason = f"a daemon (process {daemon}) works on this state; `aggregator poke` asks it for a pass now"
        else:
            reason = "another pass is running; --wait 5m waits for it"
        super().__init__(f"{path}: {reason}")


class OthersState(StoreError):  # noqa: N818  as above
    """The state is that of another user, whose name may be unknown, and closed to the one who runs this."""

    def __init__(self, path: object, owner: str) -> None:
        self.path = path
        whose = f"the user {owner}" if owner else "another user, perhaps the one of the daemon"
        sudo = f" (`sudo -u {shlex.quote(owner)} aggregator …`)" if owner else ""
        self.reason = (
            f"permission denied (EACCES); the state is that of {whose}: run this as that user{sudo}, or as root"
        )
        super().__init__(f"{path}: {self.reason}")


class StateMissing(StoreError):  # noqa: N818  as above
    """Feeds of ours are published, but the ledger that gave them their ids is gone."""

    exit_code = 1

    def __init__(self, state: Path, output: Path, feeds: int) -> None:
        noun = "feed file" if feeds == 1 else "feed files"
        super().__init__(
            f"no state at {state}, but {output} holds {feeds:,} {noun} of ours: restore {state / 'ledger.jsonl'}, "
            "or run once with --start-over (subscribers may see entries twice)"
        )


class StateTaken(StoreError):  # noqa: N818  as above
    """The state belongs to another output folder: two configurations would undo each other's feeds."""

    exit_code = 1

    def __init__(self, state: Path, output: Path, other: str) -> None:
        super().__init__(
            f"the state at {state} belongs to the output folder {other}, not to {output}: give this configuration a "
            f"`state:` of its own, or, if the folder was moved, remove {state / 'manifest.json'}"
        )


class PublishError(AggregatorError):
    """A feed could not be written; the old one stays and the next run repairs."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path}: {reason}. Old feeds kept; the next run repairs")
        self.path = path
        self.reason = reason


class ServeError(AggregatorError):
    """No server can listen where it should; `key` is what the address is set with, where that is known."""

    def __init__(self, address: str, reason: str, key: str = "") -> None:
        where = f"; it is set with {key}" if key else ""
        super().__init__(f"{address}: cannot listen there: {reason}{where}")


@contextmanager
def wrapped(kind: type[StoreError | PublishError], path: object) -> Iterator[None]:
    """Let errors of the system leave as one of ours, which names what they are about; `path` where they do not say."""
    try:
        yield
    except OSError as error:
        raise kind(error.filename2 or error.filename or path, reason_of(error)) from error
