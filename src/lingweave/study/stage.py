"""Stages: pieces of work in folders named by a hash of all that went in.

A finished stage is never run twice and an unfinished one never counts: it works in `….unfinished`,
beside which training keeps its checkpoints, and the folder gets its name when everything is
written.

Of several processes the main one keeps the folders. A stage that trains or predicts is done by all
of them together, any other by the main one while the rest wait.
"""

import errno
import hashlib
import json
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError

from lingweave.corpus import make_folder
from lingweave.errors import TextFileError, first_line
from lingweave.training import LOGS, Report, processes

DONE = "stage.json"
RESUME = "resume"

Begin = Callable[[bool], object]
"""Is told, before a stage is run, whether it was found finished."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Workplace:
    """Where a stage works.

    Attributes:
        out: folder to write results to; only the main process does.
        resume: folder for checkpoints; removed when the stage is finished.
        inputs: finished folders of the stages that this one builds on, by role.
        report: to be called after every update of a training.
    """

    out: Path
    resume: Path
    inputs: Mapping[str, Path]
    report: Report | None


@dataclass(frozen=True)
class Checkpoint:
    """An encoder or model that no stage made: a directory, or a hub name."""

    path: Path

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the content of its files; of the name, where it is on the hub."""
        files = sorted(path for path in self.path.glob("*") if path.is_file())
        content = [f"{path.name} {_digest_of(path)}" for path in files] or [str(self.path)]
        return hashlib.sha256("\n".join(content).encode()).hexdigest()


@dataclass(frozen=True)
class Stage:
    """One piece of work.

    Attributes:
        kind: what is done: "align", "pretrain" …
        label: what it is called in folder names and progress lines.
        version: of the code that does it; raised whenever that code gives other results.
        settings: everything it is told, as JSON has it.
        work: does it.
        inputs: the stages and checkpoints it builds on, by role.
        files: the input files by role; their content goes into the hash.
        is_shared: whether all processes do the work together, each calling `work`.
    """

    kind: str
    label: str
    version: int
    settings: Mapping[str, Any]
    work: Callable[[Workplace], None]
    inputs: "Mapping[str, Stage | Checkpoint]" = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    is_shared: bool = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 over kind, version, settings, input stages and the content of input files."""
        description = {
            "kind": self.kind,
            "version": self.version,
            "settings": self.settings,
            "inputs": {role: stage.digest for role, stage in self.inputs.items()},
            "files": {role: _digest_of(path) for role, path in self.files.items()},
        }
        return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()


class StageBusyError(TextFileError):
    """Another run is at work on the stage; the message names its folder."""


class Store:
    """A folder of stages, for one run or for several at once.

    Args:
        root: is made where it is missing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, stage: Stage | Checkpoint) -> Path:
        """Where the results of a stage are, or will be."""
        if isinstance(stage, Checkpoint):
            return stage.path
        name = stage.digest[:12]
        # Two stages of a study may be the same work under two labels; it is done once.
        same = sorted(self._root.glob(f"*-{name}"))
        return same[0] if same else self._root / f"{stage.label}-{name}"

    def is_finished(self, stage: Stage) -> bool:
        """Whether the results are there."""
        return (self.folder(stage) / DONE).is_file()

    def record(self, stage: Stage) -> dict[str, Any]:
        """How a finished stage was made: its description, the machine and the seconds it took."""
        content: dict[str, Any] = json.loads((self.folder(stage) / DONE).read_text("utf-8"))
        return content

    def run(
        self,
        stage: Stage,
        report: Report | None = None,
        *,
        begin: Begin | None = None,
        waits: bool = False,
    ) -> Path:
        """Do the work unless it is done; go on where it was left.

        Args:
            stage: those that it builds on are finished.
            report: is called after every update of a training.
            begin: is called first, unless another run is at work on the stage.
            waits: whether to wait for another run that is at work on it.

        Raises:
            StageBusyError: another run is at work on this stage.
            TextFileError: the disk is full, or a file is missing.
        """
        if processes.from_main(self.is_finished(stage)):
            if processes.is_main():  # left by a kill just at the end
                shutil.rmtree(unfinished_folder(self.folder(stage)), ignore_errors=True)
            if begin is not None:
                begin(True)
            return processes.from_main(self.folder(stage))
        with self._claim(stage, waits):
            # Another run may just have done it.
            finished = processes.from_main(self.is_finished(stage))
            if begin is not None:
                begin(finished)
            if not finished:
                self._work(stage, processes.from_main(self.folder(stage)), report)
        processes.barrier()  # nobody looks for the results before they are there
        return processes.from_main(self.folder(stage))

    @contextmanager
    def _claim(self, stage: Stage, waits: bool) -> Iterator[None]:
        """Keep other runs from a stage: the main process does, for all of this run."""
        make_folder(self._root / ".locks")
        lock = FileLock(self._root / ".locks" / stage.digest)  # whatever others call it
        if not processes.made_by_main(lambda: _is_had(lock, waits)):
            raise StageBusyError(
                "another process is at work here",
                remedy="wait for it or stop it",
                path=self.folder(stage),
            )
        try:
            yield
        finally:
            lock.release()

    def _work(self, stage: Stage, final: Path, report: Report | None) -> None:
        unfinished = unfinished_folder(final)
        inputs = {role: self.folder(needed) for role, needed in stage.inputs.items()}
        place = Workplace(unfinished / "out", unfinished / RESUME, inputs, report)
        with _failures_are_said(stage, unfinished):
            if processes.is_main():
                self._lead(stage, place)
            elif stage.is_shared:
                stage.work(place)
                processes.barrier()
        if processes.is_main():
            # A file system may be slow to show what another machine finished. That stays as it is:
            # others may be reading it.
            if not (final / DONE).is_file():
                shutil.rmtree(final, ignore_errors=True)
                place.out.rename(final)
            shutil.rmtree(unfinished, ignore_errors=True)

    def _lead(self, stage: Stage, place: Workplace) -> None:
        """Work, with the others or alone, and keep a record: what the main process does."""
        started = time.monotonic()
        shutil.rmtree(place.out, ignore_errors=True)  # half-written; checkpoints are in `resume`
        place.out.mkdir(parents=True)
        if stage.is_shared:
            stage.work(place)
            processes.barrier()  # the others may still read checkpoints
        else:
            with processes.alone():
                stage.work(place)
        if (place.resume / LOGS).is_dir():
            (place.resume / LOGS).rename(place.out / LOGS)
        record = {
            "kind": stage.kind,
            "label": stage.label,
            "version": stage.version,
            "settings": stage.settings,
            "inputs": {role: self.folder(made).name for role, made in stage.inputs.items()},
            "seconds": round(time.monotonic() - started, 1),
            "machine": machine(processes.count() if stage.is_shared else 1),
        }
        content = json.dumps(record, indent=1, ensure_ascii=False)
        (place.out / DONE).write_text(content, "utf-8")


def _is_had(lock: FileLock, waits: bool) -> bool:
    """Whether the lock could be taken."""
    try:
        lock.acquire(blocking=waits)
    except Timeout:
        return False
    return True


@contextmanager
def _failures_are_said(stage: Stage, unfinished: Path) -> Iterator[None]:
    """Turn a failure at a file, or for want of room, into one clear line.

    Raises:
        TextFileError: a file is missing, or cannot be read or written; where the system does not
            say which, the folder of the stage is named.
    """
    try:
        yield
    except SafetensorError as error:
        raise TextFileError(
            f"stage {stage.label} cannot read or write weights ({first_line(error)})",
            remedy="make room or mend the file, and run the same command again",
            path=unfinished,
        ) from error
    except OSError as error:
        problem, remedy = _said_of(error)
        raise TextFileError(
            f"stage {stage.label} {problem}",
            remedy=f"{remedy} and run the same command again",
            path=error.filename or unfinished,
        ) from error


def _said_of(error: OSError) -> tuple[str, str]:
    """What a stage met, and what to do about it."""
    reason = error.strerror or first_line(error)
    if error.errno in _NO_ROOM:
        return f"cannot write its results ({reason})", "make room"
    if error.filename is None:  # a connection, or a file in a library's hands
        return f"was stopped by the system ({reason})", "mend what it says"
    if isinstance(error, FileNotFoundError):
        return "misses a file it needs", "put it back"
    return f"cannot read or write this file ({reason})", "mend it or its permissions"


def unfinished_folder(final: Path) -> Path:
    """Where work goes on until it is done and gets its name."""
    return final.with_name(final.name + ".unfinished")


def machine(num_processes: int = 1) -> str:
    """What the work was done on, in a line."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else _processor()
    threads = torch.get_num_threads()
    python = platform.python_version()
    several = f"{num_processes} processes, " if num_processes > 1 else ""
    return f"{several}{device}, {threads} threads, Python {python}, torch {torch.__version__}"


def _processor() -> str:
    """The processor's name; Linux tells it in a file only."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
