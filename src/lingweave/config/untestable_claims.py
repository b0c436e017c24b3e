"""Roles, margins and claims that speak of what a recipe does not have: no study could test them.

Told before any work: after it, they would only be found among the claims that were not tested.
"""

from collections.abc import Iterator, Sequence

from lingweave.config.claimed_tasks import task_pairs
from lingweave.config.claims import ResultClaim, SettingClaim
from lingweave.config.published_claims import PUBLISHED
from lingweave.config.recipe import Recipe
from lingweave.config.sections import Location
from lingweave.tasks import TASKS, Task

_Side = tuple[str, str]
"""A system and a setting."""


def untestable_claims(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """What is wrong with roles, margins and claims: where, and what."""
    for role, name in recipe.roles.items():
        if name not in recipe.systems:
            yield ("roles", role), f"{name!r} is none of the systems {', '.join(recipe.systems)}"
    yield from _margins(recipe)
    yield from _ids(recipe)
    for number, claim in enumerate(recipe.claims):
        for where, problem in _claim(claim, recipe):
            yield ("claims", number, *where), problem


def _margins(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    with_margin = {
        one.id: None
        for one in PUBLISHED
        if isinstance(one, ResultClaim | SettingClaim) and one.margin > 0
    }
    for name, margin in recipe.margins.items():
        if name not in with_margin:
            known = ", ".join(with_margin)
            yield ("margins", name), f"no published claim {name!r} has a margin, but {known}"
        if not 0 < margin < 1:
            yield ("margins", name), f"{margin:g} is not between 0 and 1; 0.01 is one point"


def _ids(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Ids by which verdicts could not be told apart."""
    published, seen = {one.id for one in PUBLISHED}, set[str]()
    for number, claim in enumerate(recipe.claims):
        if claim.id in published:
            yield ("claims", number, "id"), f"{claim.id!r} is a published claim: choose another id"
        if claim.id in seen:
            yield ("claims", number, "id"), f"{claim.id!r} is given twice: choose another id"
        seen.add(claim.id)


def _claim(claim: ResultClaim, recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """What is wrong with one claim."""
    sides: list[_Side] = []
    for part, side in (("first", claim.first), ("second", claim.second)):
        try:
            sides.append((recipe.player(side.system), side.setting))
        except LookupError as error:
            yield (part,), str(error)
            return
    if sides[0] == sides[1] and not claim.after_intermediate:
        yield ("second",), "it is the same as `first`, so there is nothing to compare"
    kinds = [task.task for task in recipe.tasks.values()]
    known = list(dict.fromkeys([*recipe.tasks, *kinds]))
    for number, name in enumerate(claim.tasks):
        if name not in known:
            yield ("tasks", number), f"{name!r} is none of the tasks or kinds {', '.join(known)}"
    about = recipe.tasks_of(claim.tasks)
    done = [
        task
        for task, other in task_pairs(claim, recipe)
        if recipe.is_done(*sides[0], task) and recipe.is_done(*sides[1], other)
    ]
    if about and not done:
        yield from _not_done(about, sides, claim, recipe)
    if done:
        yield from _not_measured(done, claim, recipe)


def _not_done(
    about: Sequence[str], sides: Sequence[_Side], claim: ResultClaim, recipe: Recipe
) -> Iterator[tuple[Location, str]]:
    """Why no task of a claim has both sides."""
    for part, (_, setting) in zip(("first", "second"), sides, strict=True):
        if not any(setting in recipe.settings_of(task) for task in about):
            yield (part,), f"{setting!r} is not in `settings` of {', '.join(about)}"
            return
    told = " and ".join(dict.fromkeys(f"{system} in {setting}" for system, setting in sides))
    after = ", with `intermediate` and without it" if claim.after_intermediate else ""
    yield (), f"none of {', '.join(about)} has {told}{after}"


def _not_measured(
    done: Sequence[str], claim: ResultClaim, recipe: Recipe
) -> Iterator[tuple[Location, str]]:
    """A metric or languages that no task of a claim is scored by or tested in."""
    metrics = dict.fromkeys(one.name for name in done for one in _kind(name, recipe).metrics)
    if claim.metric is not None and claim.metric not in metrics:
        yield ("metric",), f"{claim.metric!r} is none of the metrics {', '.join(metrics)}"
    tested = dict.fromkeys(one for name in done for one in recipe.tasks[name].languages)
    for number, language in enumerate(claim.languages):
        if language not in tested:
            known = ", ".join(tested)
            yield ("languages", number), f"{language!r} is none of the languages {known}"
    if not any(set(claim.languages) <= set(recipe.tasks[name].languages) for name in done):
        yield ("languages",), f"none of {', '.join(done)} is tested in all of these"


def _kind(task: str, recipe: Recipe) -> Task:
    return TASKS[recipe.tasks[task].task]
