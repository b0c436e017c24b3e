"""Trainings of a small encoder that kill themselves: SIGKILL at a moment that is given.

Each sitting is a process of its own, forked from one that has imported all, which takes longer than
the training. The killer is a thread of it: how busy the machine is does not move the moment.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from lingweave import study
from lingweave.config import BitextSource, Finetuning, Pretraining
from lingweave.encoder import EncoderShape, ModelCard, new_encoder, save_encoder
from lingweave.objectives import WEAMOptions
from lingweave.tasks import Examples

NUM_UPDATES = 24
PATIENCE = 300  # seconds; only a broken program needs them
OUTRUN = 4  # updates that are done at most after the moment, more than between two checkpoints

SENTENCES = [
    ("the old dog sleeps", "der alte Hund schläft"),
    ("a house", "ein Haus"),
    ("the house is old", "das Haus ist alt"),
    ("a dog", "ein Hund"),
    ("the dog sees a house", "der Hund sieht ein Haus"),
    ("she sleeps in the old house", "sie schläft in dem alten Haus"),
]


@dataclass(frozen=True)
class Moment:
    """When to be killed: so long after this many updates, or after a folder is then begun.

    Attributes:
        update: of the whole run; 0 for before the first.
        seconds: after it.
        writing: whether a checkpoint must be half-written then; `seconds` are as many thousandths
            of a second as there are steps of the writing to let pass.
    """

    update: int
    seconds: float
    writing: bool = False


def write_inputs(folder: Path) -> None:
    """An encoder, a bitext of 96 pairs and 64 labelled examples."""
    for side, name in enumerate(("en", "de")):
        lines = [pair[side] for pair in SENTENCES] * 16
        (folder / f"train.{name}").write_text("\n".join(lines) + "\n", "utf-8")
    labels = ("entailment", "neutral", "contradiction")
    rows = [
        (SENTENCES[index % 6][0], SENTENCES[(index * index) % 6][0], labels[index % 3])
        for index in range(64)
    ]
    lines = ["premise\thypothesis\tlabel", *("\t".join(row) for row in rows)]
    (folder / "nli.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    shape = EncoderShape(layers=2, width=32, heads=2)
    card = ModelCard(title="t", base_model="nothing", languages=[], made_by={})
    encoder = new_encoder([folder / "train.en", folder / "train.de"], shape, seed=1)
    save_encoder(encoder, folder / "encoder", card=card)


def pretrain(inputs: Path, out: Path, observer: study.Observer) -> None:
    """24 updates: 2 epochs of 12."""
    bitext = BitextSource(location=(str(inputs / "train.en"), str(inputs / "train.de")))
    options = Pretraining(epochs=2, batch_size=8, max_length=32, checkpoint_updates=2)
    study.pretrain(
        str(inputs / "encoder"), [bitext], WEAMOptions(), out, options, observer=observer
    )


def finetune(inputs: Path, out: Path, observer: study.Observer) -> None:
    """24 updates: 3 epochs of 8, each scored."""
    examples = Examples(path=str(inputs / "nli.tsv"))
    options = Finetuning(
        epochs=3, batch_size=8, max_length=32, checkpoint_updates=3, learning_rate=2e-2
    )
    both = {"train": examples, "dev": examples}
    study.finetune(inputs / "encoder", "nli", both, out, options, observer=observer)


TRAININGS = {"pretrain": pretrain, "finetune": finetune}


class Killer:
    """An observer of the training that kills it."""

    def __init__(self, moment: Moment | None, said: Connection) -> None:
        self._moment, self._said = moment, said
        self._is_time = threading.Event()
        self._steps_left = 0
        if moment is not None and not moment.writing:
            threading.Thread(target=self._kill_later, daemon=True).start()
            if moment.update == 0:
                self._is_time.set()

    def stage(self, label: str, number: int, num_stages: int, finished: bool) -> None:
        """Nothing to be done."""

    def update(self, report) -> None:
        self._said.send(report.update)
        if self._moment is None or report.update < self._moment.update:
            return
        if self._moment.writing:
            if not self._steps_left:
                self._steps_left = 2 + int(1000 * self._moment.seconds)
                sys.addaudithook(self._count_steps)
            return
        self._is_time.set()
        if report.update >= min(self._moment.update + OUTRUN, NUM_UPDATES):
            time.sleep(PATIENCE)  # on a busy machine it would end before the killer wakes

    def _kill_later(self) -> None:
        self._is_time.wait()
        time.sleep(self._moment.seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    def _count_steps(self, event: str, arguments: tuple) -> None:
        """Python tells of whatever is made, opened or renamed, just before it is done."""
        if event in ("os.mkdir", "open", "os.rename") and "partial" in str(arguments[0]):
            self._steps_left -= 1
            if not self._steps_left:
                os.kill(os.getpid(), signal.SIGKILL)


def _sit(name: str, inputs: Path, out: Path, moment: Moment | None, said: Connection) -> None:
    TRAININGS[name](inputs, out, Killer(moment, said))


def sitting(name: str, inputs: Path, out: Path, moment: Moment | None = None) -> list[int]:
    """Start a training, or go on with it; the updates that it did.

    Args:
        name: of the training.
        inputs: see `write_inputs`.
        out: its result.
        moment: to be killed; None for never.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lingweave.study.single", "killed_sittings"])
    heard, said = context.Pipe(duplex=False)
    process = context.Process(target=_sit, args=(name, inputs, out, moment, said))
    process.start()
    said.close()
    updates = []
    try:
        while True:
            assert heard.poll(PATIENCE), "it hangs"
            updates.append(heard.recv())
    except (EOFError, OSError):  # it ended, perhaps in the middle of a message
        process.join(PATIENCE)
    finally:
        process.kill()
    assert process.exitcode == (0 if moment is None else -signal.SIGKILL)
    return updates
