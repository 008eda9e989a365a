"""The completion of bash: the script of click, with names in quotes where they need some."""

from __future__ import annotations

from click.shell_completion import BashComplete, add_completion_class


class _Bash(BashComplete):
    """The script of click, with names in quotes where they need some, unless a quote is open already."""

    source_template = BashComplete.source_template.replace(
        "COMPREPLY+=($value)",
        '[[ ${COMP_WORDS[COMP_CWORD]} == [\\"\\\']* ]] || printf -v value %%q "$value"\n'
        '            COMPREPLY+=("$value")',
    )


def register() -> None:
    """Let bash have the script that quotes."""
    add_completion_class(_Bash)
