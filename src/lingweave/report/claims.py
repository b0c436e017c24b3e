"""Claims with their verdicts, and what was measured for each."""

from lingweave.report.numbers import interval, points, points_with_interval
from lingweave.report.tables import Table
from lingweave.study import ClaimResult, Results


def claims_table(results: Results) -> Table:
    """One row for each claim, in the order of the recipe."""
    rows = [
        [f"{claim.id}: {claim.text}", claim.verdict, claim.reason, claim_figures(claim)]
        for claim in results.claims
    ]
    return Table("Verdicts", ["claim", "verdict", "reason", "figures"], rows)


def compared_claims(results: Results) -> Table:
    """One short row for each claim that was tested."""
    rows = [
        [claim.id, claim.verdict, _effect(claim), _seeds(claim), _told(claim)]
        for claim in results.claims
        if claim.verdict != "not tested"
    ]
    return Table(
        "Claims, effects in points [95 % interval]", ["", "verdict", "effect", "seeds", ""], rows
    )


def untested_claims(results: Results) -> str:
    """Which claims were not tested, in a line; "" if all were."""
    untested = [claim for claim in results.claims if claim.verdict == "not tested"]
    reasons = dict.fromkeys(claim.reason for claim in untested)
    if not untested:
        return ""
    why = next(iter(reasons)) if len(reasons) == 1 else "report.md says why"
    return f"Not tested ({why}): {', '.join(dict.fromkeys(claim.id for claim in untested))}."


def claim_figures(claim: ClaimResult) -> str:
    """What was measured for a claim, in points, as far as it is known."""
    told = []
    if claim.effect is not None:
        told.append(f"difference {points(claim.effect)} points")
    if claim.low is not None and claim.high is not None:
        told.append(f"95 % interval {interval(claim.low, claim.high)}")
    if claim.margin:
        told.append(f"margin {100 * claim.margin:.1f} points")
    if claim.p is not None:
        told.append(f"p = {claim.p:.2g}")
    if claim.p_holm is not None:
        told.append(f"p = {claim.p_holm:.2g} after Holm's correction")
    if seeds := _seeds(claim):
        told.append(seeds)
    if claim.compared is not None:
        told.append(f"{claim.compared[0]} against {claim.compared[1]}")
    return "; ".join(told)


def _told(claim: ClaimResult) -> str:
    """The claim, with the task on which it was tested, if there is one."""
    return claim.text if not claim.task else f"{claim.task}: {claim.text}"


def _seeds(claim: ClaimResult) -> str:
    """How many; "" where counting decided."""
    if claim.num_seeds is None:
        return ""
    return f"{claim.num_seeds} {'seed' if claim.num_seeds == 1 else 'seeds'}"


def _effect(claim: ClaimResult) -> str:
    """The effect, in as few characters as can be; "" where counting decided."""
    if claim.effect is None:
        return ""
    return points_with_interval(claim.effect, claim.low, claim.high)
