"""Losses and gradients that are not finite stop a run, and say where."""

import json
import math

import pytest

from lingweave.errors import TextFileError, TrainingError
from lingweave.training import Origin, Run, train
from lingweave.training.batching import epoch_batches
from training.small_runs import POINTS, LeastSquares, fit, line, options, same, weights


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_run_and_names_the_examples(tmp_path, value):
    examples = [*POINTS[:7], (0, 0, 0, value)]  # the eighth
    reports = []
    with pytest.raises(TrainingError) as caught:
        fit(tmp_path, examples=examples, batch_size=1, report=reports.append)
    message = str(caught.value)
    update = len(reports) + 1
    assert f"the loss of update {update} is {value}; " in message
    assert message.endswith("; lower the learning rate, or look at these examples")
    assert "\n" not in message
    assert json.loads(caught.value.path.read_text("utf-8")) == {
        "update": update,
        "seed": 1,
        "loss": str(value),
        "gradient_norm": "nan",
        "examples": [{"number": 8}],
    }


class Steep(LeastSquares):
    """Its loss is 0 where everything is 0, yet has no gradient there that is a number."""

    def sums(self, model, batch):
        said = model(batch.inputs["points"]).squeeze(1)
        return {"error": ((said - batch.wanted) * 0).sqrt().sum()}


def test_a_gradient_that_is_not_finite_stops_the_run_before_it_spoils_the_weights(tmp_path):
    model = line()
    before = weights(model)
    run = Run(options=options(), seed=1, work=tmp_path)
    with pytest.raises(TrainingError, match="the gradient of update 1 is nan; ") as caught:
        train(model, Steep(), POINTS, run)
    assert same(weights(model), before)
    record = json.loads(caught.value.path.read_text("utf-8"))
    first = epoch_batches([3] * len(POINTS), 4, seed=1, epoch=0)[0]
    assert record["examples"] == [{"number": index + 1} for index in first.tolist()]
    assert f"; its examples are recorded here, the first is number {first[0] + 1}; " in str(
        caught.value
    )
    assert (record["loss"], record["gradient_norm"]) == ("0.0", "nan")


@pytest.mark.parametrize("is_lost", [False, True])
def test_where_the_examples_were_read_is_recorded_unless_that_is_lost(tmp_path, is_lost):
    asked = []

    def origins(indices):
        asked.append(list(indices))
        if is_lost:
            raise TextFileError("no such file", remedy="check the path", path="points")
        return [Origin("points", index * 10 if index else None) for index in indices]

    run = Run(options=options(), seed=1, work=tmp_path, origins=origins)
    with pytest.raises(TrainingError) as caught:
        train(line(), Steep(), POINTS, run)
    numbers = epoch_batches([3] * len(POINTS), 4, seed=1, epoch=0)[0].tolist()
    assert asked == [numbers]
    named = [{"path": "points", "line": number * 10 or None} for number in numbers]
    record = json.loads(caught.value.path.read_text("utf-8"))
    assert record["examples"] == [
        {"number": number + 1, **({} if is_lost else name)}
        for number, name in zip(numbers, named, strict=True)
    ]


def test_where_examples_were_read_is_not_asked_for_while_all_is_well(tmp_path):
    def origins(indices):
        raise AssertionError(indices)

    train(
        line(),
        LeastSquares(),
        POINTS,
        Run(options=options(), seed=1, work=tmp_path, origins=origins),
    )


def test_after_a_loss_that_is_not_finite_a_run_goes_on_from_its_last_checkpoint(tmp_path):
    """The eighth of ten points was broken; it is mended, and nothing of the loss stayed."""
    undisturbed, _ = fit(tmp_path / "undisturbed", batch_size=1, checkpoint_updates=1)
    broken = [*POINTS[:7], (0, 0, 0, math.nan), *POINTS[8:]]
    reports = []
    with pytest.raises(TrainingError):
        fit(tmp_path / "cut", examples=broken, batch_size=1, checkpoint_updates=1)
    assert sorted(path.name for path in (tmp_path / "cut").iterdir())[-1].startswith("not-finite-")
    model, _ = fit(tmp_path / "cut", batch_size=1, checkpoint_updates=1, report=reports.append)
    assert reports[0].update > 1
    assert same(weights(model), weights(undisturbed))
