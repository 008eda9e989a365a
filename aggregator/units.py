"""Unit files for systemd: the service of a site, as a daemon or as a pass that a timer starts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import UnfitPath

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SYSTEM = Path("/etc/systemd/system")
USERS = Path("/etc/sysusers.d/aggregator.conf")
FOLDERS = Path("/etc/tmpfiles.d/aggregator.conf")
_STATES = Path("/var/lib")
_CONFIGURATIONS = Path("/etc")
_HOMES = ("/home", "/root", "/run/user")
_PRIVATE = (*_HOMES, "/tmp", "/var/tmp")  # noqa: S108  where a hardened service sees nothing of what others do
_PLAIN = re.compile(r"[\w/.@+=-]+")
_BELOW = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a site is on its machine.

    command: the words that start the program. program: folders that it is in. user: whom it runs as. reads: folders of
    articles and of feed files, and what else is only read. variables: those of the environment that hold secrets.
    missing: of the folders that are written, those that are not there yet.
    """

    command: tuple[str, ...]
    program: tuple[Path, ...] = ()
    config: Path
    user: str = "aggregator"
    reads: tuple[Path, ...]
    state: Path
    output: Path
    variables: tuple[str, ...] = ()
    missing: tuple[Path, ...] = ()


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
After=network-online.target
# Ten starts in half an hour, then it is left for a person: systemctl reset-failed aggregator
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
After=network-online.target

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
# Half of it is for readers, where it serves.
LimitNOFILE=4096

# Feeds are readable for all whatever this says; nothing else is.
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
PrivateDevices=yes
DevicePolicy=closed
PrivateIPC=yes
PrivateMounts=yes
PrivateTmp=yes
PrivateUsers=yes
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
    text = "\n".join([_filled(_DAEMON, place), *_around(place), _BOUNDS])
    return {SYSTEM / "aggregator.service": f"{text}\n[Install]\nWantedBy=multi-user.target\n", **_before(place)}


def timer_files(place: Place) -> dict[Path, str]:
    """Return the files that start a pass every ten minutes, by where they belong."""
    text = "\n".join([_filled(_ONCE, place), *_around(place), _BOUNDS])
    return {SYSTEM / "aggregator-run.service": text, SYSTEM / "aggregator-run.timer": _TIMER, **_before(place)}


def _filled(template: str, place: Place) -> str:
    command = " ".join(_word(one, dollars=number > 0) for number, one in enumerate(place.command))
    return template.format(command=command, config=_word(str(place.config), dollars=True))


def _before(place: Place) -> dict[Path, str]:
    """Return what has to be there before the first start: a user, and folders that no unit can make."""
    files = {}
    if place.user == USUAL.user:
        files[USERS] = _USERS.format(user=place.user, home=_STATES / place.user)
    folders = [(one, mode) for one, mode in ((place.state, "0700"), (place.output, "0755")) if one in place.missing]
    lines = [f"d {_word(str(one))} {mode} {place.user} {place.user} -\n" for one, mode in folders if not _own(one)]
    if lines:
        files[FOLDERS] = "".join(lines)
    return files


def _around(place: Place) -> Iterator[str]:
    """Yield who runs it, and which folders it may see and write."""
    yield f"User={_word(place.user)}"
    own = [name for name in (_own(place.state), _own(place.output)) if name]
    if own:
        # The first is $STATE_DIRECTORY, which has a say where the configuration has none.
        yield f"StateDirectory={' '.join(own)}\nStateDirectoryMode=0755"
    folder = place.config.parent
    if (below := _name_below(_CONFIGURATIONS, folder)) and "/" not in below:
        yield f"ConfigurationDirectory={below}"
    yield from _secrets(place)
    yield "\nProtectSystem=strict"
    writes = [one for one in (place.state, place.output) if not _own(one)]
    needs = _outermost([one for one in (*place.program, folder) if _is_private(one)])
    everything = [*writes, *needs, *place.reads]
    # Of the home folders only what is bound below is there.
    yield f"ProtectHome={'tmpfs' if any(_is_below(one, _HOMES) for one in everything) else 'yes'}"
    yield from _listed("ReadWritePaths", [str(one) for one in writes if not _is_private(one)])
    yield from _listed("BindPaths", [str(one) for one in writes if _is_private(one)])
    yield from _listed("BindReadOnlyPaths", map(str, needs))
    # One that is missing is the program's to report, hence the -.
    yield from _listed("BindReadOnlyPaths", [f"-{one}" for one in place.reads])


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
    name = folder.relative_to(above).as_posix() if folder.is_relative_to(above) else ""
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
