"""Weights of epochs: the best one is the result, others are kept where that is asked."""

import resource
from dataclasses import replace
from itertools import count

import pytest
import torch
from safetensors.torch import load_model

from lingweave.errors import TrainingError
from lingweave.training import Run, epoch_weights, train
from training.small_runs import (
    POINTS,
    LeastSquares,
    check_same,
    fit,
    interrupt_at,
    line,
    options,
    same,
    small_mlm,
    weights,
)


def test_the_best_epoch_is_the_result_and_the_first_of_equals(tmp_path):
    scores, seen, modes = [0.2, 0.9, 0.9, 0.1], [], []

    def select(model):
        modes.append(model.training)
        seen.append(weights(model))
        return scores[len(seen) - 1]

    model, progress = fit(tmp_path, epochs=4, select=select)
    assert progress.scores == scores
    assert modes == [False] * 4
    assert same(weights(model), seen[1])
    assert not same(weights(model), seen[2])


def test_a_cut_epoch_is_scored_too(tmp_path):
    reports, scored_at = [], []

    def select(model):
        scored_at.append(len(reports) + 1)
        return 0.0

    fit(tmp_path, max_updates=7, report=reports.append, select=select)
    assert scored_at == [3, 6, 7]


def test_scoring_between_epochs_does_not_change_the_training(tmp_path, undisturbed):
    better_each_time = count()

    def select(model):
        torch.rand(100)
        return float(next(better_each_time))

    check_same(*small_mlm(tmp_path, select=select), undisturbed)


def test_a_full_disk_while_the_best_weights_are_kept_is_said_clearly(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def select(model):
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        return 1.0

    try:
        with pytest.raises(TrainingError, match="cannot be written"):
            fit(tmp_path, select=select)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("update", [3, 5, 10])
def test_an_interrupted_run_finds_the_same_best_epoch(tmp_path, update):
    def scorer():
        return lambda model: -float(weights(model)[0].norm())

    expected, whole = small_mlm(tmp_path / "whole", select=scorer())
    with pytest.raises(KeyboardInterrupt):
        small_mlm(tmp_path / "cut", select=scorer(), report=interrupt_at(update))
    model, progress = small_mlm(tmp_path / "cut", select=scorer())
    assert len(progress.scores) == 3
    assert progress.scores == whole.scores
    assert same(weights(model), weights(expected))


@pytest.mark.parametrize("update", [None, 2, 4, 7])
def test_the_weights_of_every_epoch_are_kept_where_asked_also_over_an_interruption(
    tmp_path, update
):
    seen = []

    def select(model):
        seen.append(weights(model))
        return -float(len(seen))

    run = Run(
        options=options(checkpoint_updates=5),
        seed=1,
        work=tmp_path,
        report=None if update is None else interrupt_at(update),
        keep_epochs=True,
    )
    if update is not None:
        with pytest.raises(KeyboardInterrupt):
            train(line(), LeastSquares(), POINTS, run, select=select)
        run = replace(run, report=None)
    train(line(), LeastSquares(), POINTS, run, select=select)
    files = epoch_weights(tmp_path)
    assert len(files) == len(seen) == 3
    for file, expected in zip(files, seen, strict=True):
        kept = line()
        load_model(kept, str(file))
        assert same(weights(kept), expected)
    assert not same(seen[0], seen[2])


def test_only_the_best_epoch_is_kept_unless_more_is_asked(tmp_path):
    scores = iter([0.5, 0.7, 0.7])
    fit(tmp_path, select=lambda _: next(scores), checkpoint_updates=3)
    assert [file.parent.name for file in epoch_weights(tmp_path)] == ["epoch-0002"]
