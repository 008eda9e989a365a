"""Addresses of upstream feeds in the configuration, and the names that come of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator import config
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SMALLEST = "base_url: https://feeds.test.example/\n"


def loaded(folder: Path, *urls: str) -> config.Config:
    path = folder / "aggregator.yaml"
    path.write_text(f"{SMALLEST}upstream:\n" + "".join(f'  - url: "{url}"\n' for url in urls), encoding="utf-8")
    return config.load(path, {})


def test_a_name_is_the_address_but_for_what_may_be_a_secret(tmp_path: Path) -> None:
    plain = ["https://x.example/feed", "https://x.example/", "https://x.example/?feed=rss2", "https://x.example/a#b"]
    secret = ["https://x.example/feed?token=one", "https://x.example/feed?token=two", "https://x.example/?k=CANARY#b?c"]
    names = [one.name for one in loaded(tmp_path, *plain, *secret).upstream]
    assert names[:4] == ["x.example/feed", "x.example", "x.example/?feed=rss2", "x.example/a#b"]
    assert names[4:] == ["x.example/feed-8508008e", "x.example/feed-563e4c32", "x.example-015b00be"]
    assert [one.url for one in loaded(tmp_path, *secret).upstream] == secret


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://joe:CANARY@x.example/feed", "a name and a password do not belong into an address; write `login: "),
        ("https://CANARY@x.example/feed", "a name and a password do not belong into an address; write `login: "),
        ("https:\\\\joe:CANARY@x.example", "a name and a password do not belong into an address; write `login: "),
        ("http://[2001:db8::1]:8080/feed", "an IPv6 address cannot stand here: "),
        ("feed://joe:CANARY@x.example/feed", "an http or https address is expected"),
    ],
)
def test_an_address_that_cannot_be_taken_is_a_fault_at_its_place(tmp_path: Path, url: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, url)
    (fault,) = caught.value.faults
    assert fault.removeprefix(f"{tmp_path}/").startswith(f"aggregator.yaml:3:10: upstream.0.url: {reason}")
    assert "CANARY" not in fault
