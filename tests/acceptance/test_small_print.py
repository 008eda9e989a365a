"""What commands leave behind, and what they assume: a folder that is missing, a line not yet written, a scheme."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom
from talk import here

if TYPE_CHECKING:
    from pathlib import Path

LIST = "<opml version='2.0'><body><outline text='Pier' xmlUrl='https://pier.example/f'/></body></opml>"
LINE = "Put this line into config/aggregator.yaml:\n  include: upstreams.yaml\n"


@pytest.fixture
def site(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    (room.folder / "mine.opml").write_text(LIST, encoding="utf-8")
    return room


def said(room: Newsroom, *words: str) -> tuple[object, str, str]:
    code, out, err = here(words, {**os.environ, "NO_COLOR": "1", "HOME": "/nonexistent"}, room.folder)
    return code, out, " ".join(err.split())


def test_a_list_is_not_written_into_a_folder_that_is_not_there(site: Newsroom) -> None:
    code, _, err = said(site, "export-opml", "typo/x.opml")
    assert (code, err) == (2, "Error: typo: there is no such folder; make it, or name another file")
    assert not (site.folder / "typo").exists()
    assert said(site, "export-opml", "x.opml")[0] == 0
    assert (site.folder / "x.opml").is_file()


def test_the_line_to_write_is_said_until_it_is_written(site: Newsroom) -> None:
    assert LINE in said(site, "import-opml", "mine.opml")[1]
    again = said(site, "import-opml", "mine.opml")[1]
    assert again.startswith("nothing written: 0 feeds added, 1 already there, 0 skipped\n")
    assert LINE in again
    site.configure(f"{CONFIG}include: upstreams.yaml\n")
    assert said(site, "import-opml", "mine.opml")[1] == "nothing written: 0 feeds added, 1 already there, 0 skipped\n"


def test_where_an_import_wrote_nothing_there_is_nothing_to_include(site: Newsroom) -> None:
    site.configure(f"{CONFIG}upstream: [{{url: 'https://pier.example/f'}}]\n")
    assert "include" not in said(site, "import-opml", "mine.opml")[1]


@pytest.mark.parametrize("words", [("run",), ("run", "--json"), ("run", "--dry-run")])
def test_a_run_without_its_state_leaves_none_behind(site: Newsroom, words: tuple[str, ...]) -> None:
    assert said(site, "run", "-q")[0] == 0
    shutil.rmtree(site.state)
    code, _, err = said(site, *words)
    assert (code, err.startswith(f"error: no state at {site.state}, but ")) == (1, True)
    assert not site.state.exists()
    assert said(site, "run", "-q", "--start-over")[0] == 0


def test_a_link_to_a_state_that_is_gone_is_followed_as_before(site: Newsroom) -> None:
    """A state on a disk that is not there: who opens it says so."""
    site.state.symlink_to(site.folder / "away")
    code, _, err = said(site, "run")
    assert (code, str(site.state) in err) == (4, True)


def test_an_address_without_its_scheme_is_said_with_the_one_that_is_taken(site: Newsroom) -> None:
    code, _, err = said(site, "sources", "test", "me:s3cret@127.0.0.1:9/feed")
    assert code == 1
    assert err.startswith("taken for https://127.0.0.1:9/feed: http:// has to be written out")
    assert "s3cret" not in err
    assert said(site, "sources", "test", "http://127.0.0.1:9/feed")[2] == ""
