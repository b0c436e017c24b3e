"""Recipe → stages: what must be done, in order, before any of it is done.

    align … ─► tokenize … ─► encoder ─► pretrain (system × seed)
        ─► finetune (× setting × task × seed) ─► evaluate

Settings and tasks may put stages of their own between: lexicons, the relevance of words, a task
that is learned first. See `stages.py` for each stage and `trials.py` for the fine-tunings.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lingweave.config import Recipe, Untrained
from lingweave.study.probe_plan import sentence_stages, tatoeba_texts
from lingweave.study.stage import Checkpoint, Stage
from lingweave.study.stages import (
    align_stage,
    encoder_stage,
    pretrain_stage,
    start_of,
    tokenize_stage,
)
from lingweave.study.trials import Trial, plan_trials


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All stages of a study.

    Attributes:
        alignments: the stages that align a bitext.
        encoders: the ones that prepare what systems start from, by seed of pre-training: the same
            for all seeds, unless each has its own. Where no system is trained, the checkpoint
            itself, whose masked-LM head nobody needs.
        systems: the ones that pre-train, by system and seed.
        trials: what will be scored.
        retrieval: the stages that seek sentences, by system and seed, then by text; an encoder
            that is the same for all seeds has the first.
    """

    alignments: tuple[Stage, ...]
    encoders: Mapping[int, Stage | Checkpoint]
    systems: Mapping[tuple[str, int], Stage]
    trials: tuple[Trial, ...]
    retrieval: Mapping[tuple[str, int], Mapping[str, Stage]]

    @property
    def stages(self) -> list[Stage]:
        """All of them, each behind those it builds on, none twice."""
        last = [stage for trial in self.trials for stage in (trial.finetune, trial.evaluate)]
        last += [stage for texts in self.retrieval.values() for stage in texts.values()]
        found: dict[str, Stage] = {}
        for end in (*self.alignments, *self.encoders.values(), *self.systems.values(), *last):
            for stage in _with_inputs(end):
                found.setdefault(stage.digest, stage)
        return list(found.values())


def _with_inputs(made: Stage | Checkpoint) -> Iterator[Stage]:
    """A stage behind all that it builds on; nothing for what no stage made."""
    if isinstance(made, Checkpoint):
        return
    for needed in made.inputs.values():
        yield from _with_inputs(needed)
    yield made


def make_plan(recipe: Recipe) -> Plan:
    """Turn a recipe without `${twins}` into stages.

    Raises:
        UserError: an input is missing or wrong; nothing was done yet.
    """
    alignments = tuple(align_stage(source, recipe.alignment) for source in recipe.bitext)
    beginnings = _beginnings(recipe, alignments)
    encoders = {seed: begun.encoder for seed, begun in beginnings.items()}
    systems = {
        (name, seed): pretrain_stage(
            name, objective, recipe.pretraining, seed, begun.prepared, begun.texts, recipe.bitext
        )
        for name, objective in recipe.systems.items()
        if not isinstance(objective, Untrained)
        for seed, begun in beginnings.items()
    }
    return Plan(
        alignments=alignments,
        encoders=encoders,
        systems=systems,
        trials=tuple(plan_trials(recipe, encoders, systems, alignments)),
        retrieval=_retrieval(recipe, encoders, systems),
    )


@dataclass(frozen=True)
class _Beginning:
    """What systems start from: an encoder, and the bitexts in its pieces if any is trained."""

    encoder: Stage | Checkpoint
    texts: Sequence[Stage]

    @property
    def prepared(self) -> Stage:
        """The stage of the encoder; there is one wherever systems are trained."""
        assert isinstance(self.encoder, Stage)
        return self.encoder


def _beginnings(recipe: Recipe, alignments: Sequence[Stage]) -> dict[int, _Beginning]:
    """By seed of pre-training: the same for all, or for each its own."""
    seeds = recipe.pretraining.seeds
    if recipe.encoder.is_drawn_anew:
        return {seed: _beginning(recipe, seed, alignments) for seed in seeds}
    return dict.fromkeys(seeds, _beginning(recipe, seeds[0], alignments))


def _beginning(recipe: Recipe, seed: int, alignments: Sequence[Stage]) -> _Beginning:
    start = start_of(recipe.encoder, seed)
    if not recipe.trains_systems:
        return _Beginning(start, ())
    max_length = recipe.pretraining.max_length
    texts = [tokenize_stage(alignment, start, max_length) for alignment in alignments]
    encoder = encoder_stage(start, recipe.head_warmup, recipe.pretraining, texts, recipe.bitext)
    return _Beginning(encoder, texts)


def _retrieval(
    recipe: Recipe,
    encoders: Mapping[int, Stage | Checkpoint],
    systems: Mapping[tuple[str, int], Stage],
) -> dict[tuple[str, int], dict[str, Stage]]:
    """Before and after: the encoder as it is where the recipe has it, and what systems made."""
    if recipe.retrieval is None:
        return {}
    drawn = list(encoders) if recipe.encoder.is_drawn_anew else recipe.pretraining.seeds[:1]
    asked: dict[tuple[str, int], Stage | Checkpoint] = {
        (name, seed): encoders[seed]
        for name, objective in recipe.systems.items()
        if isinstance(objective, Untrained)
        for seed in drawn
    }
    asked.update(systems)
    labelled = {f"{name}-{seed}": made for (name, seed), made in asked.items()}
    found = sentence_stages(labelled, tatoeba_texts(Path(recipe.retrieval)))
    return dict(zip(asked, found.values(), strict=True))
