"""Unit files for systemd: the service of a site, as a daemon or as a pass that a timer starts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import UnfitPath

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregator.config.serve import Address

SYSTEM = Path("/etc/systemd/system")
USERS = Path("/etc/sysusers.d/aggregator.conf")
FOLDERS = Path("/etc/tmpfiles.d/aggregator.conf")
RUNS = Path("/run")
_STATES = Path("/var/lib")
_CONFIGURATIONS = Path("/etc")
_FIRST_FREE = 1024  # ports below it need a right of their own
_HOMES = ("/home", "/root", "/run/user")
_PRIVATE = (*_HOMES, "/tmp", "/var/tmp")  # noqa: S108  where a hardened service sees nothing of what others do
_PLAIN = re.compile(r"[\w/.@+=-]+")
_BELOW = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a site is on its machine.

    command: the words that start the program. program: folders that it is in. user: whom it runs as. reads: folders of
    articles and of feed files, and what else is only read. listens: where the daemon serves. variables: those of the
    environment that hold secrets. missing: of the folders that are written, those that are not there yet.
    """

    command: tuple[str, ...]
    program: tuple[Path, ...] = ()
    config: Path
    user: str = "aggregator"
    reads: tuple[Path, ...]
    state: Path
    output: Path
    listens: tuple[Address, ...] = ()
    variables: tuple[str, ...] = ()
    missing: tuple[Path, ...] = ()

    @property
    def sockets(self) -> tuple[Path, ...]:
        """The folders of the sockets where it serves."""
        return tuple(dict.fromkeys(Path(normpath(one.path)).parent for one in self.listens if one.path))


USUAL = Place(
    command=("/usr/local/bin/aggregator",),
    config=Path("/etc/aggregator/aggregator.yaml"),
    reads=(Path("/srv/articles"),),
    state=Path("/var/lib/aggregator/state"),
    output=Path("/var/lib/aggregator/out"),
)
"""The place that the documentation describes, and the unit files of the project are for."""

_DAEMON = """\
[Unit]
Description=Feeds out of article files and feeds of others
Wants=network-online.target
After=network-online.target remote-fs.target
{mounts}# Ten starts in half an hour, then it is left for a person: systemctl reset-failed aggregator
StartLimitIntervalSec=30min
StartLimitBurst=10

[Service]
Type=notify
NotifyAccess=main
ExecStart={command} daemon --config {config}
ExecReload=/bin/kill -HUP $MAINPID
# A first pass over many articles asks for more time itself.
TimeoutStartSec=5min
TimeoutStopSec=30
WatchdogSec=120
KillMode=mixed
Restart=on-failure
RestartSec=30
# A mistake at the prompt or in the configuration does not go away by itself.
RestartPreventExitStatus=2 3
"""

_ONCE = """\
[Unit]
Description=One pass: feeds out of article files and feeds of others
Wants=network-online.target
After=network-online.target remote-fs.target
{mounts}
[Service]
Type=oneshot
# It ends with 1 where a person is needed: the unit has failed then, so that it is noticed; the timer goes on.
ExecStart={command} run --wait 5m --config {config}
# That is how a pass ends that somebody stopped.
SuccessExitStatus=143
TimeoutStartSec=2h
TimeoutStopSec=30
KillMode=mixed
"""

_TIMER = """\
[Unit]
Description=A pass every ten minutes: feeds out of article files and feeds of others

[Timer]
OnCalendar=*:0/10
RandomizedDelaySec=30
AccuracySec=10

[Install]
WantedBy=timers.target
"""

_USERS = """\
# The feeds belong to a user of their own; a web server reads them as anybody may.
u {user} - "Feed aggregator" {home}
"""

_BOUNDS = """\

# A parser that takes all memory costs its feed, not the service.
MemoryMax=2G
OOMPolicy=continue
TasksMax=512
# A third of it is for readers, where it serves.
LimitNOFILE=4096

# Feeds are readable for all whatever this says; nothing else is.
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet={rights}
AmbientCapabilities={rights}
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
PrivateDevices=yes
DevicePolicy=closed
PrivateIPC=yes
PrivateMounts=yes
PrivateTmp=yes
PrivateUsers={apart}
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# The limits of the processes that parse.
SystemCallFilter=prlimit64 setrlimit
"""


def daemon_files(place: Place) -> dict[Path, str]:
    """Return the files that keep a daemon running, by where they belong."""
    text = "\n".join([_filled(_DAEMON, place), *_around(place), _bounds(place)])
    return {SYSTEM / "aggregator.service": f"{text}\n[Install]\nWantedBy=multi-user.target\n", **_before(place)}


def timer_files(place: Place) -> dict[Path, str]:
    """Return the files that start a pass every ten minutes, by where they belong."""
    place = replace(place, listens=())
    text = "\n".join([_filled(_ONCE, place), *_around(place), _bounds(place)])
    return {SYSTEM / "aggregator-run.service": text, SYSTEM / "aggregator-run.timer": _TIMER, **_before(place)}


def _filled(template: str, place: Place) -> str:
    command = " ".join(_word(one, dollars=number > 0) for number, one in enumerate(place.command))
    # Without the disk that they belong on, a state and an output would be begun anew below it.
    needed = [*_writes(place), *_needs(place), *(one for one in place.reads if _is_private(one))]
    mounts = "".join(f"{line}\n" for line in _listed("RequiresMountsFor", map(str, _outermost(needed))))
    return template.format(command=command, config=_word(str(place.config), dollars=True), mounts=mounts)


def _bounds(place: Place) -> str:
    """Return what is forbidden; a low port needs a right in the name space of the machine, not in one of its own."""
    is_low = any(0 < one.port < _FIRST_FREE for one in place.listens)
    return _BOUNDS.format(rights="CAP_NET_BIND_SERVICE" if is_low else "", apart="no" if is_low else "yes")


def _before(place: Place) -> dict[Path, str]:
    """Return what has to be there before the first start: a user, and folders that no unit can make."""
    files = {}
    if place.user == USUAL.user:
        files[USERS] = _USERS.format(user=place.user, home=_STATES / place.user)
    lines = [
        f"d {_word(str(one))} {'0700' if one == place.state else '0755'} {place.user} {place.user} -\n"
        for one in _writes(place)
        if one in place.missing
    ]
    if lines:
        files[FOLDERS] = "".join(lines)
    return files


def _around(place: Place) -> Iterator[str]:
    """Yield who runs it, and which folders it may see and write."""
    yield f"User={_word(place.user)}"
    own = [name for name in (_own(place.state), _own(place.output)) if name]
    if own:
        yield f"StateDirectory={' '.join(own)}\nStateDirectoryMode=0755"
    if sockets := [name for one in place.sockets if (name := _made_by_run(one))]:
        yield f"RuntimeDirectory={' '.join(dict.fromkeys(sockets))}\nRuntimeDirectoryMode=0755"
    folder = place.config.parent
    if (below := _name_below(_CONFIGURATIONS, folder)) and "/" not in below:
        yield f"ConfigurationDirectory={below}"
    yield from _secrets(place)
    yield "\nProtectSystem=strict"
    writes, needs = _writes(place), _needs(place)
    # Of the home folders only what is bound below is there.
    everything = [*writes, *needs, *place.reads]
    yield f"ProtectHome={'tmpfs' if any(_is_below(one, _HOMES) for one in everything) else 'yes'}"
    yield from _listed("ReadWritePaths", [str(one) for one in writes if not _is_private(one)])
    yield from _listed("BindPaths", [str(one) for one in writes if _is_private(one)])
    yield from _listed("BindReadOnlyPaths", map(str, needs))
    # One that is missing is the program's to report, hence the -. What is seen anyway is not bound: a disk that is
    # mounted there later, or again, would stay hidden behind what was bound before.
    yield from _listed("BindReadOnlyPaths", [f"-{one}" for one in place.reads if _is_private(one)])


def _writes(place: Place) -> list[Path]:
    """Return the folders that are written and that systemd does not make itself."""
    both = (place.state, place.output)
    sockets = [one for one in place.sockets if not _made_by_run(one) and one != RUNS]
    apart = [one for one in sockets if not any(one.is_relative_to(it) for it in both)]
    return list(dict.fromkeys([*(one for one in both if not _own(one)), *apart]))


def _made_by_run(folder: Path) -> str:
    """Return what systemd calls a folder below /run that it can make at each start, empty for others."""
    return "" if _is_private(folder) else _name_below(RUNS, folder)


def _needs(place: Place) -> list[Path]:
    """Return the folders without which the program does not start, where they would not be seen."""
    return _outermost([one for one in (*place.program, place.config.parent) if _is_private(one)])


def _secrets(place: Place) -> Iterator[str]:
    named = ", ".join(place.variables) or "none in this configuration"
    yield f"# Secrets, a line NAME=value each, for root's eyes only: {named}"
    yield "EnvironmentFile=-/etc/aggregator/environment"


def _listed(key: str, words: Sequence[str] | Iterator[str]) -> Iterator[str]:
    yield from (f"{key}={_word(one)}" for one in dict.fromkeys(words))


def _outermost(folders: Sequence[Path]) -> list[Path]:
    return [one for one in dict.fromkeys(folders) if not any(one.is_relative_to(it) for it in folders if it != one)]


def _own(folder: Path) -> str:
    """Return what systemd calls a folder that it can make and give away itself, empty for others."""
    return _name_below(_STATES, folder)


def _name_below(above: Path, folder: Path) -> str:
    name = folder.relative_to(above).as_posix() if above in folder.parents else ""
    return name if _BELOW.fullmatch(name) else ""


def _is_private(path: Path) -> bool:
    return _is_below(path, _PRIVATE)


def _is_below(path: Path, folders: Sequence[str]) -> bool:
    return any(path.is_relative_to(one) for one in folders)


def _word(text: str, *, dollars: bool = False) -> str:
    """Return a text as one word of a unit file: `%` starts a specifier, and `$` a variable in all but the first word.

    Raises:
        UnfitPath: it holds a control character, which only some keys could take.
    """
    if not text.isprintable():
        raise UnfitPath(text)
    text = text.replace("%", "%%").replace("$", "$$" if dollars else "$")
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
