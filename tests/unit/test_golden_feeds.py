"""Entries described in tests/golden/feeds/*.json become the documents beside them, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import feedcheck
import pytest
from format_cases import WORDS
from pydantic import BaseModel, ConfigDict, TypeAdapter

from aggregator.core.channels import Policy
from aggregator.core.model import Channel, Entry  # noqa: TC001  pydantic reads the annotations
from aggregator.formats import Site, Style
from aggregator.formats.content import content_of
from aggregator.registry import FORMATS, format_named

FOLDER = Path(__file__).parent.parent / "golden" / "feeds"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
GIVEN = sorted(FOLDER.glob("*.in.json"))


class Described(BaseModel):
    """A site, a channel and its entries; what a file leaves out is as usual."""

    model_config = ConfigDict(extra="forbid")

    site: Site
    channel: Channel
    entries: tuple[Entry, ...]
    words: dict[str, str] = {}
    title: str = "{title}"
    images: bool = True
    related_in_atom: bool = True
    related_in_rss: bool = False

    def style(self) -> Style:
        return Style(
            base_url=self.site.base_url,
            policy=Policy(),
            words=replace(WORDS, **self.words),
            title=self.title,
            images=self.images,
            related_in_atom=self.related_in_atom,
            related_in_rss=self.related_in_rss,
        )


def rendered(described: Described, name: str) -> bytes:
    form, style = format_named(name), described.style()
    fragments = [form.fragment(entry, content_of(entry, style), style) for entry in described.entries]
    document = form.wrap(described.channel, fragments, described.site)
    assert form.check(document) == ""
    return document


def test_there_are_descriptions() -> None:
    assert len(GIVEN) >= 4


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("given", GIVEN, ids=lambda path: path.name.partition(".")[0])
def test_golden(given: Path, name: str, *, update_golden: bool) -> None:
    described = TypeAdapter(Described).validate_json(given.read_bytes())
    document = rendered(described, name)
    expected = given.with_name(f"{given.name.removesuffix('.in.json')}.{format_named(name).suffix}")
    if update_golden:
        expected.write_bytes(document)
    assert expected.is_file(), f"{expected.name} is missing: run pytest with --update-golden, then read it"
    assert document == expected.read_bytes()
    path = f"{described.channel.path}.{format_named(name).suffix}"
    assert feedcheck.objections(document, described.site.base_url + path, now=NOW) == []


def test_no_expectation_is_left_over() -> None:
    stems = {path.name.removesuffix(".in.json") for path in GIVEN}
    assert {path.name.partition(".")[0] for path in FOLDER.iterdir()} == stems
