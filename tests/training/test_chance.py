"""Chance: nothing that is drawn goes with anything else that is."""

from itertools import product

import numpy as np
import torch
from torch import nn

from lingweave.training import Run, train
from lingweave.training.chance import Purpose, numpy_generator, torch_generator, torch_seed
from training.small_runs import POINTS, LeastSquares, options


def test_seeds_purposes_and_paths_of_any_length_draw_for_themselves():
    paths = [(), (0,), (0, 0), (7,), (7, 0), (0, 7), (7, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0, 0)]
    everything = list(product((0, 1, 7, 2**32), Purpose, paths))
    drawn = {
        (
            int(numpy_generator(seed, purpose, *path).integers(2**62)),
            torch_seed(seed, purpose, *path),
        )
        for seed, purpose, path in everything
    }
    assert len({ours for ours, _ in drawn}) == len({seeds for _, seeds in drawn}) == len(everything)


def test_rows_and_ranks_of_one_update_draw_for_themselves():
    rows = {torch_seed(3, Purpose.EXAMPLE, 5, row) for row in range(100)}
    ranks = {torch_seed(3, Purpose.DROPOUT, 5, rank) for rank in range(100)}
    assert len(rows | ranks) == 200


def test_the_same_numbers_draw_the_same():
    for draw in (
        lambda: numpy_generator(3, Purpose.ORDER, 5).random(9).tolist(),
        lambda: torch.rand(9, generator=torch_generator(3, Purpose.EXAMPLE, 5, 2)).tolist(),
    ):
        assert draw() == draw()


def test_what_examples_leave_to_chance_does_not_go_with_dropout(tmp_path):
    """Every number an update draws from, in masks and in dropout."""
    draws = []

    class Noting(LeastSquares):
        def collate(self, examples, generators):
            draws.extend(torch.rand(1000, generator=generator) for generator in generators)
            return super().collate(examples, generators)

        def sums(self, model, batch):
            draws.append(torch.rand(1000))  # as dropout draws
            return super().sums(model, batch)

    run = Run(options=options(max_updates=3), seed=1, work=tmp_path)
    train(nn.Linear(3, 1), Noting(), POINTS, run)
    assert len(draws) == 10 + 3  # 10 examples in three updates
    correlations = np.abs(np.corrcoef(torch.stack(draws)) - np.eye(13))
    assert correlations.max() < 0.16  # 5 deviations
