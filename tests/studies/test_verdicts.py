import pytest

from lingweave.config import PUBLISHED
from lingweave.study.claims import NO_PREDICTIONS
from made_studies import make_claim, make_study, unbroken
from verdicts import NOT_RUN, claim_rows, effect, headline, seeds, tally


def found(name, studies, languages="real"):
    row = next(row for row in claim_rows(studies) if row.id == name)
    return row.found[languages]


def test_every_published_claim_has_a_row_in_its_order_even_without_a_study():
    rows = claim_rows([])
    assert [(row.id, row.text) for row in rows] == [(claim.id, claim.text) for claim in PUBLISHED]
    assert all(row.found == {"real": None, "twin": None} for row in rows)


@pytest.mark.parametrize("verdict", ["supported", "contradicted"])
def test_the_study_with_the_most_seeds_is_shown_whatever_it_found(verdict):
    other = {"supported": "contradicted", "contradicted": "supported"}[verdict]
    few = make_study("a", [make_claim("C1", verdict, 0.05)], seeds=3)
    many = make_study("b", [make_claim("C1", other, -0.05)], seeds=5)
    for studies in ([few, many], [many, few]):
        assert found("C1", studies).study is many


def test_of_equal_seeds_more_objectives_and_then_the_name_decide():
    narrow = make_study("a", [make_claim("C1")], objectives=("none", "mlm"))
    first = make_study("b", [make_claim("C1")])
    second = make_study("c", [make_claim("C1")])
    assert found("C1", [second, narrow, first]).study is first


def test_a_study_that_tested_the_claim_goes_before_one_that_did_not():
    untested = make_study("a", [make_claim("P1", "not tested")], seeds=5)
    tested = make_study("b", [make_claim("P1", "supported", 0.02)], seeds=3)
    assert found("P1", [untested, tested]).study is tested
    finding = found("P1", [untested])
    assert finding.study is untested
    assert not finding.is_tested


def test_all_tasks_of_that_study_are_shown_but_those_where_nothing_was_tested():
    claims = [
        make_claim("C1", "not tested", task="panx"),
        make_claim("C1", "supported", 0.02, task="xnli"),
        make_claim("C1", "inconclusive", 0.01, task="mlqa"),
    ]
    finding = found("C1", [make_study("a", claims)])
    assert [result.task for result in finding.results] == ["xnli", "mlqa"]


def test_claims_that_share_an_id_are_told_apart_by_their_text():
    first, second = (claim.text for claim in PUBLISHED if claim.id == "C7")
    study = make_study("a", [make_claim("C7", "supported", 0.02, text=second)])
    rows = {row.text: row for row in claim_rows([study])}
    assert rows[first].found["real"] is None
    assert rows[second].found["real"].study is study


def test_real_and_twin_languages_are_told_apart_by_the_recipe():
    real = make_study("twins-of-mine", [make_claim("C1", "supported", 0.02)])
    twin = make_study("real", [make_claim("C1", "contradicted", -0.02)], twins=True)
    assert found("C1", [real, twin], "real").study is real
    assert found("C1", [real, twin], "twin").study is twin


def test_a_study_without_predictions_says_nothing_of_any_claim():
    study = make_study("a", [make_claim("C1", "not tested", reason=NO_PREDICTIONS)])
    assert found("C1", [study]) is None


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((0.0123, 0.004, 0.02), "+1.2 [+0.4, +2.0]"),
        ((-0.0004, -0.02, 0.0104), "0.0 [−2.0, +1.0]"),
        ((0.045, None, None), "+4.5"),
        ((None, None, None), ""),
    ],
)
def test_effects_are_in_points_with_their_interval_where_it_is_known(numbers, shown):
    value, low, high = numbers
    assert effect(make_claim("C1", effect=value, low=low, high=high)) == unbroken(shown)


def test_seeds_are_counted_once_and_are_singular_where_there_is_one():
    one, three = make_claim("C1", num_seeds=1), make_claim("C1", num_seeds=3)
    assert seeds([one, one]) == "1 seed"
    assert seeds([three, one, three]) == "1 or 3 seeds"
    assert seeds([make_claim("C10")]) == ""


def test_the_headline_answers_the_question_for_each_task():
    claims = [
        make_claim("Q", "supported", 0.012, low=0.004, high=0.02),
        make_claim("Q", "contradicted", -0.01, task="xnli-dev"),
        make_claim("Q", "inconclusive", 0.001, task="third"),
    ]
    rows = claim_rows([make_study("a", claims)])
    assert headline(rows, "real") == [
        f"it helps on xnli, {unbroken('+1.2 [+0.4, +2.0]')} points of macro-F1",
        "it hurts on xnli-dev, −1.0 points of macro-F1",
        "not settled on third, +0.1 points of macro-F1",
    ]
    assert headline(rows, "twin") == [NOT_RUN]
    untested = claim_rows([make_study("a", [make_claim("Q", "not tested")])])
    assert headline(untested, "real") == [NOT_RUN]


def test_the_tally_counts_comparisons_of_the_studies_shown_alone():
    shown = make_study(
        "a",
        [
            make_claim("C1", "supported", 0.02),
            make_claim("C1", "contradicted", -0.02, task="mlqa"),
            make_claim("C3", "supported", 0.02),
            make_claim("C6"),
            make_claim("C10", "not tested"),
        ],
        seeds=5,
    )
    hidden = make_study("b", [make_claim("C1", "contradicted", -0.02)], seeds=3)
    assert tally(claim_rows([shown, hidden]), "real") == (
        "of 4 comparisons 2 came out for the claim, 1 against it, 1 undecided"
    )
    assert tally(claim_rows([shown]), "twin") == "nothing was compared yet"
