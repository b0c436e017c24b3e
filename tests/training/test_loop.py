"""The loop: against a plain one, by hand, interrupted and resumed."""

import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from lingweave.encoder import freeze, prediction_head
from lingweave.errors import TrainingError
from lingweave.training import Run, Terminated, precision_of_machine, train
from lingweave.training.batching import epoch_batches
from lingweave.training.update import linear_schedule
from training.small_runs import (
    NUM_UPDATES,
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

# The schedule.


def test_the_rate_rises_over_the_warm_up_and_falls_to_zero():
    rates = [linear_schedule(update, 10, 0.2) for update in range(10)]
    assert rates == pytest.approx([1 / 2, 1, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8])


def test_without_warm_up_it_only_falls_and_with_nothing_else_it_only_rises():
    falling = [linear_schedule(update, 4, 0) for update in range(4)]
    assert falling == pytest.approx([1, 3 / 4, 2 / 4, 1 / 4])
    rising = [linear_schedule(update, 4, 1) for update in range(4)]
    assert rising == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1])
    assert linear_schedule(0, 1, 0.1) == 1


# What an update does.


def test_the_loop_equals_a_plain_one(tmp_path):
    model, progress = fit(tmp_path, warmup=0.3, max_gradient_norm=0.7, weight_decay=0.1)
    plain = line()
    optimizer = torch.optim.AdamW(
        [
            {"params": [plain.weight], "weight_decay": 0.1},
            {"params": [plain.bias], "weight_decay": 0.0},
        ]
    )
    points = torch.tensor(POINTS)
    update = 0
    for epoch in range(3):
        for batch in epoch_batches([3] * len(POINTS), 4, seed=1, epoch=epoch):
            chosen = points[torch.from_numpy(batch)]
            loss = 0.5 * (plain(chosen[:, :3]).squeeze(1) - chosen[:, 3]).square().mean()
            loss.backward()
            nn.utils.clip_grad_norm_(plain.parameters(), 0.7)
            for group in optimizer.param_groups:
                group["lr"] = 0.05 * linear_schedule(update, 9, 0.3)
            optimizer.step()
            optimizer.zero_grad()
            assert progress.losses[update] == (update + 1, pytest.approx(loss.item(), rel=1e-4))
            update += 1
    assert progress.update == update == 9
    assert progress.tokens == 3 * 3 * len(POINTS)
    for ours, expected in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


def test_weight_decay_shrinks_matrices_only(tmp_path):
    class Zero(LeastSquares):
        def sums(self, model, batch):
            return {"error": 0 * sum(parameter.sum() for parameter in model.parameters())}

    model = line()
    weight, bias = weights(model)
    run = Run(
        options=options(max_updates=1, warmup=0, weight_decay=0.2, learning_rate=0.5),
        seed=0,
        work=tmp_path,
    )
    train(model, Zero(), POINTS, run)
    torch.testing.assert_close(model.weight.detach(), weight * (1 - 0.5 * 0.2))
    assert torch.equal(model.bias, bias)


def test_the_loss_goes_down(tmp_path):
    _, progress = fit(tmp_path, epochs=60)
    losses = [loss for _, loss in progress.losses]
    assert np.mean(losses[-10:]) < 0.01 * np.mean(losses[:10])


def test_micro_batches_change_nothing_but_memory(tmp_path):
    whole, _ = fit(tmp_path / "whole")
    for size in (1, 3):  # 4 = 3 + 1: each example weighs the same, not each micro-batch
        parts, progress = fit(tmp_path / str(size), micro_batch_size=size)
        assert progress.update == 9
        for one, other in zip(weights(whole), weights(parts), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_frozen_parameters_do_not_move(tmp_path):
    model = line()
    model.weight.requires_grad = False
    weight, bias = weights(model)
    fit(tmp_path, model, weight_decay=0.5)
    assert torch.equal(model.weight, weight)
    assert not torch.equal(model.bias, bias)


@pytest.mark.parametrize(("max_updates", "num_updates"), [(None, 9), (2, 2), (4, 4)])
def test_it_stops_at_max_updates_with_the_schedule_at_its_end(tmp_path, max_updates, num_updates):
    reports = []
    _, progress = fit(tmp_path, max_updates=max_updates, report=reports.append)
    assert progress.update == num_updates
    assert [report.update for report in reports] == list(range(1, num_updates + 1))
    assert {report.num_updates for report in reports} == {num_updates}
    assert all(report.tokens_per_second > 0 for report in reports)
    assert [(report.update, report.loss) for report in reports] == progress.losses


def test_about_two_hundred_losses_are_kept(tmp_path):
    _, progress = fit(tmp_path, max_updates=650, epochs=999)
    assert [update for update, _ in progress.losses] == list(range(3, 651, 3))


def test_seeds_decide(tmp_path):
    first, again, other = (
        weights(fit(tmp_path / str(index), seed=seed)[0]) for index, seed in enumerate((1, 1, 2))
    )
    assert same(first, again)
    assert not same(first, other)


# What is refused.


def test_nothing_to_train_on_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="nothing to train on; give at least one example"):
        fit(tmp_path, examples=[])


def test_the_same_seed_gives_the_same_weights_to_the_bit(tmp_path, undisturbed):
    torch.manual_seed(99)  # what was drawn before does not matter
    check_same(*small_mlm(tmp_path), undisturbed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("update", [1, 6, 8, NUM_UPDATES])
def test_after_an_interruption_a_run_goes_on_as_if_nothing_had_been(
    tmp_path, undisturbed, update, number
):
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt) as caught:
        small_mlm(tmp_path, report=interrupt_at(update, number))
    assert caught.type is (Terminated if number == signal.SIGTERM else KeyboardInterrupt)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
    checkpoints = sorted(path.name for path in (tmp_path / "work").glob("checkpoint-*"))
    assert checkpoints[-1] == f"checkpoint-{update:08d}"

    reports = []
    check_same(*small_mlm(tmp_path, report=reports.append), undisturbed)
    assert [report.update for report in reports] == list(range(update + 1, NUM_UPDATES + 1))


def test_a_second_interruption_stops_at_once(tmp_path, undisturbed):
    def report(done):
        if done.update == 6:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
            pytest.fail("it was not stopped")

    with pytest.raises(KeyboardInterrupt):
        small_mlm(tmp_path, report=report)
    checkpoints = [path.name for path in (tmp_path / "work").glob("checkpoint-*")]
    assert checkpoints == ["checkpoint-00000004"]
    check_same(*small_mlm(tmp_path), undisturbed)


def test_an_interruption_while_the_last_checkpoint_is_written_stops_the_run(tmp_path, undisturbed):
    """Else what comes after the training, such as the next stage of a study, would go on."""
    saved = []

    def interrupt_in_third(*_):
        saved.append(len(saved) + 1)
        if len(saved) == NUM_UPDATES // 5:
            os.kill(os.getpid(), signal.SIGTERM)

    def prepare(model):
        model.register_state_dict_pre_hook(interrupt_in_third)

    with pytest.raises(Terminated):
        small_mlm(tmp_path, prepare=prepare, checkpoint_updates=5)
    assert saved == [1, 2, 3]
    reports = []
    check_same(*small_mlm(tmp_path, report=reports.append, checkpoint_updates=5), undisturbed)
    assert reports == []


def test_before_each_update_it_is_told_how_far_training_is(tmp_path):
    told = []

    def note(progress, num_updates):
        told.append((progress.update, num_updates, list(progress.scores)))

    scores = iter([0.25, 0.5, 0.75])
    run = Run(options=options(), seed=1, work=tmp_path, begin_update=note)
    train(line(), LeastSquares(), POINTS, run, select=lambda _: next(scores))
    assert [update for update, _, _ in told] == list(range(9))  # 10 points, 4 at once, 3 epochs
    assert {number for _, number, _ in told} == {9}
    assert [len(seen) for _, _, seen in told] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert told[-1][2] == [0.25, 0.5]


def test_a_finished_run_is_not_run_again(tmp_path, undisturbed):
    small_mlm(tmp_path, checkpoint_updates=NUM_UPDATES)
    reports = []
    check_same(*small_mlm(tmp_path, report=reports.append), undisturbed)
    assert reports == []


def test_it_runs_outside_the_main_thread(tmp_path, undisturbed):
    results = []
    thread = threading.Thread(target=lambda: results.append(small_mlm(tmp_path)))
    thread.start()
    thread.join()
    check_same(*results[0], undisturbed)


def test_a_head_is_trained_while_the_encoder_is_frozen(tmp_path):
    start = {}

    def freeze(model):
        for parameter in model.base_model.parameters():
            parameter.requires_grad = False
        start.update({key: value.clone() for key, value in model.state_dict().items()})

    model, _ = small_mlm(tmp_path, prepare=freeze)
    moved = {key for key, value in model.state_dict().items() if not torch.equal(value, start[key])}
    head = {f"cls.{name}" for name, _ in prediction_head(model).named_parameters()}
    assert moved
    assert all(key in head or key.startswith("cls.") for key in moved)
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


class Dropping(LeastSquares):
    """Through a classifier; it notes which of its parts drop something."""

    def collate(self, examples, generators):
        pieces = torch.arange(5, 13).repeat(len(examples), 1)
        inputs = {"input_ids": pieces, "attention_mask": torch.ones_like(pieces)}
        return replace(super().collate(examples, generators), inputs=inputs)

    def sums(self, model, batch):
        self.found = {
            name
            for name, part in model.named_modules()
            if isinstance(part, nn.Dropout) and part.training
        }
        return {"error": model(**batch.inputs).logits.square().sum()}


@pytest.mark.parametrize(
    ("frozen_layers", "dropping"),
    [
        (None, {"embeddings", "layer.0", "layer.1", "classifier"}),
        (0, {"layer.0", "layer.1", "classifier"}),
        (1, {"layer.1", "classifier"}),
        (2, {"classifier"}),
    ],
)
def test_what_is_trained_has_dropout_and_what_is_frozen_has_none(tmp_path, frozen_layers, dropping):
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = BertForSequenceClassification(BertConfig(vocab_size=30, intermediate_size=32, **shape))
    if frozen_layers is not None:
        freeze(model, frozen_layers)
    objective = Dropping()
    run = Run(options=options(max_updates=1), seed=1, work=tmp_path)
    train(model, objective, POINTS, run)
    parts = {
        "embeddings": ["bert.embeddings.dropout"],
        "classifier": ["dropout"],
        **{
            f"layer.{number}": [
                f"bert.encoder.layer.{number}.{name}.dropout"
                for name in ("attention.self", "attention.output", "output")
            ]
            for number in (0, 1)
        },
    }
    assert objective.found == {name for part in dropping for name in parts[part]}


def test_micro_batches_mask_the_same_pieces(tmp_path):
    """`micro_batch_size` promises less memory and the same result."""
    _, whole = small_mlm(tmp_path / "whole", dropout=0.0, max_updates=3)
    _, parts = small_mlm(tmp_path / "parts", dropout=0.0, max_updates=3, micro_batch_size=2)
    expected = [loss for _, loss in whole.losses]
    assert [loss for _, loss in parts.losses] == pytest.approx(expected, rel=1e-4)


def test_runs_of_one_process_may_differ_in_precision(tmp_path, undisturbed):
    check_same(*small_mlm(tmp_path / "fp32", precision="fp32"), undisturbed)
    model, progress = small_mlm(tmp_path / "bf16", precision="bf16")
    expected, exact = undisturbed
    assert not same(weights(model), weights(expected))
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())
    first, first_exact = progress.losses[0][1], exact.losses[0][1]
    assert first == pytest.approx(first_exact, rel=0.02)
    check_same(*small_mlm(tmp_path / "fp32 again", precision="fp32"), undisturbed)


def test_auto_precision_is_one_of_the_two():
    assert precision_of_machine("auto") in {"bf16", "fp32"}
    assert precision_of_machine("fp32") == "fp32"
    assert precision_of_machine("bf16") == "bf16"


def test_tensorboard_gets_loss_and_rate_of_every_update(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    _, progress = small_mlm(tmp_path, tracker="tensorboard", warmup=0.2)
    (events,) = (tmp_path / "work").rglob("events.out.tfevents.*")
    log = accumulator.EventAccumulator(str(events.parent))
    log.Reload()
    losses = [(event.step, event.value) for event in log.Scalars("loss")]
    assert losses == [(update, pytest.approx(loss)) for update, loss in progress.losses]
    rates = [event.value for event in log.Scalars("learning rate")]
    expected = [1e-2 * linear_schedule(update, NUM_UPDATES, 0.2) for update in range(NUM_UPDATES)]
    assert rates == pytest.approx(expected)
