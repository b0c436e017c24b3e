"""Natural language inference: does the premise entail the hypothesis, contradict it, or neither?

XNLI (Conneau et al. 2018, 1809.05053) is scored by accuracy; macro-F1 stands beside it. English
pairs to train on are MultiNLI's (Williams et al. 2018, 1704.05426) and SNLI's (Bowman et al. 2015,
1508.05326).
"""

from dataclasses import dataclass, field

from lingweave.tasks.classification import ClassificationTask

LABELS = ("entailment", "neutral", "contradiction")
_SPELLINGS = {
    "contradictory": "contradiction",  # in XTREME's files
    **dict(zip("012", LABELS, strict=True)),  # the numbers of facebook/xnli and nyu-mll/glue
}


@dataclass(frozen=True)
class NLIExample:
    """A labelled pair of sentences.

    Attributes:
        premise: what is known.
        hypothesis: what is asked about.
        label: index in `LABELS`.
        line: as that of a `LabelledText`.
    """

    premise: str
    hypothesis: str
    label: int
    line: int | None = field(default=None, compare=False, repr=False)


def _spelling(label: str) -> str:
    return _SPELLINGS.get(label, label)


NLI = ClassificationTask(
    version=1,
    labels=LABELS,
    texts=("premise", "hypothesis"),
    example=NLIExample,
    spelling=_spelling,
    chance=1 / len(LABELS),
)
