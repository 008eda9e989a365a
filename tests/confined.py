"""A command under the system call filter, the address families and the memory rule of a unit file, without systemd.

As in `python tests/confined.py UNIT COMMAND…`: what the service manager would do with libseccomp, done with libseccomp.
Needs systemd-analyze, which knows what the sets of system calls hold.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import re
import socket
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000
_EQUAL, _MASKED = 4, 7
_FAMILIES = "RestrictAddressFamilies"
_FAMILIES_KNOWN = 46
_SHM_EXEC = 0o100000
_UNKNOWN = -1


class _Comparison(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


class _Rule(NamedTuple):
    """What becomes of a system call, of all of them or of those whose arguments compare so."""

    action: int
    call: str
    comparisons: tuple[_Comparison, ...] = ()


def confine(unit: Path) -> None:
    """Confine this process, and all that it starts, as a unit file says."""
    lines = [line.partition("=")[::2] for line in unit.read_text(encoding="utf-8").splitlines()]
    families = {getattr(socket, one) for key, value in lines if key == _FAMILIES for one in value.split()}
    rules = [
        _Rule(_REFUSE | errno.EAFNOSUPPORT, "socket", (_Comparison(0, _EQUAL, one, 0),))
        for one in range(_FAMILIES_KNOWN)
        if one not in families
    ]
    if ("MemoryDenyWriteExecute", "yes") in lines:
        both = mmap.PROT_WRITE | mmap.PROT_EXEC
        rules += [
            _Rule(_REFUSE | errno.EPERM, call, (_Comparison(2, _MASKED, bits, bits),))
            for call, bits in (
                ("mmap", both),
                ("mprotect", mmap.PROT_EXEC),
                ("pkey_mprotect", mmap.PROT_EXEC),
                ("shmat", _SHM_EXEC),
            )
        ]
    sets = _sets()
    _load(_ALLOW, rules)
    # The last one, since it does not allow another. As systemd does it, a call that it does not know is none at all.
    allowed = _calls([value for key, value in lines if key == "SystemCallFilter"], sets)
    refused = [_Rule(_REFUSE | errno.EPERM, one) for one in sets["@known"] - allowed]
    _load(_REFUSE | errno.ENOSYS, [*refused, *(_Rule(_ALLOW, one) for one in allowed)])


def _calls(values: list[str], sets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return what lines of SystemCallFilter allow; the first says that only what is listed is allowed."""
    allowed = sets["@default"]
    for value in values:
        named = frozenset[str]().union(*(sets.get(one, {one}) for one in value.removeprefix("~").split()))
        allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed


def _sets() -> dict[str, frozenset[str]]:
    """Return the system calls of each set that systemd knows, sets in sets resolved."""
    done = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True
    )
    written: dict[str, list[str]] = {}
    for name, text in re.findall(r"^(@\S+)\n((?: .*\n)*)", done.stdout, re.MULTILINE):
        written[name] = [line.strip() for line in text.splitlines() if not line.strip().startswith("#")]

    def resolved(name: str) -> frozenset[str]:
        return frozenset[str]().union(*(resolved(one) if one.startswith("@") else {one} for one in written[name]))

    return {name: resolved(name) for name in written}


def _load(default: int, rules: Iterable[_Rule]) -> None:
    library = ctypes.CDLL(find_library("seccomp") or "libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(default)))
    for rule in rules:
        number = library.seccomp_syscall_resolve_name(rule.call.encode())
        if number != _UNKNOWN:
            action, count = ctypes.c_uint32(rule.action), len(rule.comparisons)
            library.seccomp_rule_add(context, action, number, count, *rule.comparisons)
    if result := library.seccomp_load(context):
        raise OSError(-result, os.strerror(-result))


if __name__ == "__main__":
    confine(Path(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  the command, and nothing else
