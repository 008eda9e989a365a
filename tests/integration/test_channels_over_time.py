from __future__ import annotations

from newsroom import CONFIG, Newsroom


def feeds(room: Newsroom) -> set[str]:
    return {path.removesuffix(".json") for path in room.output() if path.endswith(".json")}


def test_there_is_a_feed_of_everything_of_each_topic_and_of_each_provider(room: Newsroom) -> None:
    room.article("a.md", topics=["Sea", "C++"])
    room.article("b.md", topics=["Sea"], provider={"name": "北京", "domain": "Bücher.example"})
    room.run()
    assert feeds(room) == {
        "all",
        "topics/sea",
        "topics/c-cedb1bac",
        "providers/harbour.example",
        "providers/xn--bcher-kva.example",
    }


def test_every_feed_is_written_in_every_format(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    assert {path.rpartition(".")[2] for path in room.output()} == {"atom", "rss", "json"}
    assert len(room.output()) == 9


def test_without_articles_there_is_a_feed_of_everything_that_is_empty(room: Newsroom) -> None:
    room.run()
    assert feeds(room) == {"all"}
    assert room.items() == []


def test_a_channel_that_loses_its_last_entry_stays_and_says_so(room: Newsroom) -> None:
    room.article("a.md", topics=["Sea"])
    room.article("b.md", topics=["Wind"])
    room.run()
    room.remove("b.md")
    room.run()
    assert room.items("topics/wind") == []
    assert room.updated("topics/wind") == "2026-11-01T14:00:00Z"


def test_an_entry_that_leaves_a_topic_leaves_its_feed(room: Newsroom) -> None:
    room.article("a.md", topics=["Sea", "Wind"])
    room.run()
    report = (room.article("a.md", topics=["Sea"]), room.run())[1]
    assert room.titles("topics/wind") == []
    assert report.published.news == ("topics/wind",)


def test_the_most_frequent_spelling_names_a_topic_and_each_entry_keeps_its_own(room: Newsroom) -> None:
    for name, spelling in (("a", "open data"), ("b", "Open Data"), ("c", "Open Data"), ("d", "OPEN-DATA")):
        room.article(f"{name}.md", topics=[spelling])
    room.run()
    assert b"<title>Open Data \xe2\x80\x93 Test News</title>" in room.output()["topics/open-data.atom"]
    assert room.item("Title of d")["tags"] == ["OPEN-DATA"]


def test_a_provider_below_the_threshold_waits_for_its_feed_and_then_keeps_it(room: Newsroom) -> None:
    room.configure(CONFIG + "providers: {feeds_from: 2}\n")
    room.article("a.md", originalUrl="https://www.harbour.example/a")
    room.run()
    assert "providers/harbour.example" not in feeds(room)
    room.article("b.md")
    room.run()
    assert room.titles("providers/harbour.example") == ["Title of b", "Title of a"]
    room.remove("b.md")
    room.run()
    assert room.titles("providers/harbour.example") == ["Title of a"]


def test_a_platform_is_split_by_name_and_its_own_feed_retired(room: Newsroom) -> None:
    room.article("a.md", provider={"name": "One on Wave", "domain": "wave.example"})
    room.run()
    assert "providers/wave.example" in feeds(room)
    room.configure(CONFIG + "providers: {split: [wave.example]}\n")
    report = room.run()
    assert "providers/wave.example_one-on-wave" in feeds(room)
    assert "providers/wave.example" not in feeds(room)
    assert report.published.removed == 3


def test_an_alias_joins_two_topics_and_retires_the_feed_of_the_alias(room: Newsroom) -> None:
    room.article("a.md", topics=["AI"])
    room.article("b.md", topics=["Artificial Intelligence"])
    room.run()
    room.configure(CONFIG + "topics: [{name: Artificial Intelligence, also: [AI], slug: machines}]\n")
    room.run()
    assert {path for path in feeds(room) if path.startswith("topics")} == {"topics/machines"}
    assert len(room.items("topics/machines")) == 2
    room.configure(CONFIG)
    room.run()
    assert {path for path in feeds(room) if path.startswith("topics")} == {
        "topics/ai",
        "topics/artificial-intelligence",
    }
    assert room.titles("topics/ai") == ["Title of a"]


def test_a_format_that_is_no_longer_wanted_goes(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    room.configure(CONFIG.replace("[atom, rss, json]", "[json]"))
    report = room.run()
    assert all(path.endswith(".json") for path in room.output())
    assert report.published.removed == 6


def test_topics_of_the_folder_are_added_to_each_article(room: Newsroom) -> None:
    room.article("a.md", topics=None)
    room.run()
    room.configure(CONFIG.replace("path: articles", "path: articles\n    topics: [Everything]"))
    room.run()
    assert room.titles("topics/everything") == ["Title of a"]
    assert room.item("Title of a")["date_modified"] == "2026-10-20T08:00:00Z"


def test_a_new_base_url_keeps_every_id_and_moves_no_date(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    before = room.output()["all.atom"].decode()
    room.configure(CONFIG.replace("feeds.test.example", "new.test.example"))
    room.run()
    after = room.output()["all.atom"].decode()
    assert "<id>https://feeds.test.example/all</id>" in after
    assert after.replace("new.test", "feeds.test") == before


def test_a_window_is_cut_once_for_all_formats(room: Newsroom) -> None:
    room.configure(CONFIG + "window: {entries: 2, days: 0, at_least: 1}\n")
    for number in range(4):
        room.article(f"a{number}.md", publishedDateTime=f"2026-10-2{number}T00:00:00Z")
    room.run()
    output = room.output()
    assert room.titles() == ["Title of a3", "Title of a2"]
    assert output["all.atom"].count(b"<entry>") == output["all.rss"].count(b"<item>") == 2


def test_bytes_end_a_window_but_never_before_its_least(room: Newsroom) -> None:
    room.configure(CONFIG + "window: {at_least: 3, max_size: 10 KB}\n")
    for number in range(9):
        room.article(f"a{number}.md", excerpt="word " * 1000)
    room.run()
    assert len(room.items()) == 3
