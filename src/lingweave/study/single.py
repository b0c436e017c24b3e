"""One step by itself, outside a study: pre-train, fine-tune, evaluate.

Each works in `OUT.unfinished` beside its result, resumes there after an interruption, and lets the
result appear under its name when it is whole.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lingweave.config import (
    Alignment,
    BitextSource,
    EncoderSource,
    Finetuning,
    HeadWarmup,
    Pretraining,
)
from lingweave.errors import TextFileError, UserError
from lingweave.objectives import ObjectiveOptions
from lingweave.study.digests import ExampleDigests
from lingweave.study.finetuning import SCORES, Material
from lingweave.study.run import Observer, run_stages
from lingweave.study.stage import RESUME, Stage, StageBusyError, Store, unfinished_folder
from lingweave.study.stages import (
    align_stage,
    encoder_stage,
    evaluate_stage,
    finetune_stage,
    given,
    pretrain_stage,
    start_of,
    tokenize_stage,
)
from lingweave.tasks import Examples
from lingweave.training import processes


def pretrain(
    encoder: str,
    bitexts: Sequence[BitextSource],
    objective: ObjectiveOptions,
    out: Path,
    options: Pretraining,
    *,
    observer: Observer,
) -> None:
    """Continue pre-training an encoder on bitexts; `out` becomes a checkpoint.

    Args:
        encoder: directory or hub name.
        bitexts: parallel text, aligned here by FastAlign's intersection.
        objective: options of a registered objective.
        out: folder that must not exist yet.
        options: how to train; the first seed is used.
        observer: is told how it goes.

    Raises:
        UserError: an input is wrong, or `out` exists.
    """
    alignments = [align_stage(source, Alignment()) for source in bitexts]
    name, seed = objective.objective, options.seeds[0]
    checkpoint = start_of(EncoderSource(checkpoint=encoder), seed)
    texts = [tokenize_stage(aligned, checkpoint, options.max_length) for aligned in alignments]
    start = encoder_stage(checkpoint, HeadWarmup(), options, texts, bitexts)
    last = pretrain_stage(name, objective, options, seed, start, texts, bitexts)
    _run([*alignments, *texts, start, last], out, observer)


def finetune(
    encoder: Path,
    task: str,
    examples: Mapping[str, Examples],
    out: Path,
    options: Finetuning,
    *,
    observer: Observer,
) -> None:
    """Fine-tune an encoder on a task; `out` becomes a checkpoint of the classifier.

    Args:
        encoder: directory or hub name.
        task: a registered task.
        examples: `train` and `dev`.
        out: folder that must not exist yet.
        options: how to train; the first seed is used, by default 1.
        observer: is told how it goes.

    Raises:
        UserError: an input is wrong, or `out` exists.
    """
    inputs, seed = {"encoder": given(encoder)}, options.seeds[0] if options.seeds else 1
    material = Material(train=[examples["train"].to_train_on()], dev=[examples["dev"]])
    last = finetune_stage(task, task, material, options, seed, inputs, ExampleDigests())
    _run([last], out, observer)


def evaluate(
    model: Path,
    task: str,
    tests: Mapping[str, Examples],
    out: Path,
    options: Finetuning,
    *,
    observer: Observer,
) -> dict[str, dict[str, Any]]:
    """Test a fine-tuned model; `out` becomes a folder of scores and predictions.

    Args:
        model: directory or hub name of a classifier.
        task: a registered task.
        tests: examples by language.
        out: folder that must not exist yet.
        options: `max_length` and `precision` are used.
        observer: is told how it goes.

    Returns:
        the scores by language.

    Raises:
        UserError: an input is wrong, or `out` exists.
    """
    _run(
        [evaluate_stage(task, task, tests, options, given(model), ExampleDigests())], out, observer
    )
    scores: dict[str, dict[str, Any]] = json.loads((out / SCORES).read_text("utf-8"))
    return scores


def _run(stages: Sequence[Stage], out: Path, observer: Observer) -> None:
    """Run stages in order; the last one's folder becomes `out`."""
    if processes.from_main(out.exists()):
        raise TextFileError("it exists already", remedy="name another folder", path=out)
    work = unfinished_folder(out)
    store = Store(work)
    try:
        run_stages(stages, store, observer)
    except StageBusyError:
        raise  # what lies there is another run's
    except UserError:
        resumes = any(work.glob(f"*/{RESUME}/*"))
        if processes.is_main() and not resumes:  # nothing that a second try could go on from
            shutil.rmtree(work, ignore_errors=True)
        raise
    if processes.is_main():
        store.folder(stages[-1]).rename(out)
        shutil.rmtree(work)
    processes.barrier()
