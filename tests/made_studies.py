"""Small studies made by hand, of which a test says all that matters to it."""

from lingweave.config import PUBLISHED
from lingweave.study import ClaimResult, Estimate
from made_recipe import make_recipe
from made_results import make_results, make_score
from verdicts import Study

TEXTS = {claim.id: claim.text for claim in PUBLISHED}
KINDS = {claim.id: claim.kind for claim in PUBLISHED}


def unbroken(text):
    """Text as effects are written: a narrow column does not break it."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def make_claim(name, verdict="inconclusive", effect=None, **more):
    """A result for a published claim."""
    values = {
        "id": name,
        "text": TEXTS[name],
        "kind": KINDS[name],
        "verdict": verdict,
        "reason": "because",
        "effect": effect,
        "task": "xnli",
        "metric": "macro-F1",
    }
    return ClaimResult(**(values | more))


def make_study(
    folder,
    claims=(),
    twins=False,
    task="nli",
    seeds=3,
    objectives=("none", "mlm", "tlm"),
    **more,
):
    """A study with one system for each objective, named as it; `differences` are its gains."""
    gains = more.pop("differences", {})
    scores = [
        _score(name, language, seeds, gains.get(name))
        for name in objectives
        for language in ("en", "de", "mean")
    ]
    recipe = make_recipe(
        twins={} if twins else None,
        tasks={"xnli": {"task": task, "train": {"path": "train.en.tsv", "first": 4000}}},
    )
    values = {
        "study": folder,
        "claims": [*claims],
        "scores": scores,
        "systems": {
            name: {"options": {"objective": name}, "runs": [{"updates": 256}]}
            for name in objectives
        },
        "recipe": recipe,
        "switched": [],
        "samples": [],
        "lengths": [],
    }
    return Study(folder, make_results(**(values | more)))


def _gain(mean, low, high):
    return Estimate(mean=mean, low=low, high=high, covers="seeds and examples")


def _score(system, language, seeds, gain):
    score = make_score(system, "zero-shot", language, 0.6)
    gained = None if gain is None else _gain(*gain)
    runs = [score.seeds[0].model_copy(update={"pretraining_seed": n}) for n in range(seeds)]
    return score.model_copy(update={"seeds": runs, "over_control": gained})
