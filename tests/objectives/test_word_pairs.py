"""Word pairs: which are taken, which pieces stand for them; the hold on the original encoder."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lingweave.encoder import NO_WORD, freeze
from lingweave.errors import TrainingError
from lingweave.objectives import ContrastiveOptions, WordAlignedOptions, make_objective
from lingweave.objectives.word_pairs import one_to_one, parameter_distance, pieces_of_words
from lingweave.training import Run, TrainingOptions, train
from tiny_models import make_model
from tiny_pairs import PAIRS, TOKENIZERS, TRAINING, begun, generator, link_array, sentence

KINDS = {"word-aligned": WordAlignedOptions, "contrastive": ContrastiveOptions}
both_kinds = pytest.mark.parametrize("name", KINDS)


def make(name="word-aligned", tokenizer="bert", **options):
    return make_objective(name, TOKENIZERS[tokenizer], KINDS[name](**options))


# Words and their pieces.


@pytest.mark.parametrize(
    ("links", "kept"),
    [
        ([(0, 0), (1, 1)], [(0, 0), (1, 1)]),
        ([(0, 1), (1, 0), (2, 2)], [(0, 1), (1, 0), (2, 2)]),
        ([(0, 0), (0, 1), (1, 2)], [(1, 2)]),
        ([(0, 0), (1, 0), (2, 1)], [(2, 1)]),
        ([(0, 0), (0, 1), (1, 1)], []),
        ([], []),
    ],
)
def test_words_with_several_links_are_left_out(links, kept):
    assert one_to_one(link_array(links)).tolist() == [list(link) for link in kept]


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12).map(sorted))
def test_what_is_kept_is_one_to_one_and_nothing_else_could_be(links):
    kept = [tuple(link) for link in one_to_one(link_array(links)).tolist()]
    sources, targets = [s for s, _ in links], [t for _, t in links]
    assert kept == [(s, t) for s, t in links if sources.count(s) == targets.count(t) == 1]


def test_the_first_or_the_last_piece_stands_for_a_word():
    words = sentence([5, 6, 7, 8, 9, 10], [0, 0, 0, NO_WORD, 2, 3])
    assert pieces_of_words(words, "first") == {0: 0, 2: 4, 3: 5}
    assert pieces_of_words(words, "last") == {0: 2, 2: 4, 3: 5}


@pytest.mark.parametrize(("which", "katze"), [("first", 10), ("last", 11)])
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_positions_are_those_of_the_words_in_the_batch(which, katze, tokenizer):
    batch = make(tokenizer=tokenizer, word_piece=which).collate(PAIRS, [generator()] * len(PAIRS))
    pieces = batch.inputs["input_ids"].flatten()
    found = list(
        zip(
            pieces[batch.source_positions].tolist(),
            pieces[batch.target_positions].tolist(),
            batch.pair_of_words.tolist(),
            strict=True,
        )
    )
    # Of the second pair: (0, 0) and (0, 3) share word 0, (2, 1) and (2, 9) word 2, (7, 1) word 1.
    assert found == [
        (6, 9, 0),
        (7, katze, 0),
        (8, 12, 0),
        *[(24, 31, 3), (25, 30, 3), (26, 32, 3), (27, 34, 3), (28, 28, 3), (29, 33, 3)],
    ]
    assert batch.counts["alignment"] == 9


def test_words_behind_the_cut_are_left_out():
    pair = copy.deepcopy(PAIRS[0])
    object.__setattr__(pair, "links", link_array([(0, 0), (1, 7), (9, 1)]))
    batch = make().collate([pair], [generator()])
    assert batch.inputs["input_ids"].flatten()[batch.target_positions].tolist() == [9]


def test_nothing_is_masked():
    batch = make().collate(PAIRS[:1], [generator()])
    assert batch.inputs["input_ids"].tolist() == [[2, 6, 7, 8, 3, 0], [2, 9, 10, 11, 12, 3]]


# The hold on the original encoder.


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize(("anchor", "sides"), [("source", [0]), ("target", [1]), ("both", [0, 1])])
@both_kinds
def test_states_are_held_near_those_of_the_original_encoder(name, anchor, sides, tokenizer):
    objective = make(name, tokenizer, anchor=anchor, regularizer="states")
    original = make_model(tokenizer)
    model = begun(objective, tokenizer, moved=0.2)
    batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
    expected, num_positions = 0.0, 0
    for pair in PAIRS:
        for side in sides:
            pieces = [2, *(pair.source, pair.target)[side].pieces.tolist(), 3]
            inputs = {
                "input_ids": torch.tensor([pieces]),
                "attention_mask": torch.ones(1, len(pieces), dtype=torch.long),
            }
            with torch.no_grad():
                new = model.base_model(**inputs).last_hidden_state
                old = original.base_model(**inputs).last_hidden_state
            expected += float((new - old).square().sum())
            num_positions += len(pieces)
    with torch.no_grad():
        total = objective.sums(model, batch)["regularization"]
    assert batch.counts["regularization"] == num_positions
    assert float(total) == pytest.approx(expected, rel=1e-4)
    assert expected > 1


@both_kinds
def test_parameters_are_held_near_those_of_the_original_encoder(name):
    objective = make(name, regularizer="parameters")
    original = make_model("bert")
    model = begun(objective, moved=0.2)
    batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
    old = original.state_dict()
    expected = sum(
        float((parameter - old[name]).square().sum())
        for name, parameter in model.state_dict().items()
        if name.startswith("bert.")
    )
    with torch.no_grad():
        total = objective.sums(model, batch)["regularization"]
    assert float(total) / batch.counts["regularization"] == pytest.approx(expected, rel=1e-4)
    assert batch.counts["regularization"] == len(PAIRS)


def test_the_distance_of_parameters_pulls_each_back_by_twice_its_way():
    model, original = make_model("bert").base_model, make_model("bert").base_model
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.25)
    parameter_distance(model, original).backward()
    for parameter in model.parameters():
        torch.testing.assert_close(parameter.grad, torch.full_like(parameter, 0.5))


@both_kinds
@pytest.mark.parametrize("regularizer", ["states", "parameters"])
def test_before_training_there_is_nothing_to_hold(name, regularizer):
    objective = make(name, regularizer=regularizer)
    model = begun(objective)
    sums = objective.sums(model, objective.collate(PAIRS, [generator()] * len(PAIRS)))
    assert sums["regularization"].item() == 0
    sums["regularization"].backward()
    assert not any(p.grad is not None and p.grad.any() for p in model.parameters())


def test_the_copy_knows_no_dropout_no_gradient_and_is_no_part_of_the_model():
    objective = make()
    model = begun(objective, dropout=0.5)
    names = set(model.state_dict())
    model.train()
    batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
    objective.sums(model, batch)["regularization"].backward()
    assert set(model.state_dict()) == names == set(make_model("bert").state_dict())
    # The model's dropout is the only difference to the original: without it there is none.
    model.eval()
    assert objective.sums(model, batch)["regularization"].item() == 0


@both_kinds
def test_without_weight_there_is_no_copy_and_no_such_part(name):
    objective = make(name, regularization_weight=0)
    model = begun(objective)
    batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
    sums = objective.sums(model, batch)
    assert sums.keys() == batch.counts.keys() == objective.weights.keys() == {"alignment"}
    assert objective._original is None


@both_kinds
def test_the_weight_of_the_regulariser_is_that_of_the_options(name):
    assert make(name).weights == {"alignment": 1.0, "regularization": 1.0}
    assert make(name, regularization_weight=0.25).weights["regularization"] == 0.25


def test_with_the_encoder_frozen_nothing_could_be_aligned():
    model = make_model("bert")
    freeze(model, 2)
    with pytest.raises(TrainingError, match="all of the encoder is frozen.*lower frozen_layers"):
        make().begin(model, seed=0)


@both_kinds
@pytest.mark.parametrize("regularizer", ["states", "parameters"])
def test_frozen_layers_stay_and_the_others_move(name, regularizer, tmp_path):
    objective = make(name, regularizer=regularizer)
    model = make_model("bert")
    freeze(model, 1)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    objective.begin(model, seed=0)
    options = TrainingOptions(**TRAINING, max_updates=3)
    train(model, objective, PAIRS, Run(options=options, seed=1, work=tmp_path))
    objective.finish(model)
    moved = {
        key for key, value in model.state_dict().items() if not torch.equal(value, before[key])
    }
    assert moved
    assert all(key.startswith("bert.encoder.layer.1.") for key in moved)


class Stopped(Exception):
    pass


@both_kinds
@pytest.mark.parametrize("regularizer", ["states", "parameters"])
def test_a_run_that_is_resumed_ends_with_the_weights_of_an_undisturbed_one(
    name, regularizer, tmp_path
):
    """The original is the encoder before training, not the checkpoint that is gone on from."""
    training = TrainingOptions(**TRAINING | {"epochs": 4, "batch_size": 2, "checkpoint_updates": 1})

    def run(folder, stop_after=None):
        def stop(report):
            if report.update == stop_after:
                raise Stopped

        objective = make(name, regularizer=regularizer)
        model = make_model("bert", dropout=0.1)
        objective.begin(model, seed=3)
        train(model, objective, PAIRS, Run(options=training, seed=1, work=folder, report=stop))
        objective.finish(model)
        return model.state_dict()

    undisturbed = run(tmp_path / "undisturbed")
    for stop_after in (3, 6):
        with pytest.raises(Stopped):
            run(tmp_path / "resumed", stop_after)
    resumed = run(tmp_path / "resumed")
    assert resumed.keys() == undisturbed.keys()
    for key, value in undisturbed.items():
        assert torch.equal(resumed[key], value)


@both_kinds
def test_training_draws_translations_together(name, tmp_path):
    """Cosine of linked words against that of others, before and after."""
    options = {"batch_size": 4, "epochs": 40, "learning_rate": 5e-3}
    objective = make(name, regularization_weight=0)
    model = begun(objective)

    def contrast():
        batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
        with torch.no_grad():
            states = model.eval().base_model(**batch.inputs).last_hidden_state.flatten(0, 1)
        source = torch.nn.functional.normalize(states[batch.source_positions], dim=-1)
        target = torch.nn.functional.normalize(states[batch.target_positions], dim=-1)
        similarity = (source @ target.T).numpy()
        others = ~np.eye(len(similarity), dtype=bool)
        return similarity.diagonal().mean(), similarity.diagonal().mean() - similarity[
            others
        ].mean()

    linked, margin = contrast()
    training = TrainingOptions(**TRAINING | options)
    train(model, objective, PAIRS, Run(options=training, seed=1, work=tmp_path))
    linked_after, margin_after = contrast()
    assert linked_after > linked + 0.1
    if name == "contrastive":
        assert margin_after > margin + 0.3
