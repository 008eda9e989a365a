from __future__ import annotations

import pytest

from aggregator.sources.misspelt import nearly

KNOWN = frozenset({"title", "topics", "originalUrl", "publishedDateTime", "heat", "authors", "author", "draft"})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Title", "title"),
        ("titel", "title"),
        ("tit", ""),  # too short to say
        ("tittle", "title"),
        ("titl", "title"),
        ("draf", "draft"),  # or it would be public
        ("topic", "topics"),
        ("topisc", "topics"),
        ("original_url", "originalUrl"),
        ("original-url", "originalUrl"),
        ("originalURI", "originalUrl"),
        ("published_date_time", "publishedDateTime"),
        ("publishedDatetime", "publishedDateTime"),
        ("published", ""),
        ("heaat", ""),  # one slip in four letters makes another word
        ("title", ""),  # known
        ("authorz", "author"),
        ("url", ""),
        ("subtitle", ""),
        ("x" * 100_000, ""),
    ],
)
def test_names_that_are_known_but_for_a_slip(name: str, meant: str) -> None:
    assert nearly([name], KNOWN) == ({name: meant} if meant else {})
