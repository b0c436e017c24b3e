"""WEAM, the word-exchange aligned model (Yang et al. 2021, 2106.01732).

"Bilingual Alignment Pre-Training for Zero-Shot Cross-Lingual Transfer".

What it learns: each masked piece is predicted twice by the same head. *Multilingual prediction* is
MLM. *Cross-lingual prediction* swaps the states of aligned words across the pair and predicts the
masked pieces of the swapped sentence: from the state of "Katze", predict "cat". With H^x (Tx, D),
H^y (Ty, D) the last layer's states and M^{x→y} (Tx, Ty) the word alignment spread over pieces
(rows sum to 1, or 0 where a word is not aligned),

    H̃^x = M^{x→y} H^y,   H̃^y = M^{y→x} H^x,   loss = L_multilingual + λ · L_cross.

Worked pair: "the cat sleeps" / "die Kat ##ze schläft", links 0-0 1-1 2-2, "cat" masked.
Multilingual: "cat" from the state of [MASK] in "the [MASK] sleeps". Cross-lingual: "cat" from the
mean of the states of "Kat" and "##ze" (`subword_link: mean`), or from that of "Kat" alone
(`ordinal`: the k-th piece of a word is linked to the k-th piece of its translation, the last one
where there is no k-th).

Open in the paper, hence options: whether the sentences are encoded apart (then a piece's
translation is seen through the swap only) or together in one sequence (then attention sees it too,
as in TLM), how words of several pieces are linked, and which layer's states are swapped. Below the
last `layer` the states of *all* aligned pieces are swapped, the others keep their own, and the
layers above compute the states of the swapped sentence, from which its masked pieces are predicted.
In the last layer no state looks at another any more, so swapping the masked pieces is enough.

Siblings: λ = 0 is MLM (apart) or TLM (together), to the bit unless `layer` is given (the layers
above it are run twice, and dropout is drawn for both); code-switched MLM swaps the words
themselves, before any layer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from lingweave.encoder import NO_WORD, IntArray
from lingweave.objectives.base import EncodedPair, hidden_states, prediction_loss
from lingweave.objectives.inner import check_layer, states_of_layer
from lingweave.objectives.masked import MaskedBatch, MaskedObjective, MaskedOptions, Sequences
from lingweave.objectives.mlm import MLM, MLMOptions
from lingweave.objectives.tlm import TLM, TLMOptions, pair_starts

SubwordLink = Literal["mean", "ordinal"]


class WEAMOptions(MaskedOptions):
    """Options of WEAM."""

    objective: Literal["weam"] = "weam"
    cross_weight: float = Field(default=1.0, ge=0, description="λ (2106.01732: 1)")
    pair_encoding: Literal["apart", "together"] = Field(
        default="apart", description="two sequences or one; not known of the paper"
    )
    subword_link: SubwordLink = Field(
        default="mean", description="how a word of several pieces is linked; not known of the paper"
    )
    layer: int | None = Field(
        default=None,
        ge=1,
        description="whose states are swapped, 1 the lowest; default: the last, the head's input; "
        "not known of the paper",
    )


@dataclass(frozen=True)
class Exchange:
    """The non-zero entries of M^{x→y}, for the pieces of one sentence.

    Attributes:
        rows: pieces that receive a state, (E,).
        columns: pieces of the other sentence that give one, (E,).
        values: the entries; those of one row sum to 1, (E,).
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float32]


def exchange(words: IntArray, other_words: IntArray, links: IntArray, how: SubwordLink) -> Exchange:
    """Spread word links over pieces.

    Args:
        words: for each piece of the sentence its word, or `NO_WORD`.
        other_words: the same of the other sentence.
        links: 0-based (word, other word), shape (links, 2); words without a piece are passed over.
        how: `mean` of all pieces of all linked words, or the `ordinal` one.
    """
    pieces_of: dict[int, list[int]] = {}
    for piece, word in enumerate(other_words.tolist()):
        pieces_of.setdefault(word, []).append(piece)
    linked: dict[int, list[int]] = {}
    for word, other in links.tolist():
        linked.setdefault(word, []).extend(pieces_of.get(other, []))
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    previous, ordinal = NO_WORD, 0
    for piece, word in enumerate(words.tolist()):
        ordinal = ordinal + 1 if word == previous else 0
        previous = word
        partners = sorted(set(linked.get(word, []))) if word != NO_WORD else []
        if partners and how == "ordinal":
            partners = [partners[min(ordinal, len(partners) - 1)]]
        rows += [piece] * len(partners)
        columns += partners
        values += [1 / len(partners)] * len(partners) if partners else []
    return Exchange(
        np.array(rows, dtype=np.int64),
        np.array(columns, dtype=np.int64),
        np.array(values, dtype=np.float32),
    )


@dataclass(frozen=True, kw_only=True)
class WEAMBatch(MaskedBatch):
    """Masked sequences and the exchange of states between them.

    R counts the aligned pieces whose states are swapped, E the entries of M in their rows, C the
    masked pieces among them. Positions are rows of the flattened states.

    Attributes:
        receivers: positions of the R, (R,).
        exchange_rows: which of the R receives, (E,).
        exchange_columns: positions of who gives, (E,).
        exchange_values: the entries of M, (E,).
        cross_positions: where to predict in the swapped sentences, (C,).
        cross_labels: the pieces that stood there, (C,).
    """

    receivers: Tensor
    exchange_rows: Tensor
    exchange_columns: Tensor
    exchange_values: Tensor
    cross_positions: Tensor
    cross_labels: Tensor


class WEAM(MaskedObjective):
    """See the module docstring.

    Args:
        tokenizer: of the encoder in training.
        options: masking, λ and the paper's open choices.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, options: WEAMOptions) -> None:
        super().__init__(tokenizer, options)
        self._options = options
        self._sibling: MaskedObjective = (
            MLM(tokenizer, MLMOptions(masking=options.masking))
            if options.pair_encoding == "apart"
            else TLM(tokenizer, TLMOptions(masking=options.masking))
        )

    def begin(self, model: nn.Module, *, seed: int) -> None:
        """Refuse a layer that the encoder does not have.

        Raises:
            CheckpointError: the encoder has fewer layers.
        """
        if self._options.layer is not None:
            check_layer(model, self._options.layer)

    @property
    def weights(self) -> Mapping[str, float]:
        """Multilingual 1, cross-lingual λ."""
        return {"multilingual": 1.0, "cross-lingual": self._options.cross_weight}

    def sequences(self, pair: EncodedPair, generator: torch.Generator) -> Sequences:
        """As MLM or TLM lays it out."""
        return self._sibling.sequences(pair, generator)

    def collate(
        self, examples: Sequence[EncodedPair], generators: Sequence[torch.Generator]
    ) -> WEAMBatch:
        """Mask as MLM or TLM does, then find which pieces are aligned, and to what."""
        masked = super().collate(examples, generators)
        num_positions = masked.inputs["input_ids"].numel()
        rows, columns, values = self._exchanges(examples, masked.inputs["input_ids"].shape[1])
        is_masked = np.zeros(num_positions, dtype=np.bool_)
        is_masked[masked.positions.numpy()] = True
        if self._options.layer is None:
            kept = is_masked[rows]
            rows, columns, values = rows[kept], columns[kept], values[kept]
        receivers = np.unique(rows)
        cross_positions = receivers[is_masked[receivers]]
        among_masked = np.searchsorted(masked.positions.numpy(), cross_positions)
        return WEAMBatch(
            inputs=masked.inputs,
            counts=masked.counts | {"cross-lingual": len(cross_positions)},
            positions=masked.positions,
            labels=masked.labels,
            receivers=torch.from_numpy(receivers),
            exchange_rows=torch.from_numpy(np.searchsorted(receivers, rows)),
            exchange_columns=torch.from_numpy(columns),
            exchange_values=torch.from_numpy(values),
            cross_positions=torch.from_numpy(cross_positions),
            cross_labels=masked.labels[torch.from_numpy(among_masked)],
        )

    def sums(self, model: nn.Module, batch: MaskedBatch) -> dict[str, Tensor]:
        """Both predictions, logits at their positions only."""
        assert isinstance(batch, WEAMBatch)  # what `collate` makes
        if self._options.layer is None:
            states = hidden_states(model, batch.inputs).flatten(0, 1)
            swapped_CD = exchanged(states, batch)
        else:
            last_BLD, inner_BLD, upwards = states_of_layer(model, batch.inputs, self._options.layer)
            states, inner = last_BLD.flatten(0, 1), inner_BLD.flatten(0, 1)
            inner = inner.index_copy(0, batch.receivers, exchanged(inner, batch))
            swapped_BLD = upwards(inner.view_as(inner_BLD))
            swapped_CD = swapped_BLD.flatten(0, 1)[batch.cross_positions]
        return {
            "multilingual": prediction_loss(model, states[batch.positions], batch.labels),
            "cross-lingual": prediction_loss(model, swapped_CD, batch.cross_labels),
        }

    def _exchanges(
        self, examples: Sequence[EncodedPair], length: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Both directions of every pair, in positions of the flattened batch."""
        how = self._options.subword_link
        rows, columns, values = [], [], []
        for index, pair in enumerate(examples):
            source_start, target_start = self._starts(index, pair, length)
            forth = exchange(pair.source.words, pair.target.words, pair.links, how)
            back = exchange(pair.target.words, pair.source.words, pair.links[:, ::-1], how)
            rows += [forth.rows + source_start, back.rows + target_start]
            columns += [forth.columns + target_start, back.columns + source_start]
            values += [forth.values, back.values]
        return np.concatenate(rows), np.concatenate(columns), np.concatenate(values)

    def _starts(self, index: int, pair: EncodedPair, length: int) -> tuple[int, int]:
        """Flat positions of the first source and the first target piece of a pair."""
        if self._options.pair_encoding == "together":
            source_start, target_start = pair_starts(len(pair.source), self._template)
            return index * length + source_start, index * length + target_start
        before = len(self._template.before)
        return 2 * index * length + before, (2 * index + 1) * length + before


def exchanged(states: Tensor, batch: WEAMBatch) -> Tensor:
    """M times the flattened states, at the receivers only, (R, D)."""
    given = states[batch.exchange_columns] * batch.exchange_values.to(states.dtype)[:, None]
    received_RD = states.new_zeros(len(batch.receivers), states.shape[1])
    return received_RD.index_add(0, batch.exchange_rows, given)
