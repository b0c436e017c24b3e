"""What follows from a study's predictions once its scores are known: differences, claims, lengths.

`results.json` and `predictions.parquet` are all that this needs; the stages, with the weights, may
be gone.
"""

from pathlib import Path

from lingweave.evaluation import PREDICTIONS, read_predictions
from lingweave.study.claims import judge_claims
from lingweave.study.differences import with_differences
from lingweave.study.lengths import length_buckets
from lingweave.study.results import Results


def judged(results: Results, folder: Path) -> Results:
    """The results with differences, claims and scores by length, by this version's rules.

    Where predictions were not kept, what is there of these stays as it is.

    Args:
        results: of the study.
        folder: where its predictions are, if they were kept.

    Raises:
        TableError: the predictions cannot be read.
    """
    if not (folder / PREDICTIONS).is_file():
        claims = results.claims or judge_claims(results, {})
        return results.model_copy(update={"claims": claims})
    predictions = read_predictions(folder / PREDICTIONS)
    return results.model_copy(
        update={
            "scores": with_differences(results, predictions),
            "claims": judge_claims(results, predictions),
            "lengths": length_buckets(results, predictions),
        }
    )
