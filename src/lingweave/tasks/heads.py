"""Encoders with a task's head: loading with a fresh one, with a trained one, and running them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from torch import nn

from lingweave.encoder import LOADING, quiet_transformers
from lingweave.errors import CheckpointError, first_line
from lingweave.objectives import Objective
from lingweave.training import precision_of_machine, processes
from lingweave.training.options import Precision

PREDICTION_BATCH = 64
"""Sequences predicted at once; sorted by length, so little is padding."""


def new_model(
    model_class: Any, checkpoint: Path | str, *, seed: int, labels: Sequence[str] | None = None
) -> nn.Module:
    """An encoder with an untrained head and, where the head has one, an untrained pooler.

    The pooler is drawn anew even where the checkpoint has one: continued pre-training loses it,
    and a system must not win or lose by a pooler that its rival was not given.

    Args:
        model_class: an `AutoModelFor…` of transformers.
        checkpoint: directory or hub name of the encoder.
        seed: draws the new weights, the same for every encoder of this shape.
        labels: names of the classes, in the order of their indices; None for spans.

    Raises:
        CheckpointError: it cannot be loaded, or weights of the encoder itself are missing.
    """
    named: dict[str, Any] = {"num_labels": 2}  # start and end; a checkpoint's own may be a class's
    if labels is not None:
        named = {
            "id2label": dict(enumerate(labels)),
            "label2id": {label: index for index, label in enumerate(labels)},
        }
    try:
        with quiet_transformers(), torch.random.fork_rng():
            torch.manual_seed(seed)
            model, loading = model_class.from_pretrained(
                str(checkpoint),
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # of the head of a task that was learned before
                **LOADING,
                **named,
            )
            # Anew: how much loading drew depends on what the checkpoint has.
            torch.manual_seed(seed)
            for part in _head_of(model):
                part.apply(_draw_weights)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise _cannot_load(checkpoint, error) from error
    _check_body(model, loading, checkpoint)
    return cast(nn.Module, model)


def load_model(
    model_class: Any, checkpoint: Path | str, *, labels: Sequence[str] | None = None
) -> nn.Module:
    """A fine-tuned model.

    Args:
        model_class: an `AutoModelFor…` of transformers.
        checkpoint: directory or hub name.
        labels: the classes it must have, in the order of their indices; None for a head without.

    Raises:
        CheckpointError: it cannot be loaded, has no head of this kind, or one for other labels.
    """
    try:
        with quiet_transformers():
            model, loading = model_class.from_pretrained(
                str(checkpoint), output_loading_info=True, **LOADING
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise _cannot_load(checkpoint, error) from error
    if loading["missing_keys"]:
        raise CheckpointError(
            f"it is no fine-tuned model ({min(loading['missing_keys'])} is missing)",
            remedy="fine-tune it on the task first",
            path=checkpoint,
        )
    found = [model.config.id2label[index] for index in range(model.config.num_labels)]
    if labels is not None and found != list(labels):
        raise CheckpointError(
            f"its labels are {', '.join(found)}, expected {', '.join(labels)}",
            remedy="use a model that was fine-tuned on this task",
            path=checkpoint,
        )
    return cast(nn.Module, model)


def outputs(
    model: nn.Module,
    objective: Objective[Any, Any],
    sequences: Sequence[Any],
    precision: Precision,
) -> Iterator[tuple[list[int], Any]]:
    """Run a model over sequences, without gradients; several processes share them.

    Args:
        model: it is used as it stands, in evaluation mode.
        objective: pads the sequences.
        sequences: in any order; those of like length are run together.
        precision: of the computation.

    Yields:
        which sequences these are, and what the model said of them, row by row, on the CPU; in each
        process all of them.
    """
    device = next(model.parameters()).device
    use_bf16 = precision_of_machine(precision) == "bf16"
    order = sorted(range(len(sequences)), key=lambda index: objective.length(sequences[index]))
    batches = [
        order[start : start + PREDICTION_BATCH] for start in range(0, len(order), PREDICTION_BATCH)
    ]
    model.eval()
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=use_bf16):
        for start in range(0, len(batches), processes.count()):
            together = batches[start : start + processes.count()]
            own = []
            for chosen in together[processes.rank() :][:1]:
                # No generators: these objectives leave nothing to chance.
                batch = objective.collate([sequences[index] for index in chosen], ()).to(device)
                said = model(**batch.inputs)
                own.append((chosen, type(said)((name, said[name].cpu()) for name in said)))
            # The very batches of one process, in its order: the same scores.
            for found in processes.gather(own):
                yield from found


def _head_of(model: Any) -> Iterator[nn.Module]:  # noqa: ANN401
    """The encoder's pooler, if it has one, then all that stands on the encoder."""
    pooler = getattr(model.base_model, "pooler", None)
    if pooler is not None:
        yield pooler
    yield from (part for part in model.children() if part is not model.base_model)


def _check_body(model: Any, loading: Mapping[str, Any], checkpoint: Path | str) -> None:  # noqa: ANN401
    """Refuse a checkpoint that lacks more than a head, or whose shapes are not as it says."""
    not_loaded = {*loading["missing_keys"], *(key for key, *_ in loading["mismatched_keys"])}
    body = f"{model.base_model_prefix}."
    lost = sorted(key for key in not_loaded if key.startswith(body) and ".pooler." not in key)
    if lost:
        raise CheckpointError(
            f"weights of the encoder are missing or of another shape ({lost[0]} and "
            f"{len(lost) - 1} more)",
            remedy="use a complete checkpoint",
            path=checkpoint,
        )


def _cannot_load(checkpoint: Path | str, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"it cannot be loaded as an encoder ({first_line(error)})",
        remedy="give a directory with config.json and model.safetensors, or a hub name",
        path=checkpoint,
    )


def _draw_weights(part: nn.Module) -> None:
    """Weights that pass a state on as strong as it came, at any width of the encoder.

    Their deviation is one over the root of the width: 0.036 at 768, 0.051 at 384. With BERT's own,
    0.02, the states of a narrow encoder hardly reach the classes, nor the gradient them:
    fine-tuning stands still for hundreds of updates.
    """
    if isinstance(part, nn.Linear):
        nn.init.kaiming_normal_(part.weight, nonlinearity="linear")
        nn.init.zeros_(part.bias)
