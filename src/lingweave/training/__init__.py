"""Training: batches of like length, the loop on Accelerate, checkpoints to resume from.

In: a model, an objective and its examples. Out: the model, trained, and a record of how it went.
Which objective it is, this package does not know.
"""

from lingweave.training.epochs import epoch_weights
from lingweave.training.interruption import Terminated, sigterm_as_interrupt
from lingweave.training.loop import LOGS, Report, Run, UpdateReport, train
from lingweave.training.options import TrainingOptions
from lingweave.training.progress import Progress
from lingweave.training.update import precision_of_machine

__all__ = [
    "LOGS",
    "Progress",
    "Report",
    "Run",
    "Terminated",
    "TrainingOptions",
    "UpdateReport",
    "epoch_weights",
    "precision_of_machine",
    "sigterm_as_interrupt",
    "train",
]
