"""A folder of article files that looks like the real ones: the same shares, sizes, skews and faults, all of it invented.

    python tests/lookalikes.py --out DIR --count 5000 --seed 1

The same count and seed give the same bytes, on every machine. What is real about them was counted over some 23,000
files: site-wide and rare topics, providers by Zipf's law, stories that name each other with lists of up to 178,
`secured` blobs, AMP addresses, older spellings, escapes, dirt, and a few files that nobody can read.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import lookalikes_file as file
import lookalikes_text as text
from lookalikes_edit import edit
from lookalikes_world import PLATFORM, VIDEO_PLATFORM, Story, World

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PLATFORMS", "Manifest", "edit", "generate"]

PLATFORMS = (PLATFORM, VIDEO_PLATFORM)
# Files in a thousand, at least one of each in a folder of a hundred.
_SHARES = {"broken": 1000 * 13 / 2902, "not_utf8": 1, "removed": 1, "no_article": 2, "update": 11}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is in a generated folder.

    files: all of them = articles + broken + removed + not_articles. addresses: how many differ, http and https taken
    as one, over the articles. broken: not YAML or not UTF-8. marker: stands in every `secured` and in an unknown key.
    """

    files: int
    articles: int
    addresses: int
    broken: int
    removed: int
    not_articles: int
    marker: str = file.MARKER


def generate(folder: Path, count: int, seed: int) -> Manifest:
    """Write `count` files into a folder and return what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"lookalikes {count} {seed}")  # noqa: S311  made to be foreseen
    roles = _roles(rng, count)
    world = World(rng, count)
    stories = _stories(world)
    told: deque[Story] = deque(maxlen=300)
    addresses: set[str] = set()
    names: set[str] = set()
    for number in range(count):
        role = roles.get(number, "")
        if role == "update" and told:
            story, related = world.update(told[int(rng.random() * len(told))]), list[Story]()
        else:
            story, related = next(stories)
        told.append(story)
        if role in {"", "update"}:
            addresses.add(story.address.partition("://")[2])
        (folder / _name(rng, story, names)).write_bytes(_content(rng, story, related, role, number))
    taken = list(roles.values())
    not_articles, removed = taken.count("no_article"), taken.count("removed")
    unreadable = taken.count("broken") + taken.count("not_utf8")
    return Manifest(
        files=count,
        articles=count - unreadable - removed - not_articles,
        addresses=len(addresses),
        broken=unreadable,
        removed=removed,
        not_articles=not_articles,
    )


def _roles(rng: random.Random, count: int) -> dict[int, str]:
    """Return which files are not just articles, by their number."""
    least = 1 if count >= 100 else 0
    roles = [role for role, share in _SHARES.items() for _ in range(max(least, round(count * share / 1000)))]
    return dict(zip(rng.sample(range(count), len(roles)), roles, strict=True))


def _stories(world: World) -> Iterator[tuple[Story, list[Story]]]:
    """Yield each story with those that its file names; one in 125 is only named and has no file."""
    for cluster in world.clusters():
        for story in cluster:
            others = [one for one in cluster if one is not story and world.rng.random() < 0.99]
            if len(cluster) == 1 or world.rng.random() < 0.992:
                yield story, others


def _name(rng: random.Random, story: Story, names: set[str]) -> str:
    day = story.when + timedelta(days=1 if rng.random() < 0.2 else 0)
    name = base = f"{day:%Y-%m-%d}-{text.slug(story.title)}"
    number = 1
    while name in names:
        number += 1
        name = f"{base}-{number}"
    names.add(name)
    return f"{name}{'.txt' if rng.random() < 0.01 else '.md'}"


def _content(rng: random.Random, story: Story, related: list[Story], role: str, number: int) -> bytes:
    if role == "no_article":
        return file.no_article(rng)
    data = file.article(story, related, rng, is_removed=role == "removed")
    if role == "broken":
        return file.broken(data, number)
    return file.not_utf8(data) if role == "not_utf8" else data


def main() -> None:
    """Write a folder and say what is in it."""
    parser = argparse.ArgumentParser(description="Write a folder of article files that look like real ones.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.stdout.write(f"{generate(given.out, given.count, given.seed)}\n")


if __name__ == "__main__":
    main()
