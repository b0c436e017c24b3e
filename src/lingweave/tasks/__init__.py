"""Tasks: what encoders are judged on. Reading, encoding, labels, and the head that is fine-tuned.

In: labelled rows (`lingweave.corpus`). Out: labelled sequences for fine-tuning and predictions for
scoring.
"""

from lingweave.tasks.base import ClassificationTask
from lingweave.tasks.classifier import load_classifier, new_classifier, predict
from lingweave.tasks.nli import NLI

TASKS: dict[str, ClassificationTask] = {
    "nli": NLI,
}

__all__ = ["NLI", "TASKS", "ClassificationTask", "load_classifier", "new_classifier", "predict"]
