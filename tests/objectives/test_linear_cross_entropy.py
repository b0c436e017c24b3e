"""Against the plain way, logits whole: loss and gradients, and that logits never are whole."""

import pytest
import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from lingweave.encoder import decoder_inputs, prediction_head
from lingweave.objectives import linear_cross_entropy as module
from lingweave.objectives.base import prediction_loss
from lingweave.objectives.linear_cross_entropy import linear_cross_entropy
from tiny_models import make_model

ROWS, WIDTH, VOCABULARY = 23, 8, 50


def operands(dtype=torch.float64, frozen=()):
    draw = torch.Generator().manual_seed(0)
    states, weight, bias = (
        torch.randn(*shape, generator=draw, dtype=torch.float64).to(dtype)
        for shape in ((ROWS, WIDTH), (VOCABULARY, WIDTH), (VOCABULARY,))
    )
    named = {"states": states, "weight": weight, "bias": bias}
    for name, tensor in named.items():
        tensor.requires_grad_(name not in frozen)
    return named, torch.randint(VOCABULARY, (ROWS,), generator=draw)


def plain(states, weight, bias, labels):
    logits = functional.linear(states, weight, bias)
    return functional.cross_entropy(logits.float(), labels, reduction="sum")


def in_double(states, weight, bias, labels):
    logits = functional.linear(*(tensor.double() for tensor in (states, weight, bias)))
    return functional.cross_entropy(logits, labels, reduction="sum")


def loss_and_gradients(function, named, labels, scale=0.3):
    loss = function(*named.values(), labels)
    (scale * loss).backward()
    gradients = {name: tensor.grad for name, tensor in named.items()}
    for tensor in named.values():
        tensor.grad = None
    return loss.detach(), gradients


# 1 row at a time, 7 (23 = 3 · 7 + 2), all but one, all, more than there are.
@pytest.mark.parametrize("rows", [0.5, 1, 7, 22, 23, 99])
def test_loss_and_gradients_are_those_of_the_plain_way(monkeypatch, rows):
    monkeypatch.setattr(module, "LOGITS_AT_ONCE", int(rows * VOCABULARY))
    named, labels = operands()
    loss, gradients = loss_and_gradients(linear_cross_entropy, named, labels)
    expected, wanted = loss_and_gradients(in_double, named, labels)
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, wanted[name], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("frozen", [("weight",), ("weight", "bias"), ("states",), ("bias",)])
def test_what_is_frozen_has_no_gradient_and_changes_no_other(frozen):
    named, labels = operands()
    _, wanted = loss_and_gradients(linear_cross_entropy, named, labels)
    named, labels = operands(frozen=frozen)
    _, gradients = loss_and_gradients(linear_cross_entropy, named, labels)
    for name, gradient in gradients.items():
        assert (gradient is None) == (name in frozen)
        assert gradient is None or torch.equal(gradient, wanted[name])


@pytest.mark.parametrize("rows", [7, 23])
def test_under_autocast_it_is_as_near_to_the_truth_as_the_plain_way(monkeypatch, rows):
    monkeypatch.setattr(module, "LOGITS_AT_ONCE", rows * VOCABULARY)
    named, labels = operands(torch.float32)
    truth, true_gradients = loss_and_gradients(in_double, named, labels)
    with torch.autocast("cpu", torch.bfloat16):
        loss, gradients = loss_and_gradients(linear_cross_entropy, named, labels)
        rough, rough_gradients = loss_and_gradients(plain, named, labels)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, rough, rtol=1e-6, atol=0)  # the very same logits
    for name, gradient in gradients.items():
        assert gradient.dtype == torch.float32

        def error(found, name=name):
            return float((found.double() - true_gradients[name]).norm())

        assert error(gradient) < 1.5 * error(rough_gradients[name])
        assert error(gradient) < 0.01 * float(true_gradients[name].norm())


def test_the_loss_of_many_rows_keeps_its_digits_in_bf16():
    torch.manual_seed(0)
    states, weight = torch.randn(5000, WIDTH), 0.1 * torch.randn(VOCABULARY, WIDTH)
    labels, bias = torch.randint(VOCABULARY, (5000,)), torch.zeros(VOCABULARY)
    with torch.autocast("cpu", torch.bfloat16):
        loss = linear_cross_entropy(states, weight, bias, labels)
    expected = in_double(states, weight, bias, labels)
    assert float(loss) == pytest.approx(float(expected), rel=1e-4)


class Largest(TorchDispatchMode):
    """Notes the most numbers that any tensor holds."""

    numbers = 0

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        result = operation(*arguments, **(keywords or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self.numbers = max(self.numbers, tensor.numel())
        return result


def test_no_tensor_holds_all_logits(monkeypatch):
    monkeypatch.setattr(module, "LOGITS_AT_ONCE", 10 * VOCABULARY)
    named, labels = operands()
    with Largest() as largest:
        linear_cross_entropy(*named.values(), labels).backward()
    assert largest.numbers == 10 * VOCABULARY
    with Largest() as largest:
        plain(*named.values(), labels).backward()
    assert largest.numbers == ROWS * VOCABULARY


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_the_head_comes_apart_into_what_precedes_its_last_layer_and_that_layer(kind):
    model = make_model(kind).eval()
    states = torch.randn(5, model.config.hidden_size)
    whole = prediction_head(model)(states)
    decoder = model.get_output_embeddings()
    assert torch.equal(decoder(decoder_inputs(model, states)), whole)
    labels = torch.arange(5)
    expected = functional.cross_entropy(whole, labels, reduction="sum")
    torch.testing.assert_close(prediction_loss(model, states, labels), expected)
