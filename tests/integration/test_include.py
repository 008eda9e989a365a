"""Files that the configuration includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom

from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


def faults(room: Newsroom, main: str, files: Mapping[str, str]) -> list[str]:
    room.configure(f"{CONFIG}{main}")
    for name, text in files.items():
        (room.config_file.parent / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        room.loaded()
    return [one.replace(f"{room.config_file.parent}/", "") for one in caught.value.faults]


def test_feeds_of_included_files_follow_those_of_the_configuration(room: Newsroom) -> None:
    folder = room.config_file.parent
    (folder / "b.yaml").write_text(
        "upstream:\n  - {url: https://b.example/f, login: {user: me, password_file: secret}}\n"
    )
    (folder / "sub").mkdir()
    (folder / "sub/c.yaml").write_text("# nothing yet\nupstream:\n")
    room.configure(
        f"{CONFIG}include: [b.yaml, sub/../sub/c.yaml, ./b.yaml]\nupstream: [{{url: https://a.example/f}}]\n"
    )
    loaded = room.loaded()
    assert [one.name for one in loaded.upstream] == ["a.example/f", "b.example/f"]
    assert loaded.upstream[1].password is not None
    assert loaded.upstream[1].password.place == str(folder / "secret")
    assert loaded.included == (folder / "b.yaml", folder / "sub/c.yaml")


def test_the_faults_of_all_files_come_at_once_each_with_its_place(room: Newsroom) -> None:
    files = {
        "b.yaml": "upstream:\n  - url: nowhere\n    intervall: 1 h\ntitle: x\n",
        "c.yaml": "upstream: [\n",
        "d.yaml": "- x\n",
    }
    found = faults(room, "include: [b.yaml, c.yaml, d.yaml, none.yaml]\nicon: here\n", files)
    starts = [
        "aggregator.yaml:9:35: include.3: none.yaml: no such file or directory (ENOENT)",
        "aggregator.yaml:10:7: icon: an http or https address is expected",
        "b.yaml:2:10: upstream.0.url: an http or https address is expected",
        "b.yaml:3:5: upstream.0.intervall: unknown key; did you mean interval?",
        "b.yaml:4:1: title: unknown key; known here: upstream",
        "c.yaml:2:1: a value is missing here",
        "d.yaml:1:1: a block of `key: value` lines is expected",
    ]
    assert len(found) == len(starts)
    assert [one for one, start in zip(found, starts, strict=True) if not one.startswith(start)] == []


def test_an_address_or_a_name_that_stands_twice_names_both_places_and_no_query(room: Newsroom) -> None:
    block = "upstream:\n  - url: https://a.example/f?key=k-1\n  - {url: https://b.example/f, name: B}\n"
    again = "upstream:\n  - {url: https://a.example/f?key=k-1, name: Other}\n  - {url: https://c.example/f, name: B}\n  - {url: https://d.example/f, name: articles}\n"
    found = faults(room, f"include: b.yaml\n{block}", {"b.yaml": again})
    assert found == [
        "b.yaml:2:11: upstream.0.url: aggregator.yaml:11:10 has the same address; keep one of the two",
        "b.yaml:3:38: upstream.1.name: the feed at aggregator.yaml:12:5 is called B too; give one of them another `name:`",
        "b.yaml:4:38: upstream.2.name: another source is called articles too; give it another `name:`",
    ]


def test_what_is_doubtful_in_an_included_file_is_said_with_its_place(room: Newsroom) -> None:
    path = room.config_file.parent / "b.yaml"
    path.write_text("upstream:\n  - {url: https://b.example/f, verify: false}\n")
    room.configure(f"{CONFIG}include: b.yaml\n")
    (warning,) = room.loaded().warnings
    assert warning.startswith(f"{path}:2:40: upstream.0.verify: ")


@pytest.mark.parametrize("block", ["{}", "{path: a, url: https://x.example/}"])
def test_a_list_has_a_path_or_an_address(block: str, room: Newsroom) -> None:
    (found,) = faults(room, f"upstream_from: [{block}]\n", {})
    assert found.endswith("upstream_from.0: one of path and url is expected")
