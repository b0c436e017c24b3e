"""What a comparison says of a claim: supported, contradicted, inconclusive, or nothing (why).

A comparison supports a claim if it would come out so, by chance, fewer than 5 times in 100, were
the claim's opposite true at its nearest; and contradicts it the other way round. The p-values of
all comparisons of a study are corrected for their number (Holm). See docs/statistics.md.
"""

from collections.abc import Sequence
from typing import Any

from lingweave.config import AnyClaim
from lingweave.evaluation import MIN_SEEDS, Relation, holm
from lingweave.study.evidence import Compared
from lingweave.study.results import ClaimResult, Verdict

ALPHA = 0.05


def result(claim: AnyClaim, said: Verdict, reason: str, **more: Any) -> ClaimResult:  # noqa: ANN401
    """What is said of a claim, for which reason, with what was measured if anything was."""
    return ClaimResult(
        id=claim.id,
        text=claim.text,
        kind=claim.kind,
        source=claim.source,
        verdict=said,
        reason=reason,
        **more,
    )


def untested(claim: AnyClaim, reason: str) -> ClaimResult:
    """The result of a claim for which nothing was compared."""
    return result(claim, "not tested", reason)


def verdict(
    claim: AnyClaim,
    compared: Compared,
    p_values: tuple[float, float] | None = None,
    *,
    relation: Relation = "greater",
    margin: float = 0.0,
    num_tried: int = 1,
    found: str = "",
) -> ClaimResult:
    """What a comparison says of a claim, before it is corrected for the others.

    Args:
        claim: that is tested.
        compared: what was compared for it.
        p_values: one-sided, against the claim's opposite and against the claim; by default those
            that `relation` and `margin` have in this comparison.
        relation: what is claimed of the first one.
        margin: of the claim, in the metric, 0–1.
        num_tried: comparisons among which this one was chosen by what came out.
        found: told before the seeds, if there is more to say.
    """
    comparison = compared.comparison
    about = {
        "effect": comparison.effect,
        "num_seeds": comparison.num_seeds,
        "margin": margin,
        "relation": relation,
        "compared": compared.sides,
        "task": compared.task,
        "metric": compared.metric,
        "languages": compared.languages,
    }
    if comparison.num_seeds < MIN_SEEDS:
        reason = f"too few seeds: {comparison.num_seeds}, at least {MIN_SEEDS} are needed"
        return result(claim, "inconclusive", reason, **about)
    if comparison.doubt is None:
        reason = "the difference is the same with every seed, so nothing tells its doubt"
        return result(claim, "inconclusive", reason, **about)
    p_for, p_against = p_values or comparison.evidence(relation, margin)
    low, high = comparison.interval(1 - ALPHA / num_tried)
    said: Verdict = "supported" if p_for < p_against else "contradicted"
    reason = ", ".join(part for part in (found, compared.seeds) if part)
    p = min(1.0, 2 * min(p_for, p_against))
    return result(claim, said, reason, low=low, high=high, p=p, **about)


def corrected(found: Sequence[ClaimResult]) -> list[ClaimResult]:
    """The final verdicts: what was said of each, unless their number makes it unsure."""
    p_holm = iter(holm([one.p for one in found if one.p is not None]))
    return [one if one.p is None else _corrected(one, next(p_holm)) for one in found]


def _corrected(result: ClaimResult, p_holm: float) -> ClaimResult:
    if p_holm < ALPHA:
        return result.model_copy(update={"p_holm": p_holm})
    reason = f"p = {p_holm:.2g} among all claims; {result.reason}"
    return result.model_copy(update={"p_holm": p_holm, "verdict": "inconclusive", "reason": reason})
