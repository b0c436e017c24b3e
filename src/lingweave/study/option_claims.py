"""Claims about the value of an option, from systems or settings that differ in it alone.

One value is held against each of the others, and what is shown is the hardest of these comparisons.
That one was chosen by its own scores, so its interval is widened, and wherever one of several
comparisons is enough to decide, the p-value is multiplied by their number. Where all of them must
agree, the worst of their p-values needs no correction (Berger 1982, Technometrics 24).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lingweave.config import BASE, Pretraining, RatioClaim, SettingClaim, Side
from lingweave.evaluation import Relation
from lingweave.study.alike import Options, alike_but_for
from lingweave.study.evidence import Compared, Evidence, NotTestedError, Place
from lingweave.study.results import ClaimResult
from lingweave.study.verdicts import untested, verdict

_AS_GOOD: Relation = "non-inferior"
_ZERO_SHOT = "zero-shot"


def judge_ratios(claim: RatioClaim, evidence: Evidence) -> Iterator[ClaimResult]:
    """The best of the lower ratios against the highest: of systems, and of settings."""
    switching = {
        name: options
        for name, options in evidence.systems.items()
        if options["objective"] == claim.role
    }
    sweeps = [
        {Side(system=name): ratio for name, ratio in ratios.items()}
        for ratios in _several(claim.option, switching)
    ]
    settings = _several(claim.setting_option, evidence.recipe.switched_settings(claim.setting))
    if settings:
        try:
            base = evidence.player(BASE)
        except NotTestedError:
            if not sweeps:
                raise
        else:
            sweeps += [
                {Side(system=base, setting=name): ratio for name, ratio in ratios.items()}
                for ratios in settings
            ]
    if not sweeps:
        raise NotTestedError("no two ratios of code-switching")
    for sweep in sweeps:
        for task in evidence.tasks_with(list(sweep)):
            values = {Place(one.system, one.setting, task): value for one, value in sweep.items()}
            yield _judge_ratio(claim, values, evidence)


def _several(option: str, things: Options) -> list[dict[str, float]]:
    """Ratios of those that differ in nothing else, where there are two or more."""
    return [values for values in alike_but_for(option, things) if len({*values.values()}) > 1]


def _judge_ratio(
    claim: RatioClaim, ratios: Mapping[Place, float], evidence: Evidence
) -> ClaimResult:
    """Any of the lower ones being better than the highest supports it."""
    top = max(ratios, key=lambda place: ratios[place])
    lower = [place for place in ratios if ratios[place] < ratios[top]]
    found = [_compared(place, top, ratios, evidence) for place in lower]
    p_for = min(1.0, len(found) * min(one.comparison.above(0) for one in found))
    p_against = max(one.comparison.below(0) for one in found)
    return verdict(
        claim,
        max(found, key=lambda one: one.comparison.effect),
        (p_for, p_against),
        num_tried=len(found),
        found=f"best of {len(found)} lower ratios",
    )


def judge_setting(claim: SettingClaim, evidence: Evidence) -> Iterator[ClaimResult]:
    """The paper's value against each other one, else whether the study has the paper's."""
    if all(options["objective"] == "none" for options in evidence.systems.values()):
        raise NotTestedError("nothing is pre-trained")
    if claim.section == "pretraining":
        yield untested(claim, _told_pretraining(claim, evidence.recipe.pretraining))
        return
    system = evidence.player(claim.section)
    if claim.option not in evidence.systems[system]:
        raise NotTestedError(f"{system} has no {claim.option}")
    groups = alike_but_for(claim.option, evidence.systems)
    (values,) = (group for group in groups if system in group)
    papers = [name for name, value in values.items() if value == claim.value]
    if not papers:
        yield untested(claim, f"another setting here: {values[system]}")
    elif len(values) == len(papers):
        yield untested(claim, "setting adopted")
    else:
        own = system if system in papers else papers[0]
        for task in evidence.tasks_with([Side(system=name, setting=_ZERO_SHOT) for name in values]):
            places = {Place(name, _ZERO_SHOT, task): value for name, value in values.items()}
            yield _judge_value(claim, Place(own, _ZERO_SHOT, task), places, evidence)


def _told_pretraining(claim: SettingClaim, section: Pretraining) -> str:
    """Whether the study has a value that all of its systems share."""
    if claim.option == "epochs" and section.max_updates is not None:
        return f"another setting here: {section.max_updates} updates"
    value = getattr(section, claim.option)
    return "setting adopted" if value == claim.value else f"another setting here: {value}"


def _judge_value(
    claim: SettingClaim, papers: Place, values: Mapping[Place, Any], evidence: Evidence
) -> ClaimResult:
    """All of the others being no better supports it, any of them being better contradicts it."""
    others = [place for place, value in values.items() if value != claim.value]
    found = [_compared(papers, place, values, evidence) for place in others]
    each = [one.comparison.evidence(_AS_GOOD, claim.margin) for one in found]
    p_for = max(as_good for as_good, _ in each)
    p_against = min(1.0, len(found) * min(worse for _, worse in each))
    return verdict(
        claim,
        min(found, key=lambda one: one.comparison.effect),
        (p_for, p_against),
        relation=_AS_GOOD,
        margin=claim.margin,
        num_tried=len(found),
        found=f"against {len(found)} other value{'s' * (len(found) != 1)}",
    )


def _compared(
    first: Place, second: Place, values: Mapping[Place, Any], evidence: Evidence
) -> Compared:
    """The comparison of two values, which its sides name."""
    compared = evidence.compare(first, second)
    sides = (f"{first}: {values[first]}", f"{second}: {values[second]}")
    return replace(compared, sides=sides)
