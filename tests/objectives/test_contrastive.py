"""Contrastive word alignment: by hand, against loops, and what the projection is."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.nn import functional

from lingweave.encoder import PieceSpelling
from lingweave.objectives import ContrastiveOptions, EncodedPair, make_objective
from lingweave.objectives.contrastive import without_equal_words
from lingweave.objectives.word_pairs import WordPairBatch
from tiny_models import make_model
from tiny_pairs import PAIRS, TOKENIZERS, begun, generator, link_array, sentence

VARIANTS = [(v, n) for v in ("weak", "strong") for n in ("batch", "pair")]


def make(**options):
    options = ContrastiveOptions(**options)
    return make_objective("contrastive", TOKENIZERS["bert"], options)


def batch_of(pair_of_words):
    """All that the loss reads of a batch."""
    nothing = torch.zeros(0, dtype=torch.long)
    return WordPairBatch(
        inputs={},
        counts={},
        source_positions=nothing,
        target_positions=nothing,
        pair_of_words=torch.tensor(pair_of_words),
        anchored=nothing,
    )


def loss(source, target, pair_of_words, **options):
    objective = make(projection=None, **options)
    return float(objective.alignment_loss(None, source, target, batch_of(pair_of_words)))


def test_two_word_pairs_by_hand():
    """Source words along the axes, target words along them too: similarities are 0 or 1."""
    source = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    target = torch.tensor([[5.0, 0.0], [0.0, 3.0]])
    # From each of four words: the translation at 1, and at 0 one other word (weak), or two of
    # them (strong); with T = 0.5 these are e² and 1. Both directions are averaged.
    weak = 4 * -math.log(math.exp(2) / (math.exp(2) + 1)) / 2
    strong = 4 * -math.log(math.exp(2) / (math.exp(2) + 2)) / 2
    own = {"temperature": 0.5, "negatives": "batch"}
    assert loss(source, target, [0, 0], variant="weak", **own) == pytest.approx(weak)
    assert loss(source, target, [0, 0], variant="strong", **own) == pytest.approx(strong)
    assert loss(source, target, [0, 1], variant="strong", **own) == pytest.approx(strong)


def test_alone_in_its_pair_a_word_is_told_from_nothing():
    source, target = torch.randn(2, 3, generator=generator()), torch.ones(2, 3)
    for variant in ("weak", "strong"):
        assert loss(source, target, [0, 1], variant=variant, negatives="pair") == 0
        assert loss(source, target, [0, 1], variant=variant, negatives="batch") > 0.1


def slow_loss(source, target, pair_of_words, variant, negatives, temperature):
    """Word by word, as the definition reads."""
    num_words = len(source)
    words = [*source, *target]
    pairs = [*pair_of_words, *pair_of_words]
    total = 0.0
    for index, word in enumerate(words):
        translation = (index + num_words) % (2 * num_words)
        similarities = []
        for other, candidate in enumerate(words):
            same_side = (index < num_words) == (other < num_words)
            if other == index or (variant == "weak" and same_side):
                continue
            if negatives == "pair" and pairs[index] != pairs[other]:
                continue
            cosine = float(functional.cosine_similarity(word, candidate, dim=0))
            similarities.append((cosine / temperature, other == translation))
        (own,) = (value for value, is_translation in similarities if is_translation)
        total += math.log(sum(math.exp(value) for value, _ in similarities)) - own
    return total / 2


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    how=st.sampled_from(VARIANTS),
    temperature=st.sampled_from([0.1, 0.7]),
    seed=st.integers(0, 1000),
)
def test_the_loss_is_that_of_the_definition(sizes, how, temperature, seed):
    pair_of_words = [number for number, size in enumerate(sizes) for _ in range(size)]
    source, target = torch.randn(2, len(pair_of_words), 5, generator=generator(seed))
    variant, negatives = how
    found = loss(
        source,
        target,
        pair_of_words,
        variant=variant,
        negatives=negatives,
        temperature=temperature,
    )
    expected = slow_loss(source, target, pair_of_words, variant, negatives, temperature)
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)


@settings(deadline=None, max_examples=20)
@given(sizes=st.lists(st.integers(1, 4), min_size=2, max_size=4), seed=st.integers(0, 1000))
def test_negatives_of_the_pair_add_up_and_those_of_the_batch_cost_more(sizes, seed):
    pair_of_words = np.repeat(np.arange(len(sizes)), sizes)
    source, target = torch.randn(2, len(pair_of_words), 5, generator=generator(seed))
    for variant in ("weak", "strong"):
        own = {"variant": variant, "negatives": "pair"}
        each = [
            loss(source[mask], target[mask], pair_of_words[mask], **own)
            for mask in (pair_of_words == number for number in range(len(sizes)))
        ]
        whole = loss(source, target, pair_of_words, **own)
        assert whole == pytest.approx(sum(each), rel=1e-4, abs=1e-5)
        assert loss(source, target, pair_of_words, variant=variant, negatives="batch") > whole


@pytest.mark.parametrize(("variant", "negatives"), VARIANTS)
def test_states_of_the_model_go_through_the_projection_into_the_loss(variant, negatives):
    objective = make(variant=variant, negatives=negatives, projection=8)
    model = begun(objective, moved=0.1)
    batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
    layers = [value for name, value in model.state_dict().items() if "projection" in name]
    assert [tuple(layer.shape) for layer in layers] == [(16, 16), (8, 16)]
    with torch.no_grad():
        hidden = model.base_model(**batch.inputs).last_hidden_state.flatten(0, 1)
        projected = torch.relu(hidden @ layers[0].T) @ layers[1].T
        found = objective.sums(model, batch)["alignment"]
    expected = slow_loss(
        projected[batch.source_positions],
        projected[batch.target_positions],
        batch.pair_of_words.tolist(),
        variant,
        negatives,
        0.1,
    )
    assert float(found) == pytest.approx(expected, rel=1e-3)


def test_the_projection_is_drawn_from_the_seed_is_trained_and_goes():
    models = []
    for seed in (1, 1, 2):
        objective, model = make(), make_model("bert")
        before = set(model.state_dict())
        objective.begin(model, seed=seed)
        models.append(model.state_dict())
        batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
        objective.sums(model, batch)["alignment"].backward()
        added = dict(model.named_parameters()).keys() - before
        assert len(added) == 2
        assert all(dict(model.named_parameters())[name].grad.any() for name in added)
        objective.finish(model)
        assert set(model.state_dict()) == before
    first, again, other = models
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert {n for n in first if not torch.equal(first[n], other[n])} == first.keys() - before


def test_without_projection_nothing_is_added():
    objective, model = make(projection=None), make_model("bert")
    before = set(model.state_dict())
    objective.begin(model, seed=0)
    assert set(model.state_dict()) == before
    objective.finish(model)
    assert set(model.state_dict()) == before


def test_equal_words_are_no_word_pairs():
    """ "28" is "28" in the last pair; a name of two pieces must be equal in both."""
    batch = make().collate(PAIRS[3:], [generator()] * len(PAIRS[3:]))
    pieces = batch.inputs["input_ids"].flatten()
    assert 28 not in pieces[batch.source_positions].tolist()
    assert batch.counts["alignment"] == 5
    pair = EncodedPair(
        sentence([6, 7, 8, 9], [0, 0, 1, 1]),
        sentence([6, 7, 8, 10], [0, 0, 1, 1]),
        link_array([(0, 0), (1, 1), (0, 1)]),
    )
    # Without (0, 0), whose words are equal, word 1 of the target still has two links.
    assert without_equal_words(pair, PieceSpelling(TOKENIZERS["bert"])).links.tolist() == [
        [1, 1],
        [0, 1],
    ]
    assert make().collate([pair], [generator()]).counts["alignment"] == 0


def test_defaults_are_the_papers_and_wrong_options_are_refused():
    options = ContrastiveOptions()
    assert (options.word_piece, options.regularizer) == ("first", "parameters")
    assert (options.temperature, options.projection, options.negatives) == (0.1, 128, "batch")
    assert options.needs_whole_updates
    assert not ContrastiveOptions(negatives="pair").needs_whole_updates
    for wrong in (
        {"variant": "both"},
        {"negatives": "all"},
        {"temperature": 0},
        {"projection": 0},
    ):
        with pytest.raises(ValidationError):
            ContrastiveOptions(**wrong)
