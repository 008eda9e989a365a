"""Talks with the program: each provokes for real what it says in some situation."""

from __future__ import annotations

import os
import shutil
import socket
from typing import TYPE_CHECKING

from message_cases import ADDRESS, FAULTY, LISTS
from newsroom import CONFIG, related
from talks_place import (
    a_configuration_that_cannot_be_read,
    a_configuration_with_faults,
    a_configuration_with_one_fault,
    a_server_that_cannot_listen_and_a_site_without_a_pass,
    a_state_that_is_gone_or_belongs_to_another,
    a_state_that_is_handed_over,
    a_state_that_is_held_or_damaged,
    an_output_that_cannot_be_written,
    folders_that_hold_what_is_written,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from talk import Talk


def a_first_run_a_second_and_one_with_news(talk: Talk) -> None:
    talk.room.article("a.md", related=[related("b.md"), related("c.md")])
    talk.room.article("b.md", provider={"name": "Bay Post", "domain": "bay.example"}, draft=False)
    talk.room.article("c.md", draft=True)
    talk.room.write("readme.md", "No fence.")
    talk("check")
    talk("run")
    talk("run")
    talk.room.article("a.md", title="Other")
    talk("run", "-v")
    talk("run", "-q")
    talk("run", "--start-over")


def nothing_to_publish(talk: Talk) -> None:
    talk.room.configure(CONFIG.replace("test.example", "example.org"))
    talk("check")
    talk("run")
    talk.room.write("readme.md", "No fence.")
    talk("run")


def each_fault_of_an_article(talk: Talk) -> None:
    for name, lines in FAULTY.items():
        talk.room.write(f"{name}.md", f"---\n{lines}\n---\n")
    talk.room.write("body-long.md", f"---\n{ADDRESS}\n---\n{'a' * (256 * 1024 + 1)}")
    talk.room.write("body-of-tags.md", f"---\n{ADDRESS}\n---\n{'<b>' * 10_001}")
    talk.room.write("front-matter-long.md", f"---\n{ADDRESS}\ntitle: {'a' * 1024 * 1024}\n---\n")
    talk.room.write("front-matter-open.md", f"---\n{ADDRESS}\n")
    talk.room.write("not-utf-8.md", b"---\ntitle: caf\xe9\n---\n")
    talk("check")


def each_fault_of_a_folder(talk: Talk) -> None:
    articles = talk.room.articles
    talk.room.write("deep/a.md", "").parent.chmod(0)
    talk.room.write("large.md", f"---\n{ADDRESS}\n---\n{'a' * 2 * 1024 * 1024}")
    talk.room.article("locked.md").chmod(0)
    (articles / "link-nowhere.md").symlink_to("nowhere")
    (articles / "link-out.md").symlink_to(talk.room.config_file)
    (articles / "link-to-folder").symlink_to(talk.room.folder)
    (articles / "link-to-itself").symlink_to("link-to-itself")
    os.mkfifo(articles / "pipe")
    talk("check", humble=True)
    talk("run", humble=True)
    (articles / "deep").chmod(0o755)


def the_same_fault_in_many_files(talk: Talk) -> None:
    for number in range(5):
        talk.room.article(f"date{number}.md", publishedDateTime=f"day {number}")
        talk.room.article(f"none{number}.md", originalUrl=None)
    talk.room.article("other.md", quality="high")
    talk("check")
    talk("check", "-v")
    talk("run")
    talk("run", "-v", "--full")
    talk("run", "-q", "--strict")
    talk("run", "--config", "config/aggregator.yaml", "-q")


def many_faults_at_once(talk: Talk) -> None:
    for number in range(23):
        talk.room.article(f"a{number:02}.md", **{"title": ["x"], f"key{number}": 1, "heat": f"x{number}"})
        talk.room.write(f"b{number:02}.md", f"---\ntitle: {'[' * number}\n---\n")
    talk.room.write("c.md", f"---\n{ADDRESS}\nauthors: [[a]]\ntype: [a]\nlanguage: [a]\nampWebUrl: [a]\n---\n")
    talk("run")


def a_file_that_was_good_before(talk: Talk) -> None:
    for name in ("a.md", "b.md", "c.md"):
        talk.room.article(name)
    talk("run", "-q")
    talk.room.write("a.md", "---\ntitle: One: two\n---\n")
    talk.room.write("b.md", "---\ntitle: One: two\n---\n")
    talk.room.write("c.md", "")
    talk("run")


def removals_that_look_like_an_accident(talk: Talk) -> None:
    for number in range(30):
        talk.room.article(f"a{number:02}.md")
    talk("run", "-q")
    for number in range(25):
        talk.room.remove(f"a{number:02}.md")
    talk("run")
    talk("run", "-q")
    talk("run", "--accept-removals", "artcles")
    talk("run", "--accept-removals", "articles")
    shutil.rmtree(talk.room.articles)
    talk("run", "-q")
    talk("run", "--accept-removals", "articles")
    talk("check")
    talk.room.articles.mkdir()
    talk("run", "--config", "../site/config/aggregator.yaml", "-q")


def a_source_that_left_the_configuration(talk: Talk) -> None:
    for number in range(30):
        talk.room.article(f"a{number:02}.md")
    named = CONFIG.replace("path: articles", "path: articles\n    name: Harbour news")
    talk.room.configure(named)
    talk("run", "-q")
    (talk.room.folder / "config" / "other").mkdir()
    talk.room.configure(CONFIG.replace("path: articles", "path: other"))
    talk("run", "-q")


def a_flood_of_known_articles(talk: Talk) -> None:
    for stem in ("old", "new"):
        for number in range(12):
            talk.room.article(f"{stem}{number:02}.md", title=f"Story {number}")
        talk("run")


def sources_that_wait_for_a_word(talk: Talk) -> None:
    talk("sources")
    for stem in ("old", "new"):
        for number in range(12):
            talk.room.article(f"{stem}{number:02}.md", title=f"Story {number}")
        talk("run", "-q")
    for words in ("", "accept articles", "pause articles", "", "resume articles", "resume articles", "reset articles"):
        talk("sources", *words.split())
    talk("run")
    for words in ("articles", "accept articles", "artcles", "pause"):
        talk("sources", *words.split())


def a_run_that_is_tried_first(talk: Talk) -> None:
    talk.room.article("a.md")
    talk("run", "--dry-run")
    talk("run", "-q")
    talk.room.configure(CONFIG.replace("feeds.test.example", "feeds.new.example"))
    talk("run")
    talk("run", "--dry-run", "--json")


def a_feed_that_cannot_be_tried(talk: Talk) -> None:
    talk("sources", "test", "pier")
    talk("sources", "test", "http://127.0.0.1:9/feed")
    talk("sources", "test", "http://me:word@pier.example/feed")
    talk("sources", "test", "ftp://pier.example/feed")
    talk("sources", "test", "--json", "http://169.254.169.254/feed")
    talk.room.config_file.unlink()
    talk("sources", "test", "pier")


def rules_that_leave_articles_out(talk: Talk) -> None:
    for name in ("a.md", "b.md", "c.md"):
        talk.room.article(name)
    talk("run", "-q")
    rules = "[{drop: {words: Title of a}}, {keep: {matches: b$}}]"
    talk.room.configure(CONFIG.replace("path: articles", f"path: articles\n    rules: {rules}"))
    talk("run", "--dry-run")
    talk("run", "-v")
    talk("run")


def an_entry_that_is_explained(talk: Talk) -> None:
    same = {"originalUrl": "https://www.harbour.example/a"}
    talk.room.configure(
        CONFIG.replace("path: articles", "path: articles\n    rules: [{drop: {words: ad}}]")
        + "topics: [{name: Ocean, also: [Sea]}]\nproviders: {feeds_from: 2}\nrelated: {show: 1}\n"
    )
    talk.room.article("a.md", title="Tide one", excerpt=None, heat=-1, related=[related("b"), related("x")], **same)
    talk.room.article("a2.md", publishedDateTime=None, quality=None, **same)
    talk.room.article("a3.md", title="An ad", **same)
    talk.room.article(
        "b.md", title="Tide two", related=[related("a")], provider={"name": "Bay", "domain": "bay.example"}
    )
    talk.room.article("c.md", draft=True)
    talk.room.article("d.md", title="One ad")
    talk.room.write("e.md", "---\ntitle: One: two\n---\n")
    talk("explain", "articles/a.md")
    talk("run", "-q")
    for what in ("articles/a.md", "tide", "articles/c.md", "articles/d.md", "articles/e.md", "nowhere"):
        talk("explain", what)
    talk("explain", "https://www.harbour.example/x")
    talk("explain", " ")
    talk("explain", "nowhere", "--json")


def subscriptions_that_come_in(talk: Talk) -> None:
    for name, text in LISTS.items():
        (talk.room.folder / name).write_text(text, encoding="utf-8")
        talk("import-opml", name)
    talk("import-opml", "good.opml", "--to", "good.opml")
    talk.room.configure(f"{CONFIG}upstream_from: [{{path: ../good.opml}}, {{path: ../torn.opml}}]\n")
    talk("check")
    talk("run", "--only", "x")
    talk("export-opml")
    for words in ("accept good.opml", "reset good.opml", "pause good.opml", "resume a.test/f", ""):
        talk("sources", *words.split())
    talk.room.config_file.unlink()
    talk("import-opml", "good.opml")


def a_hub_that_cannot_be_reached(talk: Talk) -> None:
    with socket.socket() as closed:  # bound, so that nobody else is given the port
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        talk.room.configure(f"{CONFIG}hub: http://127.0.0.1:{port}/\n")
        talk.room.article("a.md")
        talk("run", "-q")
        talk.room.article("a.md", title="Other")
        talk("run", "--dry-run")
        for words in ((), ("-q",), ("--json",)):
            talk("run", *words)
        talk("status")
        talk.said = [one.replace(f":{port}/", ":PORT/") for one in talk.said]


def what_nobody_knows_before_a_run(talk: Talk) -> None:
    talk.room.article("2026/a.md", topics="Sea, Wind")
    talk.room.article("2026/b.md", title=None, excerpt=None)
    talk("run", "-q")
    feed = "url: https://a.test/f, name: pier, login: {user: me, password: $NOPE_PW}"
    talk.room.configure(f"{CONFIG}upstream: [{{{feed}}}]\n")
    talk("check")
    talk("run", "--dry-run")
    talk.room.remove("2026/b.md")
    talk.room.configure(CONFIG)
    talk("run", "-q")
    for what in ("a.md", "articles/2026/b.md", "c.md"):
        talk("explain", what)


def a_mistake_at_the_prompt(talk: Talk) -> None:
    talk("run", "--ful")
    talk("check", "--jso", "--json")
    talk("rum")
    talk("run", "--wait", "soon")
    talk("run", "now")
    talk("run", "--accept-removals")


CASES: tuple[Callable[[Talk], None], ...] = (
    a_first_run_a_second_and_one_with_news,
    nothing_to_publish,
    each_fault_of_an_article,
    each_fault_of_a_folder,
    the_same_fault_in_many_files,
    many_faults_at_once,
    a_file_that_was_good_before,
    removals_that_look_like_an_accident,
    a_source_that_left_the_configuration,
    a_flood_of_known_articles,
    sources_that_wait_for_a_word,
    a_configuration_with_faults,
    a_configuration_with_one_fault,
    a_configuration_that_cannot_be_read,
    a_state_that_is_gone_or_belongs_to_another,
    a_state_that_is_held_or_damaged,
    folders_that_hold_what_is_written,
    an_output_that_cannot_be_written,
    a_state_that_is_handed_over,
    a_run_that_is_tried_first,
    a_feed_that_cannot_be_tried,
    rules_that_leave_articles_out,
    an_entry_that_is_explained,
    subscriptions_that_come_in,
    a_hub_that_cannot_be_reached,
    a_server_that_cannot_listen_and_a_site_without_a_pass,
    what_nobody_knows_before_a_run,
    a_mistake_at_the_prompt,
)
