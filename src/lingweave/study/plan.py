"""Recipe → stages: what must be done, in order, before any of it is done.

    align … ─► tokenize … ─► encoder ─► pretrain (system × seed)
        ─► finetune (× setting × task × seed) ─► evaluate

Settings and tasks may put stages of their own between: lexicons, the relevance of words, a task
that is learned first. See `stages.py` for each stage and `trials.py` for the fine-tunings.
"""

from collections.abc import Iterator, Mapping
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
        encoder: the one that prepares the encoder; where no system is trained, the checkpoint
            itself, whose masked-LM head nobody needs.
        systems: the ones that pre-train, by system and seed.
        trials: what will be scored.
        retrieval: the stages that seek sentences, by system and seed, then by text; the encoder as
            it is has one seed.
    """

    alignments: tuple[Stage, ...]
    encoder: Stage | Checkpoint
    systems: Mapping[tuple[str, int], Stage]
    trials: tuple[Trial, ...]
    retrieval: Mapping[tuple[str, int], Mapping[str, Stage]]

    @property
    def stages(self) -> list[Stage]:
        """All of them, each behind those it builds on, none twice."""
        last = [stage for trial in self.trials for stage in (trial.finetune, trial.evaluate)]
        last += [stage for texts in self.retrieval.values() for stage in texts.values()]
        found: dict[str, Stage] = {}
        for end in (*self.alignments, self.encoder, *self.systems.values(), *last):
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
    start, systems = start_of(recipe.encoder), {}
    encoder: Stage | Checkpoint = start
    if recipe.trains_systems:
        max_length = recipe.pretraining.max_length
        texts = [tokenize_stage(alignment, start, max_length) for alignment in alignments]
        encoder = base = encoder_stage(
            start, recipe.head_warmup, recipe.pretraining, texts, recipe.bitext
        )
        systems = {
            (name, seed): pretrain_stage(
                name, objective, recipe.pretraining, seed, base, texts, recipe.bitext
            )
            for name, objective in recipe.systems.items()
            if not isinstance(objective, Untrained)
            for seed in recipe.pretraining.seeds
        }
    return Plan(
        alignments=alignments,
        encoder=encoder,
        systems=systems,
        trials=tuple(plan_trials(recipe, encoder, systems, alignments)),
        retrieval=_retrieval(recipe, encoder, systems),
    )


def _retrieval(
    recipe: Recipe, encoder: Stage | Checkpoint, systems: Mapping[tuple[str, int], Stage]
) -> dict[tuple[str, int], dict[str, Stage]]:
    """Before and after: the encoder as it is where the recipe has it, and what systems made."""
    if recipe.retrieval is None:
        return {}
    encoders: dict[tuple[str, int], Stage | Checkpoint] = {
        (name, recipe.pretraining.seeds[0]): encoder
        for name, objective in recipe.systems.items()
        if isinstance(objective, Untrained)
    }
    encoders.update(systems)
    labelled = {f"{name}-{seed}": made for (name, seed), made in encoders.items()}
    found = sentence_stages(labelled, tatoeba_texts(Path(recipe.retrieval)))
    return dict(zip(encoders, found.values(), strict=True))
