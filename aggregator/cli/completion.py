"""What a shell is told when somebody asks how a line may go on: names of sources, beside what click knows itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

from aggregator.cli.options import located
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    import click


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


def sources_that_begin(ctx: click.Context, beginning: str, *, upstream: bool = False) -> list[CompletionItem]:
    """Return the sources of the configuration whose names begin so, without those named before; or upstream feeds only.

    None at all where there is no configuration, or a wrong one: a shell that completes is no place to say so.
    """
    from aggregator.config import load  # noqa: PLC0415  only where a name is asked for

    given = ctx.params.get("config_path")
    try:
        config = load(located(Path(given) if given else None), {})
    except (AggregatorError, OSError):
        return []
    feeds = {one.name for one in config.upstream}
    names = feeds if upstream else feeds | config.source_names() | {one.name for one in config.lists}
    before = ctx.params.get("names") or ()
    return [CompletionItem(one) for one in sorted(names) if one.startswith(beginning) and one not in before]
