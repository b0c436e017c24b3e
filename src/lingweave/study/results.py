"""What a study found: scores by system, setting, task and language, and how they were made."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from lingweave import __version__
from lingweave.config import Recipe
from lingweave.evaluation import mean_interval
from lingweave.study import aligning, finetuning, pretraining
from lingweave.study.plan import Plan, Trial
from lingweave.study.stage import Stage, Store, machine


class Frozen(BaseModel):
    """A part of the results."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(Frozen):
    """A mean over examples (and seeds), 0–1, with its 95 % bootstrap interval over examples."""

    mean: float
    low: float
    high: float


class SeedScore(Frozen):
    """The score of one trained model."""

    pretraining_seed: int
    finetuning_seed: int
    accuracy: float
    macro_f1: float
    signature: str


class Score(Frozen):
    """One cell of the table.

    `language` is a test language, or `mean` of all languages but the one trained on.
    """

    system: str
    setting: str
    task: str
    language: str
    num_examples: int
    accuracy: Estimate
    macro_f1: float
    over_control: Estimate | None
    seeds: list[SeedScore]


class Results(Frozen):
    """Everything that is reported of a study."""

    study: str
    question: str
    control: str
    source_language: dict[str, str]
    scores: list[Score]
    alignments: list[dict[str, Any]]
    systems: dict[str, dict[str, Any]]
    recipe: dict[str, Any]
    made_by: dict[str, str]
    stages: list[dict[str, Any]]


MEAN = "mean"
"""In place of a language: the mean over all test languages but the one trained on."""

_Key = tuple[str, str, str]


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
        trials[trial.system, trial.setting, trial.task].append(trial)
    scores = [
        score
        for (system, setting, task), own in trials.items()
        for score in _scores(own, trials[recipe.control, setting, task], recipe, store)
    ]
    summaries = [_json(store.folder(stage) / aligning.SUMMARY) for stage in plan.alignments]
    return Results(
        study=recipe.name,
        question=recipe.question,
        control=recipe.control,
        source_language={name: task.source_language for name, task in recipe.tasks.items()},
        scores=scores,
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
    return [_score(name, group, own, control, store) for name, group in groups]


def _score(
    name: str, group: list[str], own: Sequence[Trial], control: Sequence[Trial], store: Store
) -> Score:
    own_right = [_right(own, language, store) for language in group]
    right = _together(own_right)
    over_control = None
    if own[0].system != control[0].system:
        base = _together([_right(control, language, store) for language in group])
        over_control = _estimate(right - base)
    seeds = _seed_scores(own, group, store)
    return Score(
        system=own[0].system,
        setting=own[0].setting,
        task=own[0].task,
        language=name,
        num_examples=sum(map(len, own_right)),
        accuracy=_estimate(right),
        macro_f1=float(np.mean([seed.macro_f1 for seed in seeds])),
        over_control=over_control,
        seeds=seeds,
    )


def _right(trials: Sequence[Trial], language: str, store: Store) -> np.ndarray:
    """For each test example the share of seeds that got it right, (N,)."""
    seeds = [
        finetuning.correct(store.folder(trial.evaluate), language)
        for trial in trials
        if language in trial.languages
    ]
    return np.asarray(np.mean(seeds, axis=0))


def _together(languages: Sequence[np.ndarray]) -> np.ndarray:
    """One value for each thing to be resampled; their mean is the mean of the languages' means.

    Test sets of many languages are mostly translations of one, as XNLI's are: then row n of all
    languages is one example, and resampling them one by one would make intervals too narrow.
    """
    sizes = {len(values) for values in languages}
    if len(sizes) == 1:
        return np.asarray(np.mean(languages, axis=0))
    total = sum(map(len, languages)) / len(languages)
    return np.concatenate([values * total / len(values) for values in languages])


def _seed_scores(trials: Sequence[Trial], group: list[str], store: Store) -> list[SeedScore]:
    by_seed: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for trial in trials:
        scores = _json(store.folder(trial.evaluate) / finetuning.SCORES)
        found = [scores[language] for language in group if language in trial.languages]
        by_seed[trial.pretraining_seed, trial.finetuning_seed] += found
    return [
        SeedScore(
            pretraining_seed=seeds[0],
            finetuning_seed=seeds[1],
            accuracy=float(np.mean([score["accuracy"] for score in scores])),
            macro_f1=float(np.mean([score["macro_f1"] for score in scores])),
            signature=scores[0]["signature"] if len(scores) == 1 else "",
        )
        for seeds, scores in by_seed.items()
    ]


def _estimate(values: np.ndarray) -> Estimate:
    interval = mean_interval(values)
    return Estimate(mean=interval.mean, low=interval.low, high=interval.high)


def _systems(recipe: Recipe, plan: Plan, store: Store) -> dict[str, dict[str, Any]]:
    """What each system is, and what its training was and took, seed by seed."""
    described = {}
    for name, options in recipe.systems.items():
        runs = []
        for (system, seed), stage in plan.systems.items():
            if system == name:
                training = _json(store.folder(stage) / pretraining.TRAINING)
                facts = {key: training[key] for key in ("updates", "tokens", "seconds")}
                runs.append({"seed": seed, **facts, "last_loss": training["losses"][-1][1]})
        described[name] = {"options": options.model_dump(mode="json"), "runs": runs}
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
