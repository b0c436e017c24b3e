"""Finished stages → results: scores with intervals, and how all of it was made."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lingweave import __version__
from lingweave.config import Recipe, options_of
from lingweave.evaluation import (
    PREDICTIONS,
    Cell,
    Model,
    Predictions,
    join_predictions,
    joint_signature,
    read_predictions,
    seed_runs,
)
from lingweave.study import aligning, finetuning, pretraining
from lingweave.study.differences import estimate
from lingweave.study.plan import Plan
from lingweave.study.probe_results import TextProbe
from lingweave.study.probe_stages import PROBE
from lingweave.study.results import MEAN, Measure, Results, Retrieved, Score, SeedScore, Switched
from lingweave.study.samples import collect_samples
from lingweave.study.stage import Stage, Store, machine
from lingweave.study.trials import Trial
from lingweave.tasks import TASKS, Task

LOSSES_SHOWN = 50
"""About so many losses of a training are enough for its curve."""


def collect_results(
    recipe: Recipe, plan: Plan, store: Store, predictions: Path, command: str
) -> Results:
    """Read the scores of all finished stages and put intervals to them.

    Args:
        recipe: of the study.
        plan: all its stages are finished.
        store: where they are.
        predictions: the file to which all predictions are written.
        command: the command line, for the record.
    """
    own = [(_model(trial), trial) for trial in plan.trials]
    folders = [(model, store.folder(trial.evaluate), trial.languages) for model, trial in own]
    join_predictions(
        predictions, [(model, folder / PREDICTIONS, langs) for model, folder, langs in folders]
    )
    tested = read_predictions(predictions)
    trials: dict[Cell, list[Trial]] = defaultdict(list)
    for trial in plan.trials:
        trials[_cell(trial)].append(trial)
    collected = _Collection(recipe, store, tested)
    first_rule = [own for cell, own in trials.items() if cell.selection == recipe.selection[0]]
    switched = [_switched(own, store) for own in first_rule]
    summaries = [_json(store.folder(stage) / aligning.SUMMARY) for stage in plan.alignments]
    return Results(
        study=recipe.name,
        question=recipe.question,
        control=recipe.control,
        source_language={name: task.source_language for name, task in recipe.tasks.items()},
        measures={name: _measure(task.task) for name, task in recipe.tasks.items()},
        scores=[score for own in trials.values() for score in collected.scores(own)],
        switched=[one for one in switched if one is not None],
        samples=collect_samples(recipe, plan, store),
        retrieval=[*_retrieved(plan, store)],
        alignments=summaries,
        systems=_systems(recipe, plan, store),
        recipe=recipe,
        made_by={
            "command": command,
            "lingweave": __version__,
            "commit": _commit(),
            "machine": machine(),
        },
        stages=[_stage(stage, store) for stage in plan.stages],
    )


def _retrieved(plan: Plan, store: Store) -> Iterator[Retrieved]:
    for (system, seed), texts in plan.retrieval.items():
        for text, stage in texts.items():
            probe = TextProbe.model_validate(_json(store.folder(stage) / PROBE))
            (curve,) = (curve for curve in probe.retrieval if curve.is_plain)
            yield Retrieved(
                system=system,
                seed=seed,
                text=text,
                by_layer=curve.both_ways,
                signature=curve.signature,
            )


def _cell(trial: Trial) -> Cell:
    return Cell(trial.system, trial.setting, trial.task, trial.selection)


def _model(trial: Trial) -> Model:
    return Model(*_cell(trial), trial.pretraining_seed, trial.finetuning_seed)


@dataclass(frozen=True)
class _Collection:
    """The scores of a study, from its finished stages and its predictions."""

    recipe: Recipe
    store: Store
    predictions: Predictions

    def scores(self, trials: Sequence[Trial]) -> list[Score]:
        """One system, setting and task: language by language, then their mean."""
        languages = list(dict.fromkeys(name for trial in trials for name in trial.languages))
        source = self.recipe.tasks[trials[0].task].source_language
        others = [language for language in languages if language != source]
        groups = [(language, [language]) for language in languages]
        if len(others) > 1:
            groups.append((MEAN, others))
        return [self._score(name, group, trials) for name, group in groups]

    def _score(self, name: str, languages: Sequence[str], trials: Sequence[Trial]) -> Score:
        cell, task = _cell(trials[0]), TASKS[self.recipe.tasks[trials[0].task].task]
        runs = seed_runs(self.predictions, cell, languages)
        seeds = self._seed_scores(trials, languages, task)
        return Score(
            **cell._asdict(),
            language=name,
            num_examples=sum(len(models[0]) for models in next(iter(runs.values()))),
            score=estimate(runs, task.metrics[0]),
            metrics=_means([seed.metrics for seed in seeds]),
            seeds=seeds,
        )

    def _seed_scores(
        self, trials: Sequence[Trial], languages: Sequence[str], task: Task
    ) -> list[SeedScore]:
        by_seed: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
        for trial in trials:
            scores = _json(self.store.folder(trial.evaluate) / finetuning.SCORES)
            found = [scores[language] for language in languages if language in trial.languages]
            by_seed[trial.pretraining_seed, trial.finetuning_seed] += found
        names = [metric.name for metric in task.metrics]
        return [
            SeedScore(
                pretraining_seed=seeds[0],
                finetuning_seed=seeds[1],
                metrics=_means([{name: score[name] for name in names} for score in scores]),
                signature=joint_signature([score["signature"] for score in scores]),
            )
            for seeds, scores in by_seed.items()
        ]


def _switched(trials: Sequence[Trial], store: Store) -> Switched | None:
    """How much was switched for the same cell of the table; None where nothing was to be."""
    folders = [store.folder(trial.finetune) for trial in trials]
    records = [_json(folder / finetuning.FINETUNING).get("code_switching") for folder in folders]
    if records[0] is None:
        return None
    stages = list(zip(*records, strict=True))

    def means(name: str) -> list[float]:
        return [float(np.mean([record[name] for record in of_stage])) for of_stage in stages]

    return Switched(
        system=trials[0].system,
        setting=trials[0].setting,
        task=trials[0].task,
        temperatures=[of_stage[0]["temperature"] for of_stage in stages] if len(stages) > 1 else [],
        effective_ratio=means("effective_ratio"),
        coverage=means("coverage"),
        cmi=means("cmi"),
    )


def _means(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}


def _measure(task_name: str) -> Measure:
    task = TASKS[task_name]
    titles = {metric.name: metric.title for metric in task.metrics}
    return Measure(metrics=titles, chance=task.chance)


def _systems(recipe: Recipe, plan: Plan, store: Store) -> dict[str, dict[str, Any]]:
    """What each system is, and what its training was and took, seed by seed."""
    described = {}
    for name, options in recipe.systems.items():
        runs = []
        for (system, seed), stage in plan.systems.items():
            if system == name:
                training = _json(store.folder(stage) / pretraining.TRAINING)
                facts = {key: training[key] for key in ("updates", "tokens", "seconds")}
                losses = training["losses"]
                drawn = losses[:: max(1, len(losses) // LOSSES_SHOWN)]
                facts |= {"losses": drawn, "last_loss": losses[-1][1]}
                runs.append({"seed": seed, **facts})
        described[name] = {"options": options_of(options), "runs": runs}
    return described


def _stage(stage: Stage, store: Store) -> dict[str, Any]:
    record = store.record(stage)
    return {"folder": store.folder(stage).name, **{k: record[k] for k in ("seconds", "machine")}}


def _json(path: Path) -> Any:  # noqa: ANN401
    return json.loads(path.read_text("utf-8"))


def _commit() -> str:
    """The commit of lingweave's own source tree, if it runs from one."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return "installed package"
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "not known"
    return described.stdout.strip()
