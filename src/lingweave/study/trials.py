"""Every system, setting and task with every choice of seeds: what is fine-tuned and tested.

Settings, by what a model is trained on:

- `zero-shot`: the task's `train`, in its source language; tested in every language;
- `translate-train`: one model for each language, on that language's translations;
- `translate-train-all`: one model on `train` and the translations of all other languages together,
  its epoch selected on the dev sets of all of them together;
- `code-switched`: as zero-shot, the words of `train` switched by lexicon (CoSDA-ML);
- `progressive`: the same, in stages of growing difficulty (PCS). Relevance is measured by the model
  that is fine-tuned zero-shot from the same encoder with the same seed.

In each of them a task with `intermediate` starts from the encoder of the model that was fine-tuned
zero-shot on that other task first.

A model is fine-tuned with the seed that it was pre-trained with, so that seeds differ in all that
is drawn by chance; where the recipe gives seeds of fine-tuning, with each of these. The encoder as
it is has no seed of pre-training, unless each seed has an encoder of its own. It gets as many of
fine-tuning as the others have models: a comparison with it can say no more than that side knows
which has fewer seeds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from lingweave.config import Progressive, Recipe, Rule, TaskSource, Untrained
from lingweave.study.digests import ExampleDigests
from lingweave.study.finetuning import Material
from lingweave.study.stage import Checkpoint, Stage
from lingweave.study.stages import (
    encoder_of_stage,
    evaluate_stage,
    finetune_stage,
    lexicon_stage,
    relevance_stage,
)
from lingweave.tasks import TASKS


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One fine-tuned model and its test: a cell of the table, for one choice of seeds.

    Attributes:
        system: name in the recipe.
        setting: what it was trained on; see the module.
        task: name in the recipe.
        selection: the rule by which its weights were selected.
        languages: tested.
        pretraining_seed: of the system, or of the encoder, where each seed has its own; else of no
            meaning for an encoder as it is.
        finetuning_seed: of the fine-tuning; see the module for the encoder as it is.
        finetune: the stage that makes the model.
        evaluate: the stage that tests it.
    """

    system: str
    setting: str
    task: str
    selection: Rule
    languages: tuple[str, ...]
    pretraining_seed: int
    finetuning_seed: int
    finetune: Stage
    evaluate: Stage


def plan_trials(
    recipe: Recipe,
    encoders: Mapping[int, Stage | Checkpoint],
    systems: Mapping[tuple[str, int], Stage],
    alignments: Sequence[Stage],
) -> Iterator[Trial]:
    """Plan all of them.

    Args:
        recipe: of the study.
        encoders: the stages, or the checkpoint, that systems start from, by seed of pre-training.
        systems: the stages that pre-train, by system and seed.
        alignments: of the recipe's bitexts.

    Yields:
        system by system, and in it setting by setting.

    Raises:
        UserError: an input is missing or wrong.
    """
    digests = ExampleDigests()
    own = [(setting, task) for task in recipe.tasks for setting in recipe.settings_of(task)]
    # Setting by setting, in the order in which the recipe names them.
    settings = list(dict.fromkeys([*recipe.settings, *(setting for setting, _ in own)]))
    own.sort(key=lambda case: settings.index(case[0]))
    for system, (setting, task) in product(recipe.systems, own):
        if system not in recipe.systems_on(task):
            continue
        for seed, finetuning_seed in _seeds_of(system, recipe):
            trained = not isinstance(recipe.systems[system], Untrained)
            made = systems[system, seed] if trained else encoders[seed]
            start = _Start(recipe, system, made, seed, finetuning_seed, alignments, digests)
            yield from start.trials(setting, task)


def _seeds_of(system: str, recipe: Recipe) -> list[tuple[int, int]]:
    """The seeds of pre-training and of fine-tuning of each model of a system."""
    pretraining, finetuning = recipe.pretraining.seeds, recipe.finetuning.seeds
    is_trained = not isinstance(recipe.systems[system], Untrained)
    has_seeds = is_trained or recipe.encoder.is_drawn_anew
    if finetuning is None:
        return [(seed if has_seeds else pretraining[0], seed) for seed in pretraining]
    if has_seeds:
        return [(seed, other) for other in finetuning for seed in pretraining]
    # The recipe's own come first, so that a study that was run with them alone keeps its models.
    more = pretraining if recipe.trains_systems else []
    seeds = list(dict.fromkeys([*finetuning, *more]))[: max(len(finetuning), len(more))]
    return [(pretraining[0], seed) for seed in seeds]


@dataclass(frozen=True)
class _Start:
    """The encoder of one system, one choice of seeds, and what is fine-tuned from there."""

    recipe: Recipe
    system: str
    encoder: Stage | Checkpoint
    seed: int
    finetuning_seed: int
    alignments: Sequence[Stage]
    digests: ExampleDigests

    def trials(self, setting: str, name: str) -> Iterator[Trial]:
        """All fine-tunings of a setting on a task, tested by every rule of selection."""
        task, options = self.recipe.tasks[name], self.recipe.finetuning_on(name)
        for languages, material in self._materials(setting, task):
            label = self._label(setting, name)
            if setting == "translate-train":
                label = f"{label}-{languages[0]}"
            model = self._finetuned(label, name, material)
            tests = {language: task.test.of(language) for language in languages}
            for rule in self.recipe.selection:
                own = label if rule == "dev" else f"{label}-{rule}"
                tested = evaluate_stage(own, task.task, tests, options, model, self.digests, rule)
                yield Trial(
                    system=self.system,
                    setting=setting,
                    task=name,
                    selection=rule,
                    languages=languages,
                    pretraining_seed=self.seed,
                    finetuning_seed=self.finetuning_seed,
                    finetune=model,
                    evaluate=tested,
                )

    def _label(self, setting: str, name: str) -> str:
        return f"{self.system}-{setting}-{name}-{self.seed}-{self.finetuning_seed}"

    def _finetuned(self, label: str, name: str, material: Material) -> Stage:
        """The stage that fine-tunes on a task, behind those that it needs."""
        task, options = self.recipe.tasks[name], self.recipe.finetuning_on(name)
        inputs = {"encoder": self._begun(name)}
        if material.switching is not None:
            inputs["lexicons"] = lexicon_stage(
                task.source_language, self.recipe.lexicons, self.recipe.bitext, self.alignments
            )
        if isinstance(material.switching, Progressive):
            inputs["relevance"] = relevance_stage(
                self._label("zero-shot", name),
                task.task,
                material,
                material.switching,
                options.max_length or TASKS[task.task].max_length,
                self._zero_shot(name),
                self.digests,
            )
        return finetune_stage(
            label, task.task, material, options, self.finetuning_seed, inputs, self.digests
        )

    def _zero_shot(self, name: str) -> Stage:
        """The stage of the zero-shot setting: done once, also where it is asked for itself."""
        ((_, material),) = self._materials("zero-shot", self.recipe.tasks[name])
        return self._finetuned(self._label("zero-shot", name), name, material)

    def _begun(self, name: str) -> Stage | Checkpoint:
        """The encoder that fine-tuning on a task starts from."""
        before = self.recipe.tasks[name].intermediate
        if before is None:
            return self.encoder
        return encoder_of_stage(self._label("zero-shot", before), self._zero_shot(before))

    def _materials(self, setting: str, task: TaskSource) -> list[tuple[tuple[str, ...], Material]]:
        """For each fine-tuning of a setting the languages it is tested on, and its examples."""
        each: list[tuple[tuple[str, ...], Material]]
        if setting == "translate-train":
            each = [((language,), _translated(task, [language])) for language in task.languages]
        elif setting == "translate-train-all":
            others = [name for name in task.languages if name != task.source_language]
            own, more = _untranslated(task), _translated(task, others)
            joined = replace(own, train=[*own.train, *more.train], dev=[*own.dev, *more.dev])
            each = [(tuple(task.languages), joined)]
        else:
            switching = self.recipe.switching_in(setting)
            material = replace(
                _untranslated(task), switching=switching, language=task.source_language
            )
            each = [(tuple(task.languages), material)]
        return [(languages, self._selected(task, languages, one)) for languages, one in each]

    def _selected(
        self, task: TaskSource, languages: tuple[str, ...], material: Material
    ) -> Material:
        """The same with what the recipe's rules of selection need."""
        rules, oracle = self.recipe.selection, {}
        if "oracle" in rules:
            assert task.translations_dev is not None  # as the recipe's check makes sure
            oracle = {language: task.translations_dev.of(language) for language in languages}
        if task.source_language in oracle:
            oracle[task.source_language] = task.dev.of(task.source_language)
        return replace(material, rules=rules, languages=languages, oracle=oracle)


def _untranslated(task: TaskSource) -> Material:
    """The task's own examples."""
    source = task.source_language
    return Material(train=[task.train.of(source).to_train_on()], dev=[task.dev.of(source)])


def _translated(task: TaskSource, languages: Sequence[str]) -> Material:
    """The translations in some languages."""
    train, dev = task.translations, task.translations_dev
    assert train is not None  # as the recipe's check makes sure
    assert dev is not None
    return Material(
        train=[train.of(language).to_train_on() for language in languages],
        dev=[dev.of(language) for language in languages],
    )
