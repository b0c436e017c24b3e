"""The weights of epochs: the best one so far, and where asked every one.

Each is a folder of its own that is never changed, only removed when no checkpoint needs it any
more. So every checkpoint finds the weights of the epochs that had been scored when it was written,
whatever was scored after it; those epochs are trained and scored again.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from safetensors.torch import load_model, save_model
from torch import nn

from lingweave.training import processes
from lingweave.training.manifest import damage, new_folder
from lingweave.training.progress import Progress

Select = Callable[[nn.Module], float]

_PREFIX, _WEIGHTS = "epoch-", "model.safetensors"


def score_epoch(
    model: nn.Module, select: Select, progress: Progress, work: Path, *, keep: bool
) -> None:
    """Score the epoch and keep its weights aside when it is the best so far, or all are kept.

    All processes score, and the main one writes.

    Args:
        model: as it is after the epoch.
        select: scores it.
        progress: receives the score.
        work: folder of the run.
        keep: whether the weights stay there whatever the score.

    Raises:
        TrainingError: the disk is full.
    """
    model.eval()
    score = select(model)
    best = not progress.scores or score > max(progress.scores)
    progress.scores.append(score)
    epoch = len(progress.scores)
    if best or keep:
        if processes.is_main():
            with new_folder(_folder(work, epoch), f"the weights of epoch {epoch}") as folder:
                save_model(model, str(folder / _WEIGHTS))
        processes.barrier()
        progress.kept_epochs = [*progress.kept_epochs, epoch] if keep else [epoch]


def load_best(model: nn.Module, progress: Progress, work: Path) -> None:
    """Put the weights of the best epoch (the first of equals) into the model."""
    best = progress.scores.index(max(progress.scores)) + 1
    load_model(model, str(_folder(work, best) / _WEIGHTS))


def epoch_weights(work: Path) -> list[Path]:
    """The files with the weights of all epochs, in order, of a run that kept them."""
    return sorted(work.glob(f"{_PREFIX}*/{_WEIGHTS}"))


def damage_of_epochs(work: Path, progress: Progress) -> str | None:
    """What is wrong with the weights of epochs that the run needs; None where all are whole."""
    for epoch in progress.kept_epochs:
        found = damage(_folder(work, epoch))
        if found is not None:
            return f"{_folder(work, epoch).name}: {found}"
    return None


def remove_other_epochs(work: Path, needed: Iterable[Progress]) -> None:
    """Remove the weights of all epochs that are not needed to go on from any of these."""
    folders = {_folder(work, epoch) for progress in needed for epoch in progress.kept_epochs}
    for folder in work.glob(f"{_PREFIX}*"):
        if folder not in folders:
            shutil.rmtree(folder, ignore_errors=True)


def _folder(work: Path, epoch: int) -> Path:
    return work / f"{_PREFIX}{epoch:04d}"
