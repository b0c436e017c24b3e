"""Run a study: make its plan, do what is not done, collect the results."""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from lingweave.config import Recipe
from lingweave.corpus.twins import TwinOptions, write_twins
from lingweave.evaluation import PREDICTIONS
from lingweave.study.collection import collect_results
from lingweave.study.judging import judged
from lingweave.study.plan import make_plan
from lingweave.study.results import Results
from lingweave.study.stage import Stage, StageBusyError, Store, Workplace
from lingweave.training import UpdateReport, processes

logger = logging.getLogger(__name__)

TWINS_VERSION = 2

_SECONDS_BETWEEN_LOOKS = 1.0
"""Of a run that waits for another one to finish a stage."""


class Observer(Protocol):
    """Is told how a study goes on."""

    def stage(self, label: str, number: int, num_stages: int, finished: bool) -> None:
        """A stage is about to be run, or was found finished; `number` counts from 1."""
        ...

    def update(self, report: UpdateReport) -> None:
        """An update of a training is done."""
        ...


def run_study(recipe: Recipe, out: Path, *, observer: Observer, command: str = "") -> Results:
    """Do all stages that are not done, then collect scores, claims and `predictions.parquet`.

    Runs of the same study that are at work at the same time share its stages.

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
        folder = store.run(_twins_stage(recipe.twins), waits=True)
        recipe = recipe.with_twins_in(folder)
    plan = make_plan(recipe)
    share_stages(plan.stages, store, observer)
    # As text, since the classes of a recipe's systems are made at run time: no pickle knows them.
    text = processes.made_by_main(
        lambda: judged(
            collect_results(recipe, plan, store, out / PREDICTIONS, command), out
        ).model_dump_json()
    )
    return Results.model_validate_json(text)


def run_stages(stages: Sequence[Stage], store: Store, observer: Observer) -> None:
    """Do those stages that are not done, in the order given.

    Raises:
        StageBusyError: another run is at work on one of them.
    """
    for number, stage in enumerate(stages, start=1):
        begin = partial(observer.stage, stage.label, number, len(stages))
        store.run(stage, observer.update, begin=begin)


def share_stages(stages: Sequence[Stage], store: Store, observer: Observer) -> None:
    """Do those stages that are not done, together with other runs of the same stages.

    A stage on which another run is at work is passed over for the next one that has all it builds
    on. Where none is left, this run waits: the other may be stopped, and its stage is then ours.

    Args:
        stages: each behind those it builds on.
        store: the same folder as that of the other runs.
        observer: is told of each stage once it is ours or finished.
    """
    finished: set[str] = set()
    left, waits = list(enumerate(stages, start=1)), False
    while left:
        for number, stage in left:
            if _needed_by(stage) <= finished:
                begin = partial(observer.stage, stage.label, number, len(stages))
                with suppress(StageBusyError):
                    store.run(stage, observer.update, begin=begin)
                    finished.add(stage.digest)
        num_before = len(left)
        left = [(number, stage) for number, stage in left if stage.digest not in finished]
        if len(left) < num_before:
            waits = False
            continue
        if not waits:
            logger.warning("another run is at work on all that can be done now; waiting for it")
            waits = True
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _needed_by(stage: Stage) -> set[str]:
    """The digests of the stages that it builds on."""
    return {made.digest for made in stage.inputs.values() if isinstance(made, Stage)}


def _twins_stage(options: TwinOptions) -> Stage:
    def work(place: Workplace) -> None:
        write_twins(options, place.out)

    settings = options.model_dump(mode="json")
    return Stage("twins", "twins", TWINS_VERSION, settings, work)
