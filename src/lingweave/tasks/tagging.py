"""Tagging: a tag for each word of a sentence, scored by the spans that the tags make.

The words come one by one, as the published files have them. They are joined by single spaces, also
in Chinese, where each character is a word: so no two of them meet in one piece, and each can have a
tag of its own. The sentence is then tokenised whole, and a word's tag stands at its first piece,
found by character offsets.

A word may be left without a piece: the tokenizer deletes it (a zero-width character) or merges it
with its neighbour. It is not trained on; predicted, it belongs to the entity that goes on behind
it, and else is outside. Sentences that are too long are parted between words, so none is cut off.

Spans are seqeval's (conlleval's rules: `I-PER` behind something else begins a span too), and so are
precision, recall and F1: over all spans of a test set, of whatever type.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from seqeval.metrics.sequence_labeling import get_entities
from torch import nn
from transformers import AutoModelForTokenClassification, PreTrainedTokenizerFast

from lingweave.corpus import HUB_COLUMNS, TaggedSentence, read_tagged
from lingweave.encoder import (
    NO_WORD,
    EncodedSentence,
    IntArray,
    SequenceTemplate,
    Span,
    encode_words,
)
from lingweave.errors import TableError
from lingweave.objectives import NO_LABEL, TaggedSequence, TokenLabels
from lingweave.tasks.base import Metric, PredictionText, Statistics, predictions_file, ratio
from lingweave.tasks.examples import Examples
from lingweave.tasks.heads import load_model, new_model, outputs
from lingweave.training.options import Precision

OUTSIDE = "O"

_NO_LIMIT = 2**31
"""More pieces than any sentence has: none is cut."""

Tags = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class TaggedPart(TaggedSequence):
    """A sentence in pieces, or a part of one.

    Attributes:
        example: index of the sentence it belongs to.
        words: at each word's first piece the 0-based word, else `NO_WORD`, (L,).
    """

    example: int
    words: IntArray


F1 = Metric("f1", "F1", lambda sums: ratio(2 * sums[..., 0], sums[..., 1] + sums[..., 2]))
PRECISION = Metric("precision", "precision", lambda sums: ratio(sums[..., 0], sums[..., 2]))
RECALL = Metric("recall", "recall", lambda sums: ratio(sums[..., 0], sums[..., 1]))


@dataclass(frozen=True, kw_only=True)
class TaggingTask:
    """A task with a tag for each word.

    Attributes:
        version: see `Task`.
        labels: the tags, in the order of their indices.
        metrics: see `Task`.
        chance: see `Task`.
        max_length: see `Task`.
    """

    version: int
    labels: tuple[str, ...]
    metrics: tuple[Metric, ...] = (F1, PRECISION, RECALL)
    chance: float | None = None
    max_length: int = 128

    def read(self, source: Examples) -> Iterator[TaggedSentence]:
        """Yield the sentences of a file or a hub dataset.

        Raises:
            TableError: the file is not as it should be, a tag is unknown, or rows are to be chosen,
                which this format does not allow.
        """
        columns = source.columns or HUB_COLUMNS
        if source.where or set(columns) != set(HUB_COLUMNS):
            raise TableError(
                "tagged sentences have the columns `words` and `tags`, and no `where`",
                remedy="name these columns of a hub dataset, or leave `columns` out",
                path=source.path,
            )
        if source.columns and Path(source.path).exists():
            raise TableError(
                "`columns` are those of a hub dataset, but this is a file",
                remedy="write a word, a TAB and its tag on each line, and leave `columns` out",
                path=source.path,
            )
        sentences = read_tagged(source.path, columns=columns, split=source.split)
        return (self._checked(sentence, source.path) for sentence in sentences)

    def _checked(self, sentence: TaggedSentence, location: str) -> TaggedSentence:
        for number, tag in enumerate(sentence.tags):
            if tag not in self.labels:
                is_file = Path(location).exists()
                raise TableError(
                    f"unknown tag {tag!r}, expected one of {', '.join(self.labels)}",
                    remedy="mend the tag",
                    path=location,
                    line=sentence.line + number * is_file,
                )
        return sentence

    def new_model(self, checkpoint: Path | str, *, seed: int) -> nn.Module:
        """An encoder with an untrained classifier of pieces."""
        model_class = AutoModelForTokenClassification
        return new_model(model_class, checkpoint, seed=seed, labels=self.labels)

    def load_model(self, checkpoint: Path | str) -> nn.Module:
        """A classifier of pieces with this task's tags."""
        return load_model(AutoModelForTokenClassification, checkpoint, labels=self.labels)

    def encode(
        self,
        tokenizer: PreTrainedTokenizerFast,
        examples: Sequence[TaggedSentence],
        max_length: int,
    ) -> list[TaggedPart]:
        """The parts of each sentence, mostly one.

        Args:
            tokenizer: of the encoder.
            examples: to be encoded.
            max_length: pieces of a part, special tokens counted.
        """
        template = SequenceTemplate.of(tokenizer)
        before, after = len(template.before), len(template.after)
        joined = [joined_words(example.words) for example in examples]
        encoded = encode_words(
            tokenizer,
            [text for text, _ in joined],
            [spans for _, spans in joined],
            max_pieces=_NO_LIMIT,
        )
        parts: list[TaggedPart] = []
        for index, (example, sentence) in enumerate(zip(examples, encoded, strict=True)):
            words = _first_pieces(sentence.words)
            tags = np.array([self.labels.index(tag) for tag in example.tags], dtype=np.int32)
            labels = np.where(words == NO_WORD, NO_LABEL, tags[words]).astype(np.int32)
            for start, end in part_bounds(sentence, max_length - before - after):
                pieces = template.single(sentence.pieces[start:end])
                parts.append(
                    TaggedPart(
                        pieces=pieces,
                        token_types=np.zeros(len(pieces), dtype=np.int32),
                        labels=np.pad(labels[start:end], (before, after), constant_values=NO_LABEL),
                        words=np.pad(words[start:end], (before, after), constant_values=NO_WORD),
                        example=index,
                    )
                )
        return parts

    def objective(self, tokenizer: PreTrainedTokenizerFast) -> TokenLabels:
        """Cross-entropy of the words' tags."""
        return TokenLabels(tokenizer)

    def predict(
        self,
        model: nn.Module,
        tokenizer: PreTrainedTokenizerFast,
        examples: Sequence[TaggedSentence],
        sequences: Sequence[TaggedPart],
        precision: Precision,
    ) -> list[list[str]]:
        """The likeliest tag of each word."""
        tags: list[list[str | None]] = [[None] * len(example.words) for example in examples]
        for chosen, output in outputs(model, self.objective(tokenizer), sequences, precision):
            labels_BL = output.logits.argmax(dim=-1).cpu().numpy()
            for row, index in enumerate(chosen):
                part = sequences[index]
                for position in np.flatnonzero(part.words != NO_WORD):
                    label = self.labels[labels_BL[row, position]]
                    tags[part.example][part.words[position]] = label
        return [filled(own) for own in tags]

    def statistics(
        self, examples: Sequence[TaggedSentence], predictions: Sequence[Tags]
    ) -> Statistics:
        """See `span_statistics`."""
        return span_statistics([example.tags for example in examples], predictions)

    def write(
        self,
        folder: Path,
        language: str,
        examples: Sequence[TaggedSentence],
        predictions: Sequence[Tags],
    ) -> None:
        """Keep the tags: `word TAB gold TAB predicted`, an empty line between sentences."""
        lines = ["word\tgold\tpredicted"]
        for example, tags in zip(examples, predictions, strict=True):
            words = zip(example.words, example.tags, tags, strict=True)
            lines += [*("\t".join(word) for word in words), ""]
        predictions_file(folder, language).write_text("\n".join(lines), "utf-8")

    def as_text(self, example: TaggedSentence, prediction: Tags) -> PredictionText:
        """The tags with spaces between."""
        return PredictionText(
            prediction=" ".join(prediction),
            gold=" ".join(example.tags),
            num_characters=len(" ".join(example.words)),
        )


def span_statistics(gold: Sequence[Tags], predicted: Sequence[Tags]) -> Statistics:
    """For each sentence the number of right, of given and of predicted spans, (N, 3)."""
    rows = []
    for true, said in zip(gold, predicted, strict=True):
        given, found = set(get_entities(list(true))), set(get_entities(list(said)))
        rows.append([len(given & found), len(given), len(found)])
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def filled(tags: Sequence[str | None]) -> list[str]:
    """The tags with those of words without a piece (None), as the module docstring says.

    Args:
        tags: of a sentence, at least one word.
    """
    known = list(tags)
    for index, tag in enumerate(known):
        if tag is None:
            before = known[index - 1] if index else OUTSIDE
            behind = next((later for later in tags[index:] if later is not None), OUTSIDE)
            kind = behind[2:]
            if behind != f"I-{kind}":
                known[index] = OUTSIDE
            else:
                known[index] = behind if before in (f"B-{kind}", behind) else f"B-{kind}"
    return [tag or OUTSIDE for tag in known]


def part_bounds(sentence: EncodedSentence, room: int) -> list[Span]:
    """The parts [start, end) of a sentence, each as long as `room` allows, parted between words.

    Only a word that is longer than `room` is parted itself; its tag stands at its first piece.

    Args:
        sentence: in pieces.
        room: for pieces in a part, at least 1.
    """
    words, bounds, start = sentence.words, [], 0
    while len(words) - start > room:
        end = start + room
        while end > start and words[end] == words[end - 1] != NO_WORD:
            end -= 1
        end = end if end > start else start + room
        bounds.append((start, end))
        start = end
    return [*bounds, (start, len(words))]


def joined_words(words: Sequence[str]) -> tuple[str, list[Span]]:
    """Words with single spaces between them, as the task reads them, and where they stand."""
    spans, start = [], 0
    for word in words:
        spans.append((start, start + len(word)))
        start += len(word) + 1
    return " ".join(words), spans


def _first_pieces(words: IntArray) -> IntArray:
    """Each word at its first piece only, else `NO_WORD`."""
    first = np.full_like(words, NO_WORD)
    found, positions = np.unique(words, return_index=True)
    first[positions[found != NO_WORD]] = found[found != NO_WORD]
    return first
