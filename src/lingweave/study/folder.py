"""A study's folder as it is kept and passed on: `results.json` and `predictions.parquet`.

These two are all that reports and statistics need; the stages, with the weights, may be gone.
"""

from pathlib import Path

from lingweave.errors import RecipeError
from lingweave.evaluation import PREDICTIONS, read_predictions
from lingweave.study.claims import judge_claims
from lingweave.study.lengths import length_buckets
from lingweave.study.results import Results

RESULTS = "results.json"


def read_results(folder: Path) -> Results:
    """The results of a finished study, its claims judged anew by this version.

    Where predictions were not kept, claims that were judged before stay as they are.

    Args:
        folder: of the study.

    Raises:
        UserError: there are no results, or they cannot be read.
    """
    path = folder / RESULTS
    if not path.is_file():
        raise RecipeError("there are no results", remedy="run the study first", path=path)
    try:
        results = Results.model_validate_json(path.read_text("utf-8"))
    except ValueError as error:
        raise RecipeError(
            "this is no results file of this version", remedy="run the study again", path=path
        ) from error
    if not (folder / PREDICTIONS).is_file():
        claims = results.claims or judge_claims(results, {})
        return results.model_copy(update={"claims": claims})
    predictions = read_predictions(folder / PREDICTIONS)
    results = results.model_copy(update={"lengths": length_buckets(results, predictions)})
    return results.model_copy(update={"claims": judge_claims(results, predictions)})
