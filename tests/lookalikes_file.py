"""A story as the bytes of an article file, in the shape that producers write, whole or broken."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import lookalikes_text as text

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from lookalikes_world import Story

# Base64 itself, so that a `secured` blob that holds it is still one. No output may ever contain it.
MARKER = "NeverPublishThisLookalikeMarker0"

_IFRAME = '<iframe width="560" height="315" src="https://player.{domain}/embed" allowfullscreen></iframe>'
_BODIES = (
    "<p>A body is <em>rare</em>, and this one is HTML.</p>\n",
    "A body is *rare*, and this one is Markdown:\n\n- one\n- two\n",
)


def article(story: Story, related: Sequence[Story], rng: random.Random, *, is_removed: bool = False) -> bytes:
    """Return the file of a story."""
    escaped = rng.random() < 0.08
    blocks = [
        _head(story, related, rng, escaped=escaped, is_removed=is_removed),
        _provider(story, ""),
        ["topics:", *(f"  - {topic or ''}" for topic in story.topics)] if story.topics else ["topics: []"],
        _images(story, ""),
        _related(story, related, rng, escaped=escaped),
        [f'editorNotes: "{MARKER} seen"'] if rng.random() < 0.1 else [],
        [secured(rng)],
    ]
    lines = "\n\n".join("\n".join(block) for block in blocks if block)
    body = text.pick(rng, _BODIES) if rng.random() < 0.004 else "\n"
    whole = f"---\n{lines}\n---\n{body}"
    return (whole.replace("\n", "\r\n") if rng.random() < 0.01 else whole).encode()


def secured(rng: random.Random) -> str:
    """Return the line of a blob that nobody can read, with the marker at its start."""
    size = 272 if rng.random() < 0.8 else 400
    blob = base64.b64encode(rng.randbytes(size - len(MARKER) * 3 // 4)).decode()
    return f'secured: "{MARKER}{blob};{base64.b64encode(rng.randbytes(16)).decode()}"'


def quoted(given: str, *, escaped: bool = False) -> str:
    r"""Return a text in double quotes with \" \\ \n \t, and \u for all that is not ASCII if `escaped`: JSON is YAML."""
    return json.dumps(given, ensure_ascii=escaped)


def no_article(rng: random.Random) -> bytes:
    """Return a file that lies among the articles and is none."""
    return text.pick(rng, ("Notes on the folder.\n\n---\n", "<html><body>404</body></html>\n", "")).encode()


def not_utf8(data: bytes) -> bytes:
    """Return a file with a letter in another encoding in its title."""
    return data.replace(b'title: "', b'title: "Caf\xe9: ', 1)


def broken(data: bytes, way: int) -> bytes:
    """Return a file whose front matter is no YAML: unquoted colons, text after a quote, or half of it missing."""
    given = data.decode()
    if way % 3 == 0:
        changed = re.sub(r"^    width: .*$", r"\g<0>\n    title: Harbour: a view", given, count=1, flags=re.MULTILINE)
        if changed != given:
            return changed.encode()
    if way % 3 == 1:
        return given[: given.index("topics:")].encode()
    return re.sub(r'^title: ".*"', r"\g<0> (updated)", given, count=1, flags=re.MULTILINE).encode()


def mended(data: bytes) -> bytes:
    """Return a file without the faults that this module makes; any other file comes back as it is."""
    given = data.decode("utf-8", "replace")
    given = re.sub(r"^    title: Harbour: a view\r?\n", "", given, flags=re.MULTILINE)
    given = re.sub(r'^(title: ".*") \(updated\)', r"\1", given, flags=re.MULTILINE)
    if given.startswith("---") and len(re.findall(r"^---\r?$", given, flags=re.MULTILINE)) == 1:
        given += "---\n"
    return given.encode()


def _head(story: Story, related: Sequence[Story], rng: random.Random, *, escaped: bool, is_removed: bool) -> list[str]:
    is_leader = story.heat >= 0
    bonus = 20 * len(related) if is_leader and story.quality >= 50 else 0
    heat = story.quality + bonus if is_leader else -1
    lines = [
        "category: news",
        f"title: {quoted(story.title, escaped=escaped)}",
        f"{'abstract' if story.is_old else 'excerpt'}: {quoted(story.excerpt, escaped=escaped)}",
        f"publishedDateTime: {story.when:%Y-%m-%dT%H:%M:%SZ}",
        *_addresses(story, rng),
        f"type: {story.kind}",
    ]
    if rng.random() > 0.02:
        score = "score" if story.is_old else "quality"
        lines += [f"{score}: {story.quality}", f"heat: {heat}", f"published: {str(heat >= 70).lower()}"]
    if story.kind == "video":
        lines.append(f"featuredContent: {quoted(_IFRAME.format(domain=story.domain))}")
    return [*lines, "removed: true"] if is_removed else lines


def _addresses(story: Story, rng: random.Random) -> list[str]:
    if story.is_old:
        amp = _amp(story, "amp", "cdnAmp") if story.has_amp else []
        return [f"sourceUrl: {story.address}", *(line.replace('"', "") for line in amp)]
    roll = rng.random()
    original, web = roll > 0.08, roll < 0.9 and story.kind == "article"
    lines = [f"originalUrl: {quoted(story.address)}"] if original or not web else []
    lines += [f"webUrl: {quoted(story.address)}"] if web else []
    return lines + (_amp(story, "ampWeb", "cdnAmpWeb") if story.has_amp else [])


def _amp(story: Story, own: str, cache: str) -> list[str]:
    """Return the two AMP addresses; the cache's host is the only one here that is not under `.example`."""
    address = story.address.rstrip("/") + "/amp/"
    host = address.split("/")[2]
    label = host.replace("-", "--").replace(".", "-")
    cached = f"https://{label}.cdn.ampproject.org/c/s/{address.partition('://')[2]}"
    return [f"{own}Url: {quoted(address)}", f"{cache}Url: {quoted(cached)}"]


def _provider(story: Story, indent: str) -> list[str]:
    domain = f"  id: {story.domain}" if story.is_old else f"  domain: {story.domain}"
    lines = [f"{indent}provider:", f"{indent}  name: {story.name}", f"{indent}{domain}"]
    if story.has_logo and not indent:
        logo = f"https://{story.domain}/logo.png"
        lines += ["  images:", f"    - url: {quoted(logo)}", "      width: 164", "      height: 164"]
    return lines


def _images(story: Story, indent: str) -> list[str]:
    if not story.image:
        return []
    url = story.image if story.is_old else quoted(story.image)
    last = "title: A view of the harbour" if story.is_old else "isCached: true"
    lines = ["images:", f"  - url: {url}", "    width: 1200", "    height: 630", f"    {last}"]
    return [indent + line for line in lines]


def _related(story: Story, related: Sequence[Story], rng: random.Random, *, escaped: bool) -> list[str]:
    if not related:
        return []
    named = list(related)
    if rng.random() < 0.02:
        named.append(story if rng.random() < 0.2 else named[0])
    lines = ["related:"]
    for other in named:
        if rng.random() < 0.01:
            lines += _related_entry(replace(other, title=text.title(rng)), escaped=escaped)
        else:
            lines += _related_entry(other, escaped=escaped)
    return lines


def _related_entry(other: Story, *, escaped: bool) -> list[str]:
    lines = [f"  - title: {quoted(other.title, escaped=escaped)}"]
    if other.is_old:
        return [*lines, f"    url: {other.address}"]
    lines += [
        f"    excerpt: {quoted(other.excerpt, escaped=escaped)}",
        f"    publishedDateTime: {other.when:%Y-%m-%dT%H:%M:%SZ}",
        f"    webUrl: {quoted(other.address)}",
        *("    " + line for line in (_amp(other, "ampWeb", "cdnAmpWeb") if other.has_amp else [])),
        f"    type: {other.kind}",
        *_provider(other, "    "),
        f"    quality: {other.quality}",
        *_images(other, "    "),
    ]
    return lines
