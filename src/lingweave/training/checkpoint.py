"""Checkpoints to resume from: written aside and renamed, so that one is either whole or not there.

All chance in the loop is drawn from (seed, update), hence no generator's state is kept.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn
from torch.optim import Optimizer

from lingweave.errors import TrainingError
from lingweave.training import processes

PREFIX, PARTIAL = "checkpoint-", "partial"


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
        update: updates done.
        tokens: positions trained on, padding not counted.
        seconds: time spent in the loop, over all sittings.
        losses: (update, loss) now and then, for the record.
        scores: of each finished epoch, where a `select` function scores epochs.
    """

    update: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: list[tuple[int, float]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def save_checkpoint(
    folder: Path, model: nn.Module, optimizer: Optimizer, progress: Progress
) -> None:
    """Add a checkpoint to `folder`, then remove the older ones.

    The main process does it, the others wait for it.

    Raises:
        TrainingError: the disk is full; the older checkpoint stays.
    """
    if processes.is_main():
        _save(folder, model, optimizer, progress)
    processes.barrier()


def _save(folder: Path, model: nn.Module, optimizer: Optimizer, progress: Progress) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"{PREFIX}{progress.update:08d}"
    partial = folder / PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    with full_disk_is_said(f"the checkpoint of update {progress.update}", folder):
        partial.mkdir()
        save_model(model, str(partial / "model.safetensors"))
        torch.save(optimizer.state_dict(), partial / "optimizer.pt")
        (partial / "progress.json").write_text(json.dumps(asdict(progress)), encoding="utf-8")
        for path in partial.iterdir():
            flush_to_disk(path)
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)
    for older in _checkpoints(folder):
        if older != final:
            shutil.rmtree(older, ignore_errors=True)


def load_checkpoint(folder: Path, model: nn.Module, optimizer: Optimizer) -> Progress:
    """Put the newest checkpoint into model and optimizer; a fresh `Progress` where there is none.

    Raises:
        TrainingError: the checkpoint is damaged.
    """
    found = _checkpoints(folder)
    if not found:
        return Progress()
    newest = found[-1]
    try:
        load_model(model, str(newest / "model.safetensors"))
        state: dict[str, Any] = torch.load(newest / "optimizer.pt", weights_only=True)
        optimizer.load_state_dict(state)
        saved = json.loads((newest / "progress.json").read_text(encoding="utf-8"))
    except Exception as error:  # whatever a damaged file makes torch, safetensors or json say
        raise TrainingError(
            f"this checkpoint is damaged ({type(error).__name__})",
            remedy="remove it; the run then starts this stage anew",
            path=newest,
        ) from error
    saved["losses"] = [(update, loss) for update, loss in saved["losses"]]
    return Progress(**saved)


@contextmanager
def full_disk_is_said(what: str, folder: Path) -> Iterator[None]:
    """Turn whatever a full disk makes Python, torch or safetensors raise into one clear line.

    Raises:
        TrainingError: something could not be written; half-written folders are removed.
    """
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        shutil.rmtree(folder / PARTIAL, ignore_errors=True)
        raise TrainingError(
            f"{what} cannot be written ({error})",
            remedy="free disk space and run the same command again: it resumes",
            path=folder,
        ) from error


def flush_to_disk(path: Path) -> None:
    """Make sure a written file survives a power cut before it is renamed into place."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{PREFIX}*"))
