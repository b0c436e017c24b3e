"""Too little memory: the same update again in smaller micro-batches, with the same result."""

import json
import logging
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lingweave.errors import TrainingError
from lingweave.objectives.base import Batch
from lingweave.training import Run, TrainingOptions, train

EXAMPLES = [(x / 10, 1 - x / 7) for x in range(18)]
MEGABYTES = 256
"""What an example takes in `Heavy`."""


class Points:
    """Least squares; the examples of every batch that was tried are counted."""

    weights = {"error": 1.0}

    def __init__(self, most=1000):
        self.most, self.tried = most, []

    def length(self, example):
        return 1

    def collate(self, examples, generators):
        # Chance of the example's own, so that it shows whether a second try draws it anew.
        noise = torch.cat([torch.rand(1, 2, generator=one) for one in generators])
        inputs = {"points": torch.tensor(examples) + noise}
        inputs["attention_mask"] = torch.ones(len(examples), 1)
        return Batch(inputs=inputs, counts={"error": len(examples)})

    def sums(self, model, batch):
        number = batch.counts["error"]
        self.tried.append(number)
        error = (model(batch.inputs["points"]) - 1).square().sum()
        if number > self.most:
            error.backward(retain_graph=True)  # as where it fails halfway back
            self.exhaust()
        return {"error": error}

    def exhaust(self):
        torch.empty(2**50, dtype=torch.uint8)


class Heavy(Points):
    """Each example takes real memory."""

    def sums(self, model, batch):
        self.tried.append(batch.counts["error"])
        room = torch.ones(batch.counts["error"], MEGABYTES * 2**18)
        points = batch.inputs["points"] * room[:, :1]
        return {"error": (model(points) - 1).square().sum()}


class Broken(Points):
    def exhaust(self):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


def fit(folder, objective, *, needs_whole_updates=False, dropout=0.0, report=None, **changes):
    torch.manual_seed(4)
    layers = nn.Linear(2, 4), nn.Dropout(dropout), nn.Linear(4, 4), nn.Dropout(dropout)
    model = nn.Sequential(*layers, nn.Linear(4, 1))
    settings = {"learning_rate": 0.05, "batch_size": 8, "epochs": 2, "precision": "fp32"}
    run = Run(
        options=TrainingOptions(**(settings | changes)),
        seed=2,  # the last update of the first epoch is the short one
        work=folder,
        report=report,
        needs_whole_updates=needs_whole_updates,
    )
    progress = train(model, objective, EXAMPLES, run)
    weights = [parameter.tolist() for parameter in model.parameters()]
    return weights, progress.losses


@pytest.mark.parametrize(("most", "size"), [(7, 4), (4, 4), (3, 2), (1, 1)])
def test_the_result_is_that_of_micro_batches_set_by_hand(tmp_path, caplog, most, size):
    by_hand, narrow = Points(), Points(most)
    expected = fit(tmp_path / "by hand", by_hand, micro_batch_size=size)
    with caplog.at_level(logging.WARNING, "lingweave"):
        assert fit(tmp_path / "narrow", narrow) == expected
    # After the tries that failed, what was tried is what was set by hand: nothing failed again.
    assert narrow.tried[-len(by_hand.tried) :] == by_hand.tried
    assert all(number > most for number in narrow.tried[: -len(by_hand.tried)])
    (record,) = caplog.records
    assert "out of memory at 8 examples at once" in record.getMessage()
    assert f"micro_batch_size: {size} spares" in record.getMessage()


def test_micro_batches_that_are_set_are_halved_too(tmp_path):
    expected = fit(tmp_path / "by hand", Points(), micro_batch_size=3)
    assert fit(tmp_path / "narrow", Points(most=3), micro_batch_size=6) == expected


def interrupt(done):
    if done.update == 2:
        os.kill(os.getpid(), signal.SIGINT)


def test_a_run_that_is_resumed_keeps_the_size_that_fitted(tmp_path):
    """Whoever took the memory may be gone by then; with dropout another size is another run."""
    expected = fit(tmp_path / "undisturbed", Points(most=4), dropout=0.5)
    assert fit(tmp_path / "with room", Points(), dropout=0.5) != expected
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "resumed", Points(most=4), dropout=0.5, report=interrupt)
    roomy = Points()
    assert fit(tmp_path / "resumed", roomy, dropout=0.5) == expected
    assert max(roomy.tried) == 4


def test_a_run_that_is_resumed_may_be_given_smaller_micro_batches(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, Points(most=4), report=interrupt)
    smaller = Points()
    fit(tmp_path, smaller, micro_batch_size=3)
    assert max(smaller.tried) == 3


def test_where_not_even_one_example_fits_the_run_ends_with_one_line(tmp_path):
    with pytest.raises(TrainingError) as caught:
        fit(tmp_path, Points(most=0))
    assert str(caught.value) == (
        "an example of update 1 does not fit the memory even by itself; "
        "lower max_length, or train a smaller encoder"
    )


def test_an_update_that_must_stay_whole_is_not_cut(tmp_path):
    with pytest.raises(TrainingError) as caught:
        fit(tmp_path, Points(most=4), needs_whole_updates=True)
    assert str(caught.value) == (
        "update 1 does not fit the memory, and its loss is that of the whole; "
        "lower batch_size or max_length"
    )


def test_other_errors_are_not_taken_for_it(tmp_path):
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        fit(tmp_path, Broken(most=4))


@pytest.mark.slow
def test_a_process_with_a_real_limit_gives_the_same_result(tmp_path):
    """Eight examples would take 2 GB and more; there is room for about six."""
    done = subprocess.run(
        [sys.executable, __file__, str(tmp_path / "limited")],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    limited = json.loads(done.stdout)
    assert limited["tried"][0] == 8
    assert limited["tried"][-1] < 8
    weights, losses = fit(
        tmp_path / "by hand", Heavy(), micro_batch_size=max(limited["tried"][-3:])
    )
    # An update or two may have found room for more at once: then sums are of another order.
    for own, wanted in zip(limited["weights"], weights, strict=True):
        np.testing.assert_allclose(own, wanted, rtol=1e-5)
    np.testing.assert_allclose(limited["losses"], losses, rtol=1e-5)


if __name__ == "__main__":  # the process with the limit
    fit(Path(sys.argv[1]) / "before", Heavy(), max_updates=1, micro_batch_size=1)  # all is loaded
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + 5 * MEGABYTES * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    objective = Heavy()
    weights, losses = fit(Path(sys.argv[1]) / "work", objective)
    print(json.dumps({"tried": objective.tried, "weights": weights, "losses": losses}))  # noqa: T201
