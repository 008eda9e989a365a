from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from aggregator.core.model import Document
from aggregator.sources import Context
from aggregator.sources.article import parse

FOLDER = Path(__file__).parents[1] / "golden" / "articles"
ARTICLES = sorted(FOLDER.glob("*.md"))
DOCUMENT = TypeAdapter(Document)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.stem)
def test_an_article_file_is_understood_as_ever(article: Path, update_golden: bool) -> None:
    document = parse(article.read_bytes(), article.name, Context(source="golden", topics=("Golden",)))
    made = DOCUMENT.dump_json(document, indent=1) + b"\n"
    expectation = article.with_suffix(".json")
    if update_golden:
        expectation.write_bytes(made)
    assert expectation.is_file(), f"no {expectation.name}: write it with --update-golden, and read it"
    assert made.decode() == expectation.read_text(encoding="utf-8")
    assert DOCUMENT.validate_json(made) == document


def test_every_expectation_has_its_article() -> None:
    assert ARTICLES
    assert {path.stem for path in FOLDER.glob("*.json")} == {path.stem for path in ARTICLES}
