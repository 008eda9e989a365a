"""One random, realistic edit to a folder of article files."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import lookalikes_file as file
import lookalikes_text as text
from lookalikes_world import World

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from lookalikes_world import Story

    # Does one edit to a file of a folder and returns what it did, or nothing where it does not apply.
    Edit: TypeAlias = "Callable[[Path, Path, random.Random], str]"

_TRIES = 30
_ADDRESS = re.compile(r'^(originalUrl|webUrl|sourceUrl): "?(https?://([^/\r\n]+)/[^"\r\n]*)"?', re.MULTILINE)
_RELATED = re.compile(r"^related:\r?\n(?:  .*\r?\n)+", re.MULTILINE)
_TITLE = re.compile(r'^title: ".*"$', re.MULTILINE)


def edit(folder: Path, rng: random.Random) -> str:
    """Change one thing in a folder, as its owner or producer might, and say what was done."""
    for _ in range(_TRIES):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        made = rng.choices(list(_EDITS), weights=list(_EDITS.values()))[0]
        done = made(folder, files[int(rng.random() * len(files))], rng) if files else _add(folder, folder, rng)
        if done:
            return done
    return _add(folder, folder, rng)


def _replace(path: Path, pattern: str | re.Pattern[str], new: Callable[[re.Match[str]], str]) -> bool:
    """Replace the first match in a readable article by what `new` makes of it; False where nothing changes."""
    try:
        given = path.read_bytes().decode()
    except UnicodeDecodeError:
        return False
    # Line ends stay what they are: `$` is asked to match before a carriage return too.
    source = pattern if isinstance(pattern, str) else pattern.pattern
    changed = re.sub(source.replace("$", r"(?=\r?$)"), new, given, count=1, flags=re.MULTILINE)
    if changed == given:
        return False
    path.write_bytes(changed.encode())
    return True


def _title(_: Path, path: Path, rng: random.Random) -> str:
    new = file.quoted(text.soiled(rng, text.title(rng)))
    return f"title of {path.name}" if _replace(path, _TITLE, lambda _: f"title: {new}") else ""


def _excerpt(_: Path, path: Path, rng: random.Random) -> str:
    new = file.quoted(text.excerpt(rng))
    changed = _replace(path, r'^(excerpt|abstract): ".*"$', lambda match: f"{match[1]}: {new}")
    return f"excerpt of {path.name}" if changed else ""


def _related(_: Path, path: Path, rng: random.Random) -> str:
    """Drop the whole list or its first entry, or turn it round."""
    way = text.pick(rng, ("all", "first", "order"))

    def changed(match: re.Match[str]) -> str:
        head, *entries = re.split(r"^(?=  - )", match[0], flags=re.MULTILINE)
        entries = list(reversed(entries)) if way == "order" else entries[1:]
        return head + "".join(entries) if entries and way != "all" else ""

    return f"related of {path.name}: {way}" if _replace(path, _RELATED, changed) else ""


def _secured(_: Path, path: Path, rng: random.Random) -> str:
    return f"secured of {path.name}" if _replace(path, r"^secured: .*$", lambda _: file.secured(rng)) else ""


def _heat(_: Path, path: Path, rng: random.Random) -> str:
    quality, extra = int(rng.random() * 150), 20 * int(rng.random() * 4)

    def changed(match: re.Match[str]) -> str:
        end, heat = match[2], quality + extra
        return f"{match[1]}: {quality}{end}heat: {heat}{end}published: {str(heat >= 70).lower()}"

    pattern = r"^(quality|score): -?\d+(\r?\n)heat: -?\d+\r?\npublished: \w+$"
    return f"heat of {path.name}: {quality + extra}" if _replace(path, pattern, changed) else ""


def _address(_: Path, path: Path, rng: random.Random) -> str:
    """Let another provider's copy of the same story take the place of this one, under the same file name."""
    found = _ADDRESS.search(path.read_bytes().decode("utf-8", "replace"))
    if not found:
        return ""
    other = _new_story(rng)
    for name in ("originalUrl", "webUrl", "sourceUrl"):
        _replace(path, rf'^{name}: "?http[^"\r\n]*"?$', lambda match: f'{match[0].split(":")[0]}: "{other.address}"')
    _replace(path, r"^  name: .*$", lambda _: f"  name: {other.name}")
    _replace(path, r"^  (domain|id): .*$", lambda match: f"  {match[1]}: {other.domain}")
    if rng.random() < 0.5:
        _excerpt(path.parent, path, rng)
    return f"address of {path.name}: {found[2]} became {other.address}"


def _topics(_: Path, path: Path, rng: random.Random) -> str:
    topic = text.pick(rng, ("Tidal Power", "AI", "C++", "wave buoys", "Foghorns"))
    if rng.random() < 0.5:
        changed = _replace(path, r"^topics:(\r?\n)", lambda match: f"{match[0]}  - {topic}{match[1]}")
        return f"topics of {path.name}: also {topic}" if changed else ""
    changed = _replace(path, r"^(topics:\r?\n)(?:  - .*\r?\n)+", lambda match: f"{match[1]}  - {topic}\n")
    return f"topics of {path.name}: only {topic}" if changed else ""


def _add(folder: Path, _: Path, rng: random.Random) -> str:
    story = _new_story(rng)
    path = folder / f"{story.when:%Y-%m-%d}-{text.slug(story.title)}-{int(rng.random() * 16**6):06x}.md"
    path.write_bytes(file.article(story, [], rng))
    return f"added {path.name}"


def _delete(_: Path, path: Path, rng: random.Random) -> str:
    del rng
    path.unlink()
    return f"deleted {path.name}"


def _move(folder: Path, path: Path, rng: random.Random) -> str:
    """Move a file to a folder below, or back, under its name."""
    below = text.pick(rng, ("archive", "archive/2025", "inbox"))
    target = (folder / below if path.parent == folder else folder) / path.name
    if target.exists():
        return ""
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
    return f"moved {path.relative_to(folder)} to {target.relative_to(folder)}"


def _duplicate(_: Path, path: Path, rng: random.Random) -> str:
    """Tell a story again a day later: another file and title, the same address."""
    day = re.match(r"\d{4}-\d\d-\d\d", path.name)
    if not day:
        return ""
    headline = text.title(rng)
    when = datetime.fromisoformat(f"{day[0]}T{int(rng.random() * 24):02d}:15:00+00:00") + timedelta(days=1)
    target = path.with_name(f"{when:%Y-%m-%d}-{text.slug(headline)}.md")
    if target.exists():
        return ""
    target.write_bytes(path.read_bytes())
    if not _replace(target, _TITLE, lambda _: f"title: {file.quoted(headline)}"):
        target.unlink()
        return ""
    _replace(target, r"^publishedDateTime: .*$", lambda _: f"publishedDateTime: {when:%Y-%m-%dT%H:%M:%SZ}")
    return f"duplicated the address of {path.name} as {target.name}"


def _break(_: Path, path: Path, rng: random.Random) -> str:
    data = path.read_bytes()
    if file.mended(data) != data or b"\ntopics:" not in data or b"\r\n" in data:
        return ""
    if rng.random() < 0.2:
        path.write_bytes(file.not_utf8(data))
    else:
        path.write_bytes(file.broken(data, int(rng.random() * 3)))
    return f"broke {path.name}"


def _mend(folder: Path, _: Path, rng: random.Random) -> str:
    del rng
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        data = path.read_bytes()
        if (whole := file.mended(data)) != data:
            path.write_bytes(whole)
            return f"mended {path.name}"
    return ""


def _new_story(rng: random.Random) -> Story:
    """Return a story that the folder does not hold yet; the same for the same `rng`."""
    return World(rng, 200).story()


# How often each is made. Most real edits touch `related` or `secured` alone; here the rarer ones have their turn too.
_EDITS: dict[Edit, int] = {
    _title: 12,
    _excerpt: 8,
    _related: 14,
    _secured: 12,
    _heat: 8,
    _address: 10,
    _topics: 8,
    _delete: 6,
    _add: 8,
    _move: 7,
    _duplicate: 6,
    _break: 5,
    _mend: 4,
}
