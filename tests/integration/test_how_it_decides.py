"""The examples of docs/how-it-decides.md, carried out: days of a site, and tables of what is given and what comes out."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from newsroom import NOON

from aggregator.sources import frontmatter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from newsroom import Newsroom

    from aggregator.run import Report

pytestmark = pytest.mark.no_cover  # coverage would double its time, and others cover the same lines

PAGE = (Path(__file__).parents[2] / "docs" / "how-it-decides.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"^\| (.+) \|\n\|[-|]+\|\n((?:\|.+\|\n)+)", re.MULTILINE)
LINE = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)? *(?P<result>→)? *(?P<said>\S.*)", re.DOTALL)
SERIES = re.compile(r"\{(\d+)\.\.(\d+)\}")

Row = tuple[str, ...]

KEYS = ("address as given", "key, and id")
UPDATED = ("what changes", "`updated`")
PUBLISHED = ("`publishedDateTime`", "`published`")
TOPICS = ("topic", "feed")
PROVIDERS = ("provider", "feed")
TABLES = (KEYS, UPDATED, PUBLISHED, TOPICS, PROVIDERS)


@dataclass
class Day:
    """A pass at noon: what is done before it, and what is seen after it."""

    date: str
    steps: list[tuple[str, Any]] = field(default_factory=list)
    results: list[tuple[str, Any]] = field(default_factory=list)


def read_days(example: str) -> list[Day]:
    days: list[Day] = []
    for line in re.split(r"\n(?! {14})", example.rstrip("\n")):  # what is further in belongs to the line before
        match = LINE.fullmatch(line)
        assert match, line
        if match["day"]:
            days.append(Day(match["day"]))
        ((name, value),) = read_fields(match["said"]).items()
        (days[-1].results if match["result"] else days[-1].steps).append((name, value))
    return days


def read_fields(lines: str) -> Mapping[str, Any]:
    return frontmatter.read(f"---\n{lines}\n---\n".encode(), unread="").fields


def rows_of(header: Row) -> list[Row]:
    """Return the rows of all tables with a header, without the backticks."""
    return [
        tuple(cell.strip().strip("`") for cell in row.strip("|").split(" | "))
        for table in TABLE.finditer(PAGE)
        if tuple(table[1].split(" | ")) == header
        for row in table[2].splitlines()
    ]


def examples() -> list[Any]:
    """Return the text of every example, named by the line it starts on."""
    return [
        pytest.param(match[1], id=f"line {PAGE.count(chr(10), 0, match.start()) + 2}")
        for match in FENCED.finditer(PAGE)
    ]


class Site:
    """A site as the examples describe it: each says only what matters, and the rest stays as it was."""

    def __init__(self, room: Newsroom) -> None:
        self.room = room
        self._given: dict[str, dict[str, Any]] = {}
        self._config: dict[str, Any] = {
            "title": "Harbour News",
            "base_url": "https://feeds.test.example/",
            "articles": [{"path": "articles"}],
            "output": {"path": "../out", "formats": ["atom", "rss", "json"]},
        }
        self.set_up({})

    def set_up(self, keys: Mapping[str, Any]) -> None:
        self._config |= keys
        self.room.configure(json.dumps(self._config))

    def live(self, day: Day) -> Report:
        """Carry out the steps of a day, and its pass."""
        options = {}
        for name, value in day.steps:
            if name == "config":
                self.set_up(value)
            elif name == "run":
                option, source = value.split(" ")
                options[option.strip("-").replace("-", "_")] = frozenset({source})
            elif name == "articles":
                assert value == "gone"
                shutil.rmtree(self.room.articles)
            else:
                self._files(name, value)
        self.room.now = datetime.combine(datetime.fromisoformat(day.date), time(12), NOON.tzinfo)
        return self.room.run_again(**options)

    def _files(self, name: str, value: Any) -> None:
        """Write or remove a file, or a numbered series of them."""
        series = SERIES.search(name)
        if series is None:
            self._file(name, value)
            return
        for number in range(int(series[1]), int(series[2]) + 1):
            digits = str(number).zfill(len(series[1]))
            fields = value if isinstance(value, str) else json.loads(json.dumps(value).replace("#", digits))
            self._file(SERIES.sub(digits, name), fields)

    def _file(self, name: str, value: Any) -> None:
        if value == "gone":
            self.room.remove(name)
        elif isinstance(value, str):
            self.room.write(name, value)
        else:
            stem = name.rpartition("/")[2].partition(".")[0]
            made_up = {
                "title": stem.capitalize(),
                "originalUrl": f"https://harbour.example/{stem}",
                "publishedDateTime": "2026-10-25",
                "quality": None,
            }
            self._given[name] = self._given.get(name, made_up) | value
            self.room.article(name, **self._given[name])


def look(site: Site, report: Report, name: str, expected: Any) -> Any:
    """Return what a result names, in the form in which it is expected."""
    room = site.room
    if name == "held":
        below = f"{room.config_file.parent}/"
        held = [f"{one.gone} of {one.of} gone: {one.reason.replace(below, '')}" for one in report.gathered.held]
        held += [f"{one.alike} of {one.new} new ones look known" for one in report.gathered.floods]
        return "; ".join(held) or "nothing"
    if name == "written":
        return f"{report.published.written} files" if report.published.written else "nothing"
    if name == "faulty":
        return [fault.location.removeprefix("articles/").partition(":")[0] for fault in report.faults]
    if name == "nowhere":
        ours = [path for folder in (room.out, room.state) for path in folder.rglob("*") if path.is_file()]
        kept = b"".join(path.read_bytes() for path in ours)
        return [word for word in expected if word.encode() not in kept]
    if name == "all" or "/" in name:
        return look_at_feed(room, name, expected)
    item = room.item(name)
    return {key: ITEM[key](item) for key in expected}


def look_at_feed(room: Newsroom, path: str, expected: Any) -> Any:
    files = [one for one in room.output() if one.rpartition(".")[0] == path]
    if not files:
        return "no feed"
    assert len(files) == 3
    if isinstance(expected, str):
        return f"{len(room.items(path))} entries"
    if isinstance(expected, list):
        return room.titles(path)
    document = json.loads((room.out / f"{path}.json").read_bytes())
    return {key: document[key] for key in expected}


def related(item: Mapping[str, Any]) -> Mapping[str, Any]:
    extension: Mapping[str, Any] = item.get("_aggregator", {"related": []})
    return extension


def updated(item: Mapping[str, Any]) -> str:
    return "never" if item["date_modified"] == item["date_published"] else item["date_modified"][:10]


ITEM: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "id": lambda item: item["id"],
    "url": lambda item: item["url"],
    "excerpt": lambda item: item["summary"],
    "published": lambda item: item["date_published"][:10],
    "updated": updated,
    "topics": lambda item: item["tags"],
    "provider": lambda item: item["authors"][0]["name"],
    "also at": lambda item: re.findall("<br>Also at (.+?)</p>", item["content_html"]),
    "related": lambda item: [link["title"] for link in related(item)["related"]],
    "more": lambda item: str(related(item).get("more", 0)),
}


def first_day(site: Site, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Publish one article on the first of November; return its item."""
    site.live(Day("2026-11-01", [("storm.md", fields)]))
    (item,) = site.room.items()
    return item


@pytest.fixture
def site(room: Newsroom) -> Site:
    return Site(room)


@pytest.mark.parametrize("example", examples())
def test_an_example_is_what_happens(site: Site, example: str) -> None:
    days = read_days(example)
    assert any(day.results for day in days)
    for day in days:
        report = site.live(day)
        for name, expected in day.results:
            assert look(site, report, name, expected) == expected, f"{day.date} {name}"


@pytest.mark.parametrize(("address", "key"), rows_of(KEYS))
def test_an_address_has_the_key_that_the_table_says(site: Site, address: str, key: str) -> None:
    assert first_day(site, {"originalUrl": address})["id"] == key


@pytest.mark.parametrize(("change", "moves"), rows_of(UPDATED))
def test_updated_moves_with_what_the_table_says(site: Site, change: str, moves: str) -> None:
    first_day(site, {})
    site.live(Day("2026-11-02", [("storm.md", read_fields(change))]))
    (item,) = site.room.items()
    assert {"moves": "2026-11-02", "stays": "never"}[moves] == updated(item)


@pytest.mark.parametrize(("given", "shown"), rows_of(PUBLISHED))
def test_published_is_the_date_that_the_table_says(site: Site, given: str, shown: str) -> None:
    assert first_day(site, {"publishedDateTime": None if given == "none" else given})["date_published"] == shown
    site.live(Day("2026-11-02", [("storm.md", {"publishedDateTime": "2026-10-01"})]))
    assert [item["date_published"] for item in site.room.items()] == [shown]


@pytest.mark.parametrize(("topic", "path"), rows_of(TOPICS))
def test_a_topic_has_the_file_name_that_the_table_says(site: Site, topic: str, path: str) -> None:
    first_day(site, {"topics": [topic]})
    assert {name.rpartition(".")[0] for name in site.room.output() if name.startswith("topics/")} == {path}


@pytest.mark.parametrize(("provider", "path"), rows_of(PROVIDERS))
def test_a_provider_has_the_file_name_that_the_table_says(site: Site, provider: str, path: str) -> None:
    first_day(site, read_fields(provider))
    assert {name.rpartition(".")[0] for name in site.room.output() if name.startswith("providers/")} == {path}


def test_nothing_that_looks_like_an_example_is_left_out() -> None:
    assert PAGE.count("\n```") == 2 * len(FENCED.findall(PAGE))
    headers = [tuple(table[1].split(" | ")) for table in TABLE.finditer(PAGE)]
    assert set(headers) == set(TABLES)
    lines = sum(len(rows_of(header)) for header in TABLES) + 2 * len(headers)
    assert lines == len(re.findall(r"^\|", PAGE, re.MULTILINE))


def test_the_contents_name_every_section() -> None:
    def anchor(heading: str) -> str:
        return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")

    contents: Sequence[Row] = re.findall(r"^- \[(.+)\]\(#(.+)\)$", PAGE, re.MULTILINE)
    sections = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert list(contents) == [(heading, anchor(heading)) for heading in sections]
