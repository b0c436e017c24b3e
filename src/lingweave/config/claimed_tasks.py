"""The tasks of a recipe that a claim about results speaks of."""

from lingweave.config.claims import ResultClaim
from lingweave.config.recipe import Recipe


def task_pairs(claim: ResultClaim, recipe: Recipe) -> list[tuple[str, str]]:
    """The task of the first side and that of the second, wherever the claim may be tested.

    They are the same, but for a claim of `after_intermediate`: there the first one is learned after
    another task, and the second is like it but for that.
    """
    about = recipe.tasks_of(claim.tasks)
    if not claim.after_intermediate:
        return [(task, task) for task in about]
    return [
        (task, other)
        for task in about
        for other in about
        if recipe.tasks[task].intermediate is not None
        and recipe.tasks[other] == recipe.tasks[task].model_copy(update={"intermediate": None})
    ]
