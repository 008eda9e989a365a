"""Known entries of an upstream that come again under new addresses, a few in each poll."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from following import Site
from loopback import Loopback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback() as server:
        site = Site(tmp_path, server)
        site.follow("name: pier, backlog: 100")
        yield site


def issue(number: int, poll: int) -> dict[str, Any]:
    """Return an entry of which nothing but the title is the same in each poll."""
    name = f"{poll}/{number}"
    return {"name": name, "title": f"Story {number}", "pubDate": f"Tue, 20 Oct 2026 {poll:02}:{number:02}:00 GMT"}


def held(site: Site, *items: dict[str, Any], **options: Any) -> bool:
    site.gives(*items)
    return bool(site.run(**options).gathered.floods)


def test_a_site_that_moves_nine_articles_per_poll_is_held_from_the_second_nine_on(site: Site) -> None:
    def moved(count: int) -> list[dict[str, Any]]:
        return [issue(number, 2 if number < count else 1) for number in range(40)]

    assert not held(site, *moved(0))
    assert not held(site, *moved(9))
    assert held(site, *moved(18))
    assert held(site, *moved(27))
    assert not held(site, *moved(27), accept_new=frozenset({"pier"}))
    assert site.run().totals.entries == 67


@pytest.mark.parametrize("count", [4, 8])
def test_columns_whose_issues_all_replace_each_other_are_never_held(site: Site, count: int) -> None:
    assert not any(held(site, *(issue(number, poll) for number in range(count))) for poll in range(5))
    assert site.run().totals.entries == count * 5


def test_news_beside_what_came_before_is_let_in(site: Site) -> None:
    assert not held(site, *(issue(number, 1) for number in range(40)))
    assert not held(site, *(issue(number, 2 if number < 9 else 1) for number in range(40)))
    assert not held(site, *(issue(number, 2) for number in range(9)), *(issue(number, 3) for number in range(50, 58)))
