"""What `aggregator check` points at."""

from __future__ import annotations

import json

from newsroom import CONFIG, Newsroom
from prompt import call


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
