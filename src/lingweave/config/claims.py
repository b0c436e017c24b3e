"""Claims: what a study is to prove or to refute, as data.

A claim about results compares two cells of the study, each a system in a setting, on the same test
examples. Systems are named as in the recipe, or by the role that they play there: `base` (the
encoder as it is), or the name of their objective, such as `mlm`. The section `roles` says which
system plays a role; where one system alone has the objective, it does without being told.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, JsonValue, model_validator

from lingweave.config.systems import Name, Strict
from lingweave.config.tasks import Setting
from lingweave.evaluation.significance import Relation

BASE = "base"
"""The role of the encoder as it is."""

Kind = Literal["result", "data", "setting", "method"]


class Side(Strict):
    """One of the two that a claim compares."""

    system: Name = Field(description="a system of the recipe, or a role")
    setting: Setting = "zero-shot"


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
    after_intermediate: bool = Field(
        default=False,
        description="the first learns a task with `intermediate`, the second the same without it",
    )

    @model_validator(mode="after")
    def _needs_margin(self) -> "ResultClaim":
        if self.relation in ("equivalent", "non-inferior") and self.margin == 0:
            raise ValueError(f"{self.relation} needs a `margin` above 0")
        return self


class RatioClaim(Claim):
    """Of systems that differ in one option, that with the highest value is not the best."""

    kind: Literal["result"] = "result"
    objective: Name
    option: str
    tasks: list[Name] = []


class LengthClaim(Claim):
    """Inputs of one kind of task are shorter than those of others, and lose less by translation."""

    kind: Literal["data"] = "data"
    short: list[Name]
    long: list[Name]


class SettingClaim(Claim):
    """A value of the paper's: is it the one this study uses?"""

    kind: Literal["setting"] = "setting"
    section: Name = Field(description="`pretraining`, or the role of a system")
    option: str
    value: JsonValue


class MethodClaim(Claim):
    """How the paper's method works: where lingweave does the same, and what proves it."""

    kind: Literal["method"] = "method"
    objective: Name
    answer: str


AnyClaim = ResultClaim | RatioClaim | LengthClaim | SettingClaim | MethodClaim


def role_of(systems: Mapping[str, Mapping[str, Any]], roles: Mapping[str, str], name: str) -> str:
    """The system that plays a role, or that has this name.

    Args:
        systems: options of each, with `objective`.
        roles: as the recipe says.
        name: of a role or a system.

    Raises:
        LookupError: none or several; the message says so.
    """
    if name in roles:
        return roles[name]
    if name in systems and systems[name]["objective"] != name:
        return name
    objective = "none" if name == BASE else name
    found = [system for system, options in systems.items() if options["objective"] == objective]
    if len(found) == 1:
        return found[0]
    if name in systems:
        return name
    if not found:
        raise LookupError(f"no system plays {name}")
    raise LookupError(f"{' and '.join(found)} may play {name}: say which in `roles`")
