"""Sections of a recipe from the trained encoder to the score: tasks, settings, selection."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from lingweave.alignment import Symmetrization
from lingweave.codeswitch import InductionOptions, LexiconSwitchOptions, ProgressiveOptions
from lingweave.config.sections import EACH_ONCE, Name, Seed, Strict
from lingweave.evaluation.relevance import RelevanceMethod
from lingweave.tasks import TASKS, Examples
from lingweave.training import TrainingOptions

Setting = Literal[
    "zero-shot", "translate-train", "translate-train-all", "code-switched", "progressive"
]
Rule = Literal["dev", "last", "average", "oracle"]
ENGLISH = "en"


class FinetuningOptions(TrainingOptions):
    """How an encoder is fine-tuned on a task, whatever the seed."""

    learning_rate: float = Field(default=2e-5, gt=0, description="1810.04805: 2e-5 to 5e-5")
    epochs: int = Field(default=3, ge=1, description="1810.04805: 3")
    frozen_layers: int | None = Field(
        default=None,
        ge=0,
        description="keep the embeddings and so many layers above them; default: train all",
    )
    max_length: int | None = Field(
        default=None,
        ge=8,
        description="pieces, special tokens counted; default: the task's (128, or 384 for answers)",
    )


class Finetuning(FinetuningOptions):
    """Fine-tuning on a task, the same for every system."""

    seeds: Annotated[list[Seed], EACH_ONCE] | None = Field(
        default=None,
        min_length=1,
        description="each model pre-trained is fine-tuned with each; default: with its own seed",
    )


class LexiconSource(Strict):
    """Where the translations of code-switched fine-tuning come from."""

    files: Annotated[list[str], EACH_ONCE] = Field(
        default=[],
        description="lexicons named as in en-ur.tsv; default: induced from the recipe's bitexts",
    )
    induction: InductionOptions = Field(
        default=InductionOptions(), description="which linked words become entries"
    )
    symmetrization: Symmetrization | None = Field(
        default=None, description="of the links that are counted; default: as in `alignment`"
    )


class Progressive(ProgressiveOptions):
    """Progressive code-switching: the curriculum, and how the relevance of words is measured."""

    relevance: RelevanceMethod = Field(
        default="attnlrp", description="by the model fine-tuned zero-shot (2406.13361: LRP)"
    )


class CodeSwitchedVariant(LexiconSwitchOptions):
    """The setting `code-switched` under another name, with other options."""

    setting: Literal["code-switched"]


class ProgressiveVariant(Progressive):
    """The setting `progressive` under another name, with other options."""

    setting: Literal["progressive"]


Variant = Annotated[CodeSwitchedVariant | ProgressiveVariant, Field(discriminator="setting")]
"""Only what is given counts: the rest is that of the recipe's section for the setting."""


class TaskSource(Strict):
    """A task and its examples, tested language by language."""

    task: str = Field(description="a registered task, such as nli")
    source_language: str = Field(default=ENGLISH, description="language of `train` and `dev`")
    train: Examples
    dev: Examples = Field(description="selects the epoch of zero-shot runs")
    test: Examples = Field(description="its path holds {language}")
    languages: Annotated[list[Name], EACH_ONCE] = Field(min_length=1, description="to be tested")
    settings: Annotated[list[Name], EACH_ONCE] | None = Field(
        default=None, min_length=1, description="in place of the recipe's `settings`"
    )
    systems: Annotated[list[Name], EACH_ONCE] | None = Field(
        default=None, min_length=1, description="only these are trained on it; default: all"
    )
    finetuning: FinetuningOptions | None = Field(
        default=None, description="what is given here holds in place of the recipe's `finetuning`"
    )
    translations: Examples | None = Field(
        default=None, description="training examples in each language; its path holds {language}"
    )
    translations_dev: Examples | None = Field(
        default=None,
        description="selects the epoch of translate-train runs, in their language; the oracle",
    )
    intermediate: Name | None = Field(
        default=None,
        description="a task of this recipe that is learned first, from its `train` (2102.12407)",
    )

    @field_validator("task")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in TASKS:
            raise ValueError(f"unknown task {value!r}, known: {', '.join(TASKS)}")
        return value
