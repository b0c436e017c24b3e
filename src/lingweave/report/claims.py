"""Claims with their verdicts, and what was measured for each."""

from lingweave.report.axes import signed
from lingweave.report.tables import Table
from lingweave.study import ClaimResult, Results


def claims_table(results: Results) -> Table:
    """One row for each claim, in the order of the recipe."""
    rows = [
        [claim.text, claim.verdict, claim.reason, claim_figures(claim)] for claim in results.claims
    ]
    return Table("Verdicts", ["claim", "verdict", "reason", "figures"], rows)


def claim_figures(claim: ClaimResult) -> str:
    """What was measured for a claim, in points, as far as it is known."""
    told = []
    if claim.effect is not None:
        told.append(f"difference {_points(claim.effect)} points")
    if claim.low is not None and claim.high is not None:
        told.append(f"95 % interval [{_points(claim.low)}, {_points(claim.high)}]")
    if claim.margin is not None:
        told.append(f"margin {100 * claim.margin:.1f} points")
    if claim.p is not None:
        told.append(f"p = {claim.p:.2g}")
    if claim.p_holm is not None:
        told.append(f"p = {claim.p_holm:.2g} after Holm's correction")
    if claim.num_seeds is not None:
        told.append(f"{claim.num_seeds} {'seed' if claim.num_seeds == 1 else 'seeds'}")
    if claim.compared is not None:
        told.append(f"{claim.compared[0]} against {claim.compared[1]}")
    return "; ".join(told)


def _points(difference: float) -> str:
    return signed(f"{100 * difference:+.1f}")
