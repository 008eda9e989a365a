"""A site in a temporary folder, with articles written, changed and taken away between passes."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aggregator import config
from aggregator import run as passes
from aggregator.store import sqlite

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

CONFIG = """\
title: Test News
base_url: https://feeds.test.example/
articles:
  - path: articles
output:
  path: ../out
  formats: [atom, rss, json]
  index: false
"""
WITH_PAGES = CONFIG.replace("index: false", "index: true")


@dataclass
class Newsroom:
    """The folder, the clock of its passes, and a counter that gives every written file an mtime of its own."""

    folder: Path
    now: datetime = NOON
    writes: int = 0
    fields: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.articles.mkdir(parents=True, exist_ok=True)
        if not self.config_file.exists():
            self.configure(CONFIG)

    @property
    def articles(self) -> Path:
        return self.folder / "config" / "articles"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def config_file(self) -> Path:
        return self.folder / "config" / "aggregator.yaml"

    def configure(self, text: str) -> None:
        self.config_file.parent.mkdir(parents=True, exist_ok=True)
        self.config_file.write_text(text, encoding="utf-8")

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file among the articles, older than any pass."""
        path = self.articles / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.writes += 1
        stamp = NOON.timestamp() - 1_000_000 + self.writes
        os.utime(path, (stamp, stamp))
        return path

    def article(self, name: str, **given: Any) -> Path:
        """Write an article; fields that are not given are made up from its name."""
        return self.write(name, article_text(name, **given))

    def remove(self, name: str) -> None:
        (self.articles / name).unlink()

    def loaded(self) -> config.Config:
        return config.load(self.config_file, {})

    def run(self, *, after: timedelta = timedelta(hours=1), **options: Any) -> passes.Report:
        """Carry out a pass, an hour after the last one."""
        self.now += after
        return self.run_again(**options)

    def run_again(self, **options: Any) -> passes.Report:
        """Carry out a pass at the time of the last one."""
        loaded = self.loaded()
        with sqlite.opened(loaded.state, timedelta(0)) as store:
            return passes.run(loaded, store, self.now, passes.Options(**options), lambda *_: None)

    def output(self) -> dict[str, bytes]:
        """Return what is published, by path below the output folder."""
        return {
            str(path.relative_to(self.out)): path.read_bytes() for path in sorted(self.out.rglob("*")) if path.is_file()
        }

    def items(self, path: str = "all") -> list[dict[str, Any]]:
        """Return the items of a channel, as its JSON Feed has them."""
        items: list[dict[str, Any]] = json.loads((self.out / f"{path}.json").read_bytes())["items"]
        return items

    def item(self, title: str) -> dict[str, Any]:
        """Return the one item with a title."""
        (item,) = (one for one in self.items() if one["title"] == title)
        return item

    def titles(self, path: str = "all") -> list[str]:
        return [item["title"] for item in self.items(path)]

    def updated(self, path: str = "all") -> str:
        document: dict[str, Any] = json.loads((self.out / f"{path}.json").read_bytes())
        return str(document["_aggregator"]["updated"])

    def copy(self, folder: Path) -> Newsroom:
        """Return the same site in another folder, as it is now."""
        shutil.copytree(self.folder, folder)
        return Newsroom(folder, self.now, self.writes)


def article_text(name: str, **given: Any) -> str:
    """Return the text of an article file."""
    stem = name.rpartition("/")[2].partition(".")[0]
    fields: dict[str, Any] = {
        "title": f"Title of {stem}",
        "excerpt": f"Excerpt of {stem}.",
        "publishedDateTime": "2026-10-20T08:00:00Z",
        "originalUrl": f"https://www.harbour.example/{stem}",
        "quality": 50,
        "provider": {"name": "Harbour Times", "domain": "harbour.example"},
        "topics": ["Sea"],
        "secured": "c2VjcmV0LW1hcmtlcg==;aXY=",
        **given,
    }
    lines = [f"{key}: {json.dumps(value)}" for key, value in fields.items() if value is not None and key != "body"]
    return "\n".join(["---", *lines, "---", fields.get("body", ""), ""])


def related(name: str, **given: Any) -> dict[str, Any]:
    """Return what an article says of a related one, which is written as `name`."""
    stem = name.partition(".")[0]
    return {
        "title": f"Title of {stem}",
        "publishedDateTime": "2026-10-20T08:00:00Z",
        "webUrl": f"https://www.harbour.example/{stem}",
        "provider": {"name": "Harbour Times", "domain": "harbour.example"},
        "quality": 50,
        **given,
    }


def some_articles(room: Newsroom) -> None:
    """Write articles that differ in all that feeds show."""
    room.article("a.md", topics=["Sea", "Wind"], related=[related("b.md"), related("elsewhere.md")])
    room.article("b.md", topics=["Wind"], provider={"name": "Bay Post", "domain": "bay.example"}, body="Some *words*.")
    room.article("c.md", images=[{"url": "https://i.example/c.png?a=1&b=2", "width": 10, "height": 5}])
