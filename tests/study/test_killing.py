"""Killed at twenty moments, a training ends with the very bits of an undisturbed one."""

import hashlib
import json
import os
import random
import sys

import pytest

from killed_sittings import NUM_UPDATES, TRAININGS, Moment, sitting, write_inputs

RECORDS = {"pretrain": "training.json", "finetune": "finetuning.json"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return folder


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))


def ten_moments(seed):
    """Spread over the whole run: one before the first update, one after the last, eight between.

    Every other of the eight waits for a checkpoint, or an epoch's weights, to be half-written.
    """
    draw = random.Random(seed)
    updates = [draw.randrange(start, start + 2) for start in range(1, NUM_UPDATES, 3)]
    between = [
        Moment(update, draw.uniform(0, 0.004 if place % 2 else 0.05), writing=bool(place % 2))
        for place, update in enumerate(updates)
    ]
    first, last = Moment(0, draw.uniform(0, 0.5)), Moment(NUM_UPDATES, draw.uniform(0, 0.02))
    return [first, *between, last]


def outcome(name, out):
    """All that the training decided: the weights to the bit, losses and scores."""
    record = json.loads((out / RECORDS[name]).read_text("utf-8"))
    del record["seconds"]
    weights = hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()
    return weights, record


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAININGS)
def test_killed_at_ten_moments_it_ends_with_the_same_bits(tmp_path, inputs, name):
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "disturbed"
    assert sitting(name, inputs, undisturbed) == [*range(1, NUM_UPDATES + 1)]

    num_half_written = 0
    for moment in ten_moments(seed=7):
        sitting(name, inputs, out, moment)
        assert not out.exists()
        num_half_written += any(out.with_name("disturbed.unfinished").glob("*/resume/partial"))
    last = sitting(name, inputs, out)  # none, where the last checkpoint is of the last update

    assert outcome(name, out) == outcome(name, undisturbed)
    assert num_half_written >= 3
    assert len(last) < NUM_UPDATES / 2  # it went on, and did not begin anew
