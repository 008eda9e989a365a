"""How a name in a line may go on, when a shell asks: sources, beside what click knows itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.cli.options import located
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def any_source(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return how the name of a source may go on."""
    return _sources_that_begin(ctx, incomplete)


def any_upstream(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return how the name of an upstream feed may go on."""
    return _sources_that_begin(ctx, incomplete, upstream=True)


def any_file(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return that a file may stand here, for what may be another thing too."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415  only shells ask for it

    return [CompletionItem(incomplete, type="file")]


def _sources_that_begin(ctx: click.Context, beginning: str, *, upstream: bool = False) -> list[CompletionItem]:
    """Return the sources of the configuration whose names begin so, without those named before; or upstream feeds only.

    None at all where there is no configuration, or a wrong one: a shell that completes is no place to say so.
    """
    from click.shell_completion import CompletionItem  # noqa: PLC0415  only shells ask for it

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
