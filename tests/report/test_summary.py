"""The headline of a report: short, whatever the size of the study."""

import pytest

from lingweave.report.summary import caveats, summary
from lingweave.study import MEAN, ClaimResult, Estimate
from made_recipe import make_recipe
from made_results import LANGUAGES, make_results, make_score


def estimate(mean, low=None, high=None, covers="seeds and examples"):
    low, high = (mean if end is None else end for end in (low, high))
    return Estimate(mean=mean, low=low, high=high, covers=covers)


def score(system, over=None, language=MEAN, setting="zero-shot", **changes):
    made = make_score(system, setting, language, 0.5)
    return made.model_copy(update={"over_control": over} | changes)


def said(*scores, claims=()):
    return summary(make_results(scores=list(scores), claims=list(claims)))


def claim(name, verdict, effect=0.02, task="xnli", **changes):
    told = {"text": "it is so", "kind": "result", "reason": "3 pre-training seeds"}
    return ClaimResult(id=name, verdict=verdict, effect=effect, task=task, **(told | changes))


@pytest.mark.parametrize(
    ("difference", "told"),
    [
        (estimate(0.034, 0.001, 0.06), "tlm gains +3.4 points."),
        (estimate(-0.034, -0.06, -0.001), "tlm loses −3.4 points."),
        (estimate(0.005, -0.01, 0.02), "tlm makes no sure difference, +0.5 points."),
        (estimate(0.005, 0.0, 0.04), "tlm makes no sure difference, +0.5 points."),
        (estimate(0.005, -0.02, 0.0), "tlm makes no sure difference, +0.5 points."),
    ],
)
def test_the_interval_says_whether_it_is_a_gain_or_a_loss(difference, told):
    assert said(score("mlm"), score("tlm", difference)) == (
        f"On the languages other than en, against mlm (xnli, zero-shot): {told}"
    )


def test_with_too_few_seeds_nothing_is_a_gain():
    """Whatever the interval over examples."""
    gain = score("tlm", estimate(0.034, 0.001, 0.06, covers="examples"))
    told = "tlm makes no sure difference, +3.4 points; seeds are too few to be sure of any."
    assert said(score("mlm"), gain).endswith(told)
    many = [score(f"s{n}", estimate(0.1, 0.05, 0.2, covers="examples")) for n in range(5)]
    assert "0 show a gain, 0 a loss, and 5 no sure difference; first is s0" in said(*many)


def test_the_mean_of_the_other_languages_counts_or_the_only_one():
    gain = estimate(0.1, 0.05, 0.15)
    languages = [score("tlm", estimate(0.0), language) for language in LANGUAGES]
    assert "tlm gains +10.0 points." in said(*languages, score("tlm", gain))
    only = said(score("tlm", estimate(0.0), "en"), score("tlm", gain, "de"))
    assert "tlm gains +10.0 points." in only


def test_of_many_systems_it_is_counted_how_they_came_out():
    values = [0.1, 0.2, -0.1, 0.05, 0.03]
    scores = [
        score(f"s{number}", estimate(value, value - 0.04, value + 0.04))
        for number, value in enumerate(values)
    ]
    assert said(*scores).endswith(
        "of 5 systems 3 show a gain, 1 a loss, and 1 no sure difference; first is s1, +20.0 points."
    )


def test_the_first_setting_and_the_first_rule_of_selection_are_told():
    first = score("tlm", estimate(0.01))
    later = [
        score("tlm", estimate(0.02), selection="oracle"),
        score("tlm", estimate(0.03), setting="translate-train"),
    ]
    assert said(first, *later) == said(first)


def test_the_question_and_the_claims_come_first():
    claims = [
        claim("Q", "supported", low=0.01, high=0.03, num_seeds=3, text="code-switching helps"),
        claim("Q", "inconclusive", effect=-0.01, task="dev", reason="too few seeds"),
        claim("C1", "contradicted"),
        claim("C3", "supported"),
        claim("C3", "inconclusive"),
        claim("C4", "supported"),
        claim("C5", "not tested", effect=None),
    ]
    assert said(score("tlm", estimate(0.1)), claims=claims).split(". ") == [
        "Code-switching helps: supported on xnli, +2.0 points [+1.0, +3.0], 3 seeds; "
        "inconclusive on dev, −1.0 points (too few seeds)",
        "Claims supported: C3 in part, C4; contradicted: C1; inconclusive: C3 in part",
        "On the languages other than en, against mlm (xnli, zero-shot): tlm gains +10.0 points.",
    ]


def test_a_study_of_the_control_alone_says_that_there_is_nothing_to_compare():
    assert said(score("mlm")) == "There is nothing to compare."


def test_it_does_not_grow_with_systems_and_settings():
    assert len(summary(make_results())) < 400


def test_what_no_interval_covers_is_said_of_twins_and_of_an_encoder_from_scratch():
    scratch = {"scratch": {"texts": ["a.txt"]}}
    told = {
        name: " ".join(caveats(make_results(recipe=make_recipe(**changes))))
        for name, changes in {
            "neither": {},
            "scratch": {"encoder": scratch},
            "both": {"encoder": scratch, "twins": {}},
        }.items()
    }
    assert told["neither"] == ""
    assert ("from one encoder" in told["scratch"], "made up" in told["scratch"]) == (True, False)
    assert ("from one encoder" in told["both"], "made up" in told["both"]) == (True, True)
