"""What somebody may mean who names an article: an id, an address, a file, or words of a title."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.core.address import read_key
from aggregator.core.query import folded, stands_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from aggregator.config import Config
    from aggregator.store.tables import Store


@dataclass(frozen=True, slots=True)
class Spot:
    """A file below a folder of a source: what reports call it, and where it is."""

    source: str
    location: str
    path: Path


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody named, as each of the things that it may be. key: of an address, else empty."""

    what: str
    key: str
    spots: tuple[Spot, ...]

    @property
    def locations(self) -> list[str]:
        """Return what reports may call the file that is meant, and what the state may keep an entry of a feed under."""
        return list(dict.fromkeys([self.what, os.path.normpath(self.what), *(spot.location for spot in self.spots)]))


def understood(config: Config, what: str, folder: Path) -> Asked:
    """Return what is meant by somebody who works in a folder."""
    what = what.strip()
    is_bare = "://" not in what and " " not in what and "/" in what
    key = read_key(f"https://{what}" if is_bare else what)
    return Asked(what, key or "", tuple(_spots(config, what, folder)))


def _spots(config: Config, what: str, folder: Path) -> Iterator[Spot]:
    """Yield what a path may mean: as typed in the folder where somebody works, or as reports call it."""
    try:
        typed = Path(os.path.normpath(folder / what))
        named = Path(os.path.normpath(config.file.absolute().parent / what))
        paths = dict.fromkeys([typed, named, typed.resolve()])
        folders = [(one.name, *root) for one in config.folders for root in one.roots]
        for source, name, root in folders:
            for path, base in product(paths, dict.fromkeys([root, root.resolve()])):
                if path != base and path.is_relative_to(base):
                    yield Spot(source, f"{name}/{path.relative_to(base).as_posix()}", path)
    except (OSError, RuntimeError, ValueError):  # no path, but a text
        return


def files_named(config: Config, store: Store, name: str) -> Sequence[str]:
    """Return what reports call the files that have a name, without their folders."""
    if not name or "/" in name:
        return ()
    folders = {one.name for one in config.folders}
    places = [location for source, location in store.inquiry.places_named(name) if source in folders]
    known = [one for one in places if "#https://" not in one]  # an entry in a feed file is no file
    return list(dict.fromkeys(known or _unread(config, name)))


def _unread(config: Config, name: str) -> Iterator[str]:
    """Yield the files of a name that are there, but that no run has read."""
    for one in config.folders:
        for label, root in one.roots:
            for folder, _, files in os.walk(root):
                if name in files:
                    yield f"{label}/{Path(folder, name).relative_to(root).as_posix()}"


def keys_with_words(store: Store, what: str) -> Collection[str]:
    """Return the keys of the articles with a title that has all of some words; one that is all of it alone counts."""
    wanted = folded(what)
    words = [bare for word in wanted.split() if (bare := _without_marks(word))]
    found: dict[str, bool] = {}
    for key, title in store.inquiry.titles() if words else ():
        text = folded(title)
        if all(stands_in(word, text) for word in words):
            found[key] = found.get(key, False) or text == wanted
    return [key for key, is_exact in found.items() if is_exact] or found.keys()


def _without_marks(word: str) -> str:
    """Return a word without what stands around it in a sentence."""
    while word and not word[0].isalnum():
        word = word[1:]
    while word and not word[-1].isalnum():
        word = word[:-1]
    return word
