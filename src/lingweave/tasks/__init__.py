"""Tasks: what encoders are judged on. Reading, encoding, the head that is fine-tuned, its score.

In: labelled text (`lingweave.corpus`). Out: sequences for fine-tuning, predictions, and for each
example the statistics of which a score is made.
"""

from lingweave.tasks.base import Metric, PredictionText, Statistics, Task, predictions_file
from lingweave.tasks.examples import Examples
from lingweave.tasks.ner import NER
from lingweave.tasks.nli import NLI
from lingweave.tasks.paraphrase import PARAPHRASE
from lingweave.tasks.question_answering import MLQA, SQUAD
from lingweave.tasks.sentiment import SENTIMENT
from lingweave.tasks.topics import TOPICS

TASKS: dict[str, Task] = {
    "nli": NLI,
    "paraphrase": PARAPHRASE,
    "topics": TOPICS,
    "sentiment": SENTIMENT,
    "mlqa": MLQA,
    "xquad": SQUAD,
    "tydiqa": SQUAD,
    "ner": NER,
}

__all__ = [
    "MLQA",
    "NER",
    "NLI",
    "PARAPHRASE",
    "SENTIMENT",
    "SQUAD",
    "TASKS",
    "TOPICS",
    "Examples",
    "Metric",
    "PredictionText",
    "Statistics",
    "Task",
    "predictions_file",
]
