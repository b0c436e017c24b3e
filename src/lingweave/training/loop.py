"""The training loop, on Accelerate. It knows no objective: it is handed one, with its examples.

Exactness: the examples of update k, their masking and the dropout in it are drawn from (seed, k)
alone. A run that was killed goes on from its last checkpoint and ends with the weights of an
undisturbed one.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from lingweave.errors import TrainingError
from lingweave.objectives.base import Objective
from lingweave.training import processes
from lingweave.training.batching import epoch_batches, lengths_of
from lingweave.training.cadence import Cadence
from lingweave.training.checkpoint import load_checkpoint, save_checkpoint
from lingweave.training.divergence import Origins, check_finite
from lingweave.training.epochs import Select, load_best, score_epoch
from lingweave.training.interruption import Interruption
from lingweave.training.options import TrainingOptions
from lingweave.training.progress import Progress
from lingweave.training.update import Updated, Updates

LOGS = "logs"
"""Where trackers write, in the work folder; a stage keeps it beside its results."""

LOSS_RECORDS = 200
"""About so many losses are kept for the record, evenly spaced."""


@dataclass(frozen=True)
class UpdateReport:
    """What is known after an update.

    Attributes:
        update: updates done, of `num_updates`.
        num_updates: in the whole run.
        loss: of this update.
        tokens_per_second: since this sitting began, padding not counted.
    """

    update: int
    num_updates: int
    loss: float
    tokens_per_second: float


Report = Callable[[UpdateReport], None]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One training run.

    Attributes:
        options: how to train.
        seed: of every choice.
        work: folder for checkpoints; the caller removes it when the result is safe.
        report: called after every update.
        begin_update: called before every update, with the updates and scores so far and the number
            of updates; examples that change in the course of training follow it.
        keep_epochs: whether the weights of every scored epoch stay in `work`; see `epoch_weights`.
        needs_whole_updates: whether the loss of an update that is cut would be another one.
        origins: tells where examples were read, should a loss not be finite.
    """

    options: TrainingOptions
    seed: int
    work: Path
    report: Report | None = None
    begin_update: Callable[[Progress, int], None] | None = None
    keep_epochs: bool = False
    needs_whole_updates: bool = False
    origins: Origins | None = None


def train(
    model: nn.Module,
    objective: Objective[Any, Any],
    examples: Sequence[Any],
    run: Run,
    *,
    select: Select | None = None,
) -> Progress:
    """Train `model` in place; resume where `run.work` holds a checkpoint.

    Args:
        model: its parameters that require gradients are trained.
        objective: makes batches of `examples` and losses of batches.
        examples: all of them; an epoch takes each once.
        run: how, where and with which seed.
        select: scores the model after each epoch; the weights of the best epoch (the first of
            equals) are the result. Without it, the last ones are.

    Raises:
        TrainingError: there is nothing to train on, a loss or gradient is not finite, the disk is
            full, or all checkpoints are damaged.
        KeyboardInterrupt: after Ctrl-C, or as `Terminated` after SIGTERM, once a checkpoint is
            written.
    """
    if not examples:
        raise TrainingError("there is nothing to train on", remedy="give at least one example")
    plan = _Plan(lengths_of(examples, objective), run)
    updates = Updates(
        model,
        objective,
        run.options,
        seed=run.seed,
        num_updates=plan.num_updates,
        logs=run.work / LOGS,
        needs_whole_updates=run.needs_whole_updates,
    )
    with updates.whole_model("cpu"):
        progress = load_checkpoint(run.work, model, updates.optimizer)
    updates.fitting = progress.micro_batch_size
    try:
        _do_what_is_left(model, examples, run, plan, updates, progress, select)
        updates.unshard()
    finally:
        updates.end()
    if select is not None:
        load_best(model, progress, run.work)
    return progress


def _do_what_is_left(
    model: nn.Module,
    examples: Sequence[Any],
    run: Run,
    plan: "_Plan",
    updates: Updates,
    progress: Progress,
    select: Select | None,
) -> None:
    """Make the updates after those of `progress`, which follows, to the last or an interruption."""
    sitting, cadence = _Sitting(progress, plan), Cadence(run.options.checkpoint_updates)
    with Interruption() as interruption:
        for batch in plan.batches_after(progress.update):
            if run.begin_update is not None:
                run.begin_update(progress, plan.num_updates)
            done = updates.apply([examples[index] for index in batch], progress.update)
            check_finite(
                done,
                update=progress.update + 1,
                seed=run.seed,
                examples=batch.tolist(),
                origins=run.origins,
                work=run.work,
            )
            sitting.count(done)
            progress.micro_batch_size = updates.fitting
            updates.log(progress.update, done.loss)
            if select is not None and progress.update in plan.epoch_ends:
                with updates.whole_model():
                    score_epoch(model, select, progress, run.work, keep=run.keep_epochs)
            if run.report is not None:
                run.report(sitting.report(done.loss))
            interrupt = interruption.requested  # once: it may come at any time
            stop, due = processes.total([interrupt is not None, cadence.is_due(progress.update)])
            if stop or due:
                with cadence.timed(), updates.whole_model("cpu"):
                    save_checkpoint(run.work, model, updates.optimizer, progress)
                # Again, for one that came while this was written: no other update may follow.
                interrupt = interruption.requested
                (stop,) = processes.total([interrupt is not None])
            if stop:
                raise interrupt or KeyboardInterrupt


class _Plan:
    """Which examples make which update: known before the first, so any update can be the next.

    Args:
        lengths: of the examples, in pieces.
        run: sizes and seed.
    """

    def __init__(self, lengths: NDArray[np.int64], run: Run) -> None:
        self._lengths, self._size, self._seed = lengths, run.options.batch_size, run.seed
        self._epoch_updates = math.ceil(len(lengths) / self._size)
        self.num_updates = run.options.max_updates or self._epoch_updates * run.options.epochs
        self.epoch_ends = {*range(self._epoch_updates, self.num_updates, self._epoch_updates)}
        self.epoch_ends.add(self.num_updates)

    def batches_after(self, update: int) -> Iterator[NDArray[np.int64]]:
        """The batches from a number of finished updates on to the last."""
        epoch, done = divmod(update, self._epoch_updates)
        while update < self.num_updates:
            batches = epoch_batches(self._lengths, self._size, seed=self._seed, epoch=epoch)
            for batch in batches[done : done + self.num_updates - update]:
                yield batch
                update += 1
            epoch, done = epoch + 1, 0


class _Sitting:
    """What this sitting adds to the progress, and how fast; `Progress.seconds` adds up all."""

    def __init__(self, progress: Progress, plan: _Plan) -> None:
        self._progress, self._num_updates = progress, plan.num_updates
        self._tokens_before = progress.tokens
        self._seconds_before = progress.seconds
        self._start = time.monotonic()

    def count(self, done: Updated) -> None:
        progress = self._progress
        progress.update += 1
        progress.tokens += done.num_tokens
        progress.seconds = self._seconds_before + time.monotonic() - self._start
        if progress.update % max(1, self._num_updates // LOSS_RECORDS) == 0:
            progress.losses.append((progress.update, done.loss))

    def report(self, loss: float) -> UpdateReport:
        seconds = max(1e-9, self._progress.seconds - self._seconds_before)
        speed = (self._progress.tokens - self._tokens_before) / seconds
        return UpdateReport(self._progress.update, self._num_updates, loss, speed)
