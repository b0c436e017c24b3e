"""Claims: what a study is to prove or to refute, as data.

A claim about results compares two cells of the study, each a system in a setting, on the same test
examples. Systems are named as in the recipe, or by the role that they play there: `base` (the
encoder as it is), or the name of their objective, such as `mlm`. A role is played by the system
that the section `roles` names, else by one of that very name, else by the only one with that
objective.
"""

from typing import Literal

from pydantic import Field, JsonValue, model_validator

from lingweave.config.sections import Name, Strict
from lingweave.evaluation.significance import Relation

BASE = "base"
"""The role of the encoder as it is."""


class Side(Strict):
    """One of the two that a claim compares."""

    system: Name = Field(description="a system of the recipe, or a role")
    setting: Name = Field(default="zero-shot", description="one of the recipe's")


class Claim(Strict):
    """A sentence that may be true or not."""

    id: Name
    text: str
    source: str = Field(default="", description="where it is claimed, such as an arXiv number")


class ResultClaim(Claim):
    """A comparison of scores."""

    kind: Literal["result"] = "result"
    first: Side
    second: Side
    relation: Relation = Field(
        default="greater", description="what the first one's score is, beside the second's"
    )
    margin: float = Field(
        default=0.0, ge=0, lt=1, description="in the metric, 0–1: 0.01 is one point"
    )
    tasks: list[Name] = Field(
        default=[], description="tasks of the recipe, or kinds such as nli; default: all"
    )
    metric: str | None = Field(default=None, description="default: the task's first")
    languages: list[Name] = Field(
        default=[], description="default: all in common but the task's source language"
    )
    supervised: bool | None = Field(
        default=None,
        description="in the task's source language alone (true), or in others alone (false)",
    )
    after_intermediate: bool = Field(
        default=False,
        description="the first learns a task with `intermediate`, the second the same without it",
    )

    @model_validator(mode="after")
    def _needs_margin(self) -> "ResultClaim":
        if self.relation in ("equivalent", "non-inferior") and self.margin == 0:
            raise ValueError(f"{self.relation} needs a `margin` above 0")
        return self

    @model_validator(mode="after")
    def _names_languages_once(self) -> "ResultClaim":
        if self.languages and self.supervised is not None:
            raise ValueError("give `languages` or `supervised`, not both")
        return self


class RatioClaim(Claim):
    """Of systems or settings that switch more and more words, the last is not the best.

    Systems differ in `option` of their objective; settings, all of one kind, in `setting_option`.
    """

    kind: Literal["result"] = "result"
    role: Name = Field(description="objective of the systems; of the settings, see `base`")
    option: str
    setting: Name
    setting_option: str


class CurriculumClaim(Claim):
    """Progressive switching by relevance beats that which chooses as many words at random."""

    kind: Literal["result"] = "result"


class LengthClaim(Claim):
    """Inputs of one kind of task are shorter than those of others, and long ones lose more.

    They lose by translation: what is compared is how far the other languages stay behind the task's
    source language, `base` in translate-train where that was done, else zero-shot.
    """

    kind: Literal["data"] = "data"
    short: list[Name]
    long: list[Name]


class SettingClaim(Claim):
    """A value of the paper's: is no other one better, of those that systems of the study have?

    Where no two systems differ in that option alone, the question is whether the study uses it.
    """

    kind: Literal["setting"] = "setting"
    section: Name = Field(description="`pretraining`, or the role of a system")
    option: str
    value: JsonValue
    margin: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="another value is better if by more, in the metric, 0–1; systems alone differ, "
        "so that only their options need one",
    )


class MethodClaim(Claim):
    """How the paper's method works: where lingweave does the same, and what proves it."""

    kind: Literal["method"] = "method"
    role: Name = Field(description="of the system whose method it is")
    aligner: str | None = Field(default=None, description="the method of alignment, if that is it")
    answer: str


AnyClaim = ResultClaim | RatioClaim | CurriculumClaim | LengthClaim | SettingClaim | MethodClaim
