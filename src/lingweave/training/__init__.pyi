from .divergence import Origin, Origins
from .epochs import epoch_weights
from .interruption import Terminated, sigterm_as_interrupt
from .loop import LOGS, Report, Run, UpdateReport, train
from .options import TrainingOptions
from .progress import Progress
from .update import precision_of_machine

__all__ = [
    "LOGS",
    "Origin",
    "Origins",
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
