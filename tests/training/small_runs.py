"""Short training runs: least squares, to be worked out, and a tiny encoder."""

import os
import signal
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lingweave.encoder import EncodedSentence, EncoderShape, new_encoder
from lingweave.objectives import EncodedPair, MLMOptions, make_objective
from lingweave.objectives.base import Batch
from lingweave.training import Run, TrainingOptions, train


@dataclass(frozen=True, kw_only=True)
class PointBatch(Batch):
    """Points (N, 3) and what is to be said of them (N,)."""

    wanted: torch.Tensor


class LeastSquares:
    """An example is three coordinates and a value; every number of it can be worked out."""

    weights = {"error": 0.5}

    def length(self, example):
        return 3

    def collate(self, examples, generators):
        points = torch.tensor(examples, dtype=torch.float32)
        inputs = {"points": points[:, :3], "attention_mask": torch.ones(len(examples), 3)}
        return PointBatch(inputs=inputs, counts={"error": len(examples)}, wanted=points[:, 3])

    def sums(self, model, batch):
        said = model(batch.inputs["points"]).squeeze(1)
        return {"error": (said - batch.wanted).square().sum()}


def line():
    torch.manual_seed(4)
    return nn.Linear(3, 1)


POINTS = [
    (x, y, z, 2 * x - y + 0.5)
    for x, y, z in np.random.default_rng(0).normal(size=(10, 3)).round(2).tolist()
]


def options(**changes):
    return TrainingOptions(
        **({"learning_rate": 0.05, "batch_size": 4, "epochs": 3, "precision": "fp32"} | changes)
    )


def fit(folder, model=None, *, examples=POINTS, report=None, select=None, seed=1, **changes):
    model = line() if model is None else model
    run = Run(options=options(**changes), seed=seed, work=folder, report=report)
    return model, train(model, LeastSquares(), examples, run, select=select)


def weights(model):
    return [parameter.detach().clone() for parameter in model.parameters()]


def same(first, second):
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


# On a real encoder, with masking and dropout: 15 updates, checkpoints at 4, 8 and 12.

NUM_UPDATES = 15


def small_mlm(folder, *, report=None, select=None, prepare=None, dropout=0.1, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "text"
    text.write_text(" ".join(f"w{number}" for number in range(20)), encoding="utf-8")
    shape = EncoderShape(layers=2, width=16, heads=2, max_length=16, dropout=dropout)
    encoder = new_encoder([text], shape, seed=3)
    if prepare is not None:
        prepare(encoder.model)
    draw = np.random.default_rng(0)

    def sentence():
        pieces = draw.integers(5, 25, size=draw.integers(1, 9)).astype(np.int32)
        return EncodedSentence(pieces, np.arange(len(pieces), dtype=np.int32))

    links = np.empty((0, 2), dtype=np.int32)
    examples = [EncodedPair(sentence(), sentence(), links) for _ in range(18)]
    settings = {"checkpoint_updates": 4, "learning_rate": 1e-2} | changes
    run = Run(options=options(**settings), seed=1, work=folder / "work", report=report)
    objective = make_objective("mlm", encoder.tokenizer, MLMOptions())
    return encoder.model, train(encoder.model, objective, examples, run, select=select)


def check_same(model, progress, undisturbed):
    expected_model, expected = undisturbed
    assert same(weights(model), weights(expected_model))
    assert (progress.update, progress.tokens) == (expected.update, expected.tokens)
    assert progress.losses == expected.losses


def interrupt_at(update, number=signal.SIGINT):
    def report(done):
        if done.update == update:
            os.kill(os.getpid(), number)

    return report
