"""Secrets that are not where the configuration says, as far as somebody at a shell can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aggregator.config.upstream import Secret, Upstream

_NAMED = 3
_PERHAPS = "without it a run does not ask; a service may have what a shell has not"


def unset(upstreams: Iterable[Upstream], environment: Mapping[str, str]) -> list[str]:
    """Return for each secret that cannot be read its place and the keys that name it, never a value."""
    wanted: dict[str, list[str]] = {}
    for one in upstreams:
        for key, secret in _secrets(one):
            try:
                secret.read(environment)
            except LookupError:
                wanted.setdefault(secret.place, []).append(f"{one.name}: {key}")
    return [f"{_several(keys)}: {_missing(place)}; {_PERHAPS}" for place, keys in wanted.items()]


def _secrets(one: Upstream) -> Iterator[tuple[str, Secret]]:
    """Yield the secrets of a feed with the keys that they stand under."""
    yield from ((f"headers.{name}", secret) for name, secret in one.headers.items())
    if one.password:
        is_variable = one.password.place.startswith("$")
        yield ("login.password" if is_variable else "login.password_file"), one.password


def _missing(place: str) -> str:
    return f"the variable {place} is not set here" if place.startswith("$") else f"{place} cannot be read here"


def _several(keys: list[str]) -> str:
    more = f" and {len(keys) - _NAMED:,} more" if len(keys) > _NAMED else ""
    return ", ".join(keys[:_NAMED]) + more
