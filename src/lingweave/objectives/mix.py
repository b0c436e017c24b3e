"""A weighted mix of objectives, each on the same sentence pairs.

What it learns: all that its parts do, at once. With L_p,k the loss of part k of objective p, a mean
over its own count as ever, v_k its weight there and w_p the weight in the mix,

    loss = Σ_p w_p Σ_k v_k L_p,k.

Worked mix: `parts: {tlm: {objective: tlm}, near: {objective: word-aligned}}, weights: {near: 0.1}`
takes a pair through the encoder joined and masked, and once more as two plain sequences; the loss
is that of TLM plus a tenth of that of the word pairs and their regulariser.

Every part draws from generators of its own, one for each sentence pair, which follow from the given
one and the part's *name*: so another part, or another order of parts, changes no mask. They are
others than those of the same objective outside a mix.

Each part is a forward pass of its own, and a mix costs the sum of its parts. By default it is MLM
with TLM, as TLM was published (1901.07291).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Union

import numpy as np
import torch
from pydantic import Field, ValidationInfo, field_validator
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from lingweave.objectives.base import Batch, EncodedPair, ObjectiveOptions, PairObjective
from lingweave.objectives.mlm import MLMOptions
from lingweave.objectives.registry import SINGLE
from lingweave.objectives.tlm import TLMOptions

if TYPE_CHECKING:
    AnySingle = ObjectiveOptions
else:
    AnySingle = Annotated[
        Union[(*(registered.options for registered in SINGLE.values()),)],
        Field(discriminator="objective"),
    ]
    """The options of any objective but a mix."""


class MixOptions(ObjectiveOptions):
    """Options of a mix."""

    objective: Literal["mix"] = "mix"
    parts: dict[Annotated[str, Field(min_length=1)], AnySingle] = Field(
        default={"mlm": MLMOptions(), "tlm": TLMOptions()},
        min_length=1,
        description="objectives with their options, by names of your choice",
    )
    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default={}, description="of parts, by name; 1 where none is given"
    )

    @field_validator("weights")
    @classmethod
    def _of_parts(cls, value: dict[str, float], given: ValidationInfo) -> dict[str, float]:
        parts = given.data.get("parts", value)  # where these are wrong, that is said
        for name in value:
            if name not in parts:
                raise ValueError(f"{name!r} is none of the parts {', '.join(parts)}")
        return value

    @property
    def needs_whole_updates(self) -> bool:
        """Whether one of the parts does."""
        return any(part.needs_whole_updates for part in self.parts.values())

    @property
    def uses_links(self) -> bool:
        """Whether one of the parts does."""
        return any(part.uses_links for part in self.parts.values())


@dataclass(frozen=True, kw_only=True)
class MixBatch(Batch):
    """The same pairs as each part lays them out; `inputs` is empty.

    Attributes:
        parts: the batch of each part, by name.
    """

    parts: dict[str, Batch]

    @property
    def num_tokens(self) -> int:
        """Positions that are not padding, of all parts."""
        return sum(part.num_tokens for part in self.parts.values())


class Mix(PairObjective):
    """See the module docstring.

    Args:
        tokenizer: of the encoder in training.
        options: parts and weights.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, options: MixOptions) -> None:
        self._options = options
        self._parts = {
            name: SINGLE[part.objective].objective(tokenizer, part)
            for name, part in options.parts.items()
        }

    def begin(self, model: nn.Module, *, seed: int) -> None:
        """Begin each part; those that keep the original encoder keep a copy each."""
        for part in self._parts.values():
            part.begin(model, seed=seed)

    def finish(self, model: nn.Module) -> None:
        """Finish each part."""
        for part in self._parts.values():
            part.finish(model)

    @property
    def weights(self) -> Mapping[str, float]:
        """The weights of the parts' parts, named `part: its part`."""
        return {
            f"{name}: {inner}": self._options.weights.get(name, 1.0) * weight
            for name, part in self._parts.items()
            for inner, weight in part.weights.items()
        }

    def collate(
        self, examples: Sequence[EncodedPair], generators: Sequence[torch.Generator]
    ) -> MixBatch:
        """Each part's batch of the same pairs, with chance of its own."""
        seeds = [int(torch.randint(2**62, (), generator=generator)) for generator in generators]
        batches = {
            name: part.collate(examples, [own_generator(seed, name) for seed in seeds])
            for name, part in self._parts.items()
        }
        counts = {
            f"{name}: {inner}": count
            for name, batch in batches.items()
            for inner, count in batch.counts.items()
        }
        return MixBatch(inputs={}, counts=counts, parts=batches)

    def sums(self, model: nn.Module, batch: MixBatch) -> dict[str, Tensor]:
        """The sums of all parts, one after another."""
        return {
            f"{name}: {inner}": total
            for name, part in self._parts.items()
            for inner, total in part.sums(model, batch.parts[name]).items()
        }


def own_generator(seed: int, name: str) -> torch.Generator:
    """The generator of one part for one sentence pair."""
    state = np.random.SeedSequence((seed, *name.encode())).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0] >> np.uint64(1)))
