"""What the studies found of each claim, on real languages and on twin languages.

Where several studies tested a claim, one of them is shown: that with the most seeds, of these the
one with the most objectives, of these the first by name. What it found has no say in the choice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from lingweave.config import PUBLISHED
from lingweave.report.numbers import points_with_interval
from lingweave.study import ClaimResult, Results
from lingweave.study.claims import NO_PREDICTIONS

Languages = Literal["real", "twin"]
NOT_RUN = "not run yet"
QUESTION = "Q"
"""The claim whose verdict is the headline."""

_ANSWERS = {"supported": "it helps", "contradicted": "it hurts", "inconclusive": "not settled"}


@dataclass(frozen=True)
class Study:
    """A study that was run.

    Attributes:
        folder: its name in `studies/`.
        results: what it found.
    """

    folder: str
    results: Results

    @property
    def languages(self) -> Languages:
        """Of which kind they are."""
        return "real" if self.results.recipe.twins is None else "twin"

    @property
    def num_seeds(self) -> int:
        """Trained models behind a score, at most."""
        return max(len(score.seeds) for score in self.results.scores)

    @property
    def num_objectives(self) -> int:
        """Objectives that are compared; that of an encoder as it is counts as one."""
        return len({system["options"]["objective"] for system in self.results.systems.values()})


@dataclass(frozen=True)
class Finding:
    """What one study says of one claim.

    Attributes:
        study: the one that is shown.
        results: one for each task that the claim was tested on; else one or more that say why not.
    """

    study: Study
    results: Sequence[ClaimResult]

    @property
    def is_tested(self) -> bool:
        """Whether there is a verdict."""
        return self.results[0].verdict != "not tested"


@dataclass(frozen=True)
class Row:
    """A published claim with what was found of it; None where no study looked at it."""

    id: str
    text: str
    found: Mapping[Languages, Finding | None]


def claim_rows(studies: Iterable[Study]) -> list[Row]:
    """One row for each of the published claims, in their order."""
    ranked = by_rank(studies)
    kinds: tuple[Languages, ...] = get_args(Languages)
    return [
        Row(
            claim.id,
            claim.text,
            {
                kind: _finding([one for one in ranked if one.languages == kind], claim.text)
                for kind in kinds
            },
        )
        for claim in PUBLISHED
    ]


def by_rank(studies: Iterable[Study]) -> list[Study]:
    """The studies in the order in which they are asked."""
    return sorted(studies, key=lambda one: (-one.num_seeds, -one.num_objectives, one.folder))


def headline(rows: Sequence[Row], languages: Languages) -> list[str]:
    """The answer to the question, for each task: "it helps on xnli, +1.2 [+0.4, +2.0] points"."""
    finding = next(row.found[languages] for row in rows if row.id == QUESTION)
    if finding is None or not finding.is_tested:
        return [NOT_RUN]
    return [
        f"{_ANSWERS[result.verdict]} on {result.task}, {effect(result)} points of {result.metric}"
        for result in finding.results
    ]


def tally(rows: Sequence[Row], languages: Languages) -> str:
    """How all comparisons came out: "of 9 comparisons 3 came out for the claim, 1 …"."""
    verdicts = [
        result.verdict
        for row in rows
        if (finding := row.found[languages]) is not None and finding.is_tested
        for result in finding.results
    ]
    if not verdicts:
        return "nothing was compared yet"
    supported, contradicted = verdicts.count("supported"), verdicts.count("contradicted")
    return (
        f"of {len(verdicts)} comparisons {supported} came out for the claim, {contradicted} "
        f"against it, {len(verdicts) - supported - contradicted} undecided"
    )


def effect(result: ClaimResult) -> str:
    """The difference in points with its 95 % interval; "" where nothing was compared."""
    return "" if result.effect is None else in_points(result.effect, result.low, result.high)


def in_points(difference: float, low: float | None, high: float | None) -> str:
    """A difference of scores with its interval, if there is one.

    0.012 between 0.004 and 0.02 → "+1.2 [+0.4, +2.0]". Its spaces do not break, so that a narrow
    column of a table leaves the interval whole.
    """
    return points_with_interval(difference, low, high).replace(" ", "\N{NO-BREAK SPACE}")


def seeds(results: Sequence[ClaimResult]) -> str:
    """How many are behind the comparisons: "3 seeds", "1 or 3 seeds"; "" where it is not known."""
    known = sorted({result.num_seeds for result in results if result.num_seeds is not None})
    return f"{' or '.join(map(str, known))} seed{'s' * (known != [1])}" if known else ""


def _finding(ranked: Sequence[Study], text: str) -> Finding | None:
    """Of the first study that tested the claim, else of the first that says why it did not.

    Studies whose predictions were not kept say nothing of any claim.

    Args:
        ranked: studies on one kind of languages.
        text: of the claim; several have the same id.
    """
    untested = None
    for study in ranked:
        own = [
            result
            for result in study.results.claims
            if result.text == text and result.reason != NO_PREDICTIONS
        ]
        tested = [result for result in own if result.verdict != "not tested"]
        if tested:
            return Finding(study, tested)
        if own and untested is None:
            untested = Finding(study, own)
    return untested
