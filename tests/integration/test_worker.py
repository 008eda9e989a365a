from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from feed_cases import FULL, rss
from worker_cases import act, double, double_the_text, process_id, text_of

from aggregator.sources.feed.parse import FeedDocument, parse_pair
from aggregator.worker import Failure, Limits, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TESTS = Path(__file__).parents[1]
QUICK = Limits(wall=timedelta(seconds=3), cpu=timedelta(seconds=2), memory=600 << 20)
HEALTHY = rss(*(f"<title>{n}</title><link>/{n}</link>" for n in range(20)))

PARENT = """
import sys, time, signal
from aggregator.worker import Workers
from worker_cases import act
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
with Workers(2) as workers:
    for _ in workers.map(act, [f"stay {path}" for path in sys.argv[1:]]):
        pass
"""


def until(holds: Callable[[], bool], seconds: float = 20) -> bool:
    """Say whether something comes to hold in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers(2, QUICK) as made:
        yield made


def test_each_item_comes_back_with_its_result(workers: Workers) -> None:
    assert sorted(workers.map(double, range(50))) == [(n, 2 * n) for n in range(50)]
    assert list(workers.map(double, [])) == []
    assert list(workers.map(double, iter([4]))) == [(4, 8)]


def test_items_are_taken_as_they_are_needed(workers: Workers) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield n

    results = workers.map(double, items())
    next(results)
    assert len(taken) < 20
    assert len(list(results)) == 99


def test_large_items_and_results_pass(workers: Workers) -> None:
    made = list(workers.map(double_the_text, (b"x" * 3_000_000 for _ in range(6))))
    assert [len(result) for _, result in made if isinstance(result, bytes)] == [6_000_000] * 6


@pytest.mark.parametrize(
    ("order", "code", "reason"),
    [
        ("sleep 60", "timeout", "took more than 3 s"),
        ("spin", "timeout", "took more than"),
        ("grow 900000000", "memory", "took more than 600 MiB of memory"),
        ("die SIGSEGV", "crashed", "ended its process: segmentation fault"),
        ("die SIGKILL", "crashed", "ended its process: killed"),
        ("die SIGXCPU", "timeout", "took more than 2 s of the processor"),
        ("exit 3", "crashed", "ended its process: exit code 3"),
        ("raise a\nb", "crashed", "ValueError: a b"),
        ("unpicklable", "crashed", "AttributeError"),
    ],
)
def test_what_goes_wrong_costs_its_own_item_only(workers: Workers, order: str, code: str, reason: str) -> None:
    made = dict(workers.map(act, ["one", order, "two", "three", "four"]))
    failure = made.pop(order)
    assert isinstance(failure, Failure)
    assert failure.code == code
    assert reason in failure.reason
    assert made == {"one": "one", "two": "two", "three": "three", "four": "four"}
    assert list(workers.map(double, [1])) == [(1, 2)]


def test_an_item_that_cannot_be_sent_costs_itself_only(workers: Workers) -> None:
    made = dict(workers.map(text_of, [1, text_of, lambda: None, 2]))
    assert [one for one in made.values() if isinstance(one, str) and one.isdigit()] == ["1", "2"]
    assert [one.code for one in made.values() if isinstance(one, Failure)] == ["crashed"]


def test_all_workers_may_die_at_once_and_often(workers: Workers) -> None:
    orders = [f"die {name}" for name in ("SIGKILL", "SIGSEGV", "SIGABRT", "SIGTERM")] * 3
    made = list(workers.map(act, [*orders, "alive"]))
    assert sum(isinstance(result, Failure) for _, result in made) == len(orders)
    assert ("alive", "alive") in made


def test_a_worker_that_dies_between_items_is_replaced(workers: Workers) -> None:
    for pause in (0.0, 0.05, 0.1, 0.15, 0.3):
        ((_, pid),) = workers.map(process_id, [0])
        assert isinstance(pid, int)
        os.kill(pid, signal.SIGKILL)
        time.sleep(pause)
        assert list(workers.map(double, [1])) == [(1, 2)]


def test_the_processor_is_counted_for_each_item_alone() -> None:
    limits = Limits(wall=timedelta(seconds=60), cpu=timedelta(seconds=1))
    with Workers(1, limits) as workers:
        made = list(workers.map(act, ["burn 0.4"] * 5))
        assert [result for _, result in made] == ["burn 0.4"] * 5
        start = time.monotonic()
        assert list(workers.map(act, ["spin"])) == [("spin", Failure("timeout", "took more than 1 s of the processor"))]
        assert time.monotonic() - start < 30


def test_one_small_item_starts_one_worker_and_no_item_none() -> None:
    with Workers(2) as workers:
        assert len({pid for n in range(3) for _, pid in workers.map(process_id, [n])}) == 1


def test_workers_end_when_they_are_closed() -> None:
    with Workers(2) as workers:
        pids = [pid for _, pid in workers.map(process_id, range(20)) if isinstance(pid, int)]
        assert pids
        assert os.getpid() not in pids
    assert until(lambda: not any(is_alive(pid) for pid in pids))


def test_workers_that_are_busy_end_at_once_when_they_are_closed(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    with Workers(2) as workers:
        assert next(workers.map(act, [f"stay {noted}", "one"])) == ("one", "one")
        assert until(lambda: noted.exists() and bool(noted.read_text(encoding="ascii")))
        start = time.monotonic()
    assert time.monotonic() - start < 5
    assert until(lambda: not is_alive(int(noted.read_text(encoding="ascii"))))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_parent(tmp_path: Path, number: signal.Signals) -> None:
    noted = [tmp_path / "a", tmp_path / "b"]
    environment = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"}
    parent = subprocess.Popen([sys.executable, "-c", PARENT, *map(str, noted)], env=environment)
    try:
        assert until(lambda: all(path.exists() and path.read_text(encoding="ascii") for path in noted))
        pids = [int(path.read_text(encoding="ascii")) for path in noted]
        assert all(is_alive(pid) for pid in pids)
        start = time.monotonic()
        parent.send_signal(number)
        assert parent.wait(10) == (143 if number == signal.SIGTERM else -signal.SIGKILL)
        assert until(lambda: not any(is_alive(pid) for pid in pids), 5)
        assert time.monotonic() - start < 5
    finally:
        parent.kill()
        parent.wait()


ATTRIBUTES = " ".join(f'a{n}="x"' for n in range(100_000))
HOSTILE = {
    "many attributes": f"<rss><channel><item {ATTRIBUTES}><link>/a</link></item></channel></rss>",
    "many attributes, broken": f"<rss><channel><item></x><y {ATTRIBUTES}><link>/a</link></item></channel></rss>",
    "tags never closed": "<rss><channel><item></x>" + "<a " * 400_000,
    "deep": f"<rss><channel>{'<a>' * 100_000}{'</a>' * 100_000}<item><link>/a</link></item></channel></rss>",
    "deep and open": "<rss><channel><item><link>/a</link><title>" + "<b>" * 100_000,
    "deep HTML": f"<rss><channel><item><link>/a</link><description><![CDATA[{'<div>' * 300_000}]]></description></item></channel></rss>",
    "entries": f"<rss><channel>{'<item><link>/a</link></item>' * 100_000}</channel></rss>",
    "small entries": f"<rss><channel>{'<item/>' * 500_000}</channel></rss>",
    "categories": f"<rss><channel><item>{''.join(f'<category>{n}</category>' for n in range(60_000))}</item></channel></rss>",
    "a long title": f"<rss><channel><item><link>/a</link><title>{'x&amp;y ' * 1_000_000}</title></item></channel></rss>",
    "entities": "<!DOCTYPE x [" + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12)) + "]><rss><channel><item><title>&e11;</title></item></channel></rss>",
    "one long entity": f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><rss><channel><item><title>{"&a;" * 50_000}</title></item></channel></rss>',
    "a surrogate": "<rss><channel><item></x><link>/a</link><title>&#xD800;</title></item></channel></rss>",
    "JSON without end": '{"items": ' + "[" * 1_000_000,
    "JSON of a large number": '{"items": [' + "9" * 1_000_000 + "]}",
}  # fmt: skip


def test_hostile_documents_cost_no_more_than_themselves() -> None:
    documents = [text.encode() for text in HOSTILE.values()]
    documents += [
        f'<?xml version="1.0" encoding="{name}"?>'.encode() + HEALTHY for name in ("punycode", "undefined", "idna")
    ]
    mixed = [document for hostile in documents for document in (hostile, HEALTHY)]
    limits = Limits(wall=timedelta(seconds=5), cpu=timedelta(seconds=3), memory=800 << 20)
    healthy = 0
    with Workers(2, limits) as workers:
        for (data, _), made in workers.map(parse_pair, [(document, FULL) for document in mixed]):
            if data == HEALTHY:
                assert isinstance(made, FeedDocument)
                assert len(made.sightings) == 20
                healthy += 1
            else:
                assert isinstance(made, FeedDocument | Failure)
    assert healthy == len(documents)
