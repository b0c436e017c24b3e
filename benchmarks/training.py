"""Training and prediction: lingweave beside the Trainer of transformers, which a user would take.

What is measured, in one run: tokens per second (padding not counted) and peak memory of whole
processes, each doing the same work with the same model, examples, batch, precision, dropout and
number of updates: an epoch of MLM and of TLM on sentence pairs, an epoch of fine-tuning on NLI, and
prediction of NLI labels. The Trainer has `DataCollatorForLanguageModeling` with dynamic padding,
as its documentation shows; for fine-tuning, `DataCollatorWithPadding`. Besides, what WEAM costs.

    python ../shared/models/e5-small-x15/unpack.py e5-small-x15
    python benchmarks/training.py --shared ../shared --checkpoint e5-small-x15 [--device cuda]

The clock runs from the call of training to its return, for examples that are in pieces already.
`mbert-base` is the shape of bert-base-multilingual-cased with random weights and the vocabulary of
119,547, fed with the checkpoint's pieces. The last lines read `RATIO <what> <value>`.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch import nn
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    BertConfig,
    DataCollatorForLanguageModeling,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)

from lingweave.alignment import align_words
from lingweave.corpus import open_bitext, segmenter_for_language
from lingweave.encoder import SequenceTemplate, encode_words, load_encoder, load_tokenizer
from lingweave.objectives import EncodedPair, LabelledSequence, Objective, make_objective
from lingweave.objectives.registry import SINGLE
from lingweave.tasks import TASKS, Examples
from lingweave.tasks.heads import PREDICTION_BATCH
from lingweave.training import Run, TrainingOptions, precision_of_machine, train

MASKING = 0.3
MAX_PIECES = 126
LEARNING_RATE = 5e-5
LABELS = 3
MBERT_VOCABULARY = 119_547
PREDICTED = 1_500
# Dense bf16 peak in FLOP/s, from NVIDIA's data sheets; for the share of it that is used.
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12}
PRETRAINING = ("mlm", "tlm", "weam")


@dataclass(frozen=True)
class Job:
    """What one process does.

    Attributes:
        who: lingweave or trainer.
        work: mlm, tlm, weam, nli or predict.
        checkpoint: the model's folder.
        shared: the folder with the real data.
        device: cpu or cuda.
        updates: of a training.
        batch: examples in an update; for MLM, sentence pairs.
    """

    who: str
    work: str
    checkpoint: str
    shared: str
    device: str
    updates: int
    batch: int


@dataclass(frozen=True)
class Measured:
    """What came of it: padding not counted; memory of the process, or of the GPU."""

    tokens: int
    seconds: float
    megabytes: float

    @property
    def speed(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds


def main() -> None:
    """Run the benchmark, or one job where `--job` describes it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--shared", help="folder with the real data")
    parser.add_argument("--checkpoint", help="folder of e5-small-x15, unpacked")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--updates", type=int, default=32, help="of each training (default 32)")
    parser.add_argument("--batch", type=int, default=32, help="examples in one (default 32)")
    parser.add_argument("--only", nargs="*", help="such as e5-small:tlm; default: all")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        print(json.dumps(asdict(run_job(Job(**json.loads(arguments.job))))))
        return
    if not (arguments.shared and arguments.checkpoint):
        parser.error("--shared and --checkpoint are needed")
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "mbert-base"
        write_mbert_shape(large, Path(arguments.checkpoint))
        compare(arguments, {"e5-small": arguments.checkpoint, "mbert-base": str(large)})


def compare(arguments: argparse.Namespace, models: dict[str, str]) -> None:
    """Let both do every work with every model, print a table and the ratios."""
    print_conditions(arguments)
    print("| model | work | lingweave | transformers Trainer |\n|---|---|---|---|")
    ratios: dict[str, float] = {}
    for model, checkpoint in models.items():
        tlm_seconds = 0.0
        for work in (*PRETRAINING, "nli", "predict"):
            if arguments.only and f"{model}:{work}" not in arguments.only:
                continue
            jobs = {
                who: Job(
                    who=who,
                    work=work,
                    checkpoint=checkpoint,
                    shared=arguments.shared,
                    device=arguments.device,
                    updates=arguments.updates,
                    batch=arguments.batch,
                )
                for who in (("lingweave",) if work == "weam" else ("lingweave", "trainer"))
            }
            found = {who: in_own_process(job) for who, job in jobs.items()}
            cells = [cell(found[who]) if who in found else "" for who in ("lingweave", "trainer")]
            print(f"| {model} | {work} | {cells[0]} | {cells[1]} |", flush=True)
            own = found["lingweave"]
            if "trainer" in found:
                ratios[f"{model}_{work}_speed"] = own.speed / found["trainer"].speed
                ratios[f"{model}_{work}_memory"] = own.megabytes / found["trainer"].megabytes
            if work == "tlm":
                tlm_seconds = own.seconds
                print_utilisation(model, checkpoint, own)
            if work == "weam" and tlm_seconds:
                ratios[f"{model}_weam_time_of_tlm"] = own.seconds / tlm_seconds
    print()
    for what, ratio in ratios.items():
        print(f"RATIO {what} {ratio:.2f}")


def cell(measured: Measured) -> str:
    """Speed and memory, for the table."""
    return f"{measured.speed:,.0f} tokens/s, {measured.megabytes:,.0f} MB"


def print_conditions(arguments: argparse.Namespace) -> None:
    """Print what the figures depend on."""
    packages = ("torch", "transformers", "accelerate")
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    place = f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"
    if arguments.device == "cuda":
        place = torch.cuda.get_device_name()
    print(f"{time.strftime('%Y-%m-%d')}; {place}; {precision_of_machine('auto')}; ", end="")
    print(f"Python {platform.python_version()}, {versions}")
    print(f"{arguments.updates} updates of {arguments.batch} examples\n")


def print_utilisation(model: str, checkpoint: str, measured: Measured) -> None:
    """Print the share of a GPU's bf16 peak that goes into the model's own arithmetic.

    A token takes 6 operations for each weight of the encoder's matrices (forward 2, backward 4),
    and a predicted one, of which there are `MASKING`, the same for the head. Embeddings and the
    products of attention are left out, dropout and the optimiser are overhead.
    """
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    peak = next((peak for gpu, peak in PEAKS.items() if gpu in name), None)
    if peak is None:
        return
    config = BertConfig.from_pretrained(checkpoint)
    width, inner = config.hidden_size, config.intermediate_size
    body = config.num_hidden_layers * (4 * width**2 + 2 * width * inner)
    head = MASKING * (width**2 + width * config.vocab_size)
    share = 6 * (body + head) * measured.speed / peak
    print(f"{model}: {100 * share:.1f} % of the bf16 peak of {peak / 1e12:.0f} TFLOP/s")


def in_own_process(job: Job) -> Measured:
    """Do a job in a fresh process, so that its memory is its own."""
    command = [sys.executable, __file__, "--job", json.dumps(asdict(job))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def run_job(job: Job) -> Measured:
    """Do it; time and memory are those of the work, the model loaded before."""
    works: dict[tuple[str, bool], Callable[[Job], tuple[int, float]]] = {
        ("lingweave", True): pretrain_with_lingweave,
        ("trainer", True): pretrain_with_trainer,
        ("lingweave", False): classify_with_lingweave,
        ("trainer", False): classify_with_trainer,
    }
    tokens, seconds = works[job.who, job.work in PRETRAINING](job)
    if job.device == "cuda":
        memory = torch.cuda.max_memory_allocated() / 1e6
    else:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return Measured(tokens, seconds, memory)


def read_pairs(job: Job) -> list[EncodedPair]:
    """As many sentence pairs as the updates take, of all languages in turn, aligned for WEAM."""
    tokenizer = load_tokenizer(job.checkpoint)
    folders = sorted((Path(job.shared) / "data/bitext").iterdir())
    each = -(-job.updates * job.batch // len(folders))
    found: list[list[EncodedPair]] = []
    for folder in folders:
        bitext = open_bitext(folder)
        pairs = list(islice(bitext, each))
        sides = []
        for language, texts in (
            (bitext.source_language, [pair.source for pair in pairs]),
            (bitext.target_language, [pair.target for pair in pairs]),
        ):
            words = [segmenter_for_language(language)(text) for text in texts]
            encoded = encode_words(tokenizer, texts, words, max_pieces=MAX_PIECES)
            sides.append((texts, words, encoded))
        (sources, source_words, first), (targets, target_words, second) = sides
        split = [
            ([s[a:b].lower() for a, b in own], [t[a:b].lower() for a, b in other])
            for s, own, t, other in zip(sources, source_words, targets, target_words, strict=True)
        ]
        links = align_words(split).symmetrized("intersection")
        found.append([EncodedPair(*pair) for pair in zip(first, second, links, strict=True)])
    mixed = [pair for pairs in zip(*found, strict=True) for pair in pairs]
    return mixed[: job.updates * job.batch]


def pretrain_with_lingweave(job: Job) -> tuple[int, float]:
    """An epoch; tokens and seconds."""
    encoder = load_encoder(job.checkpoint)
    pairs = read_pairs(job)
    options = SINGLE[job.work].options(masking=MASKING)
    objective = make_objective(job.work, encoder.tokenizer, options)
    return timed_training(job, encoder.model.to(job.device), objective, pairs)


def timed_training(
    job: Job, model: nn.Module, objective: Objective[Any, Any], examples: Sequence[Any]
) -> tuple[int, float]:
    """Train with lingweave for an epoch."""
    options = TrainingOptions(
        learning_rate=LEARNING_RATE, batch_size=job.batch, epochs=1, checkpoint_updates=10**6
    )
    with tempfile.TemporaryDirectory() as work:
        started = time.perf_counter()
        progress = train(model, objective, examples, Run(options=options, seed=1, work=Path(work)))
        return progress.tokens, time.perf_counter() - started


def pretrain_with_trainer(job: Job) -> tuple[int, float]:
    """The same sentences, for MLM each a sequence, for TLM two in one."""
    tokenizer = load_tokenizer(job.checkpoint)
    template = SequenceTemplate.of(tokenizer)
    pairs = read_pairs(job)
    if job.work == "tlm":
        texts = [template.pair(pair.source.pieces, pair.target.pieces)[0] for pair in pairs]
    else:
        sentences = [sentence for pair in pairs for sentence in (pair.source, pair.target)]
        texts = [template.single(sentence.pieces) for sentence in sentences]
    trainer = make_trainer(
        job,
        AutoModelForMaskedLM.from_pretrained(job.checkpoint),
        DataCollatorForLanguageModeling(tokenizer, mlm_probability=MASKING),
        [{"input_ids": text.tolist()} for text in texts],
        batch=job.batch if job.work == "tlm" else 2 * job.batch,
    )
    started = time.perf_counter()
    trainer.train()
    return sum(map(len, texts)), time.perf_counter() - started


def read_nli(job: Job) -> Sequence[LabelledSequence]:
    """Premises and hypotheses in pieces: English to train on, German to predict."""
    data, task = Path(job.shared) / "data", TASKS["nli"]
    if job.work == "nli":
        source = Examples(path=str(data / "nli-en/mnli.tsv"))
        examples = islice(task.read(source), job.updates * job.batch)
    else:
        examples = islice(task.read(Examples(path=str(data / "xnli/test.de.tsv"))), PREDICTED)
    return task.encode(load_tokenizer(job.checkpoint), list(examples), MAX_PIECES + 2)


def classify_with_lingweave(job: Job) -> tuple[int, float]:
    """An epoch of fine-tuning, or prediction; tokens and seconds."""
    task, sequences = TASKS["nli"], read_nli(job)
    tokenizer = load_tokenizer(job.checkpoint)
    model = task.new_model(job.checkpoint, seed=1).to(job.device)
    if job.work == "nli":
        return timed_training(job, model, task.objective(tokenizer), sequences)
    started = time.perf_counter()
    task.predict(model, tokenizer, sequences, sequences, "auto")
    return sum(len(s.pieces) for s in sequences), time.perf_counter() - started


def classify_with_trainer(job: Job) -> tuple[int, float]:
    """The same sequences."""
    sequences = read_nli(job)
    rows = [{"input_ids": s.pieces.tolist(), "labels": s.label} for s in sequences]
    trainer = make_trainer(
        job,
        AutoModelForSequenceClassification.from_pretrained(job.checkpoint, num_labels=LABELS),
        DataCollatorWithPadding(load_tokenizer(job.checkpoint)),
        rows,
        batch=job.batch,
    )
    started = time.perf_counter()
    if job.work == "nli":
        trainer.train()
    else:
        trainer.predict(trainer.train_dataset)
    return sum(len(s.pieces) for s in sequences), time.perf_counter() - started


def make_trainer(
    job: Job, model: nn.Module, collator: Callable[..., Any], rows: list[Any], *, batch: int
) -> Trainer:
    """The Trainer as its documentation has it, with lingweave's optimiser settings."""
    defaults = TrainingOptions()
    arguments = TrainingArguments(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=batch,
        per_device_eval_batch_size=PREDICTION_BATCH,
        num_train_epochs=1,
        learning_rate=LEARNING_RATE,
        warmup_steps=defaults.warmup,
        weight_decay=defaults.weight_decay,
        max_grad_norm=defaults.max_gradient_norm,
        bf16=precision_of_machine("auto") == "bf16",
        use_cpu=job.device == "cpu",
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=1,
    )
    return Trainer(model, arguments, data_collator=collator, train_dataset=Dataset.from_list(rows))


def write_mbert_shape(folder: Path, checkpoint: Path) -> None:
    """A masked LM of the shape of bert-base-multilingual-cased, weights random."""
    torch.manual_seed(1)
    AutoModelForMaskedLM.from_config(BertConfig(vocab_size=MBERT_VOCABULARY)).save_pretrained(
        folder
    )
    load_tokenizer(checkpoint).save_pretrained(folder)


if __name__ == "__main__":
    main()
