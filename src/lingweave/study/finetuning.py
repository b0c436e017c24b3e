"""The stages that fine-tune an encoder on a task and test it in each language."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lingweave.config import Examples, Finetuning
from lingweave.encoder import freeze, load_tokenizer, quiet_transformers
from lingweave.evaluation import score_classification
from lingweave.objectives import Classification
from lingweave.study.examples import read_examples
from lingweave.study.stage import Workplace
from lingweave.tasks import TASKS, load_classifier, new_classifier, predict
from lingweave.training import Run, train
from lingweave.training.options import Precision

VERSION = 1
SCORES, FINETUNING = "scores.json", "finetuning.json"


def finetune_encoder(
    place: Workplace,
    task_name: str,
    sources: Mapping[str, Examples],
    options: Finetuning,
    seed: int,
) -> None:
    """Fine-tune `encoder` on `train`; the epoch with the best accuracy on `dev` is the result.

    Args:
        place: its input is `encoder`.
        task_name: a key of `TASKS`.
        sources: examples for `train` and `dev`.
        options: how to train.
        seed: draws the classifier's weights and all else.
    """
    task = TASKS[task_name]
    tokenizer = load_tokenizer(place.inputs["encoder"])
    model = new_classifier(place.inputs["encoder"], task.labels, seed=seed)
    if options.frozen_layers is not None:
        freeze(model, options.frozen_layers)
    encoded = {
        role: task.encode(tokenizer, read_examples(task, source), options.max_length)
        for role, source in sources.items()
    }
    gold = np.array([example.label for example in encoded["dev"]])

    def dev_accuracy(trained: nn.Module) -> float:
        predicted = predict(trained, tokenizer, encoded["dev"], precision=options.precision)
        return float(np.mean(predicted == gold))

    progress = train(
        model,
        Classification(tokenizer),
        encoded["train"],
        Run(options=options, seed=seed, work=place.resume, report=place.report),
        select=dev_accuracy,
    )
    with quiet_transformers():
        model.save_pretrained(place.out)  # type: ignore[operator]
    tokenizer.save_pretrained(place.out)
    record = {
        "train_examples": len(encoded["train"]),
        "dev_examples": len(gold),
        "dev_accuracy": progress.scores,
        "selected_epoch": int(np.argmax(progress.scores)) + 1,
        "updates": progress.update,
        "seconds": round(progress.seconds, 1),
        "losses": progress.losses,
    }
    (place.out / FINETUNING).write_text(json.dumps(record, indent=1), "utf-8")


def evaluate_classifier(
    place: Workplace,
    task_name: str,
    tests: Mapping[str, Examples],
    max_length: int,
    precision: Precision,
) -> None:
    """Predict and score each language; predictions are kept, example by example.

    Args:
        place: its input is `model`.
        task_name: a key of `TASKS`.
        tests: test examples by language.
        max_length: pieces, special tokens counted.
        precision: of the computation.
    """
    task = TASKS[task_name]
    tokenizer = load_tokenizer(place.inputs["model"])
    model = load_classifier(place.inputs["model"], task.labels)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    scores = {}
    for language, source in tests.items():
        encoded = task.encode(tokenizer, read_examples(task, source), max_length)
        gold = [example.label for example in encoded]
        predicted = predict(model, tokenizer, encoded, precision=precision)
        about = {
            "task": f"{task_name}.{task.version}",
            "test": Path(source.path).name,
            "lang": language,
        }
        score = score_classification(gold, predicted, num_labels=len(task.labels), about=about)
        scores[language] = asdict(score)
        rows = [f"{task.labels[g]}\t{task.labels[p]}" for g, p in zip(gold, predicted, strict=True)]
        text = "\n".join(["gold\tpredicted", *rows]) + "\n"
        predictions_file(place.out, language).write_text(text, "utf-8")
    (place.out / SCORES).write_text(json.dumps(scores, indent=1), "utf-8")


def predictions_file(folder: Path, language: str) -> Path:
    """Where the predictions of a language are: `gold TAB predicted`, with a header."""
    return folder / f"predictions.{language}.tsv"


def correct(folder: Path, language: str) -> np.ndarray:
    """Example by example whether the prediction was right, as 0.0 or 1.0, (N,)."""
    lines = predictions_file(folder, language).read_text("utf-8").splitlines()[1:]
    return np.array([float(len(set(line.split("\t"))) == 1) for line in lines])
