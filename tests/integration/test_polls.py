"""What is remembered of upstream feeds survives the process, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.core.polling import first_poll
from aggregator.store import Dropped, sqlite

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
POLL = replace(
    first_poll("https://x.example/feed", NOON),
    etag=b'W/"\xe9\x00"',
    modified=b"Sun, 01 Nov 2026",
    ttl=timedelta(minutes=90),
    due=None,
    tried=NOON,
    failures=3,
    code="gone",
    reason="410",
)


def test_a_poll_is_kept_as_it_is(tmp_path: Path) -> None:
    with sqlite.opened(tmp_path, timedelta(0)) as store:
        store.polls.keep({"x": POLL, "y": first_poll("https://y.example/", NOON)})
        store.polls.keep({"y": POLL})
    with sqlite.opened(tmp_path, timedelta(0)) as store:
        assert store.polls.all() == {"x": POLL, "y": POLL}
        store.polls.forget(["y"])
        assert store.polls.all() == {"x": POLL}


def test_what_was_dropped_is_that_of_the_last_document(tmp_path: Path) -> None:
    with sqlite.opened(tmp_path, timedelta(0)) as store:
        store.polls.keep_dropped("x", [Dropped("1", "no_link", "why"), Dropped("1", "no_link", "why")])
        store.polls.keep_dropped("y", [Dropped("2", "repeated", "why")])
        store.polls.keep_dropped("x", [Dropped("3", "no_link", "why")])
        assert store.polls.dropped("x") == [Dropped("3", "no_link", "why")]
        assert store.polls.dropped("y") == [Dropped("2", "repeated", "why")]
