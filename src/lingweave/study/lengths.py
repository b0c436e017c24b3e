"""Scores by the length of the input: do long examples lose more?

Each test set is parted into quarters by the characters of its inputs, which are known of every task
and depend on no tokenizer. They compare within a language, not between languages.
"""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lingweave.evaluation import Model, Outcome, Predictions
from lingweave.study.results import LengthBucket, Results
from lingweave.tasks import TASKS, Metric

NUM_BUCKETS = 4

Tested = Mapping[Model, Outcome]
"""The models of all systems in a setting, task and language."""


def length_buckets(results: Results, predictions: Predictions) -> list[LengthBucket]:
    """The buckets of each task, setting and language, the shortest inputs first.

    Args:
        results: of the study; says which kinds of task there are.
        predictions: of the study; those by its first rule of selection are taken.
    """
    groups: dict[tuple[str, str, str], dict[Model, Outcome]] = defaultdict(dict)
    for model, by_language in predictions.items():
        if model.selection == next(iter(predictions)).selection:
            for language, outcome in by_language.items():
                groups[model.task, model.setting, language][model] = outcome
    return [
        bucket
        for (task, setting, language), tested in groups.items()
        for bucket in _buckets((task, setting, language), tested, _metric(results, task))
    ]


def median_lengths(predictions: Predictions) -> dict[str, float]:
    """The median characters of an input, by task, over all its languages."""
    lengths: dict[str, dict[str, NDArray[np.int32]]] = defaultdict(dict)
    for model, by_language in predictions.items():
        for language, outcome in by_language.items():
            lengths[model.task][language] = outcome.num_characters
    return {
        task: float(np.median(np.concatenate(list(own.values())))) for task, own in lengths.items()
    }


def _metric(results: Results, task: str) -> Metric:
    return TASKS[results.recipe.tasks[task].task].metrics[0]


def _buckets(group: tuple[str, str, str], tested: Tested, metric: Metric) -> list[LengthBucket]:
    """Those of one task, setting and language."""
    lengths = next(iter(tested.values())).num_characters
    # Equal lengths stay together, so that a bucket's bounds say what is in it.
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, NUM_BUCKETS + 1)[1:-1]))
    places = np.searchsorted(edges, lengths, side="left")
    buckets = []
    for place in np.unique(places):
        chosen = places == place
        scores: dict[str, list[float]] = defaultdict(list)
        for model, outcome in tested.items():
            score = metric.of(outcome.statistics[chosen].sum(axis=0))
            scores[model.system].append(float(score))
        buckets.append(
            LengthBucket(
                task=group[0],
                setting=group[1],
                language=group[2],
                low=int(lengths[chosen].min()),
                high=int(lengths[chosen].max()),
                num_examples=int(chosen.sum()),
                scores={system: float(np.mean(own)) for system, own in scores.items()},
            )
        )
    return buckets
