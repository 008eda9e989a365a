"""`aggregator sources`: how each source stands, and what its owner wishes of it; beside a running pass, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aggregator.cli.sources.listing import listing
from aggregator.cli.sources.try_ import try_
from aggregator.cli.sources.wishes import accept, pause, reset, resume

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Sources(click.Group):
    """A group that lists where no command of it is named: what else stands there are names of sources."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = 2 if args[:1] == ["--config"] else 1 if args and args[0].startswith("--config=") else 0
        if args[named : named + 1] and args[named] in self.commands:  # as `sources --config FILE pause NAME`
            args = [args[named], *args[:named], *args[named + 1 :]]
        if ctx.resilient_parsing and not args:  # a shell asks how it may go on: with a command, too
            return super().parse_args(ctx, args)
        is_own = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_own else ["list", *args])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return how a line may go on: with a command, or as one that lists."""
        found = [*super().shell_complete(ctx, incomplete), *listing.shell_complete(ctx, incomplete)]
        is_option = incomplete.startswith("-")
        names = [] if is_option else listing.params[0].shell_complete(ctx, incomplete)
        return [*{one.value: one for one in found}.values(), *names]


@click.group(cls=_Sources)
def sources() -> None:
    """Say how each source stands; try one, pause, reset or accept one.

    `aggregator sources [NAME...]` is short for `aggregator sources list [NAME...]` and takes its options: --json prints one
    JSON object, -v names every source and says more of each. All of it works while a run is at work; what is wished is
    done by the next one.
    """


for _command in (listing, try_, accept, pause, reset, resume):
    sources.add_command(_command)
