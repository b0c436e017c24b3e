"""A whole recipe."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from lingweave.codeswitch import LexiconSwitchOptions
from lingweave.config.claims import BASE, ResultClaim
from lingweave.config.parallel_text import Alignment, BitextSource
from lingweave.config.sections import EACH_ONCE, Name, Strict
from lingweave.config.systems import (
    AnySystem,
    EncoderSource,
    HeadWarmup,
    Pretraining,
    Untrained,
)
from lingweave.config.tasks import (
    Finetuning,
    LexiconSource,
    Progressive,
    Rule,
    TaskSource,
    Variant,
)
from lingweave.corpus.twins import TwinOptions

TWINS_VARIABLE = "${twins}"


class Recipe(Strict):
    """A study."""

    name: Name
    question: str = Field(default="", description="what the study asks; printed above its table")
    twins: TwinOptions | None = Field(default=None, description="make the built-in twin languages")
    encoder: EncoderSource
    head_warmup: HeadWarmup = HeadWarmup()
    bitext: list[BitextSource] = Field(
        default=[], description="parallel text; needed where a system is trained on it"
    )
    alignment: Alignment = Alignment()
    pretraining: Pretraining = Pretraining()
    systems: dict[Name, AnySystem] = Field(min_length=1)
    control: str = Field(description="the system that the others are compared with")
    finetuning: Finetuning = Finetuning()
    tasks: dict[Name, TaskSource] = Field(min_length=1)
    settings: Annotated[list[Name], EACH_ONCE] = Field(
        default=["zero-shot"], min_length=1, description="a `Setting` each, or one of `variants`"
    )
    variants: dict[Name, Variant] = Field(
        default={}, description="code-switched settings with other options, by names of your choice"
    )
    selection: Annotated[list[Rule], EACH_ONCE] = Field(
        default=["dev"], min_length=1, description="which of a fine-tuning's weights are tested"
    )
    retrieval: str | None = Field(
        default=None,
        description="folder of line-parallel sentences, laid out as LASER's Tatoeba: each encoder "
        "is asked, layer by layer, to find their translations",
    )
    lexicons: LexiconSource = LexiconSource()
    code_switching: LexiconSwitchOptions = LexiconSwitchOptions()
    progressive: Progressive = Progressive()
    roles: dict[Name, Name] = Field(
        default={}, description="which system plays a role in the published claims"
    )
    margins: dict[Name, float] = Field(
        default={}, description="margins of published claims, by id, in place of ours"
    )
    claims: list[ResultClaim] = Field(default=[], description="claims of the recipe's own")

    @property
    def trains_systems(self) -> bool:
        """Whether any system is more than the encoder as it is."""
        return not all(isinstance(system, Untrained) for system in self.systems.values())

    @property
    def as_written(self) -> dict[str, Any]:
        """What the recipe says, as YAML or JSON has it, without what it has by default."""
        return self.model_dump(mode="json", exclude_unset=True)

    def player(self, role: str) -> str:
        """The system that plays a role in the claims, or that has this name.

        Raises:
            LookupError: there is none, or there are several; the message says so.
        """
        if role in self.roles:
            return self.roles[role]
        if role in self.systems:
            return role
        objective = "none" if role == BASE else role
        found = [name for name, system in self.systems.items() if system.objective == objective]
        if len(found) > 1:
            raise LookupError(f"{' and '.join(found)} may play {role}: say which in `roles`")
        if not found:
            raise LookupError(f"no system plays {role}")
        return found[0]

    def tasks_of(self, names: Collection[str]) -> list[str]:
        """The tasks of these names or kinds; all, if no name is given."""
        return [
            name
            for name, source in self.tasks.items()
            if not names or name in names or source.task in names
        ]

    def settings_of(self, task: str) -> list[str]:
        """The settings in which a task of this recipe is done."""
        own = self.tasks[task].settings
        return self.settings if own is None else own

    def systems_on(self, task: str) -> list[str]:
        """The systems that are fine-tuned on a task of this recipe, in the recipe's order."""
        own = self.tasks[task].systems
        return [system for system in self.systems if own is None or system in own]

    def is_done(self, system: str, setting: str, task: str) -> bool:
        """Whether a system is fine-tuned on a task of this recipe in a setting."""
        return system in self.systems_on(task) and setting in self.settings_of(task)

    def finetuning_on(self, task: str) -> Finetuning:
        """How a task of this recipe is fine-tuned."""
        own = self.tasks[task].finetuning
        return self.finetuning if own is None else self.finetuning.model_copy(update=_given(own))

    def kind_of(self, setting: str) -> str:
        """What a model is trained on in a setting: a `Setting`, if the recipe is a right one."""
        return self.variants[setting].setting if setting in self.variants else setting

    def switching_in(self, setting: str) -> LexiconSwitchOptions | Progressive | None:
        """How words of the training examples are switched in a setting, if they are."""
        sections: dict[str, LexiconSwitchOptions | Progressive] = {
            "code-switched": self.code_switching,
            "progressive": self.progressive,
        }
        section = sections.get(self.kind_of(setting))
        if section is None or setting not in self.variants:
            return section
        return section.model_copy(update=_given(self.variants[setting], but="setting"))

    def switched_settings(self, kind: str) -> dict[str, dict[str, Any]]:
        """All options of each setting of a kind, `code-switched` or `progressive`, that is done."""
        done = dict.fromkeys(name for task in self.tasks for name in self.settings_of(task))
        switching = {name: self.switching_in(name) for name in done if self.kind_of(name) == kind}
        return {name: own.model_dump(mode="json") for name, own in switching.items() if own}

    def with_twins_in(self, folder: Path) -> "Recipe":
        """The same recipe with the twins' files in place of `${twins}`."""
        path = json.dumps(str(folder))[1:-1]
        text = self.model_dump_json(exclude_unset=True).replace(TWINS_VARIABLE, path)
        return Recipe.model_validate_json(text)


def _given(options: BaseModel, but: str = "") -> dict[str, Any]:
    """The options that a recipe gives, without those that are by default."""
    return {name: getattr(options, name) for name in options.model_fields_set - {but}}
