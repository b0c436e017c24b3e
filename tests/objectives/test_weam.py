"""WEAM: both losses against matrices written out in full."""

from dataclasses import dataclass

import pytest
import torch
from pydantic import ValidationError
from transformers import (
    DebertaV2Config,
    DebertaV2ForMaskedLM,
    MPNetConfig,
    MPNetForMaskedLM,
)

from lingweave.encoder import prediction_head
from lingweave.errors import CheckpointError
from lingweave.objectives import MLMOptions, TLMOptions, WEAMOptions, make_objective
from lingweave.training import Run, TrainingOptions, train
from objectives.weam_cases import EXAMPLES, TOKENIZERS, both_encodings, both_kinds, make, two_sides
from tiny_models import make_model, rows_of_head
from tiny_pairs import TRAINING, gradients_of_one_update


def slow_sums(model, batch, kind, encoding, how):
    """Both losses with full matrices and full logits, position by position."""
    hidden_BLD = model.base_model(**batch.inputs).last_hidden_state
    length = hidden_BLD.shape[1]
    multilingual, cross, num_cross = torch.tensor(0.0), torch.tensor(0.0), 0
    for index, pair in enumerate(EXAMPLES):
        x, y = two_sides(index, pair, kind, encoding, how)
        for own, other in ((x, y), (y, x)):
            own_LD = hidden_BLD[own.row, own.start : own.start + len(own.sentence)]
            other_LD = hidden_BLD[other.row, other.start : other.start + len(other.sentence)]
            swapped_LD = torch.tensor(own.given, dtype=torch.float32) @ other_LD
            plain = torch.log_softmax(prediction_head(model)(own_LD), dim=-1)
            swapped = torch.log_softmax(prediction_head(model)(swapped_LD), dim=-1)
            for place, piece in enumerate(own.sentence.pieces.tolist()):
                if own.row * length + own.start + place in batch.positions.tolist():
                    multilingual = multilingual - plain[place, piece]
                    if own.given[place].any():
                        cross = cross - swapped[place, piece]
                        num_cross += 1
    return multilingual, cross, num_cross


@both_kinds
@both_encodings
@pytest.mark.parametrize("how", ["mean", "ordinal"])
@pytest.mark.parametrize("seed", range(3))
def test_both_losses_equal_the_definition(kind, encoding, how, seed):
    model = make_model(kind)
    objective, batch = make(kind, encoding, seed, subword_link=how)
    with torch.no_grad():
        sums = objective.sums(model, batch)
        multilingual, cross, num_cross = slow_sums(model, batch, kind, encoding, how)
    assert num_cross > 1
    assert batch.counts == {"multilingual": len(batch.positions), "cross-lingual": num_cross}
    assert float(sums["multilingual"]) == pytest.approx(float(multilingual), rel=1e-5)
    assert float(sums["cross-lingual"]) == pytest.approx(float(cross), rel=1e-5)


@both_kinds
@both_encodings
def test_all_aligned_pieces_and_no_others_are_predicted_across(kind, encoding):
    """With everything masked: 3 + 4 pieces of the first pair, 3 + 3 of the second, no special."""
    _, batch = make(kind, encoding, masking=1 - 1e-9)
    assert batch.counts == {"multilingual": 18, "cross-lingual": 13}
    aligned = [6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 19, 20]
    assert sorted(batch.cross_labels.tolist()) == aligned
    flat = batch.inputs["attention_mask"].flatten()
    givers = set(batch.exchange_columns.tolist())
    assert givers <= set(batch.positions.tolist()), "a special token or padding gives its state"
    assert flat[batch.exchange_columns].all()


@both_encodings
def test_masking_is_that_of_the_sibling(encoding):
    _, batch = make("bert", encoding, seed=4, masking=0.3)
    name, options = ("mlm", MLMOptions) if encoding == "apart" else ("tlm", TLMOptions)
    sibling = make_objective(name, TOKENIZERS["bert"], options(masking=0.3))
    same = sibling.collate(EXAMPLES, [torch.Generator().manual_seed(4)] * len(EXAMPLES))
    assert batch.inputs.keys() == same.inputs.keys()
    for key in same.inputs:
        assert torch.equal(batch.inputs[key], same.inputs[key])
    assert torch.equal(batch.positions, same.positions)
    assert torch.equal(batch.labels, same.labels)


@both_kinds
@both_encodings
def test_logits_are_computed_at_the_predicted_positions_only(kind, encoding):
    model = make_model(kind)
    shapes = rows_of_head(model)
    objective, batch = make(kind, encoding)
    objective.sums(model, batch)
    counts = batch.counts
    width = model.config.hidden_size
    assert shapes == [(counts[part], width) for part in ("multilingual", "cross-lingual")]


def gradients_at_embeddings(model, objective, batch, part):
    """The gradient of one part of the loss at each input position, (B, L, D)."""
    seen = []

    def keep(module, inputs, output):
        output.retain_grad()
        seen.append(output)

    with model.base_model.embeddings.register_forward_hook(keep):
        objective.sums(model, batch)[part].backward()
    return seen[0].grad


@both_kinds
def test_apart_a_masked_piece_is_predicted_from_the_other_sentence_alone(kind):
    model = make_model(kind)
    # A seed that masks aligned pieces of the first source only: sequence 0.
    for seed in range(1000):
        objective, batch = make(kind, "apart", seed, examples=EXAMPLES[:1], masking=0.3)
        length = batch.inputs["input_ids"].shape[1]
        if len(batch.positions) and (batch.positions < length).all():
            break
    else:
        pytest.fail("no seed masks in the source only")
    own, other = gradients_at_embeddings(model, objective, batch, "multilingual")
    assert own.any()
    assert not other.any()
    own, other = gradients_at_embeddings(model, objective, batch, "cross-lingual")
    assert other.any()
    assert not own.any()


@both_kinds
@both_encodings
def test_the_cross_lingual_loss_alone_trains_both_sentences(kind, encoding):
    model = make_model(kind)
    objective, batch = make(kind, encoding, masking=1 - 1e-9)
    gradient_BLD = gradients_at_embeddings(model, objective, batch, "cross-lingual")
    for index, pair in enumerate(EXAMPLES[:2]):
        for side in two_sides(index, pair, kind, encoding, "mean"):
            own_LD = gradient_BLD[side.row, side.start : side.start + len(side.sentence)]
            assert own_LD.any(dim=1).all()
    unaligned = [4, 5] if encoding == "apart" else [2]
    assert not gradient_BLD[unaligned].any()


@both_encodings
def test_a_batch_without_links_adds_zero_across(encoding):
    model = make_model("bert")
    objective, batch = make("bert", encoding, examples=EXAMPLES[2:], masking=1 - 1e-9)
    assert batch.counts == {"multilingual": 3, "cross-lingual": 0}
    total = objective.sums(model, batch)["cross-lingual"]
    total.backward()
    assert total.item() == 0
    for parameter in model.parameters():
        assert parameter.grad is None or not parameter.grad.any()


@both_encodings
def test_losses_in_bf16_are_near_those_in_full_precision(encoding):
    model = make_model("bert")
    objective, batch = make("bert", encoding)
    with torch.no_grad():
        exact = objective.sums(model, batch)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = objective.sums(model, batch)
    for part, value in exact.items():
        assert rounded[part].dtype == torch.float32
        assert float(rounded[part]) == pytest.approx(float(value), rel=0.03)


def test_examples_are_left_as_they_were_and_chance_is_the_generators():
    before = [pair.links.copy() for pair in EXAMPLES]
    state = torch.get_rng_state()
    (_, first), (_, again) = (make("bert", "apart", seed=3) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.inputs["input_ids"], again.inputs["input_ids"])
    assert torch.equal(first.cross_labels, again.cross_labels)
    assert [pair.links.tolist() for pair in EXAMPLES] == [links.tolist() for links in before]


# The exchange in an inner layer.


def bare_layers(model, hidden_BLD, mask_BL, layers):
    """Take states through some layers, nothing but the model's own modules."""
    blocked = (1 - mask_BL.float())[:, None, None, :] * torch.finfo(torch.float32).min
    for layer in layers:
        hidden_BLD = layer(hidden_BLD, blocked)
    return hidden_BLD


def slow_inner_cross(model, batch, kind, encoding, layer):
    """The cross-lingual loss with full matrices: swap every aligned piece, then go on."""
    base, mask_BL = model.base_model, batch.inputs["attention_mask"]
    embedded_BLD = base.embeddings(
        input_ids=batch.inputs["input_ids"], token_type_ids=batch.inputs.get("token_type_ids")
    )
    inner_BLD = bare_layers(model, embedded_BLD, mask_BL, base.encoder.layer[:layer])
    swapped_BLD = inner_BLD.clone()
    aligned = []
    for index, pair in enumerate(EXAMPLES):
        x, y = two_sides(index, pair, kind, encoding, "mean")
        for own, other in ((x, y), (y, x)):
            other_LD = inner_BLD[other.row, other.start : other.start + len(other.sentence)]
            for place, row in enumerate(own.given):
                if row.any():
                    given = torch.tensor(row, dtype=torch.float32) @ other_LD
                    swapped_BLD[own.row, own.start + place] = given
                    aligned.append((own.row, own.start + place, int(own.sentence.pieces[place])))
    top_BLD = bare_layers(model, swapped_BLD, mask_BL, base.encoder.layer[layer:])
    logits = torch.log_softmax(prediction_head(model)(top_BLD), dim=-1)
    length = mask_BL.shape[1]
    masked = [at for at in aligned if at[0] * length + at[1] in batch.positions.tolist()]
    return -sum(logits[at] for at in masked), len(masked)


@both_kinds
@both_encodings
@pytest.mark.parametrize("layer", [1, 2])
def test_an_exchange_below_the_top_goes_through_the_layers_above(kind, encoding, layer):
    model = make_model(kind)
    objective, batch = make(kind, encoding, 2, layer=layer)
    top, same_batch = make(kind, encoding, 2)
    with torch.no_grad():
        sums = objective.sums(model, batch)
        expected, num_cross = slow_inner_cross(model, batch, kind, encoding, layer)
        last = top.sums(model, same_batch)
    assert batch.counts == same_batch.counts
    assert batch.counts["cross-lingual"] == num_cross > 1
    assert float(sums["cross-lingual"]) == pytest.approx(float(expected), rel=1e-4)
    assert float(sums["multilingual"]) == pytest.approx(float(last["multilingual"]), rel=1e-6)
    is_last = float(sums["cross-lingual"]) == pytest.approx(float(last["cross-lingual"]), rel=1e-4)
    assert is_last == (layer == 2)


@both_encodings
def test_an_exchange_below_the_top_trains_what_unmasked_words_give(encoding):
    """Of the first pair only "sleeps" is masked: "Kat" reaches it through the swapped sentence."""
    model = make_model("bert")
    for seed in range(1000):
        objective, batch = make("bert", encoding, seed, examples=EXAMPLES[:1], layer=1, masking=0.2)
        if batch.positions.tolist() == [3]:
            break
    else:
        pytest.fail("no seed masks the last source piece only")
    gradient_BLD = gradients_at_embeddings(model, objective, batch, "cross-lingual")
    row, column = (1, 2) if encoding == "apart" else (0, 6)
    assert int(batch.inputs["input_ids"][row, column]) == 10
    assert gradient_BLD[row, column].any()


def test_the_hooks_of_an_inner_exchange_are_gone_afterwards():
    model = make_model("bert")
    objective, batch = make("bert", "apart", layer=1)
    objective.sums(model, batch)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_a_layer_that_is_not_there_is_refused_before_training():
    objective, _ = make("bert", "apart", layer=3)
    with pytest.raises(CheckpointError, match="states of layer 3 are asked for, but the encoder"):
        objective.begin(make_model("bert"), seed=0)
    make("bert", "apart", layer=2)[0].begin(make_model("bert"), seed=0)


@pytest.mark.parametrize(
    ("config_class", "model_class"),
    [(DebertaV2Config, DebertaV2ForMaskedLM), (MPNetConfig, MPNetForMaskedLM)],
)
def test_an_exchange_in_the_last_layer_is_that_of_the_top_where_layers_give_tuples(
    config_class, model_class
):
    config = config_class(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2)
    model = model_class(config).eval()
    objective, batch = make("bert", "apart", 2, layer=2)
    top, same_batch = make("bert", "apart", 2)
    with torch.no_grad():
        found, expected = objective.sums(model, batch), top.sums(model, same_batch)
    assert float(found["cross-lingual"]) == pytest.approx(
        float(expected["cross-lingual"]), rel=1e-4
    )


def test_options_are_the_papers_and_wrong_ones_are_refused():
    options = WEAMOptions()
    assert (options.masking, options.cross_weight) == (0.3, 1.0)
    assert (options.pair_encoding, options.subword_link) == ("apart", "mean")
    objective, _ = make("bert", "apart", cross_weight=0.25)
    assert objective.weights == {"multilingual": 1.0, "cross-lingual": 0.25}
    for wrong in (
        {"cross_weight": -1},
        {"pair_encoding": "both"},
        {"subword_link": "first"},
        {"layer": 0},
    ):
        with pytest.raises(ValidationError):
            WEAMOptions(**wrong)


# In training.


def trained(objective, examples, folder, *, dropout=0.0, **options):
    model = make_model("bert", dropout)
    training = TrainingOptions(**(TRAINING | options))
    train(model, objective, examples, Run(options=training, seed=1, work=folder))
    return model.state_dict()


@both_encodings
def test_without_the_cross_lingual_loss_it_is_its_sibling_to_the_bit(tmp_path, encoding):
    name, options = ("mlm", MLMOptions) if encoding == "apart" else ("tlm", TLMOptions)
    sibling = make_objective(name, TOKENIZERS["bert"], options())
    how = {"epochs": 4, "batch_size": 2, "dropout": 0.1}
    states = [trained(sibling, EXAMPLES, tmp_path / "sibling", **how)]
    for weight in (0.0, 1.0):
        weam = WEAMOptions(pair_encoding=encoding, cross_weight=weight)
        objective = make_objective("weam", TOKENIZERS["bert"], weam)
        states.append(trained(objective, EXAMPLES, tmp_path / str(weight), **how))
    expected, without, with_it = states
    assert all(torch.equal(without[key], expected[key]) for key in expected)
    assert not all(torch.equal(with_it[key], expected[key]) for key in expected)


@dataclass(frozen=True)
class ManyBatches:
    """Batches of one example each, treated as one."""

    batches: list

    @property
    def counts(self):
        parts = self.batches[0].counts
        return {part: sum(batch.counts[part] for batch in self.batches) for part in parts}

    @property
    def num_tokens(self):
        return sum(batch.num_tokens for batch in self.batches)

    def to(self, device):
        return ManyBatches([batch.to(device) for batch in self.batches])


class OneByOne:
    """WEAM whose masking of an example depends on nothing but the example."""

    def __init__(self, objective):
        self.objective = objective
        self.weights = objective.weights
        self.length = objective.length

    def collate(self, examples, generator):
        def own_generator(example):
            return torch.Generator().manual_seed(int(example.source.pieces[0]) + 1)

        return ManyBatches(
            [self.objective.collate([example], [own_generator(example)]) for example in examples]
        )

    def sums(self, model, batch):
        each = [self.objective.sums(model, one) for one in batch.batches]
        return {part: sum(sums[part] for sums in each) for part in self.weights}


@both_encodings
def test_micro_batches_with_unlike_counts_train_as_one_batch(tmp_path, encoding):
    weam = WEAMOptions(pair_encoding=encoding, masking=0.6)
    objective = OneByOne(make_objective("weam", TOKENIZERS["bert"], weam))
    counts = [objective.collate([example], None).counts for example in EXAMPLES]
    assert len({tuple(count.values()) for count in counts}) > 1
    examples = EXAMPLES * 2
    whole = gradients_of_one_update(make_model("bert"), objective, examples, tmp_path / "whole")
    for size in (1, 2, 4):
        folder = tmp_path / str(size)
        parts = gradients_of_one_update(
            make_model("bert"), objective, examples, folder, micro_batch_size=size
        )
        assert parts.keys() == whole.keys()
        for name, gradient in whole.items():
            torch.testing.assert_close(parts[name], gradient, rtol=1e-4, atol=1e-6)
    assert whole["bert.embeddings.word_embeddings.weight"].any()
