"""What follows from a study's predictions once its scores are known: claims, scores by length.

`results.json` and `predictions.parquet` are all that this needs; the stages, with the weights, may
be gone.
"""

from pathlib import Path

from lingweave.evaluation import PREDICTIONS, read_predictions
from lingweave.study.claims import judge_claims
from lingweave.study.lengths import length_buckets
from lingweave.study.results import Results


def judged(results: Results, folder: Path) -> Results:
    """The results with the claims judged, by this version's rules.

    Where predictions were not kept, claims that were judged before stay as they are.

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
            "claims": judge_claims(results, predictions),
            "lengths": length_buckets(results, predictions),
        }
    )
