"""The stages that fine-tune an encoder on a task and test it in each language.

Which task it is, they do not know: all they need is what `lingweave.tasks.Task` offers.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import AutoModel, PreTrainedTokenizerFast

from lingweave.codeswitch import LexiconSwitchOptions
from lingweave.config import Finetuning, Progressive, Rule
from lingweave.encoder import (
    LOADING,
    check_pieces,
    freeze,
    load_tokenizer,
    num_positions,
    quiet_transformers,
)
from lingweave.errors import CheckpointError
from lingweave.evaluation import (
    PREDICTIONS,
    prediction_table,
    score_predictions,
    write_predictions,
)
from lingweave.study.curriculum import Curriculum, load_relevance, switch_for_stages
from lingweave.study.examples import read_examples
from lingweave.study.lexicons import load_lexicons
from lingweave.study.origins import origins_of_sequences
from lingweave.study.selection import (
    Checkpoints,
    choose_checkpoints,
    save_chosen,
    score_epochs,
)
from lingweave.study.stage import Workplace
from lingweave.study.switching import Switcher, switch_examples
from lingweave.tasks import TASKS, Examples, Task
from lingweave.training import Progress, Run, epoch_weights, processes, train
from lingweave.training.options import Precision

VERSION, EVALUATION_VERSION = 5, 3
SCORES, FINETUNING = "scores.json", "finetuning.json"
DIGEST_LENGTH = 12
"""Of digests in signatures: as in the names of stages' folders."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What tells a score from others, beside the test's name and language.

    Attributes:
        model: digest of the model tested.
        data: digests of the test examples, by language.
        seeds: of all trainings, such as 1+2 for pre-training and fine-tuning; "" if not known.
    """

    model: str
    data: Mapping[str, str]
    seeds: str


@dataclass(frozen=True, kw_only=True)
class Material:
    """What a model is fine-tuned on.

    Attributes:
        train: sources of the training examples, taken together.
        dev: of those that select the epoch.
        oracle: of those that would select it for each language to be tested, where that is asked.
        rules: which weights are kept; see `lingweave.study.selection`.
        languages: to be tested, where other rules than `dev` are asked for.
        switching: how words of the training examples are switched, if they are.
        language: of the training examples, where they are switched.
    """

    train: Sequence[Examples]
    dev: Sequence[Examples]
    oracle: Mapping[str, Examples] = field(default_factory=dict)
    rules: Sequence[Rule] = ("dev",)
    languages: Sequence[str] = ()
    switching: LexiconSwitchOptions | Progressive | None = None
    language: str = ""

    def sources(self) -> dict[str, Examples]:
        """All sources by what they are for."""
        of_role = {"train": self.train, "dev": self.dev}
        found = {
            role if number == 0 else f"{role} {number + 1}": source
            for role, sources in of_role.items()
            for number, source in enumerate(sources)
        }
        return found | {f"oracle {name}": source for name, source in self.oracle.items()}


def finetune_encoder(
    place: Workplace, task_name: str, material: Material, options: Finetuning, seed: int
) -> None:
    """Fine-tune `encoder` on the training examples; the epoch that is best on dev is the result.

    Args:
        place: its input is `encoder`; where words are switched, also `lexicons`, and `relevance`
            where that is done progressively.
        task_name: a key of `TASKS`; its first metric says which epoch is best.
        material: examples, and what is done with them.
        options: how to train; its `max_length` is given.
        seed: draws the head's weights and all else.
    """
    task = TASKS[task_name]
    work = _Finetuning(place, task, options, seed)
    train_set, dev_set = work.read(material.train), work.read(material.dev)
    sequences, switched = work.sequences(train_set, material)
    progress = train(
        work.model,
        task.objective(work.tokenizer),
        sequences,
        Run(
            options=options,
            seed=seed,
            work=place.resume,
            report=place.report,
            begin_update=getattr(sequences, "begin_update", None),
            keep_epochs=tuple(material.rules) != ("dev",),
            origins=partial(
                origins_of_sequences, sequences=sequences, task=task, sources=material.train
            ),
        ),
        select=work.scorer(dev_set),
    )
    if processes.is_main():
        work.save(place.out)
    record = {
        "train_examples": len(train_set),
        "train_sequences": len(sequences),
        "dev_examples": len(dev_set),
        "metric": task.metrics[0].name,
        "dev_scores": progress.scores,
        "selected_epoch": int(np.argmax(progress.scores)) + 1,
        "updates": progress.update,
        "tokens": progress.tokens,
        "seconds": round(progress.seconds, 1),
        "losses": progress.losses,
    }
    if switched:
        record["code_switching"] = switched
    if tuple(material.rules) != ("dev",):
        record |= work.keep_by_rules(material, progress)
    if processes.is_main():
        (place.out / FINETUNING).write_text(json.dumps(record, indent=1), "utf-8")


class _Finetuning:
    """A model in fine-tuning, and what is done with it and its examples."""

    def __init__(self, place: Workplace, task: Task, options: Finetuning, seed: int) -> None:
        self._place, self._task, self._options, self._seed = place, task, options, seed
        start = place.inputs["encoder"]
        self.tokenizer: PreTrainedTokenizerFast = load_tokenizer(start)
        self.model = task.new_model(start, seed=seed)
        check_pieces(self.model, self.tokenizer, start)
        if options.frozen_layers is not None:
            freeze(self.model, options.frozen_layers)

    def read(self, sources: Sequence[Examples]) -> list[Any]:
        """The examples of several sources, one after another."""
        return [example for source in sources for example in read_examples(self._task, source)]

    def encode(self, examples: Sequence[Any]) -> Sequence[Any]:
        """Examples as sequences that the encoder has positions for."""
        assert self._options.max_length is not None  # as the plan fills it in
        sequences = self._task.encode(self.tokenizer, examples, self._options.max_length)
        _check_lengths(self.model, sequences, self._place.inputs["encoder"])
        return sequences

    def sequences(
        self, examples: Sequence[Any], material: Material
    ) -> tuple[Sequence[Any], list[dict[str, Any]]]:
        """What is trained on, switched as asked, and how much was switched, stage by stage."""
        options = material.switching
        if options is None:
            return self.encode(examples), []
        lexicons = load_lexicons(self._place.inputs["lexicons"])
        switcher = Switcher(self._task, material.language, lexicons, self._seed)
        if not isinstance(options, Progressive):
            assert isinstance(options, LexiconSwitchOptions)
            switched, measures = switch_examples(switcher, examples, options)
            return self.encode(switched), [measures.summary()]
        relevance = load_relevance(self._place.inputs["relevance"])
        stages = switch_for_stages(switcher, examples, relevance, options)
        versions = [self.encode(switched) for switched, _ in stages]
        temperatures = (0.0, *options.temperatures)
        records = [
            {"temperature": temperature, **measures.summary()}
            for temperature, (_, measures) in zip(temperatures, stages, strict=True)
        ]
        return Curriculum(versions, options, self._seed), records

    def scorer(self, examples: Sequence[Any]) -> Callable[[nn.Module], float]:
        """A function that scores a model on these examples by the task's first metric."""
        encoded = self.encode(examples)
        metric = self._task.metrics[0]

        def score(model: nn.Module) -> float:
            predictions = self._task.predict(
                model, self.tokenizer, examples, encoded, self._options.precision
            )
            return float(metric.of(self._task.statistics(examples, predictions).sum(axis=0)))

        return score

    def save(self, folder: Path) -> None:
        """Save model and tokenizer as a checkpoint."""
        with quiet_transformers():
            self.model.save_pretrained(folder)  # type: ignore[operator]
        self.tokenizer.save_pretrained(folder)

    def keep_by_rules(self, material: Material, progress: Progress) -> dict[str, Any]:
        """Save the weights that the rules of selection take; what the record says of them."""
        epochs = epoch_weights(self._place.resume)
        oracle_scores = {
            language: score_epochs(self.model, epochs, self.scorer(self.read([source])))
            for language, source in material.oracle.items()
        }
        chosen = choose_checkpoints(
            material.rules, material.languages, progress.scores, oracle_scores
        )
        if processes.is_main():
            save_chosen(self.model, epochs, chosen, self._place.out, self.save)
        return {"checkpoints": chosen, "oracle_scores": oracle_scores}


def keep_encoder(place: Workplace) -> None:
    """Take the encoder out of a fine-tuned model, for the next task of a chain.

    Args:
        place: its input is `model`.
    """
    start = place.inputs["model"]
    with quiet_transformers():
        AutoModel.from_pretrained(str(start), **LOADING).save_pretrained(place.out)
    load_tokenizer(start).save_pretrained(place.out)


def evaluate_model(
    place: Workplace,
    task_name: str,
    tests: Mapping[str, Examples],
    max_length: int,
    precision: Precision,
    provenance: Provenance,
    rule: Rule = "dev",
) -> None:
    """Predict and score each language; predictions are kept, example by example.

    Args:
        place: its input is `model`.
        task_name: a key of `TASKS`.
        tests: test examples by language.
        max_length: pieces, special tokens counted.
        precision: of the computation.
        provenance: for the signatures of the scores.
        rule: which of the weights that the fine-tuning kept are tested.
    """
    task = TASKS[task_name]
    tokenizer = load_tokenizer(place.inputs["model"])
    scores, tables, loaded = {}, [], Path()
    for language, source in tests.items():
        folder = _checkpoint(place.inputs["model"], rule, language)
        if folder != loaded:
            model, loaded = task.load_model(folder), folder
            check_pieces(model, tokenizer, folder)
            model.to("cuda" if torch.cuda.is_available() else "cpu")
        examples = read_examples(task, source)
        encoded = task.encode(tokenizer, examples, max_length)
        _check_lengths(model, encoded, place.inputs["model"])
        predictions = task.predict(model, tokenizer, examples, encoded, precision)
        about = _about(f"{task_name}.{task.version}", language, source, provenance, rule)
        statistics = task.statistics(examples, predictions)
        scores[language] = score_predictions(task, statistics, about)
        if processes.is_main():
            task.write(place.out, language, examples, predictions)
            tables.append(prediction_table(task, language, examples, predictions))
    if processes.is_main():
        write_predictions(place.out / PREDICTIONS, tables)
        (place.out / SCORES).write_text(json.dumps(scores, indent=1), "utf-8")


def _about(
    task: str, language: str, source: Examples, provenance: Provenance, rule: Rule
) -> dict[str, str]:
    """The facts of a signature, in its order; those that are by default are left out."""
    facts = {
        "task": task,
        "test": Path(source.path).name,
        "split": "" if Path(source.path).exists() else source.split or "",
        "skip": str(source.skip or ""),
        "first": str(source.first or ""),
        "data": provenance.data[language][:DIGEST_LENGTH],
        "lang": language,
        "model": provenance.model[:DIGEST_LENGTH],
        "seeds": provenance.seeds,
        "selection": "" if rule == "dev" else rule,
    }
    return {name: fact for name, fact in facts.items() if fact}


def _checkpoint(folder: Path, rule: Rule, language: str) -> Path:
    """Where a rule's weights for a language are."""
    if rule == "dev":
        return folder
    checkpoints: Checkpoints = json.loads((folder / FINETUNING).read_text("utf-8"))["checkpoints"]
    return folder / checkpoints[rule][language]


def _check_lengths(model: Any, sequences: Sequence[Any], checkpoint: Path) -> None:  # noqa: ANN401
    """Refuse sequences that are longer than the encoder has positions for."""
    positions = num_positions(model)
    longest = max((len(sequence.pieces) for sequence in sequences), default=0)
    if positions is not None and longest > positions:
        raise CheckpointError(
            f"a sequence has {longest} pieces, but the encoder has {positions} positions",
            remedy="lower max_length",
            path=checkpoint,
        )
