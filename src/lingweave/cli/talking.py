"""What the command says, and how it ends: one line and an exit code for what a user can mend."""

import os
import shlex
import sys
from typing import Any

# Before transformers is imported: its bars for loading weights would tear ours.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup, TyperOption

from lingweave import __version__
from lingweave.errors import UserError
from lingweave.training import Terminated, processes, sigterm_as_interrupt

console = Console(markup=False, highlight=False, quiet=not processes.is_main())


class Verbs(TyperGroup):
    """Turns the errors a user can mend, Ctrl-C and SIGTERM into one line and an exit code."""

    def invoke(self, ctx: Any) -> object:
        """Call the verb."""
        try:
            with sigterm_as_interrupt():
                return super().invoke(ctx)
        except UserError as error:
            _say(f"lingweave: {error}", style="red")
            raise typer.Exit(2) from error
        except KeyboardInterrupt as error:
            again = "the same command" if processes.count() > 1 else command()
            _say(f"\nStopped. To go on: {again}")
            raise typer.Exit(143 if isinstance(error, Terminated) else 130) from error


class NamingVerb(TyperCommand):
    """Names the registered objectives and tasks in its help, for `{objectives}` and `{tasks}`.

    Only when the help is asked for: to know them takes torch.
    """

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        from lingweave.objectives import OBJECTIVES
        from lingweave.tasks import TASKS

        for parameter in self.params:
            if isinstance(parameter, TyperOption) and parameter.help is not None:
                parameter.help = parameter.help.format(
                    objectives=", ".join(OBJECTIVES), tasks=", ".join(TASKS)
                )
        super().format_help(ctx, formatter)


def command() -> str:
    """The command as it was given, without a launcher."""
    return shlex.join(["lingweave", *sys.argv[1:]])


def say_version(asked: bool) -> None:
    """Say the version, and end, if that was asked."""
    if asked:
        console.print(f"lingweave {__version__}")
        raise typer.Exit


def _say(text: str, style: str = "") -> None:
    if not processes.is_first_to_fail():
        return
    # markup off: a message may hold square brackets, as paths and recipes do.
    Console(stderr=True).print(text, style=style, highlight=False, soft_wrap=True, markup=False)
