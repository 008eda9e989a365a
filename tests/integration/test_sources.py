"""The health of sources: what is remembered of them, and what asking them costs others."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, answer
from newsroom import CONFIG
from prompt import COMMAND
from tended import Tended, rss

from aggregator import status
from aggregator.core.health import Tally
from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Tended]:
    with Loopback() as server:
        site = Tended(tmp_path, server)
        site.follow("pier")
        yield site


def test_lists_and_what_they_name_are_sources_too(site: Tended) -> None:
    outline = f"<outline type='rss' text='Pier' xmlUrl='{site.server.url('/pier')}'/>"
    site.answers["/list"] = answer(f"<opml version='2.0'><head/><body>{outline}</body></opml>".encode())
    site.answers["/pier"] = answer(status="404 No")
    block = f"{{url: {site.server.url('/list')}, private: true, name: many}}"
    site.room.configure(f"{CONFIG}upstream_from: [{block}]\n")
    site.run()
    code, said = site.command("--json")
    told = {one["name"]: (one["kind"], one["state"]) for one in json.loads(said)["sources"]}
    pier = f"127.0.0.1:{site.server.port}/pier"
    assert (code, told.pop("articles")) == (0, ("articles", "well"))
    assert told == {"many": ("list", "well"), pier: ("upstream", "failing")}
    assert site.command("pause", pier, "many")[0] == 0
    assert site.run(ask_now=True).gathered.paused == ("many", pier)
    assert site.asked() == site.asked("list") == 1


class TestEtiquette:
    """What asking costs others is counted."""

    def test_requests_answers_and_bytes_are_counted_by_day(self, site: Tended) -> None:
        body = rss(range(3))
        site.answers["/pier"] = answer(body, 'ETag: "1"')
        site.run()
        site.answers["/pier"] = answer(status="304 Same")
        site.run()
        site.run()
        site.answers["/pier"] = answer(b"", "Retry-After: 60", status="503 Wait")
        site.run()
        site.answers["/other"] = answer(body)
        site.answers["/pier"] = answer(b"", "Location: /other", status="302 There")
        site.run(after=timedelta(days=1))
        host = f"127.0.0.1:{site.server.port}"
        first, second = site.standing().days.values()
        size = len(body)
        assert first == Tally(
            requests=4, fresh=1, unchanged=2, failed=1, slowed=1, slowed_by=frozenset({host}),
            received=size, saved=2 * size,
        )  # fmt: skip
        assert second == Tally(requests=2, fresh=1, received=size)
        code, said = site.command("--json")
        told = json.loads(said)
        assert (code, [day["requests"] for day in told["etiquette"]]) == (0, [4, 2])
        assert told["etiquette"][0]["slowed_by"] == [host]
        (pier,) = (one for one in told["sources"] if one["name"] == "pier")
        assert (pier["share_unchanged"], pier["bytes_saved"]) == (0.5, 2 * size)
        assert pier["last_error"]["reason"].startswith("it answered 503")

    def test_days_are_kept_for_ninety(self, site: Tended) -> None:
        site.answers["/pier"] = answer(rss(range(3)))
        site.run()
        site.run(after=timedelta(days=90))
        assert len(site.standing().days) == 2
        site.run(after=timedelta(days=1))
        assert len(site.standing().days) == 2


@pytest.mark.parametrize(
    ("headers", "more", "because"),
    [
        ((), "", "interval"),
        (("Cache-Control: max-age=9000",), "", "max_age"),
        ((), "<ttl>300</ttl>", "ttl"),
        (("Retry-After: 9000",), "", "retry_after"),
    ],
)
def test_it_is_said_why_a_source_is_asked_when_it_is(
    site: Tended, headers: tuple[str, ...], more: str, because: str
) -> None:
    site.answers["/pier"] = answer(rss(range(3)).replace(b"<link>/</link>", f"<link>/</link>{more}".encode()), *headers)
    site.run()
    assert site.standing().because == because
    with sqlite.opened(site.room.state, timedelta(0)) as store:
        assert store.polls.all()["pier"].because == because


def test_a_folder_was_read_when_the_last_good_pass_was(site: Tended) -> None:
    site.room.article("a.md")
    for _ in range(2):
        assert subprocess.run([*COMMAND, "run", "-q"], cwd=site.room.folder, timeout=60, check=False).returncode == 0
    told = json.loads(site.command("--json", "articles")[1])["sources"][0]
    assert told["last_success"] == status.read(site.room.state).last_good.isoformat()  # type: ignore[union-attr]
