from __future__ import annotations

import hashlib
import os
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import lookalikes
import lookalikes_file
import pytest

from aggregator.core.model import Outcome
from aggregator.sources import Context
from aggregator.sources.article import parse

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.core.model import Document, Sighting

COUNT = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lookalikes")


@pytest.fixture(scope="module")
def manifest(folder: Path) -> lookalikes.Manifest:
    return lookalikes.generate(folder, COUNT, seed=7)


@pytest.fixture(scope="module")
def texts(folder: Path, manifest: lookalikes.Manifest) -> list[str]:
    assert manifest.files == COUNT
    return [path.read_bytes().decode("utf-8", "replace") for path in sorted(folder.iterdir())]


@pytest.fixture(scope="module")
def documents(folder: Path, manifest: lookalikes.Manifest) -> list[Document]:
    assert manifest.files == COUNT
    return [read(path) for path in sorted(folder.iterdir())]


@pytest.fixture(scope="module")
def sightings(documents: list[Document]) -> list[Sighting]:
    return [document.sighting for document in documents if document.sighting]


def read(path: Path) -> Document:
    return parse(path.read_bytes(), f"articles/{path.name}", Context(source="articles"))


def digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        whole.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def share(texts: list[str], pattern: str) -> float:
    return sum(bool(re.search(pattern, text, re.MULTILINE)) for text in texts) / len(texts)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    made = [lookalikes.generate(tmp_path / name, 150, seed) for name, seed in (("a", 3), ("b", 3), ("c", 4))]
    assert made[0] == made[1]
    digests = [digest(tmp_path / name) for name in "abc"]
    assert digests[0] == digests[1] != digests[2]


def test_the_command_gives_the_same_bytes_whatever_the_order_of_hashes(tmp_path: Path) -> None:
    for name in "12":
        command = [sys.executable, lookalikes.__file__, "--out", str(tmp_path / name), "--count", "100", "--seed", "3"]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": name}, check=True, capture_output=True)
    assert digest(tmp_path / "1") == digest(tmp_path / "2")


def test_our_parser_counts_what_the_manifest_says(
    documents: list[Document], sightings: list[Sighting], manifest: lookalikes.Manifest
) -> None:
    outcomes = Counter(document.outcome for document in documents)
    assert outcomes == {
        Outcome.READ: manifest.articles,
        Outcome.FAULTY: manifest.broken,
        Outcome.REMOVED: manifest.removed,
        Outcome.NOT_ARTICLE: manifest.not_articles,
    }
    assert len({sighting.key for sighting in sightings}) == manifest.addresses
    assert sum(outcomes.values()) == manifest.files
    assert not [fault for document in documents if document.sighting for fault in document.faults]


@pytest.mark.parametrize(
    ("what", "pattern", "least", "most"),
    [
        ("AMP addresses", r"^(ampWebUrl|ampUrl): ", 0.15, 0.25),
        ("a picture", r"^images:", 0.45, 0.55),
        ("an empty excerpt", r'^(excerpt|abstract): ""', 0.02, 0.06),
        ("a cut excerpt", r'^(excerpt|abstract): ".* \.\.\."', 0.09, 0.17),
        ("outer blanks in the title", r'^title: "( .*| *.* )"\r?$', 0.03, 0.08),
        ("an older spelling", r"^sourceUrl: ", 0.02, 0.1),
        ("a video", r"^type: video", 0.02, 0.1),
        ("a raw frame", r'^featuredContent: "<iframe', 0.02, 0.1),
        ("no originalUrl", r"\A(?![\s\S]*^(originalUrl|sourceUrl))---", 0.03, 0.12),
        ("no webUrl", r"\A(?![\s\S]*^webUrl)---", 0.1, 0.3),
        ("related stories", r"^related:", 0.4, 0.75),
        ("made the front page", r"^published: true", 0.08, 0.3),
        ("CRLF", r"\r\n", 0.002, 0.03),
        ("a pair of surrogates", r"\\ud83c\\udf0a", 0.002, 0.04),
        ("a company's comma", r"%2c Inc\.", 0.005, 0.5),
        ("the marker in a blob", f'^secured: "{lookalikes_file.MARKER}', 0.98, 1),
        ("the marker in an unknown key", f"^editorNotes: .*{lookalikes_file.MARKER}", 0.05, 0.15),
    ],
)
def test_shares_of_files_are_as_claimed(texts: list[str], what: str, pattern: str, least: float, most: float) -> None:
    assert least <= share(texts, pattern) <= most, what


def test_topics_and_providers_are_skewed(sightings: list[Sighting]) -> None:
    topics = Counter(topic for sighting in sightings for topic in sighting.topics)
    (first, often), (_, less) = topics.most_common(2)
    assert (first, often > 0.95 * len(sightings), less < 0.15 * len(sightings)) == ("Ocean Energy", True, True)
    domains = Counter(sighting.provider.domain for sighting in sightings)
    assert 0.3 < sum(count == 1 for count in domains.values()) / len(domains) < 0.6
    assert sum(count for _, count in domains.most_common(10)) / len(sightings) > 0.4
    names: dict[str, set[str]] = defaultdict(set)
    for sighting in sightings:
        names[sighting.provider.domain].add(sighting.provider.name)
    assert all(len(names[platform]) > 20 for platform in lookalikes.PLATFORMS)
    assert all(domain.endswith(".example") for domain in domains)


def test_stories_of_a_cluster_name_each_other(sightings: list[Sighting]) -> None:
    named = {sighting.key: {edge.key for edge in sighting.edges} for sighting in sightings}
    edges = [(key, other) for key, others in named.items() for other in others if key != other]
    ours = [(key, other) for key, other in edges if other in named]
    assert len(ours) / len(edges) > 0.95
    assert sum(key in named[other] for key, other in ours) / len(ours) > 0.95
    assert max(len(sighting.edges) for sighting in sightings) > 30


def test_some_addresses_stand_in_two_files_and_some_instants_in_many(sightings: list[Sighting]) -> None:
    twice = len(sightings) - len({sighting.key for sighting in sightings})
    assert 0.005 <= twice / len(sightings) <= 0.02
    instants = Counter(sighting.published for sighting in sightings)
    assert sum(count > 1 for count in instants.values()) > 15


@pytest.mark.parametrize("way", [0, 1, 2])
def test_what_is_broken_can_be_mended(texts: list[str], way: int) -> None:
    whole = next(text for text in texts if "\nimages:" in text and "\nsourceUrl" not in text and "\r" not in text)
    broken = lookalikes_file.broken(whole.encode(), way)
    assert parse(broken, "x/a.md", Context(source="x")).outcome is Outcome.FAULTY
    assert parse(lookalikes_file.mended(broken), "x/a.md", Context(source="x")).outcome is not Outcome.FAULTY


def test_edits_are_of_every_kind_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    told = []
    for name in "ab":
        lookalikes.generate(tmp_path / name, 120, seed=5)
        rng = random.Random(11)  # noqa: S311
        told.append([lookalikes.edit(tmp_path / name, rng) for _ in range(150)])
    assert told[0] == told[1]
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    kinds = {line.split()[0] for line in told[0]}
    assert kinds == {
        "title",
        "excerpt",
        "related",
        "secured",
        "heat",
        "address",
        "topics",
        "deleted",
        "added",
        "moved",
        "duplicated",
        "broke",
        "mended",
    }


def test_every_edit_changes_the_folder_and_leaves_it_readable(tmp_path: Path) -> None:
    lookalikes.generate(tmp_path, 120, seed=6)
    rng = random.Random(12)  # noqa: S311
    before = digest(tmp_path)
    for _ in range(60):
        done = lookalikes.edit(tmp_path, rng)
        after = digest(tmp_path)
        assert after != before, done
        before = after
    outcomes = Counter(read(path).outcome for path in tmp_path.rglob("*") if path.is_file())
    assert outcomes[Outcome.READ] > 0.8 * outcomes.total()


def test_an_edit_of_an_empty_folder_adds_a_file(tmp_path: Path) -> None:
    assert lookalikes.edit(tmp_path, random.Random(1)).startswith("added ")  # noqa: S311
    assert len(list(tmp_path.iterdir())) == 1
