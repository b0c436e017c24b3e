"""Tasks: what encoders are judged on. Reading, encoding, the head that is fine-tuned, its score.

In: labelled text (`lingweave.corpus`). Out: sequences for fine-tuning, predictions, and for each
example the statistics of which a score is made.
"""

from collections.abc import Iterable

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


def learned_as(name: str, selecting: Iterable[Examples]) -> str:
    """The first task that learns the same from the same examples, so that it is learned once.

    MLQA's F1 and SQuAD's treat English alike but for rare punctuation. Epochs are selected by
    SQuAD's where only English examples select them, so all sets of questions share a training.

    Args:
        name: a key of `TASKS`.
        selecting: the examples that select the epoch.
    """
    task = TASKS[name]
    if task is MLQA and all(source.context_language == "en" for source in selecting):
        task = SQUAD
    return next(first for first, other in TASKS.items() if other is task)


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
    "learned_as",
    "predictions_file",
]
