"""One update of the weights: micro-batches, their gradients, the step. On Accelerate.

Exactness: masking and dropout of update k are drawn from (seed, k) alone.

Several processes share the examples of an update. Each computes the gradients of its own, and their
sum is what one process would have got. Masking is the same however many there are, and however
small the micro-batches; dropout is drawn by each process for itself, micro-batch after micro-batch,
so with dropout another number or size of them gives another, equally valid run.

Nothing is sent while gradients are computed, as DDP would: where the memory of one process is too
small, all of them can start the same update again, in smaller micro-batches. Where layers are
sharded, their weights are sent, and others wait for a process that lacks memory. So the size of the
micro-batches is the user's to choose there, and all processes compute equally many.
"""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from lingweave.encoder import set_attention_dropout
from lingweave.errors import TrainingError
from lingweave.objectives.base import Batch, Objective
from lingweave.training import processes, sharding
from lingweave.training.batching import micro_batches
from lingweave.training.chance import Purpose, torch_generator, torch_seed
from lingweave.training.memory import keep_freed_memory
from lingweave.training.options import Precision, TrainingOptions

logger = logging.getLogger(__name__)

POSITIONS_AT_ONCE = 2048
"""On a CPU so many positions, padding counted, are computed at once, where nothing else is asked
for: more are no faster there and take memory in proportion."""


@dataclass(frozen=True)
class Updated:
    """What an update tells.

    Attributes:
        loss: before the step; not finite where something is wrong, and then no step was taken.
        gradient_norm: before clipping; not finite where something is wrong, and then no step was
            taken either.
        num_tokens: positions trained on, padding not counted.

    All are of all processes together.
    """

    loss: float
    gradient_norm: float
    num_tokens: int


class Updates:
    """Updates a model's weights, one batch of examples after another.

    Attributes:
        fitting: examples at once, in each process, that the memory had room for where it was too
            small; None while it never was.

    Args:
        model: its parameters that require gradients are trained, in place.
        objective: makes batches of examples and losses of batches.
        options: how to train.
        seed: of masking and dropout.
        num_updates: in the whole run, for the schedule of the learning rate.
        logs: where trackers write.
        needs_whole_updates: whether the loss of an update that is cut would be another one.
    """

    def __init__(
        self,
        model: nn.Module,
        objective: Objective[Any, Any],
        options: TrainingOptions,
        *,
        seed: int,
        num_updates: int,
        logs: Path,
        needs_whole_updates: bool = False,
    ) -> None:
        self._objective, self._options = objective, options
        self._needs_whole_updates = needs_whole_updates
        self.fitting: int | None = None
        self._seed, self._num_updates = seed, num_updates
        is_sharded = processes.shards_layers()
        self._accelerator = Accelerator(
            mixed_precision="bf16" if precision_of_machine(options.precision) == "bf16" else "no",
            log_with=options.tracker,
            project_dir=str(logs) if options.tracker else None,
        )
        self._positions: int | None = None
        if self._accelerator.device.type == "cpu":
            keep_freed_memory()
            if options.micro_batch_size is None and not needs_whole_updates:
                self._positions = POSITIONS_AT_ONCE
        if options.tracker is not None:
            self._accelerator.init_trackers("lingweave")
        if options.attention_dropout is not None:
            set_attention_dropout(model, options.attention_dropout)
        self._layers = (
            sharding.ShardedLayers(model, self._accelerator.device) if is_sharded else None
        )
        # Frozen parts are used as they will be used, without dropout.
        self._frozen = list(_frozen_parts(model))
        # No kernel takes weights that are whole and such that are not.
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(model, options.weight_decay),
            lr=options.learning_rate,
            fused=not is_sharded,
            foreach=False,
        )
        # "Evaluation mode" leaves out DDP and nothing else; see the module.
        self._step = self._accelerator.prepare_model(
            _Step(model, objective), device_placement=not is_sharded, evaluation_mode=True
        )
        self._prepared = self._accelerator.prepare_optimizer(self.optimizer)

    def apply(self, examples: Sequence[Any], update: int) -> Updated:
        """Train on these examples, in smaller micro-batches where the memory is too small.

        Args:
            examples: all of this update, the same in each process.
            update: 0-based.

        Raises:
            TrainingError: the memory is too small even so.
        """
        known = [known for known in (self._options.micro_batch_size, self.fitting) if known]
        size = min(known, default=math.ceil(len(examples) / processes.count()))
        fitting = size
        while (updated := self._try(examples, update, fitting)) is None:
            fitting = self._smaller(fitting, update)
        if fitting < size:
            self.fitting = fitting
            logger.warning(
                "out of memory at %s examples at once: from update %s on it is %s, which is slower "
                "and gives the same but for dropout (micro_batch_size: %s spares the failed tries)",
                *(size, update + 1, fitting, fitting),
            )
        return updated

    def _try(self, examples: Sequence[Any], update: int, size: int) -> Updated | None:
        """Train in micro-batches of that size; None, and nothing is done, where one is too large.

        All processes come to the same end.
        """
        share = processes.share(len(examples))
        own = examples[share]
        generators = [self._generator(update, row) for row in range(len(examples))[share]]
        torch.manual_seed(torch_seed(self._seed, Purpose.DROPOUT, update, processes.rank()))
        lengths = [self._objective.length(example) for example in own]
        cuts = micro_batches(lengths, examples=size, positions=self._positions)
        batches = [self._objective.collate(own[cut], generators[cut]) for cut in cuts]
        counts, num_tokens = self._counted(batches)
        fillers = self._fillers(examples[0], update, len(batches))
        self._step.train()
        for module in self._frozen:
            module.eval()
        loss, is_too_large = 0.0, False
        try:
            with processes.loss_is_said():
                loss = self._gradients(batches, counts, fillers)
        except RuntimeError as error:
            if not should_reduce_batch_size(error):
                raise
            if self._layers is not None:
                # The others wait for what this process would have sent: there is no second try.
                raise TrainingError(
                    f"update {update + 1} does not fit the memory",
                    remedy="lower micro_batch_size, which gives the same result",
                ) from error
            is_too_large = True
        loss, num_too_large = processes.total([loss, is_too_large])
        if num_too_large:
            return None
        norm = self._descend(update) if math.isfinite(loss) else math.nan
        return Updated(loss, norm, num_tokens)

    def _smaller(self, size: int, update: int) -> int:
        """Half the micro-batch, and nothing left of the try that failed."""
        self._prepared.zero_grad()
        clear_device_cache(garbage_collection=True)
        if self._needs_whole_updates:
            raise TrainingError(
                f"update {update + 1} does not fit the memory, and its loss is that of the whole",
                remedy="lower batch_size or max_length",
            )
        if size == 1:
            raise TrainingError(
                f"an example of update {update + 1} does not fit the memory even by itself",
                remedy="lower max_length, or train a smaller encoder",
            )
        return math.ceil(size / 2)

    def _counted(self, batches: Sequence[Batch]) -> tuple[dict[str, int], int]:
        """Predictions of each part of the objective, and tokens, in all processes."""
        parts = list(self._objective.weights)
        own = [sum(batch.counts[part] for batch in batches) for part in parts]
        tokens = sum(batch.num_tokens for batch in batches)
        *counts, num_tokens = map(int, processes.total([*own, tokens]))
        return dict(zip(parts, counts, strict=True)), num_tokens

    def _fillers(self, example: Any, update: int, num_batches: int) -> list[Batch]:  # noqa: ANN401
        """What is computed for nothing, where layers are sharded and others have more batches."""
        if self._layers is None:
            return []
        missing = max(processes.gather(num_batches)) - num_batches
        filler = self._objective.collate([example], [self._generator(update, 0)])
        return [filler] * missing

    def _generator(self, update: int, row: int) -> torch.Generator:
        """Of all that an example's part in an update leaves to chance."""
        return torch_generator(self._seed, Purpose.EXAMPLE, update, row)

    def whole_model(self, device: str | torch.device | None = None) -> AbstractContextManager[None]:
        """Within it the model is whole, where its layers are sharded; all processes take part.

        Args:
            device: where the layers are, for so long; by default the one that computes.
        """
        if self._layers is None:
            return nullcontext()
        return self._layers.whole(device or self._accelerator.device)

    def unshard(self) -> None:
        """Make the model whole for good: the training is done."""
        if self._layers is not None:
            self._layers.end()

    def log(self, update: int, loss: float) -> None:
        """Tell the tracker, where there is one, after so many updates."""
        if self._options.tracker is not None:
            rate = self.optimizer.param_groups[0]["lr"]
            self._accelerator.log({"loss": loss, "learning rate": rate}, step=update)

    def end(self) -> None:
        """Close trackers and let go of what Accelerate holds."""
        for tracker in self._accelerator.trackers:
            tracker.finish()
        self._accelerator.free_memory()
        AcceleratorState._reset_state()  # so that the next run may compute in another precision

    def _gradients(
        self, batches: Sequence[Batch], counts: Mapping[str, int], fillers: Sequence[Batch]
    ) -> float:
        """Add up the gradients of the micro-batches; their part of the loss.

        Args:
            batches: of this process; it may have none.
            counts: predictions of each part of the objective in the whole update.
            fillers: computed too; they change nothing.
        """
        loss = 0.0
        for batch in batches:
            sums = self._step(batch.to(self._accelerator.device))
            weights = self._objective.weights.items()
            share = sum(weight * sums[part] / max(1, counts[part]) for part, weight in weights)
            self._accelerator.backward(share)
            loss += float(share.detach())
        for batch in fillers:
            sums = self._step(batch.to(self._accelerator.device))
            self._accelerator.backward(sum(sums.values()) * 0.0)
        return loss

    def _descend(self, update: int) -> float:
        """Sum the gradients and take the step, unless one is not finite; the norm of all."""
        trained, most = list(self._step.parameters()), self._options.max_gradient_norm
        if self._layers is None:
            processes.sum_gradients(trained)
            norm = float(self._accelerator.clip_grad_norm_(trained, most))
        else:
            processes.sum_gradients(one for one in trained if not isinstance(one, DTensor))
            norm = sharding.clip_gradients(trained, most)
        if not math.isfinite(norm):
            return norm
        factor = linear_schedule(update, self._num_updates, self._options.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = self._options.learning_rate * factor
        self._prepared.step()
        self._prepared.zero_grad()
        return norm


def precision_of_machine(precision: Precision) -> str:
    """What `auto` means here: "bf16" where the hardware multiplies in it, else "fp32"."""
    if precision != "auto":
        return precision
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported():
        return "bf16"
    return "fp32"


def linear_schedule(update: int, num_updates: int, warmup: float) -> float:
    """Factor of the learning rate at a 0-based update: up over the warm-up, then down to 0."""
    rising = math.ceil(num_updates * warmup)
    if update < rising:
        return (update + 1) / rising
    return (num_updates - update) / max(1, num_updates - rising)


class _Step(nn.Module):
    """Model and objective as one module, so that Accelerate's wrappers see a plain forward call."""

    def __init__(self, model: nn.Module, objective: Objective[Any, Any]) -> None:
        super().__init__()
        self.model = model
        self._objective = objective

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        return self._objective.sums(self.model, batch)


def _parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay for matrices only, as BERT: none for biases and layer norms."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _frozen_parts(model: nn.Module) -> Iterator[nn.Module]:
    """The outermost ones that have parameters and train none; a dropout by itself has none."""
    for part in model.children():
        if any(parameter.requires_grad for parameter in part.parameters()):
            yield from _frozen_parts(part)
        elif any(True for _ in part.parameters()):
            yield part
