"""Sharded training (FSDP), for encoders that do not fit one device. On torch's `fully_shard`.

Asked for with `accelerate launch --use_fsdp`. Each process then keeps its part of every layer: of
the weights, the gradients and Adam's moments. A layer is whole only while it computes. ZeRO stage 3
(Rajbhandari et al. 2020, 1910.02054, section 5.3) of the layers.

Embeddings and heads stay whole in each process, and their gradients are summed as without sharding.
They are used outside their modules' forward, tied to one another, and by some processes only where
others have nothing to predict: all of that stays right, and they are a tenth of a large encoder.

A layer's weights are sent whenever it computes, so all processes must compute equally often.
"""

import copy
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer

from lingweave.training import processes


class ShardedLayers:
    """The layers of an encoder in training, in parts.

    The model keeps its place in memory: within `whole` and after `end` it has the layers it came
    with.

    Args:
        model: its layers are replaced by sharded ones, and the rest moves to the device.
        device: where this process computes.
    """

    def __init__(self, model: Any, device: torch.device) -> None:  # noqa: ANN401
        self._layers: nn.ModuleList = model.base_model.encoder.layer
        self._device = device
        self._whole: list[nn.Module] = list(self._layers)
        self._sharded: list[nn.Module] = []
        processes.barrier()  # they have to know one another
        mesh = init_device_mesh(device.type, (processes.count(),))
        for place, layer in enumerate(self._whole):  # one at a time: not all fit the device
            self._sharded.append(_sharded(copy.deepcopy(layer), mesh))
            _forget(layer)
            self._layers[place] = nn.Identity()
        model.to(device)
        self._put(self._sharded)

    @contextmanager
    def whole(self, device: str | torch.device) -> Iterator[None]:
        """Within it the model has its whole layers, in each process; what is put into them stays.

        Args:
            device: where they are, for so long.
        """
        self._gather(torch.device(device))
        yield
        with torch.no_grad():
            for whole, part in self._parameters():
                part.copy_(_part_of(whole, part))
        for layer in self._whole:
            _forget(layer)
        self._put(self._sharded)

    def end(self) -> None:
        """Give the model its whole layers back."""
        self._gather(self._device)
        self._sharded = []

    def _gather(self, device: torch.device) -> None:
        with torch.no_grad(), processes.loss_is_said():
            for whole, part in self._parameters():
                whole.data = part.full_tensor().to(device)
        self._put(self._whole)

    def _put(self, layers: Sequence[nn.Module]) -> None:
        for place, layer in enumerate(layers):
            self._layers[place] = layer

    def _parameters(self) -> Iterator[tuple[nn.Parameter, DTensor]]:
        """Each parameter of the layers, whole and in parts."""
        for layer, sharded in zip(self._whole, self._sharded, strict=True):
            for whole, part in zip(layer.parameters(), sharded.parameters(), strict=True):
                assert isinstance(part, DTensor)
                yield whole, part


def clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float) -> float:
    """Scale the gradients so that the norm of all of them, in all processes, is `max_norm` at most.

    Args:
        parameters: sharded ones and whole ones; the gradients of the latter are summed already.
        max_norm: of the gradients together.

    Returns:
        The norm before.
    """
    trained = [parameter for parameter in parameters if parameter.grad is not None]
    gradients = [parameter.grad for parameter in trained if parameter.grad is not None]
    parts = [gradient.to_local() for gradient in gradients if isinstance(gradient, DTensor)]
    wholes = [gradient for gradient in gradients if not isinstance(gradient, DTensor)]
    (square,) = processes.total([_norm(parts) ** 2])
    norm = math.sqrt(square + _norm(wholes) ** 2)
    nn.utils.clip_grads_with_norm_(trained, max_norm, torch.tensor(norm), foreach=False)
    return norm


def whole_state(optimizer: Optimizer) -> dict[str, Any]:
    """The optimizer's state as without sharding; all processes take part, the main one has it."""
    state = optimizer.state_dict()
    with processes.loss_is_said():
        state["state"] = {
            index: {name: _gathered(value) for name, value in moments.items()}
            for index, moments in state["state"].items()
        }
    return state


def load_whole_state(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Put the state of an optimizer without sharding into one with or without; see `whole_state`.

    Args:
        optimizer: of the same parameters in the same order.
        state: on the CPU.
    """
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    for index, moments in state["state"].items():
        parameter = parameters[index]
        if isinstance(parameter, DTensor):
            state["state"][index] = {
                name: _part_of(value.to(parameter.device), parameter).clone()
                if value.ndim
                else value
                for name, value in moments.items()
            }
    for saved, own in zip(state["param_groups"], optimizer.param_groups, strict=True):
        saved.update({way: own[way] for way in ("fused", "foreach")})  # how, not what, it computes
    optimizer.load_state_dict(state)


def _gathered(value: Any) -> Any:  # noqa: ANN401 - tensors, or numbers
    if not isinstance(value, DTensor):
        return value
    gathered = value.full_tensor()
    return gathered.cpu() if processes.is_main() else None


def _part_of(whole: Tensor, part: DTensor) -> DTensor:
    """What this process keeps of a tensor that each has."""
    moved = whole.detach().to(part.device)
    return distribute_tensor(moved, part.device_mesh, part.placements, src_data_rank=None)


def _sharded(layer: nn.Module, mesh: DeviceMesh) -> nn.Module:
    changed = fully_shard(layer, mesh=mesh, reshard_after_forward=True)
    # Gradients are summed and not averaged; gloo has no other way of dividing by 1.
    changed.set_gradient_divide_factor(1.0)
    changed.set_force_sum_reduction_for_comms(True)
    return layer


def _forget(layer: nn.Module) -> None:
    """Free the memory of the weights."""
    for parameter in layer.parameters():
        parameter.data = parameter.new_empty(0)


def _norm(gradients: Sequence[Tensor]) -> float:
    return float(nn.utils.get_total_norm(gradients)) if gradients else 0.0
