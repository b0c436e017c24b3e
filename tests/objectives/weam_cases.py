"""WEAM on three sentence pairs, with its exchange written out as a matrix."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from lingweave.encoder import NO_WORD, EncodedSentence
from lingweave.objectives import EncodedPair, WEAMOptions, make_objective
from lingweave.objectives.weam import exchange
from tiny_models import make_tokenizer

N = NO_WORD


def array(values):
    return np.array(values, dtype=np.int32)


def link_array(links):
    return array(links).reshape(-1, 2)


def matrix(words, other_words, links, how="mean"):
    """M^{x→y} as `exchange` gives it, each entry once."""
    entries = exchange(array(words), array(other_words), link_array(links), how)
    dense = np.zeros((len(words), len(other_words)))
    places = list(zip(entries.rows.tolist(), entries.columns.tolist(), strict=True))
    assert len(set(places)) == len(places)
    dense[entries.rows, entries.columns] = entries.values
    return dense


TOKENIZERS = {kind: make_tokenizer(kind) for kind in ("bert", "roberta")}
both_kinds = pytest.mark.parametrize("kind", TOKENIZERS)
both_encodings = pytest.mark.parametrize("encoding", ["apart", "together"])


def sentence(pieces, words):
    return EncodedSentence(array(pieces), array(words))


EXAMPLES = [
    EncodedPair(  # the cat sleeps / die Kat ##ze schläft
        sentence([6, 7, 8], [0, 1, 2]),
        sentence([9, 10, 11, 12], [0, 1, 1, 2]),
        link_array([(0, 0), (1, 1), (2, 2)]),
    ),
    EncodedPair(  # a word that needs two, one unaligned, one piece of no word, one word cut off
        sentence([13, 14, 15, 16, 17], [0, 0, N, 1, 2]),
        sentence([18, 19, 20], [0, 1, 3]),
        link_array([(0, 0), (0, 3), (2, 1), (2, 9), (7, 1)]),
    ),
    EncodedPair(sentence([21, 22], [0, 1]), sentence([23], [0]), link_array([])),
]


def make(kind, encoding, seed=0, *, examples=EXAMPLES, masking=0.5, **options):
    options = WEAMOptions(masking=masking, pair_encoding=encoding, **options)
    objective = make_objective("weam", TOKENIZERS[kind], options)
    return objective, objective.collate(
        examples, [torch.Generator().manual_seed(seed)] * len(examples)
    )


@dataclass
class Side:
    """One sentence in the batch: its row, its first position, itself and how it is exchanged."""

    row: int
    start: int
    sentence: EncodedSentence
    given: np.ndarray


def two_sides(index, pair, kind, encoding, how):
    """Where both sentences of a pair stand, written out from the two layouts."""
    forth = matrix(pair.source.words, pair.target.words, pair.links, how)
    back = matrix(pair.target.words, pair.source.words, pair.links[:, ::-1], how)
    if encoding == "apart":
        return (
            Side(2 * index, 1, pair.source, forth),
            Side(2 * index + 1, 1, pair.target, back),
        )
    between = 1 if kind == "bert" else 2
    second = 1 + len(pair.source) + between
    return Side(index, 1, pair.source, forth), Side(index, second, pair.target, back)
