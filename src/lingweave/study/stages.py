"""One stage each: what it is told, what it builds on, what does its work.

Planning reads all input text once: it is checked, and its content goes into the stages' hashes, so
that a study moves with its folder and notices when a file behind an unchanged name has changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lingweave.config import (
    Alignment,
    BitextSource,
    EncoderSource,
    Feed,
    Finetuning,
    HeadWarmup,
    LexiconSource,
    Pretraining,
    Progressive,
    Rule,
    feed_of,
)
from lingweave.encoder import load_tokenizer
from lingweave.errors import BitextError, TextFileError
from lingweave.objectives import ObjectiveOptions
from lingweave.study import aligning, curriculum, finetuning, lexicons, pretraining, tokenizing
from lingweave.study.digests import ExampleDigests, digest_of_texts
from lingweave.study.finetuning import Material, Provenance
from lingweave.study.stage import Checkpoint, Stage
from lingweave.tasks import TASKS, Examples, learned_as

NOT_RESULTS = {"seeds", "checkpoint_updates", "tracker"}
"""Settings of a training that change nothing about what comes out (each seed has its own stage)."""


def align_stage(source: BitextSource, alignment: Alignment) -> Stage:
    """The stage that aligns one bitext.

    Raises:
        UserError: the text is missing or wrong, or what finds its words is not there.
    """
    bitext = source.open()
    source.segmenters(bitext)  # told now, not when other bitexts have been aligned for hours
    pairs = islice(bitext, source.max_pairs)
    settings = source.model_dump(mode="json", exclude={"location", "gold", "links"})
    settings["alignment"] = alignment.model_dump(mode="json")
    settings["text"] = digest_of_texts(f"{pair.source}\t{pair.target}" for pair in pairs)
    languages = [bitext.source_language or "unknown", bitext.target_language or "unknown"]
    return Stage(
        "align",
        f"align-{'-'.join(languages)}",
        aligning.VERSION,
        settings,
        partial(aligning.align_bitext, bitext=bitext, source=source, alignment=alignment),
        files=_existing({"gold": source.gold, "links": source.links}),
    )


def start_of(source: EncoderSource, seed: int) -> "Stage | Checkpoint":
    """What the encoder comes from, with its tokenizer: a stage that makes one, or a checkpoint.

    Args:
        source: as the recipe has it.
        seed: of the pre-training, by which an encoder is drawn where each has its own.

    Raises:
        UserError: a text is missing, or the checkpoint is of no use.
    """
    if (scratch := source.scratch) is None:
        return given(Path(str(source.checkpoint)))
    drawn_by = seed if scratch.seed == "each" else scratch.seed
    settings = scratch.model_dump(mode="json", exclude={"texts"})
    settings |= {"seed": drawn_by, "training": _training(scratch.training)}
    return Stage(
        "scratch",
        "encoder",
        pretraining.SCRATCH_VERSION,
        settings,
        partial(pretraining.train_from_scratch, source=scratch, seed=drawn_by),
        files=_existing({str(number): text for number, text in enumerate(scratch.texts)}),
        is_shared=True,
    )


def tokenize_stage(alignment: Stage, start: "Stage | Checkpoint", max_length: int) -> Stage:
    """The stage that tokenises one aligned bitext for all systems.

    Args:
        alignment: the stage that aligns it.
        start: what the tokenizer comes from.
        max_length: pieces of one sentence, special tokens counted.
    """
    return Stage(
        "tokenize",
        alignment.label.replace("align", "tokenize", 1),
        tokenizing.VERSION,
        {"max_length": max_length},
        partial(tokenizing.tokenize_pairs, max_length=max_length),
        inputs={tokenizing.TOKENIZER: start, tokenizing.BITEXT: alignment},
    )


def encoder_stage(
    start: "Stage | Checkpoint",
    head_warmup: HeadWarmup,
    options: Pretraining,
    texts: Sequence[Stage],
    sources: Sequence[BitextSource],
) -> Stage:
    """The stage that makes or loads the encoder that all systems start from.

    Args:
        start: what it comes from.
        head_warmup: how to train a head where it has none.
        options: `max_length` and the first seed are used.
        texts: tokenised, to train the head on.
        sources: of the texts.
    """
    if isinstance(start, Stage):
        return start
    seed, max_length = options.seeds[0], options.max_length
    return Stage(
        "encoder",
        "encoder",
        pretraining.VERSION,
        {"head_warmup": _training(head_warmup), "seed": seed, "max_length": max_length},
        partial(
            pretraining.prepare_encoder,
            warmup=head_warmup,
            seed=seed,
            max_length=max_length,
            sources=sources,
        ),
        inputs={"checkpoint": start, **_by_role(texts)},
        is_shared=True,
    )


def given(checkpoint: Path) -> Checkpoint:
    """A checkpoint that no stage made, looked at before any work.

    Raises:
        CheckpointError: it is none, or its tokenizer is of no use.
    """
    load_tokenizer(checkpoint)
    return Checkpoint(checkpoint)


def pretrain_stage(
    name: str,
    objective: ObjectiveOptions,
    options: Pretraining,
    seed: int,
    encoder: Stage,
    texts: Sequence[Stage],
    sources: Sequence[BitextSource],
) -> Stage:
    """The stage that pre-trains one system with one seed.

    Args:
        name: of the system.
        objective: with its options, and those of its feed.
        options: how to train.
        seed: of every choice.
        encoder: to start from.
        texts: tokenised bitexts.
        sources: of the texts; each names its true links, where the system is fed these.
    """
    feed = feed_of(objective)
    settings = {
        "objective": objective.model_dump(mode="json", exclude=set(Feed.model_fields)),
        "training": _training(options),
        "seed": seed,
        **feed.model_dump(mode="json", exclude_defaults=True),
    }
    gold = [source.gold for source in sources] if feed.links == "gold" else []
    files = _existing({f"gold {number}": path for number, path in enumerate(gold, start=1)})
    work = partial(
        pretraining.pretrain_system,
        options=objective,
        pretraining=options,
        seed=seed,
        sources=sources,
    )
    label = f"pretrain-{name}-{seed}"
    inputs = {"encoder": encoder, **_by_role(texts)}
    return Stage(
        "pretrain",
        label,
        pretraining.VERSION,
        settings,
        work,
        inputs,
        files,
        # Where a loss is that of the whole update, one process trains and the others wait.
        is_shared=not objective.needs_whole_updates,
    )


def finetune_stage(
    label: str,
    task: str,
    material: Material,
    options: Finetuning,
    seed: int,
    inputs: Mapping[str, Stage | Checkpoint],
    digests: "ExampleDigests",
) -> Stage:
    """The stage that fine-tunes on `train` and selects the epoch by `dev`.

    Args:
        label: what it is called.
        task: a registered task.
        material: examples, and what is done with them.
        options: how to train.
        seed: of every choice.
        inputs: see `finetune_encoder`.
        digests: remembers what was read.
    """
    task = learned_as(task, [*material.dev, *material.oracle.values()])
    options = options.model_copy(
        update={"max_length": options.max_length or TASKS[task].max_length}
    )
    settings: dict[str, Any] = {
        "task": task,
        "examples": digests.of(task, material.sources()),
        "training": _training(options),
        "seed": seed,
    }
    if tuple(material.rules) != ("dev",):
        settings["selection"] = sorted(material.rules)
        settings["languages"] = list(material.languages)
    if material.switching is not None:
        settings["language"] = material.language
        settings["switching"] = material.switching.model_dump(mode="json", exclude={"relevance"})
    if isinstance(material.switching, Progressive):
        settings["switching_version"] = curriculum.SWITCHING_VERSION
    work = partial(
        finetuning.finetune_encoder, task_name=task, material=material, options=options, seed=seed
    )
    return Stage(
        "finetune",
        f"finetune-{label}",
        finetuning.VERSION,
        settings,
        work,
        inputs,
        is_shared=True,
    )


def encoder_of_stage(label: str, model: Stage) -> Stage:
    """The stage that takes the encoder out of a fine-tuned model, for the next task of a chain."""
    work = finetuning.keep_encoder
    return Stage("body", f"body-{label}", finetuning.VERSION, {}, work, {"model": model})


def lexicon_stage(
    language: str,
    source: LexiconSource,
    bitexts: Sequence[BitextSource],
    alignments: Sequence[Stage],
) -> Stage:
    """The stage that gets the lexicons that switch text of a language.

    Raises:
        UserError: a file of the recipe is no lexicon for it, or no bitext has the language.
    """
    lexicons.read_given(source.files, language)
    inputs: dict[str, Stage] = {}
    if not source.files:
        for number, (bitext, stage) in enumerate(zip(bitexts, alignments, strict=True), start=1):
            opened = bitext.open()
            languages = (opened.source_language, opened.target_language)
            if language in languages and None not in languages:
                inputs[f"bitext {number}"] = stage
        if not inputs:
            raise BitextError(
                f"no bitext has {language!r} on one side, to induce a lexicon from",
                remedy="name its languages, or give `lexicons.files`",
            )
    settings = {"language": language}
    if not source.files:
        settings |= source.model_dump(mode="json", exclude={"files"}, exclude_none=True)
    return Stage(
        "lexicons",
        f"lexicons-{language}",
        lexicons.VERSION,
        settings,
        partial(lexicons.gather_lexicons, language=language, source=source),
        inputs=inputs,
        files=_existing({str(number): path for number, path in enumerate(source.files)}),
    )


def relevance_stage(
    label: str,
    task: str,
    material: Material,
    options: Progressive,
    max_length: int,
    model: Stage,
    digests: "ExampleDigests",
) -> Stage:
    """The stage that measures what each word of the training examples matters to a model."""
    (train,) = material.train
    settings = {
        "task": task,
        "examples": digests.of(task, {"train": train}),
        "language": material.language,
        "method": options.relevance,
        "max_length": max_length,
    }
    work = partial(
        curriculum.measure_relevance,
        task_name=task,
        train=train,
        language=material.language,
        method=options.relevance,
        max_length=max_length,
    )
    inputs = {"model": model}
    return Stage("relevance", f"relevance-{label}", curriculum.VERSION, settings, work, inputs)


def evaluate_stage(
    label: str,
    task: str,
    tests: Mapping[str, Examples],
    options: Finetuning,
    model: Stage | Checkpoint,
    digests: "ExampleDigests",
    rule: Rule = "dev",
) -> Stage:
    """The stage that tests a model, language by language.

    Args:
        label: what it is called.
        task: a registered task.
        tests: examples by language.
        options: `max_length` and `precision` are used.
        model: the fine-tuned one.
        digests: remembers what was read.
        rule: which of its weights are tested.
    """
    max_length = options.max_length or TASKS[task].max_length
    data = digests.of(task, tests)
    settings = {
        "task": task,
        "examples": data,
        "max_length": max_length,
        "precision": options.precision,
    }
    if rule != "dev":
        settings["rule"] = rule
    work = partial(
        finetuning.evaluate_model,
        task_name=task,
        tests=tests,
        max_length=max_length,
        precision=options.precision,
        provenance=Provenance(model=model.digest, data=data, seeds=_seeds_of(model)),
        rule=rule,
    )
    inputs, version = {"model": model}, finetuning.EVALUATION_VERSION
    label = f"evaluate-{label}"
    return Stage("evaluate", label, version, settings, work, inputs, is_shared=True)


def _seeds_of(model: Stage | Checkpoint) -> str:
    """The seeds of all trainings behind a fine-tuned model, first to last, as far as is known."""
    seeds: list[str] = []
    made: Stage | Checkpoint | None = model
    while isinstance(made, Stage):
        if made.kind in ("pretrain", "finetune"):
            seeds.insert(0, str(made.settings["seed"]))
        made = made.inputs.get("encoder") or made.inputs.get("model")
    return "+".join(seeds)


def _training(options: BaseModel) -> dict[str, Any]:
    return options.model_dump(mode="json", exclude=NOT_RESULTS)


def _by_role(texts: Iterable[Stage]) -> dict[str, Stage]:
    return {f"bitext {number}": stage for number, stage in enumerate(texts, start=1)}


def _existing(files: Mapping[str, str | None]) -> dict[str, Path]:
    """The files that are given, all of which must be there."""
    paths = {role: Path(name) for role, name in files.items() if name is not None}
    for path in paths.values():
        if not path.is_file():
            raise TextFileError("no such file", remedy="check the path", path=path)
    return paths
