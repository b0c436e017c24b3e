"""What a study says of each claim: supported, contradicted, inconclusive, or not tested (why).

A comparison supports a claim if it would come out so, by chance, fewer than 5 times in 100, were
the claim's opposite true at its nearest; and contradicts it the other way round. The p-values of
all comparisons of a study are corrected for their number (Holm). What was compared are models
chosen by the recipe's first rule of selection. See docs/statistics.md.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lingweave.config import (
    BASE,
    PUBLISHED,
    AnyClaim,
    CurriculumClaim,
    LengthClaim,
    MethodClaim,
    Pretraining,
    RatioClaim,
    ResultClaim,
    SettingClaim,
    Side,
    player,
)
from lingweave.evaluation import (
    MIN_SEEDS,
    Cell,
    Comparison,
    Predictions,
    Runs,
    compare_scores,
    holm,
    seed_runs,
)
from lingweave.evaluation.predictions import PRE_TRAINING
from lingweave.study.lengths import median_lengths
from lingweave.study.results import ClaimResult, Results, Verdict
from lingweave.tasks import TASKS, Metric

ALPHA = 0.05
NO_PREDICTIONS = "no per-example predictions"


def judge_claims(results: Results, predictions: Predictions) -> list[ClaimResult]:
    """Judge the recipe's own claims, then the published ones, all as one family of tests.

    Args:
        results: of the study; its claims are not looked at.
        predictions: of the study; none, if they were not kept.
    """
    claims = claims_of(results.recipe)
    if not predictions:
        return [_untested(claim, NO_PREDICTIONS) for claim in claims]
    study = _Study(results, predictions)
    found = [one for claim in claims for one in study.judge(claim)]
    p_values = [one.p for one in found if one.p is not None]
    corrected = iter(holm(p_values))
    return [one if one.p is None else _corrected(one, next(corrected)) for one in found]


def claims_of(recipe: Mapping[str, Any]) -> list[AnyClaim]:
    """The claims that a recipe is held against: its own, and the published with its margins."""
    own = [ResultClaim.model_validate(claim) for claim in recipe.get("claims", [])]
    margins = recipe.get("margins", {})
    published = [
        one.model_copy(update={"margin": margins[one.id]}) if one.id in margins else one
        for one in PUBLISHED
    ]
    return [*own, *published]


def _untested(claim: AnyClaim, reason: str) -> ClaimResult:
    return _result(claim, "not tested", reason)


def _result(claim: AnyClaim, verdict: Verdict, reason: str, **more: Any) -> ClaimResult:  # noqa: ANN401
    return ClaimResult(
        id=claim.id,
        text=claim.text,
        kind=claim.kind,
        source=claim.source,
        verdict=verdict,
        reason=reason,
        **more,
    )


def _corrected(result: ClaimResult, p_holm: float) -> ClaimResult:
    """The final verdict: what the comparison said, unless the correction makes it unsure."""
    if p_holm < ALPHA:
        return result.model_copy(update={"p_holm": p_holm})
    reason = f"p = {p_holm:.2g} among all claims; {result.reason}"
    return result.model_copy(update={"p_holm": p_holm, "verdict": "inconclusive", "reason": reason})


@dataclass(frozen=True)
class _Place:
    """One side of a comparison: a cell of the study, and what is compared of it."""

    system: str
    setting: str
    task: str

    def __str__(self) -> str:
        return f"{self.system}, {self.setting}, {self.task}"


class _Study:
    """What there is to judge claims by."""

    def __init__(self, results: Results, predictions: Predictions) -> None:
        self._predictions, self._results = predictions, results
        self._recipe = results.recipe
        self._systems = {name: system["options"] for name, system in results.systems.items()}
        self._rule = next(iter(predictions)).selection

    def judge(self, claim: AnyClaim) -> Iterator[ClaimResult]:
        """One result for each task that a claim about results can be tested on, else one."""
        try:
            if isinstance(claim, ResultClaim):
                yield from self._compared(claim)
            elif isinstance(claim, CurriculumClaim):
                yield from self._curriculum(claim)
            elif isinstance(claim, RatioClaim):
                yield from self._ratios(claim)
            elif isinstance(claim, LengthClaim):
                yield self._lengths(claim)
            elif isinstance(claim, SettingClaim):
                yield _untested(claim, self._setting(claim))
            else:
                yield _untested(claim, self._method(claim))
        except LookupError as error:
            yield _untested(claim, str(error.args[0]))

    # Claims about results.

    def _compared(self, claim: ResultClaim) -> Iterator[ClaimResult]:
        systems = [self._player(side.system) for side in (claim.first, claim.second)]
        settings = [claim.first.setting, claim.second.setting]
        for setting in settings:
            self._require_setting(setting)
        for tasks in self._tasks(claim):
            first, second = map(_Place, systems, settings, tasks)
            yield self._comparison(claim, first, second)

    def _tasks(self, claim: ResultClaim) -> list[tuple[str, str]]:
        """The tasks of both sides."""
        tasks: Mapping[str, Mapping[str, Any]] = self._recipe["tasks"]
        found = [
            name
            for name, task in tasks.items()
            if not claim.tasks or name in claim.tasks or task["task"] in claim.tasks
        ]
        if not found:
            raise LookupError(f"no task {' or '.join(claim.tasks)}")
        if not claim.after_intermediate:
            return [(name, name) for name in found]
        pairs = [
            (name, other)
            for name in found
            for other in found
            if name != other and tasks[name] == {**tasks[other], **_intermediate(tasks[name])}
        ]
        if not pairs:
            raise LookupError("no such task both with and without `intermediate`")
        return pairs

    def _comparison(self, claim: ResultClaim, first: _Place, second: _Place) -> ClaimResult:
        languages = claim.languages or self._languages(first, second)
        metric = self._metric(first.task, claim.metric)
        own, other = self._runs(first, languages), self._runs(second, languages)
        comparison = compare_scores(own, other, metric)
        p_for, p_against = comparison.evidence(claim.relation, claim.margin)
        facts = _Facts(
            compared=(str(first), str(second)),
            task=first.task,
            metric=metric.title,
            languages=languages,
            seeds=_seeds(own, other),
        )
        return _verdict(claim, comparison, p_for, p_against, facts)

    def _curriculum(self, claim: CurriculumClaim) -> Iterator[ClaimResult]:
        settings = self._settings_of_kind("progressive", "choice", "relevance")
        found = {choice: name for name, choice in settings.items()}
        if set(found) != {"relevance", "random"}:
            raise LookupError("no setting progressive with both choices of words")
        system = self._player(BASE)
        sides = [Side(system=system, setting=found[choice]) for choice in ("relevance", "random")]
        common = claim.model_dump(exclude={"kind"})
        yield from self._compared(ResultClaim(**common, first=sides[0], second=sides[1]))

    def _ratios(self, claim: RatioClaim) -> Iterator[ClaimResult]:
        """The best of the lower ratios against the highest: of systems, and of settings."""
        ratios = {
            Side(system=name): float(options[claim.option])
            for name, options in self._systems.items()
            if options["objective"] == claim.role
        }
        settings = self._settings_of_kind(claim.setting, claim.setting_option, None)
        base = self._player(BASE) if len(settings) > 1 else ""
        switched = {
            Side(system=base, setting=name): float(ratio)
            for name, ratio in settings.items()
            if base and ratio is not None
        }
        sweeps = [sweep for sweep in (ratios, switched) if len(set(sweep.values())) > 1]
        if not sweeps:
            raise LookupError("no two ratios of code-switching")
        for sweep in sweeps:
            if any(side.setting not in self._settings() for side in sweep):
                raise LookupError("the setting zero-shot is not in the study")
            for task in self._recipe["tasks"]:
                yield self._sweep(claim, sweep, task)

    def _sweep(self, claim: RatioClaim, ratios: Mapping[Side, float], task: str) -> ClaimResult:
        """The best lower ratio is chosen by its own score, so its p-value pays for the choice."""
        top = max(ratios, key=lambda side: ratios[side])
        lower = [side for side in ratios if ratios[side] < ratios[top]]
        highest = _Place(top.system, top.setting, task)
        metric = self._metric(task, None)
        found = []
        for side in lower:
            place = _Place(side.system, side.setting, task)
            languages = self._languages(place, highest)
            own, most = self._runs(place, languages), self._runs(highest, languages)
            comparison = compare_scores(own, most, metric)
            found.append((comparison, side, place, languages, _seeds(own, most)))
        best, side, place, languages, seeds = max(found, key=lambda one: one[0].effect)
        p_for = min(1.0, len(lower) * min(one[0].above(0) for one in found))
        p_against = max(one[0].below(0) for one in found)
        facts = _Facts(
            compared=(f"{place}: {ratios[side]:g}", f"{highest}: {ratios[top]:g}"),
            task=task,
            metric=metric.title,
            languages=languages,
            seeds=f"best of {len(lower)} lower ratios, {seeds}",
            num_tried=len(lower),
        )
        return _verdict(claim, best, p_for, p_against, facts)

    # Claims of other kinds.

    def _setting(self, claim: SettingClaim) -> str:
        if all(options["objective"] == "none" for options in self._systems.values()):
            return "nothing is pre-trained"
        if claim.section == "pretraining":
            section = self._recipe.get("pretraining", {})
            value = section.get(claim.option, Pretraining.model_fields[claim.option].default)
            if claim.option == "epochs" and section.get("max_updates") is not None:
                return f"another setting here: {section['max_updates']} updates"
        else:
            value = self._systems[self._player(claim.section)].get(claim.option)
        return "setting adopted" if value == claim.value else f"another setting here: {value}"

    def _method(self, claim: MethodClaim) -> str:
        self._player(claim.role)
        aligner = self._recipe.get("alignment", {}).get("method", "fast-align")
        if claim.aligner not in (None, aligner):
            return f"another method here: {aligner}"
        return f"method adopted: {claim.answer}"

    def _lengths(self, claim: LengthClaim) -> ClaimResult:
        medians = median_lengths(self._predictions)
        parts = []
        for kinds in (claim.short, claim.long):
            own = [name for name, task in self._recipe["tasks"].items() if task["task"] in kinds]
            if not own:
                raise LookupError(f"no task {' or '.join(kinds)}")
            parts += [f"{name} {medians[name]:,.0f}" for name in own]
        told = f"median characters of an input: {', '.join(parts)}"
        return _untested(claim, f"{told}; see the scores by length")

    # What the study has.

    def _player(self, name: str) -> str:
        return player(self._systems, self._recipe.get("roles", {}), name)

    def _settings(self) -> list[str]:
        settings: list[str] = self._recipe.get("settings", ["zero-shot"])
        return settings

    def _require_setting(self, name: str) -> None:
        if name not in self._settings():
            raise LookupError(f"the setting {name} is not in the study")

    def _settings_of_kind(self, kind: str, option: str, default: Any) -> dict[str, Any]:  # noqa: ANN401
        """An option of each setting of a kind: of variants, or of the recipe's section for it."""
        section = "code_switching" if kind == "code-switched" else kind
        common = self._recipe.get(section, {}).get(option, default)
        variants = self._recipe.get("variants", {})
        found = {kind: common} if kind in self._settings() else {}
        for name, variant in variants.items():
            if variant["setting"] == kind and name in self._settings():
                found[name] = variant.get(option, common)
        return found

    def _cell(self, place: _Place) -> Cell:
        return Cell(place.system, place.setting, place.task, self._rule)

    def _runs(self, place: _Place, languages: Sequence[str]) -> Runs:
        return seed_runs(self._predictions, self._cell(place), languages)

    def _languages(self, first: _Place, second: _Place) -> list[str]:
        """All that both sides were tested in, without the source language if there is another."""
        tested = []
        for place in (first, second):
            cell = self._cell(place)
            own = [sets for model, sets in self._predictions.items() if model[: len(cell)] == cell]
            if not own:
                raise LookupError(f"there are no predictions of {place}")
            tested.append(list(own[0]))
        common = [language for language in tested[0] if language in tested[1]]
        source = self._results.source_language[first.task]
        return [language for language in common if language != source] or common

    def _metric(self, task: str, name: str | None) -> Metric:
        metrics = {one.name: one for one in TASKS[self._recipe["tasks"][task]["task"]].metrics}
        if name is None:
            return next(iter(metrics.values()))
        if name not in metrics:
            raise LookupError(f"{task} is not scored by {name}, but by {', '.join(metrics)}")
        return metrics[name]


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What a result says beside its numbers; `num_tried` as in `_Study._sweep`."""

    compared: tuple[str, str]
    task: str
    metric: str
    languages: list[str]
    seeds: str
    num_tried: int = 1


def _intermediate(task: Mapping[str, Any]) -> dict[str, Any]:
    return {"intermediate": task.get("intermediate")}


def _seeds(first: Runs, second: Runs) -> str:
    """How many seeds, and of what, on that side which has fewer."""
    fewer = min(first, second, key=len)
    kind = next(iter(fewer)).rpartition(" ")[0]
    several = f"{len(fewer)} {kind} seed{'s' * (len(fewer) != 1)}"
    return several if kind == PRE_TRAINING else f"{several} of one encoder each"


def _verdict(
    claim: ResultClaim | RatioClaim,
    comparison: Comparison,
    p_for: float,
    p_against: float,
    facts: _Facts,
) -> ClaimResult:
    """What a comparison says of a claim, before it is corrected for the others."""
    about = {
        "effect": comparison.effect,
        "num_seeds": comparison.num_seeds,
        "margin": claim.margin if isinstance(claim, ResultClaim) else 0.0,
        "relation": claim.relation if isinstance(claim, ResultClaim) else "greater",
        "compared": facts.compared,
        "task": facts.task,
        "metric": facts.metric,
        "languages": facts.languages,
    }
    if comparison.num_seeds < MIN_SEEDS:
        reason = f"too few seeds: {comparison.num_seeds}, at least {MIN_SEEDS} are needed"
        return _result(claim, "inconclusive", reason, **about)
    if comparison.error == math.inf:
        return _result(claim, "inconclusive", "no seed differs from another", **about)
    low, high = comparison.interval(1 - ALPHA / facts.num_tried)
    p = min(1.0, 2 * min(p_for, p_against))
    verdict: Verdict = "supported" if p_for < p_against else "contradicted"
    return _result(claim, verdict, facts.seeds, low=low, high=high, p=p, **about)
