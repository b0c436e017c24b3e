"""Run a study: make its plan, do what is not done, collect the results."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lingweave.config import Recipe
from lingweave.corpus.twins import TwinOptions, write_twins
from lingweave.evaluation import PREDICTIONS
from lingweave.study.collection import collect_results
from lingweave.study.judging import judged
from lingweave.study.plan import make_plan
from lingweave.study.results import Results
from lingweave.study.stage import Stage, Store, Workplace
from lingweave.training import UpdateReport, processes

TWINS_VERSION = 2


class Observer(Protocol):
    """Is told how a study goes on."""

    def stage(self, label: str, number: int, num_stages: int, finished: bool) -> None:
        """A stage is about to be run, or was found finished."""
        ...

    def update(self, report: UpdateReport) -> None:
        """An update of a training is done."""
        ...


def run_study(recipe: Recipe, out: Path, *, observer: Observer, command: str = "") -> Results:
    """Do all stages that are not done, then collect scores, claims and `predictions.parquet`.

    `lingweave.report.write_report` writes what is returned.

    Args:
        recipe: what to do.
        out: folder for stages and results; a study that was interrupted goes on there.
        observer: is told of stages and updates.
        command: the command line, for the record.

    Raises:
        UserError: an input is wrong; what is finished stays.
        KeyboardInterrupt: after Ctrl-C; the same call goes on.
    """
    store = Store(out / "stages")
    if recipe.twins is not None:
        folder = store.run(_twins_stage(recipe.twins))
        recipe = recipe.with_twins_in(folder)
    plan = make_plan(recipe)
    run_stages(plan.stages, store, observer)
    # As text, since the classes of a recipe's systems are made at run time: no pickle knows them.
    text = processes.made_by_main(
        lambda: judged(
            collect_results(recipe, plan, store, out / PREDICTIONS, command), out
        ).model_dump_json()
    )
    return Results.model_validate_json(text)


def run_stages(stages: Sequence[Stage], store: Store, observer: Observer) -> None:
    """Do those stages that are not done, in the order given."""
    for number, stage in enumerate(stages, start=1):
        observer.stage(stage.label, number, len(stages), store.is_finished(stage))
        store.run(stage, observer.update)


def _twins_stage(options: TwinOptions) -> Stage:
    def work(place: Workplace) -> None:
        write_twins(options, place.out)

    settings = options.model_dump(mode="json")
    return Stage("twins", "twins", TWINS_VERSION, settings, work)
