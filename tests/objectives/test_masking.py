"""Masking: how much, of what, and what is never touched."""

import pytest
import torch

from lingweave.encoder import EncoderShape, new_encoder
from lingweave.objectives.masking import Vocabulary, mask_draws, mask_pieces

MASK, PAD, FIRST, LAST = 4, 0, 5, 60
VOCABULARY = Vocabulary(mask=MASK, pad=PAD, ordinary=torch.arange(FIRST, LAST))
SHAPE = (1000, 300)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def masked_with(input_ids, maskable, probability, seed=0):
    draws = mask_draws(int(maskable.sum()), generator(seed))
    return mask_pieces(input_ids, maskable, VOCABULARY, probability, draws)


def random_pieces(shape=SHAPE):
    return torch.randint(FIRST, LAST, shape, generator=generator(99))


@pytest.fixture(scope="module")
def masked():
    """300,000 pieces, a third of which may be masked, masked at 0.3."""
    input_ids = random_pieces()
    maskable = torch.zeros(SHAPE, dtype=torch.bool)
    maskable[:, 100:200] = True
    return input_ids, maskable, masked_with(input_ids, maskable, 0.3)


def share(condition):
    return float(condition.float().mean())


def test_the_asked_share_of_the_maskable_pieces_is_predicted(masked):
    _, maskable, result = masked
    assert share(result.predicted[maskable]) == pytest.approx(0.3, abs=0.006)  # 4 deviations


def test_special_tokens_and_padding_are_never_chosen_nor_changed(masked):
    input_ids, maskable, result = masked
    assert not result.predicted[~maskable].any()
    assert torch.equal(result.input_ids[~maskable], input_ids[~maskable])


def test_what_is_not_predicted_is_not_changed(masked):
    input_ids, _, result = masked
    assert torch.equal(result.input_ids[~result.predicted], input_ids[~result.predicted])


def test_of_the_predicted_80_percent_are_masked_10_random_and_10_their_own(masked):
    input_ids, _, result = masked
    before, after = input_ids[result.predicted], result.input_ids[result.predicted]
    assert share(after == MASK) == pytest.approx(0.8, abs=0.01)
    # A random piece is the old one in 1 of 55 cases.
    assert share(after == before) == pytest.approx(0.1 + 0.1 / 55, abs=0.008)
    assert share((after != before) & (after != MASK)) == pytest.approx(0.1 * 54 / 55, abs=0.008)


def test_random_pieces_are_drawn_evenly_from_the_ordinary_ones(masked):
    input_ids, _, result = masked
    changed = result.predicted & (result.input_ids != MASK) & (result.input_ids != input_ids)
    counts = torch.bincount(result.input_ids[changed], minlength=LAST)
    assert counts[:FIRST].sum() == 0
    expected = counts.sum() / (LAST - FIRST)
    assert expected > 40
    assert ((counts[FIRST:] - expected).abs() < 5 * expected.sqrt()).all()


def test_each_piece_is_chosen_by_itself(masked):
    _, maskable, result = masked
    chosen = result.predicted[:, 100:200].float()
    both = share(chosen[:, :-1] * chosen[:, 1:] == 1)  # neighbours
    assert both == pytest.approx(0.09, abs=0.005)
    assert chosen.mean(dim=0).min() > 0.2  # of 1,000 sequences, at every position
    assert chosen.mean(dim=0).max() < 0.4


def test_the_input_is_left_as_it_was():
    input_ids = random_pieces((4, 9))
    maskable = torch.ones(4, 9, dtype=torch.bool)
    copies = input_ids.clone(), maskable.clone()
    result = masked_with(input_ids, maskable, 0.9)
    assert torch.equal(input_ids, copies[0])
    assert torch.equal(maskable, copies[1])
    assert not torch.equal(result.input_ids, input_ids)


def test_all_chance_comes_from_the_generator():
    input_ids, maskable = random_pieces((40, 9)), torch.ones(40, 9, dtype=torch.bool)
    state = torch.get_rng_state()
    first, again, other = (masked_with(input_ids, maskable, 0.3, seed) for seed in (7, 7, 8))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.input_ids, again.input_ids)
    assert torch.equal(first.predicted, again.predicted)
    assert not torch.equal(first.predicted, other.predicted)


def test_draws_for_many_pieces_are_those_for_few_and_then_for_the_rest():
    """So masks do not depend on how an update is cut."""
    whole, cut = generator(3), generator(3)
    parts = torch.cat([mask_draws(number, cut) for number in (1, 7, 0, 40)])
    assert torch.equal(mask_draws(48, whole), parts)


def test_a_vocabulary_is_read_off_the_tokenizer(tmp_path):
    text = tmp_path / "text"
    text.write_text("the cat sleeps\n", encoding="utf-8")
    tokenizer = new_encoder([text], EncoderShape(layers=1, width=8, heads=1), seed=0).tokenizer
    tokenizer.add_special_tokens({"additional_special_tokens": ["[LANG]"]})
    tokenizer.add_tokens(["dog"])
    vocabulary = Vocabulary.of(tokenizer)
    assert (vocabulary.mask, vocabulary.pad) == (4, 0)
    ordinary = tokenizer.convert_ids_to_tokens(vocabulary.ordinary.tolist())
    assert sorted(ordinary) == ["cat", "dog", "sleeps", "the"]
