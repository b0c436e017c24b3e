"""States inside an encoder, and the way from there to its last layer."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from lingweave.errors import CheckpointError
from lingweave.objectives.base import hidden_states


def states_of_layer(
    model: Any,  # noqa: ANN401
    inputs: Mapping[str, Tensor],
    layer: int,
) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Run the encoder once: the last layer's states, those of `layer`, and what lies between.

    Args:
        model: on a BERT- or RoBERTa-like encoder.
        inputs: as in `Batch`.
        layer: counted from 1, the lowest.

    Returns:
        the last layer's states and those of `layer`, both (B, L, D), and a function that takes
        other states of `layer` through the layers above it, for the same inputs.
    """
    upper = model.base_model.encoder.layer[layer:]
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    seen: list[Tensor] = []

    def note_call(_: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        calls.append((arguments, keywords))

    def note_states(_: nn.Module, __: tuple[Any, ...], found: Any) -> None:  # noqa: ANN401
        seen.append(_states(found))

    hooks = [above.register_forward_pre_hook(note_call, with_kwargs=True) for above in upper]
    hooks.append(model.base_model.encoder.layer[layer - 1].register_forward_hook(note_states))
    try:
        last_BLD = hidden_states(model, inputs)
    finally:
        for hook in hooks:
            hook.remove()

    def upwards(states_BLD: Tensor) -> Tensor:
        # The first argument is the states; the others, such as the attention mask, are as before.
        for above, ((_, *arguments), keywords) in zip(upper, calls, strict=True):
            states_BLD = _states(above(states_BLD, *arguments, **keywords))
        return states_BLD

    return last_BLD, seen[0], upwards


def _states(found: Any) -> Tensor:  # noqa: ANN401
    """What a layer gives: its states, or, with some encoders, these and more."""
    states: Tensor = found[0] if isinstance(found, tuple) else found
    return states


def check_layer(model: Any, layer: int) -> None:  # noqa: ANN401
    """Refuse a layer that the encoder does not have.

    Raises:
        CheckpointError: the encoder has fewer layers.
    """
    num_layers = len(model.base_model.encoder.layer)
    if layer > num_layers:
        raise CheckpointError(
            f"states of layer {layer} are asked for, but the encoder has {num_layers} layers",
            remedy=f"lower `layer` to {num_layers} or less",
        )
