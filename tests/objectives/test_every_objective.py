"""What all objectives on sentence pairs promise, whatever their loss is."""

import copy

import pytest
import torch
from torch.nn import functional

from lingweave.encoder import prediction_head
from lingweave.objectives import OBJECTIVES, linear_cross_entropy, make_objective, masked, weam
from tiny_models import VOCABULARY, make_model
from tiny_pairs import PAIRS, TOKENIZERS, begun, generator, gradients_of_one_update

KINDS = {
    "mlm": {"objective": "mlm"},
    "tlm": {"objective": "tlm"},
    "tlm, any order": {"objective": "tlm", "order": "random", "reset_positions": True},
    "weam": {"objective": "weam"},
    "weam, together": {"objective": "weam", "pair_encoding": "together"},
    "weam, inner layer": {"objective": "weam", "layer": 1},
    "word-aligned": {"objective": "word-aligned"},
    "word-aligned, both held": {"objective": "word-aligned", "anchor": "both"},
    "word-aligned, parameters": {"objective": "word-aligned", "regularizer": "parameters"},
    "contrastive": {"objective": "contrastive"},
    "contrastive, within pairs": {"objective": "contrastive", "negatives": "pair"},
    "contrastive, weak": {"objective": "contrastive", "negatives": "pair", "variant": "weak"},
    "code-switched": {"objective": "code-switched", "max_switched": 0.6},
    "mix": {"objective": "mix"},
    "mix of many": {
        "objective": "mix",
        "parts": {
            "switched": {"objective": "code-switched", "max_switched": 0.6},
            "joined": {"objective": "tlm", "order": "random"},
            "near": {"objective": "word-aligned"},
            "told": {"objective": "contrastive", "negatives": "pair"},
            "told, plain": {"objective": "contrastive", "negatives": "pair", "projection": 8},
        },
        "weights": {"joined": 0.5, "told": 2},
    },
}
every = pytest.mark.parametrize("kind", KINDS)
WHOLE = {"contrastive"}  # refused with micro-batches


def make(kind, tokenizer="bert"):
    name = KINDS[kind]["objective"]
    options = OBJECTIVES[name].options.model_validate(KINDS[kind])
    return make_objective(name, TOKENIZERS[tokenizer], options), options


def tensors(batch):
    """All tensors of a batch, nested or not, in order."""
    found = []
    for value in vars(batch).values():
        inner = value.values() if isinstance(value, dict) else [value]
        for item in inner:
            if isinstance(item, torch.Tensor):
                found.append(item)
            elif hasattr(item, "inputs"):
                found += tensors(item)
    return found


def same_tensors(first, second):
    one, other = tensors(first), tensors(second)
    return len(one) == len(other) and all(map(torch.equal, one, other))


def test_all_that_are_registered_are_tested():
    assert {kind["objective"] for kind in KINDS.values()} == set(OBJECTIVES)
    for name, registered in OBJECTIVES.items():
        assert registered.options().objective == name


@every
def test_sums_counts_and_weights_name_the_same_parts(kind):
    objective, _ = make(kind)
    model = begun(objective, moved=0.1)
    batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
    sums = objective.sums(model, batch)
    assert sums.keys() == batch.counts.keys() == objective.weights.keys()
    for part, total in sums.items():
        assert total.shape == ()
        assert batch.counts[part] > 0
        assert torch.isfinite(total)
        assert total > 0
    assert batch.num_tokens >= sum(len(pair.source) + len(pair.target) for pair in PAIRS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WHOLE])
@pytest.mark.parametrize("size", [1, 3])
def test_many_micro_batches_give_the_gradient_of_one_batch(kind, size, tmp_path):
    examples, results = PAIRS * 2, []
    for micro_batch_size in (None, size):
        objective, _ = make(kind)
        model = begun(objective, moved=0.1)
        folder = tmp_path / str(micro_batch_size)
        results.append(
            gradients_of_one_update(
                model, objective, examples, folder, micro_batch_size=micro_batch_size
            )
        )
    whole, parts = results
    assert parts.keys() == whole.keys()
    assert any(gradient.any() for gradient in whole.values())
    for name, gradient in whole.items():
        scale = float(gradient.abs().max())
        torch.testing.assert_close(parts[name], gradient, rtol=1e-4, atol=1e-5 * max(1, scale))


def all_logits_at_once(model, states, labels):
    """The loss of the masked-LM head as it is usually written."""
    logits = prediction_head(model)(states)
    return functional.cross_entropy(logits, labels, reduction="sum")


@every
def test_the_gradient_is_that_of_all_logits_at_once(kind, tmp_path, monkeypatch):
    """The way of training that is fast against the plain one, in one precision."""
    monkeypatch.setattr(linear_cross_entropy, "LOGITS_AT_ONCE", 2 * VOCABULARY)
    results = []
    for folder in ("fast", "plain"):
        if folder == "plain":
            for module in (masked, weam):
                monkeypatch.setattr(module, "prediction_loss", all_logits_at_once)
        objective, _ = make(kind)
        model = begun(objective, moved=0.1)
        results.append(gradients_of_one_update(model, objective, PAIRS * 3, tmp_path / folder))
    fast, plain = results
    assert fast.keys() == plain.keys()
    for name, gradient in plain.items():
        scale = float(gradient.abs().max())
        torch.testing.assert_close(fast[name], gradient, rtol=1e-4, atol=1e-5 * max(1, scale))


def test_negatives_from_the_batch_are_the_only_ones_that_need_it_whole():
    assert {kind for kind in KINDS if make(kind)[1].needs_whole_updates} == WHOLE


@every
def test_chance_is_the_generators_and_examples_are_left_as_they_were(kind):
    objective, _ = make(kind)
    model = make_model("bert")
    before, state = copy.deepcopy(PAIRS), torch.get_rng_state()
    first, again = (objective.collate(PAIRS, [generator(4)] * len(PAIRS)) for _ in range(2))
    objective.begin(model, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert same_tensors(first, again)
    for pair, old in zip(PAIRS, before, strict=True):
        assert pair.source.pieces.tolist() == old.source.pieces.tolist()
        assert pair.target.pieces.tolist() == old.target.pieces.tolist()
        assert pair.links.tolist() == old.links.tolist()


@every
def test_what_becomes_of_a_pair_follows_from_its_own_generator(kind):
    """Each pair's own pieces in `input_ids`, among others or alone."""
    objective, _ = make(kind)

    def rows(examples, seeds):
        batch = objective.collate(examples, [generator(seed) for seed in seeds])
        batches = getattr(batch, "parts", {"": batch})
        found = {}
        for name, inner in batches.items():
            ids = inner.inputs["input_ids"]
            attended = inner.inputs["attention_mask"].bool()
            each = [row[mask].tolist() for row, mask in zip(ids, attended, strict=True)]
            number = len(each) // len(examples)
            found[name] = [each[at : at + number] for at in range(0, len(each), number)]
        return found

    together = rows(PAIRS, range(len(PAIRS)))
    for seed, pair in enumerate(PAIRS):
        for name, (own,) in rows([pair], [seed]).items():
            assert own == together[name][seed]


@every
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_the_loss_moves_both_sentences(kind, tokenizer):
    objective, _ = make(kind, tokenizer)
    model = begun(objective, tokenizer, moved=0.1)
    batch = objective.collate(PAIRS[:1] * 8, [generator()] * 8)
    sums = objective.sums(model, batch)
    sum(sums.values()).backward()
    gradient_VD = model.base_model.embeddings.word_embeddings.weight.grad
    assert gradient_VD[6:13].any(dim=1).all()


@every
def test_pairs_without_links_add_nothing_across_and_break_nothing(kind):
    objective, _ = make(kind)
    model = begun(objective)
    batch = objective.collate(PAIRS[2:3] * 4, [generator()] * 4)
    sums = objective.sums(model, batch)
    sum(sums.values()).backward()
    for part, total in sums.items():
        assert torch.isfinite(total)
        if "cross" in part or "alignment" in part:
            assert batch.counts[part] == 0
            assert total.item() == 0


@every
def test_what_was_added_to_the_model_is_gone_after_training(kind, tmp_path):
    objective, _ = make(kind)
    model = begun(objective)
    names = {name for name, _ in begun(make("mlm")[0]).named_parameters()}
    gradients_of_one_update(model, objective, PAIRS, tmp_path)
    objective.finish(model)
    assert {name for name, _ in model.named_parameters()} == names


@every
def test_losses_in_bf16_are_near_those_in_full_precision(kind):
    objective, _ = make(kind)
    model = begun(objective, moved=0.1)
    batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
    with torch.no_grad():
        exact = objective.sums(model, batch)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = objective.sums(model, batch)
    for part, value in exact.items():
        assert rounded[part].dtype == torch.float32
        assert float(rounded[part]) == pytest.approx(float(value), rel=0.05)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no other device")
def test_what_is_kept_follows_the_batch_to_its_device():
    for kind in KINDS:
        objective, _ = make(kind)
        model = begun(objective, moved=0.1)
        batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
        on_cpu = objective.sums(model, batch)
        device = torch.device("cuda")
        for part, total in objective.sums(model.to(device), batch.to(device)).items():
            assert total.device.type == "cuda"
            assert float(total) == pytest.approx(float(on_cpu[part]), rel=1e-2)
