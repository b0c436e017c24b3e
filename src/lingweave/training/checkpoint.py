"""Checkpoints to resume from: whole or not there, and checked before they are used.

A checkpoint holds the weights, the optimizer's moments, how far the run has come and for how many
examples at once the memory had room. That is all:
the examples of update k, their masks, the dropout and the learning rate are functions of the seed
and of k, so no generator's state and no schedule is kept; and bf16, which has the exponents of
fp32, needs no loss scaler.

Two are kept, the newest and the one before it. A damaged one is passed over with a warning.
"""

import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from torch import nn
from torch.optim import Optimizer

from lingweave.errors import TrainingError
from lingweave.training import processes, sharding
from lingweave.training.epochs import damage_of_epochs, remove_other_epochs
from lingweave.training.manifest import damage, new_folder
from lingweave.training.progress import Progress

logger = logging.getLogger(__name__)

_PREFIX = "checkpoint-"
_WEIGHTS, _OPTIMIZER, _PROGRESS = "model.safetensors", "optimizer.pt", "progress.json"


def save_checkpoint(
    folder: Path, model: nn.Module, optimizer: Optimizer, progress: Progress
) -> None:
    """Add a checkpoint to `folder`; the one before it stays, the others are removed.

    The main process does it, the others wait for it. The model is whole; the optimizer may be that
    of sharded layers.

    Raises:
        TrainingError: the disk is full; the older checkpoints stay.
    """
    state = sharding.whole_state(optimizer)
    if processes.is_main():
        _save(folder, model, state, progress)
    processes.barrier()


def _save(folder: Path, model: nn.Module, state: dict[str, Any], progress: Progress) -> None:
    newest = folder / f"{_PREFIX}{progress.update:08d}"
    with new_folder(newest, f"the checkpoint of update {progress.update}") as partial:
        save_model(model, str(partial / _WEIGHTS))
        torch.save(state, partial / _OPTIMIZER)
        (partial / _PROGRESS).write_text(json.dumps(asdict(progress)), encoding="utf-8")
    # A later one was passed over as damaged, else the run would have gone on from it.
    kept = {newest, *[path for path in _checkpoints(folder) if path < newest][-1:]}
    for other in set(_checkpoints(folder)) - kept:
        shutil.rmtree(other, ignore_errors=True)
    remove_other_epochs(folder, _progress_of(kept))


def load_checkpoint(folder: Path, model: nn.Module, optimizer: Optimizer) -> Progress:
    """Put the newest whole checkpoint into model and optimizer; without any, a fresh `Progress`.

    Raises:
        TrainingError: all checkpoints are damaged, or the newest whole one is of another model.
            Nothing is begun anew then: the work that is in them is the user's to give up.
    """
    damaged: list[str] = []
    for checkpoint in reversed(_checkpoints(folder)):
        found = _damage(checkpoint)
        if found is None:
            progress = _restore(checkpoint, model, optimizer)
            if damaged:
                logger.warning(
                    "%s: damaged (%s); going on from the checkpoint of update %s",
                    folder,
                    ", ".join(damaged),
                    progress.update,
                )
            return progress
        damaged.append(f"{checkpoint.name}: {found}")
    if damaged:
        raise TrainingError(
            f"no checkpoint here is whole ({', '.join(damaged)})",
            remedy="put back a copy, or remove this folder and the training starts anew",
            path=folder,
        )
    return Progress()


def _damage(checkpoint: Path) -> str | None:
    """What keeps the run from going on from it: its own files, or the epochs it builds on."""
    found = damage(checkpoint)
    if found is not None:
        return found
    return damage_of_epochs(checkpoint.parent, _read_progress(checkpoint))


def _restore(checkpoint: Path, model: nn.Module, optimizer: Optimizer) -> Progress:
    try:
        load_model(model, str(checkpoint / _WEIGHTS))
        # Through the CPU, so that the moments are not twice in an accelerator's memory.
        state: dict[str, Any] = torch.load(
            checkpoint / _OPTIMIZER, map_location="cpu", weights_only=True
        )
        sharding.load_whole_state(optimizer, state)
    except Exception as error:  # whatever torch or safetensors say of what does not fit
        raise _of_another_training(checkpoint, error) from error
    return _read_progress(checkpoint)


def _progress_of(checkpoints: set[Path]) -> Iterator[Progress]:
    """How far each had come, but for those that are damaged."""
    for checkpoint in checkpoints:
        try:
            yield _read_progress(checkpoint)
        except (OSError, TrainingError):
            continue


def _read_progress(checkpoint: Path) -> Progress:
    try:
        saved = json.loads((checkpoint / _PROGRESS).read_text(encoding="utf-8"))
        saved["losses"] = [(update, loss) for update, loss in saved["losses"]]
        return Progress(**saved)
    except (ValueError, KeyError, TypeError) as error:
        raise _of_another_training(checkpoint, error) from error


def _of_another_training(checkpoint: Path, error: Exception) -> TrainingError:
    return TrainingError(
        f"this checkpoint is whole, but not of this training ({type(error).__name__})",
        remedy="remove its folder; the training then starts anew",
        path=checkpoint.parent,
    )


def _checkpoints(folder: Path) -> list[Path]:
    """All of them, the oldest first, damaged ones too."""
    return sorted(folder.glob(f"{_PREFIX}*"))
