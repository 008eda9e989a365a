from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from newsroom import CONFIG, Newsroom, related

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "aggregator")
HEAVY = ("httpx", "feedparser", "feedgen", "apscheduler", "lxml")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path / "site")


def call(room: Newsroom, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the site's folder, as somebody at a prompt would."""
    variables = {**os.environ, "NO_COLOR": "1", **environment}
    return subprocess.run(
        [*COMMAND, *words], cwd=room.folder, env=variables, capture_output=True, text=True, timeout=60, check=False
    )


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
    assert call(room, "run", "--strict").returncode == 1


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


def test_check_reads_everything_and_writes_nothing(room: Newsroom) -> None:
    room.article("a.md")
    room.write("b.md", "---\ntitle: [\n---\n")
    room.write("c.md", "no fence")
    done = call(room, "check")
    assert done.returncode == 1
    assert done.stdout == "articles/b.md:3:1: a value is missing here, or a bracket above is never closed\n"
    assert "1 faulty, 1 passed over, 1 read; 1 fault." in done.stderr
    judged = json.loads(call(room, "check", "--json").stdout)
    assert judged["files"] == {"faulty": 1, "not_article": 1, "read": 1}
    assert judged["faults"][0]["location"] == "articles/b.md:3:1"
    assert not room.out.exists()
    assert not room.state.exists()
    room.remove("b.md")
    assert call(room, "check").returncode == 0


def test_check_points_at_keys_that_are_nearly_known_and_does_not_name_them(room: Newsroom) -> None:
    room.article("a.md")
    room.write("b.md", "---\noriginalUrl: https://www.harbour.example/b\ntitel: B\nTopic: [Sea]\nexcerp-t: x\n---\n")
    room.write("c.md", "no fence")
    done = call(room, "check", "-v")
    assert done.returncode == 0  # another program may mean them
    assert done.stdout.splitlines() == [
        *(
            f"perhaps   articles/b.md:{line}: a key that is nearly `{meant}` is not read; if you meant that one, rename it"
            for line, meant in ((3, "title"), (4, "topics"), (5, "excerpt"))
        ),
        "articles/c.md: no line `---` at its start: no article, passed over",
    ]
    judged = json.loads(call(room, "check", "--json").stdout)
    assert [one["location"] for one in judged["hints"]] == [f"articles/b.md:{line}" for line in (3, 4, 5)]
    assert judged["passed_over"] == ["articles/c.md"]
    assert "nearly" not in call(room, "run").stdout


def test_a_configuration_with_faults_ends_with_3_before_anything_is_touched(room: Newsroom) -> None:
    room.configure("base_url: nowhere\noutpt: x\n")
    done = call(room, "run")
    assert done.returncode == 3
    assert done.stderr == (
        "error: config/aggregator.yaml:1:11: base_url: an http or https address is expected, as https://feeds.example.org/\n"
        "config/aggregator.yaml:2:1: outpt: unknown key; did you mean output?\n"
    )
    assert not room.state.exists()


def test_no_configuration_says_where_it_was_looked_for(room: Newsroom) -> None:
    room.config_file.unlink()
    done = call(room, "run", HOME=str(room.folder))
    assert done.returncode == 3
    assert "name one with --config" in done.stderr


def test_a_mistyped_option_ends_with_2(room: Newsroom) -> None:
    done = call(room, "run", "--ful")
    assert done.returncode == 2
    assert "--full" in done.stderr


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


def test_feeds_without_a_state_ask_for_a_person(room: Newsroom) -> None:
    room.article("a.md")
    call(room, "run")
    for path in room.state.iterdir():
        path.unlink()
    done = call(room, "run")
    assert done.returncode == 1
    assert "--start-over (subscribers may see entries twice)" in done.stderr
    assert call(room, "run", "--start-over").returncode == 0


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


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("check",), ("run", "--help")], ids=" ".join)
def test_what_writes_no_feed_imports_nothing_heavy(room: Newsroom, words: tuple[str, ...]) -> None:
    room.article("a.md")
    loud = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "aggregator", *words],
        cwd=room.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in loud.stderr.splitlines()}
    assert "aggregator" in imported
    assert imported.isdisjoint(HEAVY)


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


def test_the_ledger_goes_out_and_comes_in_again(room: Newsroom) -> None:
    room.article("a.md", publishedDateTime=None)
    room.article("b.md")
    call(room, "run")
    before = room.output()
    exported = call(room, "state", "export")
    assert exported.returncode == 0
    kinds = [json.loads(line)["kind"] for line in exported.stdout.splitlines()]
    assert kinds.count("entry") == 2
    assert kinds[-1] == "commit"
    (room.folder / "kept.jsonl").write_text(exported.stdout)
    for path in room.state.iterdir():
        path.unlink()
    assert call(room, "state", "import", "kept.jsonl").returncode == 0
    assert call(room, "run").returncode == 0
    assert room.output() == before


def test_a_forgotten_entry_gets_id_and_dates_anew(room: Newsroom) -> None:
    room.article("a.md")
    room.article("b.md")
    call(room, "run")
    room.article("a.md", originalUrl="https://moved.example/a", publishedDateTime="2026-10-22T08:00:00Z")
    call(room, "run")
    old = room.item("Title of a")["id"]
    assert old == "https://www.harbour.example/a"
    done = call(room, "state", "forget", old, "https://nowhere.example/")
    assert done.returncode == 1
    assert done.stderr == (
        "https://nowhere.example/: no entry has this id; feeds show it as id or guid\n"
        "1 entry forgotten; the next run gives id and dates anew\n"
    )
    call(room, "run")
    item = room.item("Title of a")
    assert (item["id"], item["date_published"]) == ("https://moved.example/a", "2026-10-22T08:00:00Z")
    (room.state / "aggregator.db").unlink()
    call(room, "run")
    assert room.item("Title of a") == item


@pytest.mark.parametrize(
    "words", [("run", "-v"), ("run", "--json", "--full"), ("check",), ("check", "--json"), ("state", "export")]
)
def test_no_command_says_a_word_of_private_fields(room: Newsroom, words: tuple[str, ...]) -> None:
    marker = "TWFya2VyVGhhdE11c3ROZXZlckxlYXZl"
    room.article("a.md", secured=f"{marker};{marker}", **{f"key-{marker}": marker}, published="perhaps")
    room.write("b.md", f'---\nsecured: "{marker}" {marker}\n---\n')
    room.write("c.md", f"---\n{marker}: 1\n{marker}: 2\n---\n")
    room.write("d.md", f"---\nsecured: [{marker}, &a {marker}]\n---\n")
    done = call(room, *words)
    assert done.stdout + done.stderr
    assert marker not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (("run", "--json", "--ful"), "Usage", 2),
        (("run", "--json", "--config", "nowhere.yaml"), "ConfigError", 3),
        (("check", "--json", "--config", "nowhere.yaml"), "ConfigError", 3),
        (("run", "--json", "--accept-new", "x"), "UnknownSource", 2),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else None,
)
def test_a_program_gets_one_object_also_where_something_is_wrong(
    room: Newsroom, words: tuple[str, ...], kind: str, code: int
) -> None:
    done = call(room, *words)
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], error["exit_code"], done.returncode) == (kind, code, code)
    assert error["message"] in done.stderr


def test_a_terminal_that_cannot_write_a_title_gets_it_escaped(room: Newsroom) -> None:
    room.article("a.md", quality="\u2603")
    done = call(room, "check", PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    assert done.returncode == 1
    assert 'quality: "\\u2603" is no whole number' in done.stdout


def test_check_names_files_whose_date_is_not_the_one_that_was_published(room: Newsroom) -> None:
    room.article("a.md", publishedDateTime="2026-10-01T08:00:00Z")
    room.article("b.md", publishedDateTime="2026-10-02T08:00:00Z")
    assert call(room, "run").returncode == 0
    room.article("a.md", publishedDateTime="2026-10-05T08:00:00Z")
    done = call(room, "check")
    assert done.returncode == 0
    assert done.stdout == (
        "perhaps   articles/a.md: published with the date 2026-10-01 08:00 UTC, which stays; for the one in the file: "
        '"aggregator state forget https://www.harbour.example/a"\n'
    )
    assert call(room, "state", "forget", "https://www.harbour.example/a").returncode == 0
    assert call(room, "run").returncode == 0
    assert call(room, "check").stdout == ""


def test_check_points_at_rules_that_leave_out_all_and_at_topics_that_nothing_has(room: Newsroom) -> None:
    def ruled(rules: str) -> str:
        room.configure(CONFIG.replace("path: articles", f"path: articles\n    rules: {rules}"))
        done = call(room, "check")
        assert done.returncode == 0
        return done.stdout

    assert ruled("[{keep: {topic: Sae}}]") == ""
    room.configure(CONFIG)
    room.article("a.md")
    room.article("b.md", topics=["Wind"])
    assert call(room, "run").returncode == 0
    assert (
        ruled("[{drop: {topic: wind}}, {if: {topic: Sea}, then: {topics: [Tide]}}, {drop: {topic: tide, words: x}}]")
        == ""
    )
    assert ruled(
        "[{if: {kind: video}, then: {topics: [New]}}, {keep: {any: [{topic: New}, {not: {topic: Sae}}]}}]"
    ) == ('perhaps   articles: its rule 2 asks for the topic "sae", which no known entry and no topic here has\n')
    assert ruled("[{keep: {kind: video}}]") == (
        "perhaps   articles: its rule 1 leaves out all 2 entries that are known of it: keep: {kind: [video]}\n"
    )
