"""`check` hints at what is legal, but hardly meant; a hint is no fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from prompt import call

from aggregator.sources import Context
from aggregator.sources.article import parse

if TYPE_CHECKING:
    from newsroom import Newsroom

HINTED = Context(source="articles", hints=True)


def codes(*lines: str) -> list[str]:
    data = "\n".join(["---", "originalUrl: https://www.harbour.example/a", *lines, "---", ""]).encode()
    return [f"{one.code} {one.location}" for one in parse(data, "a.md", HINTED).faults]


def test_several_topics_in_one_text_are_hinted_at() -> None:
    assert codes("title: A", "topics: Sea, Wind") == ["one_topic a.md:4"]
    for fine in ("[Sea, Wind]", "Sea", "Sea,", '["Sea, Wind"]', "", "{a: b}"):
        assert "one_topic a.md:4" not in codes("title: A", f"topics: {fine}")


def test_an_article_that_is_titled_by_its_address_is_hinted_at() -> None:
    assert codes("topics: Sea") == ["untitled a.md:1"]
    assert codes("title: ' '") == ["untitled a.md:1"]
    for fine in ("title: A", "excerpt: Some words."):
        assert codes(fine) == []


def test_hints_are_no_faults_and_a_run_says_nothing_of_them(room: Newsroom) -> None:
    for stem in ("a", "b"):
        room.article(f"{stem}.md", topics=f"Sea, {stem}", title=None, excerpt=None)
    done = call(room, "check")
    assert (done.returncode, "0 faults" in done.stderr) == (0, True)
    assert "perhaps   2 places: topics: … is one topic; for several write a list, as [one, another]\n" in done.stdout
    assert '    articles/a.md:6: "Sea, a"\n' in done.stdout
    assert "perhaps   2 places: no title and no excerpt: published with its address as the title" in done.stdout
    hints = json.loads(call(room, "check", "--json").stdout)["hints"]
    assert [one["code"] for one in hints] == ["one_topic", "untitled"] * 2
    report = room.run()
    assert report.faults == []
    assert room.titles() == ["www.harbour.example/b", "www.harbour.example/a"]
