"""The scores of a study as comma-separated values, for spreadsheets and data frames."""

import csv
from collections.abc import Iterator
from io import StringIO

from lingweave.study import Results, Score

COLUMNS = (
    "task",
    "setting",
    "selection",
    "system",
    "language",
    "metric",
    "pretraining_seed",
    "finetuning_seed",
    "num_examples",
    "score",
    "low",
    "high",
    "over_control",
    "over_control_low",
    "over_control_high",
    "signature",
)


def scores_csv(results: Results) -> str:
    """One row for each metric of each cell, mean over seeds, then one for each seed.

    Scores are 0–1. Seeds are empty in the rows of means. Intervals and differences to the control
    are known of means of a task's first metric alone, signatures of single seeds; else it is empty.
    """
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for score in results.scores:
        first = next(iter(results.measures[score.task].metrics))
        writer.writerows(_rows(score, first))
    return text.getvalue()


def _rows(score: Score, first: str) -> Iterator[dict[str, object]]:
    cell: dict[str, object] = {
        "task": score.task,
        "setting": score.setting,
        "selection": score.selection,
        "system": score.system,
        "language": score.language,
        "num_examples": score.num_examples,
    }
    for metric, value in score.metrics.items():
        mean = cell | {"metric": metric, "score": value}
        if metric == first:
            mean |= {"low": score.score.low, "high": score.score.high}
        if metric == first and score.over_control is not None:
            mean |= {
                "over_control": score.over_control.mean,
                "over_control_low": score.over_control.low,
                "over_control_high": score.over_control.high,
            }
        yield mean
        for seed in score.seeds:
            yield cell | {
                "metric": metric,
                "score": seed.metrics[metric],
                "pretraining_seed": seed.pretraining_seed,
                "finetuning_seed": seed.finetuning_seed,
                "signature": seed.signature,
            }
