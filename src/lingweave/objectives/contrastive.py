"""Contrastive word alignment (Wu & Dredze 2020, 2010.02537).

"Do Explicit Alignments Robustly Improve Multilingual Encoders?"

What it learns: a word's translation is nearer to it than other words are. With N word pairs, h the
projected states of unit length and T the temperature, the word i and its translation i' cost

    -log( exp(h_i·h_i' / T) / Σ_k exp(h_i·h_k / T) ),

where k runs over the N words of the other side (`weak`), or over all 2N words but i itself
(`strong`). Both directions are averaged. The encoder's parameters are held near the original ones
by their squared distance.

Worked pair: "the cat sleeps" / "die Kat ##ze schläft", links 0-0 1-1 2-2. From "cat", "Kat" (the
first piece of "Katze") must be told from "die" and "schläft" (weak), and from "the" and "sleeps" as
well (strong). With `negatives: batch` the words of all other pairs in the update are among them,
the same words in other sentences not excepted.

One-to-one word pairs only, and none of two equal words, such as names and numbers, which say
nothing about a language; both as the paper's code has it.

Negatives from the batch depend on all of it, so such an update cannot be cut into micro-batches: a
recipe that asks for both is refused. `negatives: pair` takes those of the same sentence pair only;
then many micro-batches give exactly the loss of one large batch.

Where we depart from the paper: the links are the recipe's, the loss is the same. The distance of
parameters is squared; the authors' code takes its root. So ours holds less up to a distance of 1/2,
and more beyond.

Siblings: `word-aligned` draws translations together whatever the other words do.
"""

from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from lingweave.encoder import EncodedSentence, IntArray, PieceSpelling
from lingweave.objectives.base import EncodedPair
from lingweave.objectives.word_pairs import (
    WordPairBatch,
    WordPairObjective,
    WordPairOptions,
    WordPiece,
)


class ContrastiveOptions(WordPairOptions):
    """Options of contrastive word alignment; defaults are those of 2010.02537 and its code."""

    objective: Literal["contrastive"] = "contrastive"
    word_piece: WordPiece = Field(default="first", description="stands for its word (2010.02537)")
    regularizer: Literal["states", "parameters"] = Field(
        default="parameters",
        description="what is held near the original encoder's, by squared distance (2010.02537: "
        "parameters, by the distance itself)",
    )
    variant: Literal["weak", "strong"] = Field(
        default="strong", description="negatives of the other language, or of both"
    )
    negatives: Literal["batch", "pair"] = Field(
        default="batch",
        description="words of the whole update, which then has no micro-batches, or of the same "
        "sentence pair",
    )
    temperature: float = Field(default=0.1, gt=0, description="T (2010.02537: 0.1)")
    projection: int | None = Field(
        default=128,
        ge=1,
        description="width of a projection D → D → ReLU → so many, gone after training "
        "(2010.02537: 128); null: none",
    )

    @property
    def needs_whole_updates(self) -> bool:
        """Whether negatives come from the whole update."""
        return self.negatives == "batch"


class Contrastive(WordPairObjective):
    """See the module docstring.

    Args:
        tokenizer: of the encoder in training.
        options: the variant, and all that the paper sets.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, options: ContrastiveOptions) -> None:
        super().__init__(tokenizer, options)
        self._options = options
        self._spelling = PieceSpelling(tokenizer)
        self._projection = ""  # its name in the model

    def begin(self, model: Any, *, seed: int) -> None:
        """Keep the original encoder, and add a new projection to the model."""
        super().begin(model, seed=seed)
        if self._options.projection is None:
            return
        width = model.config.hidden_size
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            projection = nn.Sequential(
                nn.Linear(width, width, bias=False),
                nn.ReLU(),
                nn.Linear(width, self._options.projection, bias=False),
            )
        # In a mix there may be several.
        self._projection = f"projection_{sum(1 for _ in model.children())}"
        model.add_module(self._projection, projection)

    def finish(self, model: nn.Module) -> None:
        """Remove the projection: what is saved is a plain encoder."""
        if self._projection:
            delattr(model, self._projection)

    def positions(self, pair: EncodedPair) -> IntArray:
        """The pieces of aligned words that are not the same word."""
        return super().positions(without_equal_words(pair, self._spelling))

    def alignment_loss(
        self, model: nn.Module, source_ND: Tensor, target_ND: Tensor, batch: WordPairBatch
    ) -> Tensor:
        """Cross-entropy of the translation among the negatives, halved: both directions count."""
        if not len(source_ND):
            return source_ND.sum() * 0.0
        words = torch.cat([source_ND, target_ND])  # (2N, D)
        if self._projection:
            words = getattr(model, self._projection)(words)
        words = functional.normalize(words.float(), dim=-1)
        similarity = words @ words.T / self._options.temperature
        candidates = self._candidates(batch)
        num_pairs = len(source_ND)
        translations = (torch.arange(2 * num_pairs, device=words.device) + num_pairs) % (
            2 * num_pairs
        )
        logits = similarity.masked_fill(~candidates, -torch.inf)
        return functional.cross_entropy(logits, translations, reduction="sum") / 2

    def _candidates(self, batch: WordPairBatch) -> Tensor:
        """Which of the 2N words the translation of each is to be told from, (2N, 2N) bool."""
        pair = batch.pair_of_words.repeat(2)
        index = torch.arange(len(pair), device=pair.device)
        if self._options.variant == "weak":
            is_target = index >= len(pair) // 2
            candidates = is_target[:, None] != is_target[None, :]
        else:
            candidates = index[:, None] != index[None, :]
        if self._options.negatives == "pair":
            candidates = candidates & (pair[:, None] == pair[None, :])
        return candidates


def without_equal_words(pair: EncodedPair, spelling: PieceSpelling) -> EncodedPair:
    """The same pair without its links between words that are spelled alike."""

    def spelled(sentence: EncodedSentence, word: int) -> str:
        return spelling(sentence.pieces[sentence.words == word])

    links = pair.links.tolist()
    unequal = [spelled(pair.source, word) != spelled(pair.target, other) for word, other in links]
    kept = pair.links[np.array(unequal, dtype=np.bool_)]
    return EncodedPair(pair.source, pair.target, kept)
