"""Cross-entropy over a large vocabulary without ever holding all logits.

With P predicted pieces and V pieces in the vocabulary, the (P, V) logits, their softmax and their
gradient take more memory than all else in training (500 pieces of mBERT: 240 MB each). Here they
are made some rows at a time, and what is wanted of them, the loss and the gradients of states,
weight and bias, is added up at once, in the forward pass.

torch has a function of this name since 2.13. Its variant that does not hold all logits sums losses
in the precision of the states: of 500 pieces in bf16 it gave 4,704 where 5,775 is right. On a CPU
it took 60 times as long.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

LOGITS_AT_ONCE = 2**25
"""So many logits are held: 134 MB in full precision, 348 rows of 96,261."""


def linear_cross_entropy(
    states_PD: Tensor, weight_VD: Tensor, bias_V: Tensor, labels_P: Tensor
) -> Tensor:
    """The summed cross-entropy of `states @ weight.T + bias`, a scalar in full precision.

    Under autocast the products are computed in its precision, softmax and sums in full.

    Args:
        states_PD: inputs of the last layer.
        weight_VD: of the last layer.
        bias_V: of the last layer.
        labels_P: the right pieces, each below V.
    """
    device = states_PD.device.type
    autocast = torch.is_autocast_enabled(device)
    dtype = torch.get_autocast_dtype(device) if autocast else weight_VD.dtype
    apply: Callable[..., Tensor] = _LinearCrossEntropy.apply
    return apply(states_PD, weight_VD, bias_V, labels_P, dtype)


class _LinearCrossEntropy(torch.autograd.Function):
    """Gradients are computed with the loss; `backward` scales them."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        states_PD: Tensor,
        weight_VD: Tensor,
        bias_V: Tensor,
        labels_P: Tensor,
        dtype: torch.dtype,
    ) -> Tensor:
        sums = _Sums(states_PD, weight_VD, bias_V, dtype, ctx.needs_input_grad)
        rows = max(1, LOGITS_AT_ONCE // len(weight_VD))
        with torch.autocast(states_PD.device.type, enabled=False):
            for start in range(0, len(labels_P), rows):
                sums.add(slice(start, start + rows), labels_P[start : start + rows])
        ctx.gradients = sums.of_states, sums.of_weight, sums.of_bias
        return sums.loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_loss: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        # In place: a second backward pass through the same loss is an error, as in torch's own.
        gradients, ctx.gradients = ctx.gradients, None
        return *(None if own is None else own.mul_(of_loss) for own in gradients), None, None


class _Sums:
    """The loss and its gradients, as far as rows were added."""

    def __init__(
        self,
        states_PD: Tensor,
        weight_VD: Tensor,
        bias_V: Tensor,
        dtype: torch.dtype,
        wanted: tuple[bool, ...],
    ) -> None:
        self._states, self._weight, self._bias = (
            tensor.detach().to(dtype) for tensor in (states_PD, weight_VD, bias_V)
        )
        self._precise = torch.promote_types(dtype, torch.float32)
        self.loss = states_PD.new_zeros((), dtype=self._precise)
        wants_states, self._wants_weight, self._wants_bias, *_ = wanted
        self.of_states = torch.empty_like(states_PD) if wants_states else None
        self.of_weight: Tensor | None = None
        self.of_bias: Tensor | None = None

    def add(self, rows: slice, labels: Tensor) -> None:
        states = self._states[rows]
        logits = torch.addmm(self._bias, states, self._weight.T)
        logarithms = functional.log_softmax(logits, dim=-1, dtype=self._precise)
        at_labels = torch.arange(len(labels), device=labels.device), labels
        self.loss -= logarithms[at_labels].sum()
        if self.of_states is None and not self._wants_weight and not self._wants_bias:
            return
        of_logits = logarithms.exp_()
        of_logits[at_labels] -= 1.0
        if self._wants_bias:
            self.of_bias = _added(self.of_bias, of_logits.sum(dim=0))
        of_logits = of_logits.to(states.dtype)
        if self.of_states is not None:
            self.of_states[rows] = of_logits @ self._weight
        if self._wants_weight:
            self.of_weight = _added(self.of_weight, of_logits.T @ states)


def _added(total: Tensor | None, part: Tensor) -> Tensor:
    """Their sum in full precision, in place; there is no total yet before the first part."""
    if total is None:
        return part.to(torch.promote_types(part.dtype, torch.float32))
    return total.add_(part)
