"""Natural language inference: does the premise entail the hypothesis, contradict it, or neither?

XNLI (Conneau et al. 2018, 1809.05053) is scored by accuracy; macro-F1 stands beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from lingweave.corpus import Row
from lingweave.errors import TableError
from lingweave.objectives import LabelledSequence
from lingweave.tasks.base import ClassificationTask
from lingweave.tasks.classifier import encode_text_pairs

LABELS = ("entailment", "neutral", "contradiction")
_SPELLINGS = {"contradictory": "contradiction"}  # in XTREME's files
_HUB_CODES = dict(zip("012", LABELS, strict=True))  # of facebook/xnli and nyu-mll/glue


@dataclass(frozen=True)
class NLIExample:
    """A labelled pair of sentences.

    Attributes:
        premise: what is known.
        hypothesis: what is asked about.
        label: index in `LABELS`.
    """

    premise: str
    hypothesis: str
    label: int


def nli_example(row: Row, location: str) -> NLIExample:
    """Check the label of a row.

    Args:
        row: premise, hypothesis and label as text.
        location: where it was read, for the message.

    Raises:
        TableError: the label is unknown.
    """
    label = _SPELLINGS.get(row["label"], row["label"])
    label = _HUB_CODES.get(label, label)
    if label not in LABELS:
        raise TableError(
            f"unknown label {row['label']!r}, expected one of {', '.join(LABELS)}",
            remedy="mend the label, or name the right column",
            path=location,
            line=row.line,
        )
    return NLIExample(row["premise"], row["hypothesis"], LABELS.index(label))


def encode_nli(
    tokenizer: PreTrainedTokenizerFast, examples: Sequence[NLIExample], max_length: int
) -> list[LabelledSequence]:
    """Premise and hypothesis in one sequence.

    Args:
        tokenizer: of the encoder.
        examples: to be encoded.
        max_length: pieces, special tokens counted; the longer sentence is cut.
    """
    pairs = [(example.premise, example.hypothesis) for example in examples]
    labels = [example.label for example in examples]
    return encode_text_pairs(tokenizer, pairs, labels, max_length=max_length)


NLI = ClassificationTask(
    version=1,
    labels=LABELS,
    fields=("premise", "hypothesis", "label"),
    example=nli_example,
    encode=encode_nli,
)
