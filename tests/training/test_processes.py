"""Several processes: two real ones, against one that does it all.

This file is also the program that they run: `python test_processes.py CASE FOLDER`.
"""

import json
import os
import signal
import time

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from lingweave.errors import TrainingError
from lingweave.objectives import OBJECTIVES
from lingweave.objectives.base import Batch
from lingweave.tasks.heads import outputs
from lingweave.training import Run, processes, train
from tiny_models import PAD, VOCABULARY
from two_processes import (
    OPTIONS,
    PATIENCE,
    answer,
    curve,
    fitted,
    results,
    settings,
    start,
    stopped,
)

pytestmark = pytest.mark.usefixtures("one_thread")


class Recorder:
    """Least squares through the origin, which remembers the examples it made batches of."""

    weights = {"error": 1.0}

    def __init__(self):
        self.seen = []

    def length(self, example):
        return 1

    def collate(self, examples, generators):
        self.seen += examples
        points = torch.tensor(examples, dtype=torch.float32)[:, None]
        inputs = {"points": points, "attention_mask": torch.ones(len(examples), 1)}
        return Batch(inputs=inputs, counts={"error": len(examples)})

    def sums(self, model, batch):
        return {"error": (model(batch.inputs["points"]) - 1).square().sum()}


class Narrow(Recorder):
    """More than so many examples at once do not fit the memory of the second process."""

    def __init__(self, most):
        super().__init__()
        self.most = most

    def sums(self, model, batch):
        found = super().sums(model, batch)
        if processes.rank() == processes.count() - 1 and batch.counts["error"] > self.most:
            found["error"].backward(retain_graph=True)  # gradients of the try must not stay
            torch.empty(2**50, dtype=torch.uint8)
        return found


def line():
    torch.manual_seed(4)
    return nn.Linear(1, 1)


def recorded(objective, folder, **changes):
    """For each update the examples seen by this process, and the losses."""
    seen, model = [], line()

    def report(_):
        seen.append(objective.seen)
        objective.seen = []

    run = Run(options=settings(**changes), seed=1, work=folder, report=report)
    progress = train(model, objective, list(range(1, 10)), run)
    return {"seen": seen, "losses": progress.losses, "weight": model.weight.item()}


def stopped_in_last_checkpoint(folder):
    """Ctrl-C reaches the main process while it writes, and the other one waits for it."""
    model = line()
    model.register_state_dict_pre_hook(lambda *_: os.kill(os.getpid(), signal.SIGINT))
    run = Run(options=settings(checkpoint_updates=9), seed=1, work=folder)
    try:
        train(model, Recorder(), list(range(1, 10)), run)
    except KeyboardInterrupt:
        return "stopped"


class Sequences:
    """Classification's part that prediction needs."""

    def length(self, example):
        return len(example)

    def collate(self, examples, generators):
        width = max(map(len, examples))
        pieces = torch.tensor([[*one, *[PAD] * (width - len(one))] for one in examples])
        return Batch(inputs={"input_ids": pieces, "attention_mask": pieces.ne(PAD)}, counts={})


def predicted(number):
    """What a classifier says of so many sequences, in the order in which it is said."""
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=3,
        initializer_range=0.5,
    )
    draw = np.random.default_rng(0)
    lengths = draw.integers(2, 20, size=number)
    sequences = [draw.integers(5, VOCABULARY, size=length).tolist() for length in lengths]
    said = outputs(BertForSequenceClassification(config), Sequences(), sequences, "fp32")
    return [[chosen, output.logits.tolist()] for chosen, output in said]


# What the processes run.


def case_everything(folder):
    """Curves, examples seen, predictions, and what is told; in one start, which takes seconds."""
    found = {name: curve(name, folder / name) for name in OPTIONS}
    found["micro"] = curve("mlm", folder / "micro", micro_batch_size=1)
    found["recorded"] = recorded(Recorder(), folder / "recorded")
    found["narrow"] = recorded(Narrow(1), folder / "narrow", batch_size=6)
    found["predicted"] = {str(number): predicted(number) for number in NUMBERS}
    found["late"] = stopped_in_last_checkpoint(folder / "late")
    rank = processes.rank()
    with processes.alone():
        found["alone"] = [processes.count(), processes.rank(), processes.gather(rank)]
    found["together"] = [processes.count(), rank, processes.gather(rank)]
    found["told"] = processes.from_main(f"by {rank}")
    if rank == 1:
        found["first"] = processes.is_first_to_fail()
        processes.barrier()
    else:
        processes.barrier()
        found["first"] = processes.is_first_to_fail()
    return found


def case_stopped(folder):
    return stopped("mlm", folder.parent / "resumed")


def case_resumed(folder):
    return curve("mlm", folder.parent / "resumed")


def case_killed(folder):
    def report(done):
        if done.update == 3 and processes.rank() == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        fitted("mlm", folder, report=report)
    except TrainingError as error:
        return str(error)


NUMBERS = (1, 64, 130)
"""Sequences to predict from: in one batch, which one process has; just one; two and a rest."""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return results(__file__, "everything", tmp_path_factory.mktemp("both"))


# Training.


@pytest.mark.parametrize("name", OPTIONS)
def test_two_processes_train_as_one(both, tmp_path, name):
    alone = curve(name, tmp_path)
    assert len(alone["losses"]) == 9
    for found in both:
        assert found[name]["losses"] == pytest.approx(alone["losses"], abs=1e-5)
        assert found[name]["tokens"] == alone["tokens"]
    # Not those of one process: where a gradient is zero but for rounding, Adam goes by its sign.
    assert both[0][name]["weights"] == both[1][name]["weights"]


def test_they_may_use_micro_batches_too(both, tmp_path):
    alone = curve("mlm", tmp_path)
    assert both[0]["micro"]["losses"] == pytest.approx(alone["losses"], abs=1e-5)


def test_no_example_is_lost_and_none_counted_twice(both, tmp_path):
    alone = recorded(Recorder(), tmp_path)
    assert [len(seen) for seen in alone["seen"]].count(1) == 3
    first, second = (found["recorded"]["seen"] for found in both)
    assert [one + other for one, other in zip(first, second, strict=True)] == alone["seen"]
    sizes = {(len(one), len(other)) for one, other in zip(first, second, strict=True)}
    assert sizes == {(2, 2), (0, 1)}


def test_where_one_has_too_little_memory_both_take_smaller_micro_batches(both, tmp_path):
    alone = recorded(Recorder(), tmp_path, batch_size=6)
    for found in both:
        assert found["narrow"]["losses"] == [
            [update, pytest.approx(loss, abs=1e-6)] for update, loss in alone["losses"]
        ]
        assert found["narrow"]["weight"] == pytest.approx(alone["weight"], abs=1e-6)
    # The first update has 3 examples in each: tried at once, in twos, one by one. So is all the
    # rest, without a try that fails.
    assert [len(found["narrow"]["seen"][0]) for found in both] == [9, 9]
    assert sorted(len(seen) for seen in both[1]["narrow"]["seen"][1:]) == [2, 2, 2, 3, 3]


def test_where_one_is_interrupted_in_its_last_checkpoint_both_stop(both):
    assert [found["late"] for found in both] == ["stopped"] * 2


@pytest.mark.slow
def test_a_checkpoint_of_two_processes_is_resumed_by_one_and_the_reverse(tmp_path):
    undisturbed = curve("mlm", tmp_path / "undisturbed")
    for number, (first, second) in enumerate([(2, 1), (1, 2)]):
        folder = tmp_path / str(number) / "case"
        folder.mkdir(parents=True)
        if first == 2:
            assert results(__file__, "stopped", folder) == ["stopped"] * 2
        else:
            assert stopped("mlm", folder.parent / "resumed") == "stopped"
        (checkpoint,) = (folder.parent / "resumed").glob("checkpoint-*")
        assert 4 <= int(checkpoint.name.removeprefix("checkpoint-")) < 9
        found = [case_resumed(folder)] if second == 1 else results(__file__, "resumed", folder)
        for one in found:
            assert one["losses"] == pytest.approx(undisturbed["losses"], abs=1e-5)
            assert one["tokens"] == undisturbed["tokens"]


@pytest.mark.slow
def test_when_one_is_killed_the_other_ends_at_once_and_says_so(tmp_path):
    main, killed = start(__file__, "killed", tmp_path)
    try:
        assert killed.wait(PATIENCE) == -signal.SIGKILL
        died = time.monotonic()
        assert main.wait(60) == 0
        assert time.monotonic() - died < 60
    finally:
        main.kill()
        killed.kill()
    assert json.loads((tmp_path / "killed.0.json").read_text()) == (
        "another process of this run has ended or cannot be reached; "
        "see what it said, and run the same command again: it resumes"
    )


# Prediction, and what is told.


@pytest.mark.parametrize("number", NUMBERS)
def test_they_predict_the_same_to_the_bit_and_in_the_same_order(both, number):
    alone = predicted(number)
    assert sorted(index for chosen, _ in alone for index in chosen) == list(range(number))
    for found in both:
        assert found["predicted"][str(number)] == alone


def test_they_know_who_they_are_and_what_the_others_have(both):
    assert [found["together"] for found in both] == [[2, 0, [0, 1]], [2, 1, [0, 1]]]
    assert [found["alone"] for found in both] == [[1, 0, [0]], [1, 0, [1]]]
    assert [found["told"] for found in both] == ["by 0", "by 0"]


def test_only_the_first_to_fail_speaks(both):
    assert [found["first"] for found in both] == [False, True]


def test_without_a_launcher_there_is_one():
    assert (processes.count(), processes.rank(), processes.is_main()) == (1, 0, True)
    assert processes.gather("a") == ["a"]
    assert processes.from_main("a") == "a"
    assert processes.total([1.5, 2]) == [1.5, 2]
    assert processes.is_first_to_fail()
    processes.barrier()
    assert not torch.distributed.is_initialized()


def test_other_ways_of_launching_are_refused(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", "true")
    with pytest.raises(TrainingError) as caught:
        processes.barrier()
    assert str(caught.value) == (
        "the processes were launched for DeepSpeed, which lingweave does not do; "
        "launch them without; where memory is short, set micro_batch_size, "
        "or launch them with --use_fsdp"
    )


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("num_processes", [1, 2, 3, 8])
def test_shares_are_neighbours_that_differ_by_one_at_most(monkeypatch, number, num_processes):
    shares = []
    for rank in range(num_processes):
        monkeypatch.setenv("RANK", str(rank))
        monkeypatch.setenv("WORLD_SIZE", str(num_processes))
        shares.append(list(range(number))[processes.share(number)])
    assert sum(shares, []) == list(range(number))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


def test_every_objective_that_can_be_cut_is_trained_here_or_is_made_of_one_that_is():
    uncut = {"contrastive"}
    made_of_others = {"mix", "code-switched"}
    assert set(OBJECTIVES) == set(OPTIONS) | uncut | made_of_others


if __name__ == "__main__":
    answer(globals())
