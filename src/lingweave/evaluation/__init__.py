"""Evaluation: predictions in, scores with a signature, intervals and comparisons out.

Nothing here knows how a model was trained.
"""

from lingweave.evaluation.extraction import ExtractionSetting, score_extractions
from lingweave.evaluation.intervals import Interval, score_interval
from lingweave.evaluation.isotropy import Isotropy, measure_isotropy
from lingweave.evaluation.length_gaps import compare_gaps
from lingweave.evaluation.predictions import (
    PREDICTIONS,
    Cell,
    Model,
    Outcome,
    Predictions,
    join_predictions,
    prediction_table,
    read_model_predictions,
    read_predictions,
    seed_runs,
    write_predictions,
)
from lingweave.evaluation.retrieval import RetrievalScore, retrieval_accuracy
from lingweave.evaluation.scores import joint_signature, score_predictions
from lingweave.evaluation.significance import (
    MIN_SEEDS,
    Comparison,
    Relation,
    Runs,
    compare_scores,
    holm,
    seed_interval,
)

__all__ = [
    "MIN_SEEDS",
    "PREDICTIONS",
    "Cell",
    "Comparison",
    "ExtractionSetting",
    "Interval",
    "Isotropy",
    "Model",
    "Outcome",
    "Predictions",
    "Relation",
    "RetrievalScore",
    "Runs",
    "compare_gaps",
    "compare_scores",
    "holm",
    "join_predictions",
    "joint_signature",
    "measure_isotropy",
    "prediction_table",
    "read_model_predictions",
    "read_predictions",
    "retrieval_accuracy",
    "score_extractions",
    "score_interval",
    "score_predictions",
    "seed_interval",
    "seed_runs",
    "write_predictions",
]
