"""What `aggregator run` does and says, and what is left where it is stopped."""

from __future__ import annotations

import fcntl
import json
import re
import signal
import subprocess
import time
from typing import Any

import pytest
from newsroom import Newsroom, related
from prompt import COMMAND, call


def outcome(room: Newsroom, *words: str) -> dict[str, Any]:
    done = call(room, "run", "--json", *words)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def two_that_name_each_other_and_a_third(room: Newsroom) -> None:
    third = related("third.md", title="The third", quality=45, webUrl="https://www.daily.example/third")
    third["provider"] = {"name": "The Daily", "domain": "daily.example"}
    bay = {"provider": {"name": "Bay Post", "domain": "bay.example"}, "topics": ["AI"], "published": False, "heat": -1}
    room.article(
        "000.txt", title="One", topics=["AI"], quality=17, related=[third, related("001.txt", title="Two", quality=28)]
    )
    room.article(
        "001.txt", title="Two", quality=28, related=[third, related("000.txt", title="One", quality=17)], **bay
    )


def test_two_article_files_become_four_feeds_in_three_formats(room: Newsroom) -> None:
    two_that_name_each_other_and_a_third(room)
    first = outcome(room)
    assert first["files"]["new"] == 2
    assert first["entries"]["related_to_ours"] == 2
    assert first["feeds"] == {"channels": 4, "written": 12, "unchanged": 0, "removed": 0}
    names = ("all", "topics/ai", "providers/harbour.example", "providers/bay.example")
    assert set(room.output()) == {f"{name}.{form}" for name in names for form in ("atom", "rss", "json")}
    for title, other in (("One", "Two"), ("Two", "One")):
        links = [link["title"] for link in room.item(title)["_aggregator"]["related"]]
        assert links == ["The third", other]
    second = outcome(room)
    assert second["feeds"]["written"] == 0
    assert second["faults"] == []


def test_the_report_says_what_was_done_and_then_that_nothing_was(room: Newsroom) -> None:
    two_that_name_each_other_and_a_third(room)
    first, second = call(room, "run").stdout, call(room, "run").stdout
    first = re.sub(r"   \d\.\d s", "", first)
    assert first.startswith("Test News: first run, ids and dates start here.\n  articles  2 files   2 new   0 changed")
    assert "entries   2   0 merged   4 related links, 2 to entries of our own" in first
    assert "feeds     4 (all, 1 topic, 2 providers)   12 files written   0 unchanged   0 removed" in first
    assert "subscribe https://feeds.test.example/all.atom" in first
    assert second.startswith("Test News: nothing changed. 2 files, 4 feeds, newest entry 2026-10-20 08:00 UTC.")
    assert second.count("\n") == 1


def test_quiet_is_silent_until_it_matters(room: Newsroom) -> None:
    two_that_name_each_other_and_a_third(room)
    done = call(room, "run", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    room.articles.rename(room.folder / "unmounted")
    done = call(room, "run", "-q")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"  needs you articles: {room.articles}: no folder that can be read; nothing was taken down.\n"
        "            Bring it back, or change `articles.path` in config/aggregator.yaml.\n"
    )


def test_verbose_names_the_feeds_with_news(room: Newsroom) -> None:
    room.article("a.md")
    call(room, "run")
    room.article("a.md", title="Other")
    assert "  news in   topics/sea\n" in call(room, "run", "-v").stdout


def test_faults_are_said_and_counted_and_only_strict_minds(room: Newsroom) -> None:
    room.article("a.md")
    room.write("b.md", "---\ntitle: [\n---\n")
    done = call(room, "run")
    assert done.returncode == 0
    assert "1 faulty" in done.stdout
    assert (
        "  faulty    articles/b.md:3:1: a value is missing here, or a bracket above is never closed. Not published.\n"
        in done.stdout
    )
    assert call(room, "status").stdout.startswith("Test News: all is well.")
    assert call(room, "run", "--strict").returncode == 1
    assert call(room, "status").stdout.startswith("Test News: the last pass ended with 1.")


def test_removals_are_held_until_they_are_accepted_by_name(room: Newsroom) -> None:
    for number in range(30):
        room.article(f"a{number:02}.md")
    call(room, "run")
    for number in range(25):
        room.remove(f"a{number:02}.md")
    done = call(room, "run")
    assert done.returncode == 1
    assert "needs you articles: 25 of 30 files are gone (more than half at once);" in done.stdout
    assert done.stdout.count("gone: articles/a") == 10
    assert "if they are meant to be gone:\n            aggregator run --accept-removals articles\n" in done.stdout
    wrong = call(room, "run", "--accept-removals", "artcles")
    assert wrong.returncode == 2
    assert "no source is called artcles; there is: articles" in wrong.stderr
    assert call(room, "run", "--accept-removals", "articles").returncode == 0


def test_a_second_pass_ends_with_5_or_waits(room: Newsroom) -> None:
    room.article("a.md")
    call(room, "run")
    with (room.state / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert call(room, "run").returncode == 5
        waiting = subprocess.Popen([*COMMAND, "run", "--wait", "30s"], cwd=room.folder, stdout=subprocess.PIPE)
        time.sleep(0.5)
        assert waiting.poll() is None
    assert waiting.communicate(timeout=30)[0]
    assert waiting.returncode == 0


def test_an_output_that_cannot_be_written_ends_with_4_and_names_it(room: Newsroom) -> None:
    room.article("a.md")
    room.out.write_text("a file, not a folder")
    done = call(room, "run")
    assert done.returncode == 4
    assert f"error: {room.out}" in done.stderr
    assert "Old feeds kept; the next run repairs" in done.stderr


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_pass_that_is_stopped_leaves_a_site_that_the_next_one_finishes(
    room: Newsroom, sent: signal.Signals, code: int
) -> None:
    for number in range(600):
        room.article(
            f"a{number:03}.md",
            topics=[f"Topic {number % 40}"],
            provider={"name": "P", "domain": f"p{number % 50}.example"},
        )
    process = subprocess.Popen([*COMMAND, "run"], cwd=room.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None and not (room.out / "all.atom").exists():
        time.sleep(0.005)
    process.send_signal(sent)
    process.communicate(timeout=30)
    assert process.returncode in {code, 0}
    result = outcome(room)
    assert result["feeds"]["channels"] == 91
    assert len(room.output()) == 273
    assert outcome(room)["feeds"]["written"] == 0


def test_output_does_not_depend_on_seed_zone_or_locale(room: Newsroom) -> None:
    for number in range(20):
        room.article(
            f"a{number:02}.md", topics=[f"Topic {number % 3}", "Ünï Cödé"], related=[related("a01.md"), related("x.md")]
        )
    outputs = []
    for number, zone in enumerate(("UTC", "Pacific/Apia", "Asia/Kathmandu")):
        copy = room.copy(room.folder.with_name(f"copy{number}"))
        done = call(copy, "run", PYTHONHASHSEED=str(number), TZ=zone, LC_ALL=("C", "C.UTF-8", "POSIX")[number])
        assert done.returncode == 0
        outputs.append(copy.output())
    assert outputs[0] == outputs[1] == outputs[2]
