"""Mixes: the sum of their parts, each with chance of its own."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from lingweave.objectives import OBJECTIVES, MixOptions, make_objective
from lingweave.objectives.mix import own_generator
from tiny_pairs import PAIRS, TOKENIZERS, begun, generator, gradients_of_one_update

PARTS = {
    "joined": {"objective": "tlm", "order": "random", "masking": 0.5},
    "across": {"objective": "weam", "cross_weight": 0.5, "masking": 0.5},
    "near": {"objective": "word-aligned", "regularization_weight": 0.25},
}


def make(parts=PARTS, weights=None):
    options = MixOptions.model_validate({"parts": parts, "weights": weights or {}})
    return make_objective("mix", TOKENIZERS["bert"], options)


def make_part(name):
    options = OBJECTIVES[PARTS[name]["objective"]].options.model_validate(PARTS[name])
    return make_objective(options.objective, TOKENIZERS["bert"], options)


def test_weights_are_those_of_the_parts_times_those_of_the_mix():
    assert make(weights={"across": 3, "near": 0.1}).weights == pytest.approx(
        {
            "joined: multilingual": 1,
            "across: multilingual": 3,
            "across: cross-lingual": 1.5,
            "near: alignment": 0.1,
            "near: regularization": 0.025,
        }
    )


def test_each_part_is_the_objective_itself_on_the_same_pairs():
    mix = make()
    model = begun(mix, moved=0.1)
    batch = mix.collate(PAIRS, [generator(6)] * len(PAIRS))
    sums = mix.sums(model, batch)
    drawn = generator(6)
    seeds = [int(torch.randint(2**62, (), generator=drawn)) for _ in PAIRS]
    for name in PARTS:
        part = make_part(name)
        part_model = begun(part, moved=0.1)
        own = part.collate(PAIRS, [own_generator(seed, name) for seed in seeds])
        assert torch.equal(own.inputs["input_ids"], batch.parts[name].inputs["input_ids"])
        for inner, total in part.sums(part_model, own).items():
            assert batch.counts[f"{name}: {inner}"] == own.counts[inner]
            torch.testing.assert_close(sums[f"{name}: {inner}"], total, rtol=1e-5, atol=0)
    assert batch.num_tokens == sum(part.num_tokens for part in batch.parts.values())


def test_an_update_takes_the_weighted_sum_of_the_means_of_all_parts(tmp_path):
    """The loop's gradient against one put together here, of the very batch that the loop saw."""
    mix = make(weights={"joined": 0.5, "near": 2})
    batches, collate = [], mix.collate

    def noted(examples, generator):
        batches.append(collate(examples, generator))
        return batches[-1]

    mix.collate = noted
    gradients = gradients_of_one_update(begun(mix, moved=0.1), mix, PAIRS, tmp_path)
    again, (batch,) = begun(mix, moved=0.1), batches
    sums = mix.sums(again, batch)
    assert all(count > 0 for count in batch.counts.values())
    total = sum(
        weight * sums[f"{name}: {inner}"] / batch.counts[f"{name}: {inner}"]
        for name, inner, weight in [
            ("joined", "multilingual", 0.5),
            ("across", "multilingual", 1),
            ("across", "cross-lingual", 0.5),
            ("near", "alignment", 2),
            ("near", "regularization", 0.5),
        ]
    )
    total.backward()
    for name, parameter in again.named_parameters():
        if parameter.grad is not None:
            torch.testing.assert_close(gradients[name], parameter.grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("order", [["joined", "across"], ["across", "near", "joined"]])
def test_another_part_or_order_changes_no_mask(order):
    mix = make({name: PARTS[name] for name in order})
    batch, full = (
        mix.collate(PAIRS, [generator(2)] * len(PAIRS)),
        make().collate(PAIRS, [generator(2)] * len(PAIRS)),
    )
    for name in order:
        assert torch.equal(
            batch.parts[name].inputs["input_ids"], full.parts[name].inputs["input_ids"]
        )


def test_parts_of_one_kind_are_masked_unlike_each_other():
    twice = {"one": {"objective": "mlm"}, "two": {"objective": "mlm"}}
    batch = make(twice).collate(PAIRS * 5, [generator()] * len(PAIRS * 5))
    one, two = (batch.parts[name] for name in ("one", "two"))
    assert not torch.equal(one.positions, two.positions)


def test_generators_differ_by_name_and_by_pair():
    first = [
        int(torch.randint(2**62, (), generator=own_generator(seed, name)))
        for seed in (0, 1, 2**62 - 1)
        for name in ("a", "b", "ab", "")
    ]
    assert len(set(first)) == len(first)


def test_masks_of_neighbouring_pairs_are_independent():
    """Generators of many pairs give numbers as even as those of one."""
    seeds = torch.randint(2**62, (4000,), generator=generator()).tolist()
    drawn = np.array([float(torch.rand((), generator=own_generator(s, "mlm"))) for s in seeds])
    counts, _ = np.histogram(drawn, bins=10, range=(0, 1))
    assert (abs(counts - 400) < 5 * np.sqrt(400 * 0.9)).all()
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.08  # 5 deviations


def test_by_default_it_is_mlm_with_tlm():
    options = MixOptions()
    assert [part.objective for part in options.parts.values()] == ["mlm", "tlm"]
    dumped = options.model_dump(mode="json")
    assert MixOptions.model_validate(dumped) == options
    assert dumped["parts"]["tlm"]["order"] == "fixed"


@pytest.mark.parametrize(
    ("options", "about"),
    [
        ({"parts": {}}, "at least 1 item"),
        ({"parts": {"a": {"objective": "mix"}}}, "'mix'"),
        ({"parts": {"a": {"objective": "none"}}}, "'none'"),
        ({"parts": {"a": {"objective": "mlm", "order": "random"}}}, "Extra inputs"),
        ({"weights": {"weam": 1}}, "'weam' is none of the parts mlm, tlm"),
        ({"weights": {"mlm": 0}}, "greater than 0"),
        ({"weights": {"mlm": -1}}, "greater than 0"),
    ],
)
def test_wrong_options_are_refused(options, about):
    with pytest.raises(ValidationError, match=about):
        MixOptions.model_validate(options)
