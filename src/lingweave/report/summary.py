"""What a study found, in at most three sentences: its question, its claims, its first setting."""

from collections import defaultdict

from lingweave.report.numbers import interval, points
from lingweave.report.tables import compared, score_groups
from lingweave.study import ClaimResult, Estimate, Results, Score

TOLD = 4
"""More comparisons than this are counted, not told one by one."""

_QUESTION = "Q"
_TWINS = (
    "These are small languages made up for the purpose, and lingweave's settings for them were "
    "found with their test scores in view: no number here says how large an effect is in natural "
    "languages."
)
_ONE_ENCODER = (
    "All systems and seeds start from one encoder, which the study trained from scratch. How much "
    "another one would change what is found, no interval covers."
)
_VERDICTS = ("supported", "contradicted", "inconclusive")


def summary(results: Results) -> str:
    """The headline of every report.

    Verdicts on Q, the question that lingweave was made for, and on the other claims, as far as
    anything was compared for them; then the differences to the control in the first task and
    setting in which there are any. Of several rules of selection the recipe's first is meant.
    """
    told = [_question(results), _claims(results), _differences(results)]
    known = [sentence for sentence in told if sentence]
    return " ".join(known) or "There is nothing to compare."


def caveats(results: Results) -> list[str]:
    """What has to be known before any number of a study is believed."""
    recipe = results.recipe
    has_one = recipe.encoder.scratch is not None and not recipe.encoder.is_drawn_anew
    known = {_TWINS: recipe.twins is not None, _ONE_ENCODER: has_one}
    return [caveat for caveat, holds in known.items() if holds]


def _question(results: Results) -> str:
    """What is said of Q on each task; "" if nothing was compared for it."""
    asked = [one for one in results.claims if one.id == _QUESTION and one.effect is not None]
    if not asked:
        return ""
    each = [f"{one.verdict} on {one.task}, {_effect(one)}" for one in asked]
    text = asked[0].text
    return f"{text[0].upper()}{text[1:]}: {'; '.join(each)}."


def _effect(claim: ClaimResult) -> str:
    assert claim.effect is not None  # as `_question` chooses them
    effect = f"{points(claim.effect)} points"
    if claim.low is None or claim.high is None:
        return f"{effect} ({claim.reason})"
    return f"{effect} {interval(claim.low, claim.high)}, {claim.num_seeds} seeds"


def _claims(results: Results) -> str:
    """Which claims came out how; one with several verdicts is named with each of them."""
    verdicts: dict[str, set[str]] = defaultdict(set)
    for claim in results.claims:
        if claim.verdict != "not tested" and claim.id != _QUESTION:
            verdicts[claim.id].add(claim.verdict)
    told = []
    for verdict in _VERDICTS:
        names = [
            name if own == {verdict} else f"{name} in part"
            for name, own in verdicts.items()
            if verdict in own
        ]
        if names:
            told.append(f"{verdict}: {', '.join(names)}")
    return f"Claims {'; '.join(told)}." if told else ""


def _differences(results: Results) -> str:
    """The differences to the control in the first task and setting that has any."""
    for group in score_groups(results):
        found = compared(results, group)
        if found:
            told = _each(found) if len(found) <= TOLD else _counted(found)
            if any(difference.covers == "examples" for _, difference in found):
                told += "; seeds are too few to be sure of any"
            others = f"the languages other than {results.source_language[group.task]}"
            return f"On {others}, against {results.control} ({group.title}): {told}."
    return ""


def _each(found: list[tuple[Score, Estimate]]) -> str:
    return "; ".join(f"{score.system} {_verdict(difference)}" for score, difference in found)


def _counted(found: list[tuple[Score, Estimate]]) -> str:
    sure = [difference.mean for _, difference in found if difference.is_sure]
    gains = sum(mean > 0 for mean in sure)
    best, most = max(found, key=lambda one: one[1].mean)
    return (
        f"of {len(found)} systems {gains} show a gain, {len(sure) - gains} a loss, and "
        f"{len(found) - len(sure)} no sure difference; first is {best.system}, "
        f"{points(most.mean)} points"
    )


def _verdict(difference: Estimate) -> str:
    mean = f"{points(difference.mean)} points"
    if not difference.is_sure:
        return f"makes no sure difference, {mean}"
    return f"{'gains' if difference.mean > 0 else 'loses'} {mean}"
