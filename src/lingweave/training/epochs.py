"""The weights of epochs: the best one so far, and where asked every one."""

from collections.abc import Callable
from pathlib import Path

from safetensors.torch import load_model, save_model
from torch import nn

from lingweave.training import processes
from lingweave.training.checkpoint import Progress, flush_to_disk, full_disk_is_said

Select = Callable[[nn.Module], float]


def score_epoch(
    model: nn.Module, select: Select, progress: Progress, work: Path, *, keep: bool
) -> None:
    """Score the epoch and keep its weights aside when it is the best so far, or all are kept.

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
    if not progress.scores or score > max(progress.scores):
        _keep_weights(model, _best_weights(work))
    progress.scores.append(score)
    if keep:
        _keep_weights(model, work / f"epoch-{len(progress.scores):04d}.safetensors")


def load_best(model: nn.Module, work: Path) -> None:
    """Put the weights of the best epoch (the first of equals) into the model."""
    load_model(model, str(_best_weights(work)))


def epoch_weights(work: Path) -> list[Path]:
    """The files with the weights of all epochs, in order, of a run that kept them."""
    return sorted(work.glob("epoch-*.safetensors"))


def _keep_weights(model: nn.Module, path: Path) -> None:
    """Write the weights so that the file is either whole or not there; the main process does it."""
    if processes.is_main():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with full_disk_is_said("the weights of an epoch", path.parent):
            save_model(model, str(partial))
            flush_to_disk(partial)
            partial.replace(path)
    processes.barrier()


def _best_weights(work: Path) -> Path:
    return work / "best.safetensors"
