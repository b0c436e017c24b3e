"""What a study found: scores by system, setting, task and language, and how they were made."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from lingweave import __version__
from lingweave.config import Recipe, Rule
from lingweave.evaluation import Interval, score_interval
from lingweave.study import aligning, finetuning, pretraining
from lingweave.study.plan import Plan
from lingweave.study.samples import Sample, collect_samples
from lingweave.study.stage import Stage, Store, machine
from lingweave.study.trials import Trial
from lingweave.tasks import TASKS, Statistics, Task


class Frozen(BaseModel):
    """A part of the results."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(Frozen):
    """A score, 0–1, mean over seeds, with its 95 % bootstrap interval over examples."""

    mean: float
    low: float
    high: float


class SeedScore(Frozen):
    """The score of one trained model."""

    pretraining_seed: int
    finetuning_seed: int
    metrics: dict[str, float]
    signature: str


class Score(Frozen):
    """One cell of the table.

    `language` is a test language, or `mean` of all languages but the one trained on. `score` and
    `over_control` are the task's first metric; `metrics` has all of them, as means over seeds.
    `selection` is the rule by which the weights were selected (`lingweave.study.selection`): with
    `oracle`, labelled data of the language tested had a say. The control has the same one.
    """

    system: str
    setting: str
    task: str
    selection: Rule = "dev"
    language: str
    num_examples: int
    score: Estimate
    metrics: dict[str, float]
    over_control: Estimate | None
    seeds: list[SeedScore]


class Measure(Frozen):
    """How a task is scored: its metrics with their titles, the first first, and its chance level.

    `chance` is that of the first metric, 0–1; None where it is near 0 or depends on the data.
    """

    metrics: dict[str, str]
    chance: float | None


class Switched(Frozen):
    """How much of the training text was switched, mean over the fine-tunings of all seeds.

    One item of each list for each stage of a progressive training, the plain one first; else one.
    `effective_ratio` and `coverage` are shares of all words, 0–1, `cmi` the code-mixing index.
    """

    system: str
    setting: str
    task: str
    temperatures: list[float]
    effective_ratio: list[float]
    coverage: list[float]
    cmi: list[float]


class ClaimResult(Frozen):
    """What became of a claim; effects and their interval are differences of scores, 0–1."""

    id: str
    text: str
    kind: str
    verdict: Literal["supported", "contradicted", "inconclusive", "not tested"]
    reason: str
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    num_seeds: int | None = None
    margin: float | None = None
    relation: str | None = None
    compared: tuple[str, str] | None = None


class Results(Frozen):
    """Everything that is reported of a study.

    The runs of `systems` have `losses`, (update, loss) now and then, unless they were written by a
    version that kept the last loss alone.
    """

    study: str
    question: str
    control: str
    source_language: dict[str, str]
    measures: dict[str, Measure]
    scores: list[Score]
    claims: list[ClaimResult] = []
    switched: list[Switched] = []
    samples: list[Sample] = []
    alignments: list[dict[str, Any]]
    systems: dict[str, dict[str, Any]]
    recipe: dict[str, Any]
    made_by: dict[str, str]
    stages: list[dict[str, Any]]

    @model_validator(mode="before")
    @classmethod
    def _of_nli_alone(cls, values: Any) -> Any:  # noqa: ANN401
        """Read also what was written when natural language inference was the only task."""
        if not isinstance(values, dict) or "measures" in values:
            return values
        measure = {"metrics": {"accuracy": "accuracy", "macro_f1": "macro-F1"}, "chance": 1 / 3}
        try:
            return values | {
                "measures": dict.fromkeys(values["source_language"], measure),
                "scores": [_score_of_nli_alone(score) for score in values["scores"]],
            }
        except (KeyError, TypeError):  # it is no results file at all, as pydantic will say
            return values


def _score_of_nli_alone(score: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in score.items() if key not in ("accuracy", "macro_f1")}
    seeds = []
    for seed in score["seeds"]:
        metrics = {name: seed[name] for name in ("accuracy", "macro_f1")}
        seeds.append({key: seed[key] for key in seed if key not in metrics} | {"metrics": metrics})
    metrics = {"accuracy": score["accuracy"]["mean"], "macro_f1": score["macro_f1"]}
    return kept | {"score": score["accuracy"], "metrics": metrics, "seeds": seeds}


MEAN = "mean"
"""In place of a language: the mean over all test languages but the one trained on."""

LOSSES_SHOWN = 50
"""About so many losses of a training are enough for its curve."""

_Key = tuple[str, str, str, Rule]


def collect_results(recipe: Recipe, plan: Plan, store: Store, command: str) -> Results:
    """Read the scores of all finished stages and put intervals to them.

    Args:
        recipe: of the study.
        plan: all its stages are finished.
        store: where they are.
        command: the command line, for the record.
    """
    trials: dict[_Key, list[Trial]] = defaultdict(list)
    for trial in plan.trials:
        trials[trial.system, trial.setting, trial.task, trial.selection].append(trial)
    scores = [
        score
        for (_, setting, task, rule), own in trials.items()
        for score in _scores(own, trials[recipe.control, setting, task, rule], recipe, store)
    ]
    first_rule = [own for own in trials.values() if own[0].selection == recipe.selection[0]]
    switched = [_switched(own, store) for own in first_rule]
    summaries = [_json(store.folder(stage) / aligning.SUMMARY) for stage in plan.alignments]
    return Results(
        study=recipe.name,
        question=recipe.question,
        control=recipe.control,
        source_language={name: task.source_language for name, task in recipe.tasks.items()},
        measures={name: _measure(task.task) for name, task in recipe.tasks.items()},
        scores=scores,
        switched=[one for one in switched if one is not None],
        samples=collect_samples(recipe, plan, store),
        alignments=summaries,
        systems=_systems(recipe, plan, store),
        recipe=recipe.model_dump(mode="json", exclude_unset=True),
        made_by={
            "command": command,
            "lingweave": __version__,
            "commit": _commit(),
            "machine": machine(),
        },
        stages=[_stage(stage, store) for stage in plan.stages],
    )


def _scores(
    own: Sequence[Trial], control: Sequence[Trial], recipe: Recipe, store: Store
) -> list[Score]:
    """One system, setting and task: language by language, then their mean."""
    languages = list(dict.fromkeys(language for trial in own for language in trial.languages))
    source = recipe.tasks[own[0].task].source_language
    others = [language for language in languages if language != source]
    groups = [(language, [language]) for language in languages]
    if len(others) > 1:
        groups.append((MEAN, others))
    task = TASKS[recipe.tasks[own[0].task].task]
    return [_score(name, _Cell(task, group, store), own, control) for name, group in groups]


@dataclass(frozen=True)
class _Cell:
    """What is scored together: a task in some languages."""

    task: Task
    languages: Sequence[str]
    store: Store

    def statistics(self, trials: Sequence[Trial]) -> list[list[Statistics]]:
        """Those of each language and, in it, of each seed."""
        return [
            [
                self.task.read_statistics(self.store.folder(trial.evaluate), language)
                for trial in trials
                if language in trial.languages
            ]
            for language in self.languages
        ]


def _score(name: str, cell: _Cell, own: Sequence[Trial], control: Sequence[Trial]) -> Score:
    metric, statistics = cell.task.metrics[0], cell.statistics(own)
    over_control = None
    if own[0].system != control[0].system:
        base = cell.statistics(control)
        over_control = _estimate(score_interval(statistics, metric, control=base))
    seeds = _seed_scores(own, cell)
    return Score(
        system=own[0].system,
        setting=own[0].setting,
        task=own[0].task,
        selection=own[0].selection,
        language=name,
        num_examples=sum(len(runs[0]) for runs in statistics),
        score=_estimate(score_interval(statistics, metric)),
        metrics=_means([seed.metrics for seed in seeds]),
        over_control=over_control,
        seeds=seeds,
    )


def _seed_scores(trials: Sequence[Trial], cell: _Cell) -> list[SeedScore]:
    by_seed: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for trial in trials:
        scores = _json(cell.store.folder(trial.evaluate) / finetuning.SCORES)
        found = [scores[language] for language in cell.languages if language in trial.languages]
        by_seed[trial.pretraining_seed, trial.finetuning_seed] += found
    names = [metric.name for metric in cell.task.metrics]
    return [
        SeedScore(
            pretraining_seed=seeds[0],
            finetuning_seed=seeds[1],
            metrics=_means([{name: score[name] for name in names} for score in scores]),
            signature=scores[0]["signature"] if len(scores) == 1 else "",
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


def _estimate(interval: Interval) -> Estimate:
    return Estimate(mean=interval.mean, low=interval.low, high=interval.high)


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
        # Where a system has no way of its own to join links, that of the alignments holds.
        shown = options.model_dump(mode="json")
        shown = {key: value for key, value in shown.items() if key != "symmetrization" or value}
        described[name] = {"options": shown, "runs": runs}
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
