"""A sequence classifier on an encoder: loading it with a fresh head, and predicting with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import nn
from transformers import AutoModelForSequenceClassification, PreTrainedTokenizerFast

from lingweave.encoder import IntArray, quiet_transformers
from lingweave.errors import CheckpointError
from lingweave.objectives.classification import Classification, LabelledSequence
from lingweave.training import precision_of_machine

PREDICTION_BATCH = 64
"""Examples predicted at once; sorted by length, so little is padding."""


def new_classifier(checkpoint: Path | str, labels: Sequence[str], *, seed: int) -> nn.Module:
    """An encoder with an untrained pooler and classifier.

    The pooler is drawn anew even where the checkpoint has one: continued pre-training loses it,
    and a system must not win or lose by a pooler that its rival was not given.

    Args:
        checkpoint: directory or hub name of the encoder.
        labels: names of the classes, in the order of their indices.
        seed: draws the new weights, the same for every encoder of this shape.

    Raises:
        CheckpointError: it cannot be loaded.
    """
    try:
        with quiet_transformers(), torch.random.fork_rng():
            model = AutoModelForSequenceClassification.from_pretrained(
                str(checkpoint),
                id2label=dict(enumerate(labels)),
                label2id={label: index for index, label in enumerate(labels)},
                use_safetensors=True,
            )
            torch.manual_seed(seed)
            for name in ("pooler", "classifier"):
                for module in model.modules():
                    head = module._modules.get(name)
                    if head is not None:
                        head.apply(lambda part: _draw_weights(part, model.config.initializer_range))
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise _cannot_load(checkpoint, error) from error
    return cast(nn.Module, model)


def load_classifier(checkpoint: Path | str, labels: Sequence[str]) -> nn.Module:
    """A fine-tuned classifier.

    Args:
        checkpoint: directory or hub name.
        labels: the classes it must have, in the order of their indices.

    Raises:
        CheckpointError: it cannot be loaded, has no classifier, or one for other labels.
    """
    try:
        with quiet_transformers():
            model, loading = AutoModelForSequenceClassification.from_pretrained(
                str(checkpoint), output_loading_info=True, use_safetensors=True
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
    if found != list(labels):
        raise CheckpointError(
            f"its labels are {', '.join(found)}, expected {', '.join(labels)}",
            remedy="use a model that was fine-tuned on this task",
            path=checkpoint,
        )
    return cast(nn.Module, model)


def _cannot_load(checkpoint: Path | str, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"it cannot be loaded as an encoder ({str(error).splitlines()[0]})",
        remedy="give a directory with config.json and model.safetensors, or a hub name",
        path=checkpoint,
    )


def encode_text_pairs(
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[tuple[str, str]],
    labels: Sequence[int],
    *,
    max_length: int,
) -> list[LabelledSequence]:
    """Pairs of texts in pieces; of a pair that is too long, the longer text is cut.

    Args:
        tokenizer: of the encoder.
        pairs: first and second text.
        labels: index of each pair's label.
        max_length: pieces, special tokens counted.
    """
    encoding = tokenizer(
        [first for first, _ in pairs],
        [second for _, second in pairs],
        truncation="longest_first",
        max_length=max_length,
        return_token_type_ids=True,
        return_attention_mask=False,
    )
    return [
        LabelledSequence(_int_array(pieces), _int_array(types), label)
        for pieces, types, label in zip(
            encoding["input_ids"], encoding["token_type_ids"], labels, strict=True
        )
    ]


def predict(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    sequences: Sequence[LabelledSequence],
    *,
    precision: str = "auto",
) -> NDArray[np.int64]:
    """The likeliest label of each sequence, in the order given.

    Args:
        model: a sequence classifier; it is used as it stands, in evaluation mode.
        tokenizer: of the encoder.
        sequences: encoded examples.
        precision: `auto`, `bf16` or `fp32`.
    """
    objective = Classification(tokenizer)
    device = next(model.parameters()).device
    use_bf16 = precision_of_machine(precision) == "bf16"  # type: ignore[arg-type]
    order = sorted(range(len(sequences)), key=lambda index: len(sequences[index].pieces))
    predicted = np.empty(len(sequences), dtype=np.int64)
    model.eval()
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=use_bf16):
        for start in range(0, len(order), PREDICTION_BATCH):
            chosen = order[start : start + PREDICTION_BATCH]
            batch = objective.collate([sequences[index] for index in chosen]).to(device)
            predicted[chosen] = model(**batch.inputs).logits.argmax(dim=-1).cpu().numpy()
    return predicted


def _draw_weights(part: nn.Module, deviation: float) -> None:
    if isinstance(part, nn.Linear):
        nn.init.normal_(part.weight, std=deviation)
        nn.init.zeros_(part.bias)


def _int_array(values: Sequence[int]) -> IntArray:
    return np.array(values, dtype=np.int32)
