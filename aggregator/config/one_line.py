"""A value as a configuration has it behind a key, in one line."""

from __future__ import annotations

import yaml


def one_line(value: object, *, sort_keys: bool = True) -> str:
    """Return a value in one line of YAML."""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=float("inf"), sort_keys=sort_keys
    )
    return text.removesuffix("\n").removesuffix("\n...")
