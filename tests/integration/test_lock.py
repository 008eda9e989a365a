"""The lock of a state: who holds it, who is kept out, and that nobody dead does either."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.daemon.poke import poke
from aggregator.errors import LockedError, NoDaemon
from aggregator.store import lock, sqlite

if TYPE_CHECKING:
    from pathlib import Path

NONE, LONG = timedelta(0), timedelta(minutes=5)
HOLD = """
import sys, time
from datetime import timedelta
from pathlib import Path
from aggregator.store import lock
with lock.held(Path(sys.argv[1]), timedelta(0), sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""


def holding(folder: Path, kind: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, folder, kind], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    process.stdout.close()
    return process


def test_the_lock_says_who_holds_it(tmp_path: Path) -> None:
    assert lock.holder(tmp_path / "none") is None
    with lock.held(tmp_path, NONE, lock.DAEMON):
        assert lock.holder(tmp_path) == lock.Holder(os.getpid(), lock.DAEMON)
        with pytest.raises(LockedError, match=rf"a daemon \(process {os.getpid()}\).*`aggregator poke`"):
            sqlite.opened(tmp_path, LONG).__enter__()  # at once: a daemon does not end by itself
    assert lock.holder(tmp_path) is None
    with sqlite.opened(tmp_path, NONE):
        assert lock.holder(tmp_path) == lock.Holder(os.getpid(), lock.RUN)
        with pytest.raises(LockedError, match="another pass is running"):
            lock.held(tmp_path, NONE).__enter__()


def test_a_dead_holder_keeps_nobody_out(tmp_path: Path) -> None:
    process = holding(tmp_path, lock.DAEMON)
    assert lock.holder(tmp_path) == lock.Holder(process.pid, lock.DAEMON)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert lock.holder(tmp_path) is None
    with lock.held(tmp_path, NONE):
        pass


def test_threads_of_one_holder_write_beside_each_other(tmp_path: Path) -> None:
    with lock.held(tmp_path, NONE, lock.DAEMON):
        for _ in range(2):  # the second one finds the file there
            with sqlite.opened_within(tmp_path) as one, sqlite.opened_within(tmp_path) as other:
                one.ledger.keep_setting("a", "1")
                other.ledger.keep_setting("b", "2")
                assert (one.ledger.setting("b"), other.ledger.setting("a")) == ("2", "1")


def test_who_is_no_daemon_is_not_poked(tmp_path: Path) -> None:
    with pytest.raises(NoDaemon, match="no daemon works on this state; `aggregator run` makes a pass"):
        poke(tmp_path)
    with lock.held(tmp_path, NONE), pytest.raises(NoDaemon, match="but a pass is just running"):
        poke(tmp_path)
    with lock.held(tmp_path, NONE, lock.DAEMON), pytest.raises(NoDaemon, match="is not here, perhaps in a container"):
        poke(tmp_path)  # the number is that of a process, but of another one
