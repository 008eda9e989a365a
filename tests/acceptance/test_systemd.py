"""The unit files: what systemd makes of them, and the program within the bounds that they set."""

from __future__ import annotations

import ctypes.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from generated import units
from loopback import Loopback, answer
from newsroom import WITH_PAGES, Newsroom

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config" / "systemd"
PROGRAM = Path(sys.executable).with_name("aggregator")
CONFINED = (sys.executable, str(ROOT / "tests" / "confined.py"))
FEED = (ROOT / "tests" / "golden" / "feeds-in" / "rss20.feed").read_bytes()
ODD = """a "b' %c $d\\e: é"""
DAEMON, ONCE, TIMER = "aggregator.service", "aggregator-run.service", "aggregator-run.timer"
USERS, FOLDERS = "/etc/sysusers.d/aggregator.conf", "/etc/tmpfiles.d/aggregator.conf"
MAXIMUM = "15"  # tenths

needs_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
needs_seccomp = pytest.mark.skipif(ctypes.util.find_library("seccomp") is None, reason="libseccomp is not installed")


def call(
    *words: str | Path, cwd: Path | None = None, debug: bool = False, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables, **({"SYSTEMD_LOG_LEVEL": "debug"} if debug else {})}
    return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def printed(room: Newsroom, *words: str) -> dict[str, str]:
    """Return what the command prints for a site, by the files that it belongs into."""
    done = call(PROGRAM, "install-service", "--print", *words, cwd=room.folder, AGGREGATOR_CONFIG="")
    assert done.returncode == 0, done.stderr
    parts = re.split(r"^# (/etc/\S+)\n", done.stdout, flags=re.MULTILINE)
    assert parts[0] == ""
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def placed(folder: Path, texts: dict[str, str]) -> list[str]:
    """Write units into a folder, those of the project with a program that is there; return their names."""
    for name, text in texts.items():
        (folder / name).write_text(text.replace("/usr/local/bin/aggregator", str(PROGRAM)), encoding="utf-8")
    return [f"./{name}" for name in texts]


@pytest.fixture(params=["shipped", "daemon", "timer"])
def texts(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Return unit files by name: those of the project, and those for a site whose path is hard to write."""
    if request.param == "shipped":
        return {name: (SHIPPED / name).read_text(encoding="utf-8") for name in (DAEMON, ONCE, TIMER)}
    room = Newsroom(tmp_path / ODD)
    files = printed(room, *(["--timer"] if request.param == "timer" else []))
    return {Path(path).name: text for path, text in files.items() if path.startswith("/etc/systemd/")}


@needs_analyze
def test_systemd_finds_nothing_wrong_and_little_exposed(texts: dict[str, str], tmp_path: Path) -> None:
    names = placed(tmp_path, texts)
    done = call("systemd-analyze", "verify", *names, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for name in names:
        if name.endswith(".service"):
            words = ("security", "--offline=true", f"--threshold={MAXIMUM}", "--no-pager", name)
            done = call("systemd-analyze", *words, cwd=tmp_path)
            assert done.returncode == 0, done.stdout


@needs_analyze
def test_a_path_that_is_hard_to_write_is_read_as_it_is(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / ODD)
    files = printed(room, "--user", "root")
    (name,) = placed(tmp_path, {DAEMON: files[f"/etc/systemd/system/{DAEMON}"]})
    dump = call("systemd-analyze", "verify", name, cwd=tmp_path, debug=True).stdout
    line = dump.partition("-> ExecStart:")[2].partition("Command Line: ")[2].partition("\n")[0]
    # systemd leaves variables to the moment of the start: there $$ becomes $.
    assert re.sub(r"\\(.)", r"\1", line).endswith('"' + str(room.config_file).replace("$", "$$") + '"')
    for path in (f"{room.out}", f"{room.articles}"):
        assert re.search(f"(Paths: |{re.escape('-')}|:)-?{re.escape(path)}(:|$)", dump, re.MULTILINE), path


def test_what_the_project_brings_is_what_the_command_prints(tmp_path: Path) -> None:
    """But for the place of the program, and that of the configuration."""
    room = Newsroom(tmp_path / "site")
    room.configure(
        "base_url: https://feeds.test.example/\n"
        "articles: [{path: /srv/articles}]\n"
        "output: {path: /var/lib/aggregator/out}\n"
    )
    expected = {str(path.relative_to("config/systemd")): text for path, text in units().items()}
    for words, names in (((), (DAEMON,)), (("--timer",), (ONCE, TIMER))):
        files = printed(room, "--user", "aggregator", *words)
        assert files[USERS] == expected["sysusers.d/aggregator.conf"]
        for name in names:
            own = re.sub(
                r"^(BindReadOnlyPaths|RequiresMountsFor)=/.*\n",
                "",
                files[f"/etc/systemd/system/{name}"],
                flags=re.MULTILINE,
            )
            own = own.replace(str(PROGRAM), "/usr/local/bin/aggregator").replace("ProtectHome=tmpfs", "ProtectHome=yes")
            own = own.replace(str(room.config_file), "/etc/aggregator/aggregator.yaml")
            assert own.rstrip("\n") == expected[name].replace("ConfigurationDirectory=aggregator\n", "").rstrip("\n")


def test_folders_secrets_and_the_user_are_those_of_the_configuration(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    (room.folder / "config" / "more.yaml").write_text("upstream: []\n", encoding="utf-8")
    room.configure(
        "base_url: https://feeds.test.example/\n"
        "articles: [{path: [/srv/news, /home/me/more]}]\n"
        "feeds_from: [{path: /srv/feeds}]\n"
        "upstream_from: [{path: /srv/lists.opml}]\n"
        "include: more.yaml\n"
        "output: {path: /srv/out}\n"
        "state: /home/me/state\n"
        "upstream:\n"
        "  - {url: https://a.example/, headers: {X-Key: $API_KEY}, login: {user: me, password: $WORD}}\n"
        "  - {url: https://b.example/, login: {user: me, password_file: /srv/word}}\n"
    )
    files = printed(room, "--user", "news")
    assert list(files) == [f"/etc/systemd/system/{DAEMON}", FOLDERS]
    lines = files[f"/etc/systemd/system/{DAEMON}"].splitlines()
    for line in (
        "User=news",
        "# Secrets, a line NAME=value each, for root's eyes only: API_KEY, WORD",
        "ProtectHome=tmpfs",
        "ReadWritePaths=/srv/out",
        "BindPaths=/home/me/state",
        "BindReadOnlyPaths=-/home/me/more",
        f"BindReadOnlyPaths=-{room.folder}/config/more.yaml",
        "RequiresMountsFor=/srv/out",
        "RequiresMountsFor=/home/me/state",
        "RequiresMountsFor=/home/me/more",
    ):
        assert line in lines, line
    # What is seen anyway is not bound, so that a disk that is mounted there later is seen too, and nothing waits for it.
    for name in ("/srv/news", "/srv/feeds", "/srv/lists.opml", "/srv/word"):
        assert [line for line in lines if name in line] == []
    assert files[FOLDERS].splitlines() == ["d /home/me/state 0700 news news -", "d /srv/out 0755 news news -"]


SERVED = {
    "127.0.0.1:8080": ["CapabilityBoundingSet=", "AmbientCapabilities=", "PrivateUsers=yes"],
    "[::]:80": [
        *(f"{one}=CAP_NET_BIND_SERVICE" for one in ("CapabilityBoundingSet", "AmbientCapabilities")),
        "PrivateUsers=no",
    ],
    "unix:/run/feeds/one/web.sock": ["RuntimeDirectory=feeds/one", "RuntimeDirectoryMode=0755", "PrivateUsers=yes"],
    "unix:/srv/sockets/web.sock": ["ReadWritePaths=/srv/sockets", "RequiresMountsFor=/srv/sockets"],
    "unix:/home/me/run/web.sock": ["BindPaths=/home/me/run", "ProtectHome=tmpfs"],
}


@pytest.mark.parametrize("listen", SERVED)
def test_where_it_serves_is_allowed_and_nothing_else(tmp_path: Path, listen: str) -> None:
    room = Newsroom(tmp_path / "site")
    serve = f"serve: {{listen: '{listen}', health: none, daemon: "
    room.configure(f"{WITH_PAGES}{serve}true}}\n")
    files = printed(room, "--user", "news")
    text = files[f"/etc/systemd/system/{DAEMON}"]
    for line in SERVED[listen]:
        assert line in text.splitlines(), line
    assert ("d /srv/sockets 0755 news news -\n" in files.get(FOLDERS, "")) == (listen == "unix:/srv/sockets/web.sock")
    room.configure(f"{WITH_PAGES}{serve}false}}\n")
    room.state.mkdir()
    room.out.mkdir()
    without = printed(room, "--user", "news")
    assert list(without) == [f"/etc/systemd/system/{DAEMON}"]
    assert not any(one in without[f"/etc/systemd/system/{DAEMON}"] for one in ("CAP_NET", "Runtime", "/srv/sockets"))
    if shutil.which("systemd-analyze"):
        placed(tmp_path, {DAEMON: text})
        done = call("systemd-analyze", "verify", f"./{DAEMON}", cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        words = ("security", "--offline=true", f"--threshold={MAXIMUM}", "--no-pager", f"./{DAEMON}")
        done = call("systemd-analyze", *words, cwd=tmp_path)
        assert done.returncode == 0, done.stdout


def test_a_socket_that_only_root_could_make_is_pointed_at(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.configure(f"{WITH_PAGES}serve: {{listen: 'unix:/run/feeds.sock', health: none, daemon: true}}\n")
    done = call(PROGRAM, "install-service", "--print", cwd=room.folder)
    assert "name one in a folder of its own: unix:/run/aggregator/feeds.sock" in done.stderr
    assert "RuntimeDirectory" not in done.stdout


def test_the_steps_that_are_named_put_each_file_into_its_place(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    done = call(PROGRAM, "install-service", "--print", "--timer", "--user", "aggregator", cwd=room.folder)
    steps = done.stderr.splitlines()
    assert f"  systemd-sysusers {USERS}" in steps
    assert f"  systemd-tmpfiles --create {FOLDERS}" in steps
    (step,) = (line for line in steps if "| awk" in line)
    split = step.partition(" | ")[2].replace("> file", '> ENVIRON["ROOT"] file')
    folder = tmp_path / "root"
    for path in ("etc/systemd/system", "etc/sysusers.d", "etc/tmpfiles.d"):
        (folder / path).mkdir(parents=True)
    subprocess.run(
        ["sh", "-c", split], input=done.stdout, text=True, env={**os.environ, "ROOT": str(folder)}, check=True
    )
    made = {f"/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()}
    assert made == {f"/etc/systemd/system/{ONCE}", f"/etc/systemd/system/{TIMER}", USERS, FOLDERS}
    assert (folder / "etc/systemd/system" / TIMER).read_text().rstrip().endswith("WantedBy=timers.target")


def test_it_says_that_it_only_prints_and_what_no_unit_file_can_name(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "line\nbreak")
    done = call(PROGRAM, "install-service", cwd=room.folder)
    assert done.returncode == 2
    assert "add --print" in done.stderr
    done = call(PROGRAM, "install-service", "--print", cwd=room.folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a unit file cannot name that" in done.stderr


@needs_analyze
@needs_seccomp
def test_a_whole_pass_works_within_the_bounds_of_the_unit(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.article("a.md", body="Some *words*.")
    (room.folder / "config" / "feeds").mkdir()
    (room.folder / "config" / "feeds" / "b.rss").write_bytes(FEED)
    with Loopback({"*": answer(FEED, "Content-Type: application/rss+xml")}) as server:
        block = f"{{url: '{server.url('/feed')}', private: true, name: pier}}"
        room.configure(f"{WITH_PAGES}feeds_from: [{{path: feeds}}]\nupstream: [{block}]\n")
        done = call(*CONFINED, SHIPPED / DAEMON, PROGRAM, "run", "--strict", cwd=room.folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 asked   1 with news" in done.stdout
    assert "Title of a" in room.titles()


@needs_analyze
@needs_seccomp
def test_the_bounds_of_that_test_are_real() -> None:
    program = """
import mmap, os, resource, socket
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
for refused in (
    lambda: mmap.mmap(-1, 4096, prot=7),
    lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    lambda: os.setuid(os.getuid()),
    lambda: os.nice(1),
):
    try:
        refused()
    except OSError as error:
        print(error.strerror)
"""
    done = call(*CONFINED, SHIPPED / DAEMON, sys.executable, "-c", program)
    refusals = ["Operation not permitted", "Address family not supported by protocol", *["Operation not permitted"] * 2]
    assert done.stdout.splitlines() == refusals, done.stderr
