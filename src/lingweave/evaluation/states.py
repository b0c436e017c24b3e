"""Texts → the states that an encoder has for them: what all probes measure.

Every sentence is encoded once, by itself, without a prompt, all layers from one forward pass, in
batches of like length. Layer 0 is the embeddings, layer 1 the first above them.

Shape letters: N layers (the encoder's and the embeddings), B sentences, L pieces, W words, D width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lingweave.alignment.contextual import Pooling, WordVectors, pool_words
from lingweave.encoder import (
    EncodedSentence,
    Encoder,
    SequenceTemplate,
    Span,
    encode_words,
    num_positions,
)
from lingweave.objectives.base import attention_mask, pad

Floats = NDArray[np.float32]

BATCH_SENTENCES = 64
"""Sentences in a forward pass; sorted by length, so little is padding."""


@dataclass(frozen=True, slots=True)
class SentenceStates:
    """What an encoder makes of one sentence.

    Attributes:
        index: of the sentence among those given.
        first: states of the first token, a special one where the encoder has such, (N, D).
        pieces: states of the sentence's own pieces, (N, L, D).
    """

    index: int
    first: Floats
    pieces: Floats


@dataclass(frozen=True, kw_only=True)
class WordStates:
    """The words of some sentences in all layers, sentence after sentence.

    Attributes:
        vectors: by pooling, (N, words of all sentences, D).
        has_piece: whether the encoder saw anything of a word, one for each word.
        starts: where each sentence's words begin, and the end of the last, (sentences + 1,).
    """

    vectors: dict[Pooling, Floats]
    has_piece: NDArray[np.bool_]
    starts: NDArray[np.int64]

    def sentences(self, layer: int, pooling: Pooling) -> list[WordVectors]:
        """The words of each sentence in one layer."""
        vectors = self.vectors[pooling][layer]
        bounds = zip(self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True)
        return [
            WordVectors(vectors=vectors[first:end], has_piece=self.has_piece[first:end])
            for first, end in bounds
        ]

    @property
    def num_without_piece(self) -> int:
        """Words that the encoder saw nothing of: behind the cut, or swallowed by a neighbour."""
        return int((~self.has_piece).sum())


def max_pieces(encoder: Encoder) -> int:
    """Pieces of a sentence that fit into the encoder beside the special tokens."""
    special = len(SequenceTemplate.of(encoder.tokenizer).single(np.empty(0, dtype=np.int32)))
    positions = num_positions(encoder.model) or encoder.model.config.max_position_embeddings
    return int(positions) - special


def sentence_states(
    encoder: Encoder, sentences: Sequence[EncodedSentence]
) -> Iterator[SentenceStates]:
    """Run the encoder; sentences come back in order of their length.

    Args:
        encoder: used as and where it is, in evaluation mode.
        sentences: none longer than `max_pieces`.

    Yields:
        what the encoder makes of each.
    """
    template = SequenceTemplate.of(encoder.tokenizer)
    padding = encoder.tokenizer.pad_token_id
    assert isinstance(padding, int)  # load_tokenizer has seen to it
    order = sorted(range(len(sentences)), key=lambda index: len(sentences[index]))
    before = len(template.before)
    model: Any = encoder.model
    model.eval()
    for start in range(0, len(order), BATCH_SENTENCES):
        chosen = order[start : start + BATCH_SENTENCES]
        sequences = [template.single(sentences[index].pieces) for index in chosen]
        inputs = {
            "input_ids": pad(sequences, padding),
            "attention_mask": attention_mask(sequences),
        }
        inputs = {name: tensor.to(model.device) for name, tensor in inputs.items()}
        with torch.inference_mode():
            # Not the whole masked LM: its logits over the vocabulary are of no use here.
            output = model.base_model(**inputs, output_hidden_states=True)
            hidden_NBLD = torch.stack(output.hidden_states).float().cpu().numpy()
        for row, index in enumerate(chosen):
            end = before + len(sentences[index])
            yield SentenceStates(index, hidden_NBLD[:, row, 0], hidden_NBLD[:, row, before:end])


def sentence_vectors(encoder: Encoder, sentences: Sequence[str]) -> dict[Pooling, Floats]:
    """Each sentence as one vector in each layer, (N, sentences, D).

    `mean` is the mean of its pieces, special tokens left out (zeros where it has none); `first` is
    the first token.
    """
    encoded = encode_words(
        encoder.tokenizer, sentences, [()] * len(sentences), max_pieces=max_pieces(encoder)
    )
    vectors: dict[Pooling, Floats] = {}
    for states in sentence_states(encoder, encoded):
        if not vectors:
            shape = (states.first.shape[0], len(sentences), states.first.shape[1])
            vectors = {"mean": np.zeros(shape, np.float32), "first": np.empty(shape, np.float32)}
        if states.pieces.shape[1]:
            vectors["mean"][:, states.index] = states.pieces.mean(axis=1)
        vectors["first"][:, states.index] = states.first
    return vectors


def word_states(
    encoder: Encoder, sentences: Sequence[str], word_spans: Sequence[Sequence[Span]]
) -> WordStates:
    """Each word as one vector in each layer, by either pooling of its pieces.

    Args:
        encoder: to run.
        sentences: untouched text.
        word_spans: per sentence the words' character offsets [start, end), ascending and disjoint.
    """
    encoded = encode_words(encoder.tokenizer, sentences, word_spans, max_pieces=max_pieces(encoder))
    starts = np.concatenate(([0], np.cumsum([len(spans) for spans in word_spans])))
    has_piece = np.zeros(starts[-1], dtype=np.bool_)
    vectors: dict[Pooling, Floats] = {}
    for states in sentence_states(encoder, encoded):
        first, end = int(starts[states.index]), int(starts[states.index + 1])
        words = encoded[states.index].words
        has_piece[first + words[words >= 0]] = True
        if not vectors:
            shape = (states.first.shape[0], len(has_piece), states.first.shape[1])
            vectors = {"mean": np.empty(shape, np.float32), "first": np.empty(shape, np.float32)}
        for pooling, pooled in vectors.items():
            pooled[:, first:end] = pool_words(states.pieces, words, end - first, pooling)
    return WordStates(vectors=vectors, has_piece=has_piece, starts=starts)
