"""What a study says of each claim of its recipe and of the literature.

Each kind of claim is judged by a function of its own, here or in `option_claims.py` and
`length_claims.py`; `verdicts.py` has what they have in common.
"""

from collections.abc import Iterator

from lingweave.config import (
    BASE,
    PUBLISHED,
    AnyClaim,
    CurriculumClaim,
    LengthClaim,
    MethodClaim,
    RatioClaim,
    Recipe,
    ResultClaim,
    SettingClaim,
    Side,
    task_pairs,
)
from lingweave.evaluation import Predictions
from lingweave.study.alike import alike_but_for
from lingweave.study.evidence import Evidence, NotTestedError, Place, not_done
from lingweave.study.length_claims import judge_lengths
from lingweave.study.option_claims import judge_ratios, judge_setting
from lingweave.study.results import ClaimResult, Results
from lingweave.study.verdicts import corrected, untested, verdict

NO_PREDICTIONS = "no per-example predictions"


def judge_claims(results: Results, predictions: Predictions) -> list[ClaimResult]:
    """Judge the recipe's own claims, then the published ones, all as one family of tests.

    Args:
        results: of the study; its claims are not looked at.
        predictions: of the study; none, if they were not kept.
    """
    claims = claims_of(results.recipe)
    if not predictions:
        return [untested(claim, NO_PREDICTIONS) for claim in claims]
    evidence = Evidence(results, predictions)
    return corrected([one for claim in claims for one in _judge(claim, evidence)])


def claims_of(recipe: Recipe) -> list[AnyClaim]:
    """The claims that a recipe is held against: its own, and the published with its margins."""
    published = [
        one.model_copy(update={"margin": recipe.margins[one.id]})
        if one.id in recipe.margins
        else one
        for one in PUBLISHED
    ]
    return [*recipe.claims, *published]


def _judge(claim: AnyClaim, evidence: Evidence) -> Iterator[ClaimResult]:
    """One result for each task that a claim can be tested on, and one that says why not."""
    try:
        yield from _judged(claim, evidence)
    except NotTestedError as error:
        yield untested(claim, str(error))


def _judged(claim: AnyClaim, evidence: Evidence) -> Iterator[ClaimResult]:
    if isinstance(claim, ResultClaim):
        return _judge_result(claim, evidence)
    if isinstance(claim, CurriculumClaim):
        return _judge_curriculum(claim, evidence)
    if isinstance(claim, RatioClaim):
        return judge_ratios(claim, evidence)
    if isinstance(claim, LengthClaim):
        return judge_lengths(claim, evidence)
    if isinstance(claim, SettingClaim):
        return judge_setting(claim, evidence)
    return _judge_method(claim, evidence)


def _judge_result(claim: ResultClaim, evidence: Evidence) -> Iterator[ClaimResult]:
    """Two places, on each task on which both are done."""
    sides = [
        Side(system=evidence.player(side.system), setting=side.setting)
        for side in (claim.first, claim.second)
    ]
    places = [
        [Place(side.system, side.setting, task) for side, task in zip(sides, pair, strict=True)]
        for pair in _task_pairs(claim, evidence)
    ]
    done = [pair for pair in places if all(map(evidence.is_done, pair))]
    if not done:
        raise not_done(sides)
    judged = [_judge_pair(claim, first, second, evidence) for first, second in done]
    found = [one for one in judged if one is not None]
    if not found:
        which = "the language" if claim.supervised else "another language than the one"
        raise NotTestedError(f"no such task is tested in {which} that it is learned in")
    return iter(found)


def _judge_pair(
    claim: ResultClaim, first: Place, second: Place, evidence: Evidence
) -> ClaimResult | None:
    """One place against another; None, if the claim is about no language of their tests."""
    try:
        languages = claim.languages or evidence.common_languages(
            first, second, supervised=claim.supervised
        )
        if not languages:
            return None
        compared = evidence.compare(first, second, languages=languages, metric=claim.metric)
    except NotTestedError as error:
        return untested(claim, str(error))
    return verdict(claim, compared, relation=claim.relation, margin=claim.margin)


def _task_pairs(claim: ResultClaim, evidence: Evidence) -> list[tuple[str, str]]:
    """The tasks of both sides."""
    evidence.tasks_of(claim.tasks)
    if pairs := task_pairs(claim, evidence.recipe):
        return pairs
    raise NotTestedError("no such task both with and without `intermediate`")


def _judge_curriculum(claim: CurriculumClaim, evidence: Evidence) -> Iterator[ClaimResult]:
    settings = evidence.recipe.switched_settings("progressive")
    for values in alike_but_for("choice", settings):
        found = {choice: name for name, choice in values.items()}
        if set(found) == {"relevance", "random"}:
            break
    else:
        raise NotTestedError("no setting progressive with both choices of words")
    system = evidence.player(BASE)
    sides = [Side(system=system, setting=found[choice]) for choice in ("relevance", "random")]
    common = claim.model_dump(exclude={"kind"})
    return _judge_result(ResultClaim(**common, first=sides[0], second=sides[1]), evidence)


def _judge_method(claim: MethodClaim, evidence: Evidence) -> Iterator[ClaimResult]:
    """No score decides it: what the study did, and which test proves that it is the paper's."""
    evidence.player(claim.role)
    aligner = evidence.recipe.alignment.method
    if claim.aligner in (None, aligner):
        yield untested(claim, f"method adopted: {claim.answer}")
    else:
        yield untested(claim, f"another method here: {aligner}")
