"""What a study has to judge claims by: who plays which role, what was tested, what differs from it.

What is compared are models chosen by the recipe's first rule of selection.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lingweave.config import Side
from lingweave.evaluation import Cell, Comparison, Predictions, Runs, compare_scores, seed_runs
from lingweave.evaluation.predictions import PRE_TRAINING
from lingweave.study.results import Results
from lingweave.tasks import TASKS, Metric


class NotTestedError(Exception):
    """A study has not what a claim speaks of; the message says what is not there."""


def not_done(sides: Sequence[Side]) -> NotTestedError:
    """No task has all of these."""
    told = dict.fromkeys(f"{side.system} in {side.setting}" for side in sides)
    return NotTestedError(f"no task has {' and '.join(told)}")


@dataclass(frozen=True)
class Place:
    """One side of a comparison: a cell of the study."""

    system: str
    setting: str
    task: str

    def __str__(self) -> str:
        return f"{self.system}, {self.setting}, {self.task}"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What was compared, and what came out.

    Attributes:
        sides: the two, for people.
        task: of the first one, as the recipe names it.
        metric: its title.
        languages: whose mean was compared.
        seeds: how many, for people.
        comparison: the first one's score minus the second's.
    """

    sides: tuple[str, str]
    task: str
    metric: str
    languages: list[str]
    seeds: str
    comparison: Comparison


class Evidence:
    """The systems, tasks and settings of a study, and its predictions.

    Args:
        results: of the study; its scores are not looked at.
        predictions: of the study; there are some.
    """

    def __init__(self, results: Results, predictions: Predictions) -> None:
        self.recipe = results.recipe
        self.systems = {name: system["options"] for name, system in results.systems.items()}
        self.predictions = predictions
        self._rule = next(iter(predictions)).selection

    def player(self, role: str) -> str:
        """The system that plays a role, or has this name.

        Raises:
            NotTestedError: there is none, or there are several.
        """
        try:
            return self.recipe.player(role)
        except LookupError as error:
            raise NotTestedError(str(error)) from error

    def tasks_of(self, names: Sequence[str]) -> list[str]:
        """The tasks of these names or kinds; all, if no name is given.

        Raises:
            NotTestedError: there is none.
        """
        if found := self.recipe.tasks_of(names):
            return found
        raise NotTestedError(f"no task {' or '.join(names)}")

    def is_done(self, place: Place) -> bool:
        """Whether a system is fine-tuned on a task in a setting."""
        return self.recipe.is_done(place.system, place.setting, place.task)

    def tasks_with(self, sides: Sequence[Side]) -> list[str]:
        """The tasks that all of these are done on.

        Raises:
            NotTestedError: there is none.
        """
        found = [
            task
            for task in self.recipe.tasks
            if all(self.recipe.is_done(side.system, side.setting, task) for side in sides)
        ]
        if not found:
            raise not_done(sides)
        return found

    def source_language(self, task: str) -> str:
        """The language that a task is learned in."""
        return self.recipe.tasks[task].source_language

    def metric(self, task: str, name: str | None = None) -> Metric:
        """A metric of a task, by default the first.

        Raises:
            NotTestedError: it has none of this name.
        """
        metrics = {one.name: one for one in TASKS[self.recipe.tasks[task].task].metrics}
        if name is None:
            return next(iter(metrics.values()))
        if name not in metrics:
            raise NotTestedError(f"{task} is not scored by {name}, but by {', '.join(metrics)}")
        return metrics[name]

    def cell(self, place: Place) -> Cell:
        """Where the predictions of a place are."""
        return Cell(place.system, place.setting, place.task, self._rule)

    def languages(self, place: Place) -> list[str]:
        """All that a place was tested in.

        Raises:
            NotTestedError: there are no predictions of it.
        """
        cell = self.cell(place)
        for model, by_language in self.predictions.items():
            if model[: len(cell)] == cell:
                return list(by_language)
        raise NotTestedError(f"there are no predictions of {place}")

    def runs(self, place: Place, languages: Sequence[str]) -> Runs:
        """The models of a place by the seed in which they count as different."""
        return seed_runs(self.predictions, self.cell(place), languages)

    def compare(
        self,
        first: Place,
        second: Place,
        *,
        languages: Sequence[str] = (),
        metric: str | None = None,
    ) -> Compared:
        """Compare two places on the same test examples.

        Args:
            first: whose score is told against the other's.
            second: the other.
            languages: tested; by default the `common_languages`.
            metric: by default the task's first.

        Raises:
            NotTestedError: there is nothing to compare.
        """
        chosen = list(languages) or self.common_languages(first, second)
        for place in (first, second):
            if missing := [name for name in chosen if name not in self.languages(place)]:
                raise NotTestedError(f"{place} was not tested in {' and '.join(missing)}")
        measure = self.metric(first.task, metric)
        own, other = (self.runs(place, chosen) for place in (first, second))
        return Compared(
            sides=(str(first), str(second)),
            task=first.task,
            metric=measure.title,
            languages=chosen,
            seeds=told_seeds(own, other),
            comparison=compare_scores(own, other, measure),
        )

    def common_languages(
        self, first: Place, second: Place, *, supervised: bool | None = None
    ) -> list[str]:
        """All that both were tested in, without the source language if there is another.

        Args:
            first: whose task's source language it is.
            second: the other.
            supervised: the source language alone, or the others alone; there may be none.

        Raises:
            NotTestedError: there are no predictions of one.
        """
        own, other = self.languages(first), self.languages(second)
        common = [language for language in own if language in other]
        source = self.source_language(first.task)
        if supervised is None:
            return [language for language in common if language != source] or common
        return [language for language in common if (language == source) == supervised]


def told_seeds(*sides: Runs) -> str:
    """How many seeds, and of what, on that side which has fewer."""
    fewer = min(sides, key=len)
    kind = next(iter(fewer)).rpartition(" ")[0]
    several = f"{len(fewer)} {kind} seed{'s' * (len(fewer) != 1)}"
    return several if kind == PRE_TRAINING else f"{several} of one encoder each"
