"""The command `lingweave`: each verb is a thin call of the public function of that name.

The only module that prints or exits: 0 when all is done, 2 for input that the user can mend (one
line says what is wrong and what to do), 130 after Ctrl-C (one line says how to go on).
"""

import os
import shlex
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

# Before transformers is imported: its bars for loading weights would tear ours.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import typer
from rich.console import Console

from lingweave.config import Recipe, load_recipe
from lingweave.corpus import atomic_write
from lingweave.errors import RecipeError, UserError
from lingweave.report import markdown_report, print_results, terminal_observer
from lingweave.study import RESULTS, Results, run_study

app = typer.Typer(
    help="Align the languages inside a multilingual encoder, and measure what that buys.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()

Out = Annotated[Path, typer.Option(help="Folder for all results; interrupted work goes on there.")]


@app.command()
def demo(out: Out = Path("runs/demo")) -> None:
    """Show the whole story on built-in twin languages: on a laptop, in minutes."""
    _run(load_recipe(Path(str(files("lingweave") / "recipes" / "demo.yaml"))), out)


@app.command()
def run(
    recipe: Annotated[Path, typer.Argument(help="A YAML file; see recipes/ and docs/recipes.md.")],
    out: Annotated[Path | None, typer.Option(help="Folder for all results [runs/NAME].")] = None,
) -> None:
    """Run a study: systems × settings × tasks × seeds; what is finished is never done twice."""
    loaded = load_recipe(recipe)
    _run(loaded, out or Path("runs") / loaded.name)


@app.command()
def report(study: Annotated[Path, typer.Argument(help="Folder of a finished study.")]) -> None:
    """Write report.md of a study anew from its results.json, and print its tables."""
    path = study / RESULTS
    if not path.is_file():
        raise RecipeError("there are no results", remedy="run the study first", path=path)
    try:
        results = Results.model_validate_json(path.read_text("utf-8"))
    except ValueError as error:
        raise RecipeError(
            "this is no results file of this version", remedy="run the study again", path=path
        ) from error
    _report(results, study)


def _run(recipe: Recipe, out: Path) -> None:
    command = shlex.join(["lingweave", *sys.argv[1:]])
    if recipe.question:
        console.print(recipe.question, highlight=False)
    with terminal_observer(console) as observer:
        results = run_study(recipe, out, observer=observer, command=command)
    _report(results, out)


def _report(results: Results, out: Path) -> None:
    with atomic_write(out / "report.md") as file:
        file.write(markdown_report(results))
    print_results(console, results)
    console.print(f"\nAll of it is in {out}: report.md, results.json, stages/", highlight=False)


def main() -> None:
    """Entry point of the console script."""
    try:
        app(standalone_mode=True)
    except UserError as error:
        Console(stderr=True).print(
            f"lingweave: {error}", style="red", highlight=False, soft_wrap=True
        )
        sys.exit(2)
    except KeyboardInterrupt:
        again = shlex.join(["lingweave", *sys.argv[1:]])
        Console(stderr=True).print(f"\nStopped. To go on: {again}", highlight=False, soft_wrap=True)
        sys.exit(130)
