"""Batches: every example once, of like length, and a function of the seed and the epoch alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave.objectives import MLMOptions, make_objective
from lingweave.training import Run, TrainingOptions, train
from lingweave.training.batching import epoch_batches, lengths_of
from tiny_models import make_model
from tiny_pairs import PAIRS, TOKENIZERS

MLM = make_objective("mlm", TOKENIZERS["bert"], MLMOptions())
LENGTHS = np.random.default_rng(0).geometric(0.05, size=3001).tolist()


def padding(batches):
    """Share of the positions that are padding."""
    sizes = np.array(LENGTHS)
    positions = sum(len(batch) * sizes[batch].max() for batch in batches)
    return 1 - sum(LENGTHS) / positions


@given(
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=300),
    batch_size=st.integers(1, 5),
    seed=st.integers(0, 99),
    epoch=st.integers(0, 9),
)
def test_each_example_comes_once_in_an_epoch(lengths, batch_size, seed, epoch):
    batches = epoch_batches(lengths, batch_size, seed=seed, epoch=epoch)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    sizes = sorted(len(batch) for batch in batches)
    assert len(batches) == -(-len(lengths) // batch_size)
    assert all(size == batch_size for size in sizes[1:])
    assert 1 <= sizes[0] <= batch_size


def flat(**options):
    return np.concatenate(epoch_batches(LENGTHS, 16, **options)).tolist()


def test_seed_and_epoch_decide_the_order():
    order = flat(seed=1, epoch=0)
    assert order == flat(seed=1, epoch=0)
    assert order != flat(seed=1, epoch=1)
    assert order != flat(seed=2, epoch=0)
    assert flat(seed=1, epoch=2) != flat(seed=2, epoch=1)


def test_other_examples_meet_in_every_epoch():
    def companies(epoch):
        return {
            frozenset(batch.tolist()) for batch in epoch_batches(LENGTHS, 16, seed=1, epoch=epoch)
        }

    assert not companies(0) & companies(1)


def test_little_is_padding():
    """Unsorted batches of these lengths are two thirds padding."""
    batches = epoch_batches(LENGTHS, 16, seed=1, epoch=0)
    shuffled = np.random.default_rng(1).permutation(len(LENGTHS))
    unsorted = [shuffled[at : at + 16] for at in range(0, len(shuffled), 16)]
    assert padding(unsorted) > 0.6
    assert padding(batches) < 0.15


def test_short_examples_do_not_come_before_long_ones():
    """Batches are shuffled after sorting: position in the epoch says nothing of the length."""
    longest = [
        max(LENGTHS[i] for i in batch) for batch in epoch_batches(LENGTHS, 16, seed=1, epoch=0)
    ]
    correlation = np.corrcoef(longest, np.arange(len(longest)))[0, 1]
    assert abs(correlation) < 0.25  # of 188 batches: 3.4 deviations


@pytest.mark.parametrize("num_examples", [1, 16])
def test_one_batch_is_enough_for_few_examples(num_examples):
    (batch,) = epoch_batches([3] * num_examples, 16, seed=0, epoch=0)
    assert len(batch) == num_examples


class Measured(list):
    """Examples that know their lengths, and note which of them are made."""

    def __init__(self, examples):
        super().__init__(examples)
        self.made = []

    @property
    def lengths(self):
        return np.array([MLM.length(example) for example in list.__iter__(self)])

    def __getitem__(self, index):
        self.made.append(int(index))
        return super().__getitem__(index)

    def __iter__(self):
        raise AssertionError("all examples are made")


def test_where_lengths_are_known_only_the_examples_of_an_update_are_made(tmp_path):
    options = TrainingOptions(max_updates=1, batch_size=2, precision="fp32")
    examples = Measured(PAIRS * 5)
    train(make_model("bert", 0.0), MLM, examples, Run(options=options, seed=4, work=tmp_path))
    (batch,) = epoch_batches([MLM.length(pair) for pair in PAIRS * 5], 2, seed=4, epoch=0)[:1]
    assert examples.made == batch.tolist()
    assert lengths_of(PAIRS, MLM).tolist() == [MLM.length(pair) for pair in PAIRS]
