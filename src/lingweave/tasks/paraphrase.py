"""Paraphrase identification: do two sentences, alike in words, mean the same?

PAWS-X (Yang et al. 2019, 1908.11828) is scored by accuracy; macro-F1 stands beside it. Its pairs
share nearly all words, in another order, so that counting common words is of no use.
"""

from dataclasses import dataclass, field

from lingweave.tasks.classification import ClassificationTask

LABELS = ("different", "paraphrase")
_SPELLINGS = dict(zip("01", LABELS, strict=True))  # as published, and on the hub


@dataclass(frozen=True)
class SentencePair:
    """A labelled pair of sentences.

    Attributes:
        sentence1: the first.
        sentence2: the second.
        label: index in `LABELS`.
        line: as that of a `LabelledText`.
    """

    sentence1: str
    sentence2: str
    label: int
    line: int | None = field(default=None, compare=False, repr=False)


def _spelling(label: str) -> str:
    return _SPELLINGS.get(label, label)


PARAPHRASE = ClassificationTask(
    version=1,
    labels=LABELS,
    texts=("sentence1", "sentence2"),
    example=SentencePair,
    spelling=_spelling,
    chance=1 / len(LABELS),
)
