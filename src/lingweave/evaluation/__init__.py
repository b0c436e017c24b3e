"""Evaluation: predictions in, scores with a signature and intervals out.

Nothing here knows how a model was trained.
"""

from lingweave.evaluation.intervals import Interval, mean_interval
from lingweave.evaluation.scores import ClassificationScore, score_classification

__all__ = ["ClassificationScore", "Interval", "mean_interval", "score_classification"]
