"""Five hundred feeds, of which some are in trouble: one look tells which, and why."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack

import pytest
from faultserver_documents import rss
from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom
from terminal import COLOUR, typed

COMMAND = (sys.executable, "-m", "aggregator")
TROUBLE = {
    3: answer(status="404 Not Found"),
    77: answer(status="404 Not Found"),
    104: answer(status="404 Not Found"),
    181: answer(b"<html><body>Log in</body></html>", "Content-Type: text/html"),
    200: answer(b"", "Retry-After: 7200", status="429 Too Many Requests"),
    233: answer(b"", "Location: ftp://harbour.example/", status="302 Found"),
    301: b"no HTTP\r\n\r\n",
    355: answer(b"<rss><channel>"),
    402: answer(status="500 Oh"),
    499: answer(status="401 Who"),
}
GONE = 42
HOSTS = 20  # of which each is asked for one feed at a time


def name(number: int) -> str:
    return f"feed-{number:03}"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """Return a site that has polled five hundred feeds once."""
    room = Newsroom(tmp_path_factory.mktemp("many") / "site")
    answers = {f"/{number}": answer(rss(name(number)), 'ETag: "1"') for number in range(500)}
    answers |= {f"/{number}": trouble for number, trouble in TROUBLE.items()}
    answers[f"/{GONE}"] = answer(status="410 Gone")
    with ExitStack() as stack:
        hosts = [stack.enter_context(Loopback(answers)) for _ in range(HOSTS)]
        blocks = [
            f"  - {{name: {name(number)}, url: {hosts[number % HOSTS].url(f'/{number}')}, private: true}}\n"
            for number in range(500)
        ]
        room.configure(f"{CONFIG}upstream:\n{''.join(blocks)}")
        done = subprocess.run([*COMMAND, "run", "-q"], cwd=room.folder, timeout=120, check=False)
        assert done.returncode == 0
    return room


def said(room: Newsroom, *words: str) -> str:
    done = subprocess.run(
        [*COMMAND, "sources", *words], cwd=room.folder, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def test_one_look_tells_which_ten_of_five_hundred_fail_and_why(room: Newsroom) -> None:
    text = said(room)
    assert text.startswith("501 sources: 490 well, 10 failing, 1 gone. Times are UTC.\n")
    lines = text.splitlines()
    assert len(lines) <= 40
    assert [number for number in range(500) if name(number) in text] == sorted([*TROUBLE, GONE])
    assert any(line.startswith("  failing   3 sources: it answered 404 (Not Found)") for line in lines)
    assert any("feed-200" in line and "429" in line for line in lines)
    assert "  well      490 more; -v names them, and a name shows one" in lines


def test_every_source_is_named_on_request_and_one_alone(room: Newsroom) -> None:
    every = said(room, "-v")
    assert all(name(number) in every for number in range(500))
    alone = said(room, "feed-007")
    assert alone.startswith("1 source: 1 well. Times are UTC.\n  well      feed-007   3 entries   read ")
    assert "(interval)" in alone


def test_programs_get_all_of_it(room: Newsroom) -> None:
    told = json.loads(said(room, "--json"))
    assert told["counts"]["failing"] == 10
    assert len(told["sources"]) == 501
    (day,) = told["etiquette"]
    assert (day["requests"], day["fresh"], day["slowed"], day["failed"]) == (500, 491, 1, 11)


@pytest.mark.parametrize("columns", [60, 100])
def test_lines_fit_the_terminal(room: Newsroom, columns: int) -> None:
    shown, code = typed([*COMMAND, "sources"], room.folder, columns)
    assert code == 0
    lines = [line for line in COLOUR.sub("", shown).splitlines() if not line.strip().startswith("aggregator ")]
    assert max(map(len, lines)) <= columns
