"""Rules of a source: what they leave out is as if it were not there, and comes back as it was."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom, related

from aggregator.cli.report import as_object
from aggregator.options import Options
from aggregator.run.rehearsal import rehearse
from aggregator.store import Put

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.run import Report

FEED = """<rss version="2.0"><channel><title>Pier</title><link>https://pier.example/</link><description>d</description>
<item><title>Storm</title><link>https://pier.example/storm</link><guid>1</guid></item>
<item><title>Sponsored post</title><link>https://pier.example/ad</link><guid>2</guid></item>
</channel></rss>"""


def ruled(room: Newsroom, *rules: dict[str, Any], more: str = "") -> None:
    """Give the folder of articles some rules."""
    room.configure(CONFIG.replace("path: articles", f"path: articles\n    rules: {json.dumps(rules)}") + more)


def counts(report: Report) -> list[tuple[str, int, str, int]]:
    return [(one.source, one.number, one.verb, one.count) for one in report.totals.left_out]


def fingerprints(room: Newsroom) -> dict[str, list[str]]:
    """Return the items of every feed as they stand, byte for byte, without the feed's head."""
    return {
        path: [json.dumps(item) for item in json.loads(content)["items"]]
        for path, content in room.output().items()
        if path.endswith(".json")
    }


def test_articles_are_kept_and_dropped_and_each_is_accounted_for(room: Newsroom) -> None:
    room.article("a.md", title="A sponsored post")
    room.article("b.md", title="A tide", quality=10)
    room.article("c.md", title="A storm")
    room.article("d.md", title="Another storm", originalUrl="https://www.harbour.example/c")
    room.article("e.md", draft=True)
    ruled(room, {"drop": {"words": "Sponsored Post"}}, {"keep": {"min_quality": 20}})
    report = room.run()
    assert room.titles() == ["Another storm"]
    assert counts(report) == [("articles", 1, "drop", 1), ("articles", 2, "keep", 1)]
    said = as_object(report)
    assert said["left_out"] == [
        {"source": "articles", "rule": 1, "does": "drop", "count": 1},
        {"source": "articles", "rule": 2, "does": "keep", "count": 1},
    ]
    entries, files = said["entries"], said["files"]
    assert files["found"] == 5
    assert files["skipped"] == 1
    assert files["found"] - files["skipped"] == entries["total"] + entries["merged"] + entries["left_out"]
    assert counts(room.run()) == counts(report)
    room.remove("a.md")
    room.article("b.md", title="A tide", quality=30)
    assert counts(room.run()) == []


def test_other_rules_read_and_ask_for_nothing_and_what_comes_back_is_what_it_was(room: Newsroom) -> None:
    for name in ("a", "b", "c"):
        room.article(f"{name}.md", topics=["Sea", name], related=[related("b.md")])
    room.run()
    before = fingerprints(room)
    assert len(room.titles("topics/b")) == 1
    ruled(room, {"drop": {"topic": "B"}})
    report = room.run()
    assert room.titles() == ["Title of c", "Title of a"]
    assert room.titles("topics/b") == []
    assert report.settled.removed == 1
    assert report.gathered.put == Put()  # nothing was read
    assert [link["url"] for link in room.item("Title of a")["_aggregator"]["related"]] == [
        "https://www.harbour.example/b"
    ]
    assert report.totals.own_links == 0
    room.configure(CONFIG)
    assert room.run().settled.new == 1
    assert fingerprints(room) == before


def test_what_is_left_out_counts_for_nothing_where_another_copy_stays(room: Newsroom) -> None:
    room.article("a.md", ampWebUrl="https://amp.example/a", related=[related("z.md")])
    room.article(
        "b.md", originalUrl="https://www.harbour.example/a", title="Old words", excerpt="Older.", topics=["Bay"]
    )
    room.article("c.md", related=[{"title": "As given", "webUrl": "https://amp.example/a"}])
    room.run()
    before = room.item("Title of c")["_aggregator"]["related"]
    assert [link["title"] for link in before] == ["Old words"]
    ruled(room, {"drop": {"matches": {"title": "^Title of a$"}}})
    room.run()
    item = room.item("Old words")
    assert item["id"] == "https://www.harbour.example/a"
    assert item["tags"] == ["Bay"]
    assert "_aggregator" not in item or not item["_aggregator"].get("related")
    assert [link["title"] for link in room.item("Title of c")["_aggregator"]["related"]] == ["As given"]


def test_topics_that_a_rule_adds_make_feeds_and_go_with_it(room: Newsroom) -> None:
    room.article("a.md", title="Final whistle", topics=["Sea"])
    room.article("b.md", title="A tide", topics=["sports"])
    ruled(
        room,
        {"if": {"words": ["whistle", "tide"]}, "then": {"topics": ["Sports"]}},
        {"drop": {"not": {"topic": "sports"}}},
    )
    room.run()
    assert room.titles("topics/sports") == ["A tide", "Final whistle"]
    assert room.item("Final whistle")["tags"] == ["Sea", "Sports"]
    assert room.item("A tide")["tags"] == ["sports"]
    room.configure(CONFIG)
    room.run()
    assert room.titles("topics/sports") == ["A tide"]
    assert room.item("Final whistle")["date_modified"] == room.item("Final whistle")["date_published"]


def test_a_topic_means_its_aliases(room: Newsroom) -> None:
    room.article("a.md", topics=["A.I."])
    room.article("b.md")
    ruled(room, {"keep": {"topic": "ai"}}, more='topics: [{name: Machines, also: [AI, "A.I."]}]\n')
    room.run()
    assert room.titles() == ["Title of a"]


def test_a_file_gives_up_its_address_while_it_is_left_out_and_has_its_id_again_afterwards(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    ruled(room, {"drop": {"words": "Title of a"}})
    room.run()
    room.article("b.md", originalUrl="https://www.harbour.example/a")
    room.run()
    assert [item["id"] for item in room.items()] == ["https://www.harbour.example/a"]
    room.article("a.md", originalUrl="https://www.harbour.example/new")
    room.run()
    assert room.titles() == ["Title of b"]
    room.configure(CONFIG)
    room.run()
    assert sorted(item["id"] for item in room.items()) == [
        "https://www.harbour.example/a",
        "https://www.harbour.example/new",
    ]


def test_an_upstream_feed_and_a_folder_of_feeds_have_rules_of_their_own(room: Newsroom) -> None:
    (room.folder / "config" / "feeds").mkdir()
    (room.folder / "config" / "feeds" / "f.xml").write_text(FEED.replace("pier.example", "bay.example"))
    room.article("storm.md", title="Filed storm", originalUrl="https://pier.example/storm", topics=[])

    def follow(upstream: str, feeds: str) -> None:
        url = server.url("/feed")
        room.configure(
            f"{CONFIG}upstream: [{{name: pier, url: '{url}', private: true, rules: [{upstream}]}}]\n"
            f"feeds_from: [{{path: feeds, rules: [{feeds}]}}]\n"
        )

    with Loopback({"*": answer(FEED.encode(), "Content-Type: application/rss+xml")}) as server:
        follow("", "")
        room.run()
        assert sorted(room.titles()) == ["Filed storm", "Sponsored post", "Sponsored post", "Storm"]
        before = fingerprints(room)
        asked = len(server.seen)
        follow("drop: {words: [sponsored, storm]}", "keep: {matches: '^St', provider: pier.example}")
        report = room.run_again()
        assert room.titles() == ["Filed storm"]
        assert room.titles("providers/pier.example") == []
        assert counts(report) == [("feeds", 1, "keep", 2), ("pier", 1, "drop", 2)]
        follow("", "")
        room.run_again()
        assert fingerprints(room) == before
        assert len(server.seen) == asked


def test_nothing_is_held_because_of_a_rule_and_a_rule_hides_no_accident(room: Newsroom) -> None:
    for number in range(30):
        room.article(f"n{number:02}.md", publishedDateTime=f"2026-10-20T08:{number}:00Z")
    room.run()
    ruled(room, {"keep": {"words": "nothing"}})
    report = room.run()
    assert report.totals.entries == 0
    assert not report.gathered.held
    for number in range(12):
        room.article(f"m{number:02}.md", title=f"Title of n{number:02}")
    assert [flood.new for flood in room.run().gathered.floods] == [12]
    for number in range(25):
        room.remove(f"n{number:02}.md")
    assert [held.gone for held in room.run().gathered.held] == [25]


def test_a_dry_run_says_what_a_rule_would_take(room: Newsroom) -> None:
    room.article("a.md")
    room.article("b.md")
    room.run()
    ruled(room, {"drop": {"words": "Title of a"}}, {"if": {"words": "b"}, "then": {"topics": ["Bay"]}})
    report = rehearse(room.loaded(), room.now + timedelta(hours=1), Options(), lambda *_: None)
    changes = {change.path: change for change in report.published.changes}
    assert [title for _, title in changes["all"].removed] == ["Title of a"]
    assert [title for _, title in changes["topics/bay"].added] == ["Title of b"]
    assert counts(report) == [("articles", 1, "drop", 1)]
    assert len(room.titles()) == 2


RULES: list[list[dict[str, Any]]] = [
    [],
    [{"drop": {"words": ["a", "d"]}}],
    [{"keep": {"any": [{"min_quality": 50}, {"topic": "Wind"}]}}],
    [{"if": {"matches": "[bc]$"}, "then": {"topics": ["Bay"]}}, {"drop": {"topic": "Fog"}}],
    [{"drop": {"not": {"matches": {"address": "[wx]$"}}}}, {"if": {"lead": True}, "then": {"topics": ["Lead"]}}],
]


def scramble(room: Newsroom, chance: random.Random) -> None:
    """Write or remove some files, and choose other rules."""
    for stem in chance.sample("abcdef", 3):
        path = room.articles / f"{stem}.md"
        if path.exists() and chance.random() < 0.3:
            path.unlink()
            continue
        address = "https://www.harbour.example/" + chance.choice("wxyz")
        room.article(
            f"{stem}.md",
            title=f"Title {stem}",
            originalUrl=address,
            quality=chance.choice([20, 80]),
            topics=chance.sample(["Sea", "Wind", "Fog"], 2),
            heat=chance.choice([-1, 1]),
            ampWebUrl="https://www.harbour.example/" + chance.choice("wxyz"),
            related=[related("r.md", webUrl="https://www.harbour.example/" + chance.choice("wxyz"), title="As given")],
        )
    ruled(room, *chance.choice(RULES))


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(3))
def test_full_is_incremental_is_a_state_built_anew_whatever_the_rules(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  no secret
    room = Newsroom(tmp_path / "site")
    room.article("always.md")
    everything: dict[str, Any] = {"accept_removals": frozenset({"articles"})}
    for step in range(5):
        scramble(room, chance)
        full = room.copy(tmp_path / f"full{step}")
        report = room.run(**everything)
        assert full.run(full=True, **everything).totals == report.totals
        assert full.output() == room.output()
        anew = room.copy(tmp_path / f"anew{step}")
        for path in anew.state.glob("aggregator.db*"):
            path.unlink()
        assert anew.run_again(**everything).totals == report.totals
        assert anew.output() == room.output()
        ids = [item["id"] for item in room.items()]
        assert len(ids) == len(set(ids))
        assert room.run_again().published.written == 0
