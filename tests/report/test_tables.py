"""Tables and the sentence, from results made by hand."""

import pytest

from lingweave.report.tables import (
    alignment_table,
    difference_tables,
    intervals_note,
    note,
    other_metric_tables,
    score_tables,
    short_difference_tables,
    switching_table,
    systems_table,
)
from lingweave.study import MEAN, Estimate, Results, Score
from lingweave.study.results import Measure, SeedScore, Switched
from made_recipe import make_recipe

NLI = Measure(metrics={"accuracy": "accuracy", "macro_f1": "macro-F1"}, chance=1 / 3)
PARAPHRASE = Measure(metrics=NLI.metrics, chance=0.5)
ANSWERS = Measure(metrics={"f1": "F1", "exact_match": "exact match"}, chance=None)


def seed_score(accuracy, macro_f1=0.3, seed=1):
    return SeedScore(
        pretraining_seed=seed,
        finetuning_seed=1,
        metrics={"accuracy": accuracy, "macro_f1": macro_f1},
        signature=f"task:nli.1|seed:{seed}",
    )


def estimate(mean, low=None, high=None, covers="seeds and examples"):
    low, high = (mean if end is None else end for end in (low, high))
    return Estimate(mean=mean, low=low, high=high, covers=covers)


def score(system, language, accuracy, over=None, setting="zero-shot", task="nli", macro_f1=0.3):
    return Score(
        system=system,
        setting=setting,
        task=task,
        language=language,
        num_examples=1000,
        score=estimate(accuracy, accuracy - 0.02, accuracy + 0.02),
        metrics={"accuracy": accuracy, "macro_f1": macro_f1},
        over_control=over,
        seeds=[seed_score(accuracy, macro_f1)],
    )


def make_results(scores, systems, control="mlm", alignments=(), **changes):
    values = {
        "study": "by-hand",
        "question": "What is it?",
        "control": control,
        "source_language": {"nli": "en"},
        "measures": {"nli": NLI, "pawsx": PARAPHRASE},
        "scores": scores,
        "alignments": list(alignments),
        "systems": {name: {"options": {"objective": name}, "runs": []} for name in systems},
        "recipe": make_recipe(name="by-hand"),
        "made_by": {"command": "lingweave run by-hand.yaml"},
        "stages": [],
    }
    return Results(**(values | changes))


@pytest.fixture
def results():
    scores = [
        score("mlm", "en", 0.8, macro_f1=0.79),
        score("mlm", "de", 0.5, macro_f1=0.49),
        score("mlm", "zh", 0.45),
        score("mlm", MEAN, 0.475),
        score("weam", "en", 0.7904, estimate(-0.0096, -0.03, 0.0101), macro_f1=0.781),
        score("weam", "de", 0.6, estimate(0.1, 0.05, 0.15), macro_f1=0.6049),
        score("weam", "zh", 0.36, estimate(-0.09, -0.125, -0.05)),
        score("weam", MEAN, 0.48, estimate(0.005, -0.03, 0.04)),
    ]
    return make_results(scores, ["mlm", "weam"])


def test_a_score_table_has_systems_by_languages_in_per_cent(results):
    (table,) = score_tables(results)
    assert table.title == "nli, zero-shot: accuracy in %"
    assert table.header == ["system", "en*", "de", "zh", "mean"]
    assert table.rows == [
        ["mlm", "80.0", "50.0", "45.0", "47.5"],
        ["weam", "79.0", "60.0", "36.0", "48.0"],
    ]


def test_differences_are_points_with_a_sign_and_their_interval(results):
    (table,) = difference_tables(results)
    assert table.title == "nli, zero-shot: points over mlm [95 % interval]"
    assert table.header == ["system", "en*", "de", "zh", "mean"]
    assert table.rows == [
        [
            "weam",
            "−1.0 [−3.0, +1.0]",
            "+10.0 [+5.0, +15.0]",
            "−9.0 [−12.5, −5.0]",
            "+0.5 [−3.0, +4.0]",
        ]
    ]


def test_in_short_a_difference_that_may_be_none_stands_in_brackets(results):
    (table,) = short_difference_tables(results)
    assert table.title == "nli, zero-shot: points over mlm, (in brackets) if not sure"
    assert table.rows == [["weam", "(−1.0)", "+10.0", "−9.0", "(+0.5)"]]


@pytest.mark.parametrize(
    ("low", "high", "cell"),
    [(0.0, 0.1, "(+5.0)"), (0.001, 0.1, "+5.0"), (-0.1, 0.0, "(+5.0)"), (-0.1, -0.001, "+5.0")],
)
def test_an_interval_that_ends_at_0_is_not_sure(low, high, cell):
    scores = [score("mlm", "de", 0.5), score("tlm", "de", 0.55, estimate(0.05, low, high))]
    (table,) = short_difference_tables(make_results(scores, ["mlm", "tlm"]))
    assert table.rows == [["tlm", cell]]


@pytest.mark.parametrize(
    ("measures", "chance"),
    [
        ({"nli": NLI}, "; chance: 33.3 %"),
        ({"nli": NLI, "snli": NLI}, "; chance: 33.3 %"),
        ({"nli": NLI, "pawsx": PARAPHRASE}, "; chance: nli 33.3 %, pawsx 50.0 %"),
        ({"nli": NLI, "mlqa": ANSWERS}, "; chance: nli 33.3 %"),
        ({"mlqa": ANSWERS}, ""),
    ],
)
def test_what_the_marks_mean_and_what_guessing_gives_is_said(results, measures, chance):
    said = note(results.model_copy(update={"measures": measures}))
    assert said == f"* the task's source language; mean: of the others{chance}"


def test_macro_f1_has_a_table_of_its_own(results):
    (table,) = other_metric_tables(results)
    assert table.title == "nli, zero-shot: macro-F1 in %"
    assert [row[:3] for row in table.rows] == [["mlm", "79.0", "49.0"], ["weam", "78.1", "60.5"]]


def test_each_task_is_shown_by_its_own_metrics():
    answers = score("mlm", "de", 0.25, task="mlqa").model_copy(
        update={"metrics": {"f1": 0.25, "exact_match": 0.125}}
    )
    made = make_results(
        [score("mlm", "de", 0.5), answers],
        ["mlm"],
        source_language={"nli": "en", "mlqa": "en"},
        measures={"nli": NLI, "mlqa": ANSWERS},
    )
    assert [(table.title, table.rows) for table in score_tables(made)] == [
        ("nli, zero-shot: accuracy in %", [["mlm", "50.0"]]),
        ("mlqa, zero-shot: F1 in %", [["mlm", "25.0"]]),
    ]
    assert [(table.title, table.rows) for table in other_metric_tables(made)] == [
        ("nli, zero-shot: macro-F1 in %", [["mlm", "30.0"]]),
        ("mlqa, zero-shot: exact match in %", [["mlm", "12.5"]]),
    ]


def test_the_control_is_in_the_scores_wherever_it_stands_and_not_in_the_differences(results):
    turned = results.model_copy(
        update={"systems": {name: results.systems[name] for name in ("weam", "mlm")}}
    )
    (scores,), (differences,) = score_tables(turned), difference_tables(turned)
    assert [row[0] for row in scores.rows] == ["weam", "mlm"]
    assert scores.rows[1] == ["mlm", "80.0", "50.0", "45.0", "47.5"]
    assert [row[0] for row in differences.rows] == ["weam"]


def test_each_task_and_setting_has_its_own_table():
    cases = [("nli", "zero-shot"), ("nli", "translate-train"), ("pawsx", "zero-shot")]
    scores = [
        score("mlm", "de", number / 10, task=task, setting=setting)
        for number, (task, setting) in enumerate(cases)
    ]
    made = make_results(scores, ["mlm"], source_language={"nli": "en", "pawsx": "de"})
    tables = score_tables(made)
    assert [table.title for table in tables] == [
        "nli, zero-shot: accuracy in %",
        "nli, translate-train: accuracy in %",
        "pawsx, zero-shot: accuracy in %",
    ]
    assert [table.rows for table in tables] == [
        [["mlm", "0.0"]],
        [["mlm", "10.0"]],
        [["mlm", "20.0"]],
    ]
    assert [table.header[1] for table in tables] == ["de", "de", "de*"]


# Alignment.


SUMMARY = {
    "bitext": "data/en-zh",
    "languages": ["en", None],
    "pairs": 10000,
    "source_words": 50000,
    "target_words": 40000,
    "links": 36000,
    "method": "fast-align",
    "symmetrization": "intersection",
}


def test_the_parts_of_a_mix_stand_in_brackets(results):
    parts = {"t": {"objective": "tlm", "masking": 0.3}, "near": {"objective": "word-aligned"}}
    options = {
        "plain": {"objective": "mix", "parts": parts, "weights": {}},
        "weighted": {"objective": "mix", "parts": {"t": parts["t"]}, "weights": {"t": 0.5}},
    }
    systems = {name: {"options": own, "runs": []} for name, own in options.items()}
    table = systems_table(
        make_results(results.scores, ["mlm"]).model_copy(update={"systems": systems})
    )
    assert [row[1] for row in table.rows] == [
        "objective mix, parts (t (objective tlm, masking 0.3), near (objective word-aligned))",
        "objective mix, parts (t (objective tlm, masking 0.3)), weights (t 0.5)",
    ]


def test_the_alignment_table_counts_links_for_each_source_word(results):
    gold = {"aer": 0.0625, "precision": 0.9, "recall": 0.97, "num_sentences": 10000}
    known = SUMMARY | {"languages": ["base", "miro"], "pairs": 4000, "against_gold": gold}
    table = alignment_table(make_results(results.scores, ["mlm"], alignments=[SUMMARY, known]))
    assert table.header == ["bitext", "pairs", "links by", "links/word", "AER in %"]
    assert table.rows == [
        ["en–?", "10,000", "fast-align, intersection", "0.72", "not known"],
        ["base–miro", "4,000", "fast-align, intersection", "0.72", "6.2"],
    ]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"method": "hmm-align", "symmetrization": "union"}, "hmm-align, union"),
        ({"method": "given links", "symmetrization": "given links"}, "given links"),
    ],
)
def test_the_alignment_table_says_where_links_come_from(results, how, said):
    table = alignment_table(make_results(results.scores, ["mlm"], alignments=[SUMMARY | how]))
    assert table.rows[0][2] == said


def test_scores_by_different_rules_stand_apart_and_say_which(results):
    oracle = [one.model_copy(update={"selection": "oracle"}) for one in results.scores]
    both = make_results([*results.scores, *oracle], ["mlm", "weam"])
    assert [table.title for table in score_tables(both)] == [
        "nli, zero-shot: accuracy in %",
        "nli, zero-shot, oracle (epoch chosen on each language's own dev set): accuracy in %",
    ]
    assert all(len(table.rows) == 2 for table in score_tables(both))


def test_the_switching_table_goes_stage_by_stage(results):
    plain = {"system": "mlm", "task": "nli"}
    once = Switched(
        **plain,
        setting="code-switched",
        temperatures=[],
        effective_ratio=[0.598],
        coverage=[0.91],
        cmi=[41.26],
    )
    stages = Switched(
        **plain,
        setting="progressive",
        temperatures=[0, 0.1],
        effective_ratio=[0, 0.094],
        coverage=[0.91, 0.91],
        cmi=[0, 8.04],
    )
    shown = make_results(results.scores, ["mlm"], switched=[once, stages])
    assert switching_table(shown).rows == [
        ["nli", "code-switched", "mlm", "–", "91.0", "59.8", "41.3"],
        ["nli", "progressive", "mlm", "0 / 0.1", "91.0", "0.0 / 9.4", "0.0 / 8.0"],
    ]


def test_an_error_rate_of_0_is_known(results):
    gold = {"aer": 0.0, "precision": 1.0, "recall": 1.0, "num_sentences": 4}
    summary = SUMMARY | {"against_gold": gold}
    table = alignment_table(make_results(results.scores, ["mlm"], alignments=[summary]))
    assert table.rows[0][4] == "0.0"


EXAMPLES, SEEDS = "examples", "seeds and examples"
CORRECTED = " They are not corrected for the number of comparisons."


@pytest.mark.parametrize(
    ("first", "second", "beginning", "end"),
    [
        (EXAMPLES, EXAMPLES, "95 % bootstrap intervals over the examples. ", "seed would differ."),
        (SEEDS, SEEDS, "95 % intervals over seeds and test examples.", "and test examples."),
        (EXAMPLES, SEEDS, "95 % intervals: over seeds and test examples where ", "would differ."),
    ],
)
def test_what_the_intervals_of_differences_cover_is_said(first, second, beginning, end):
    scores = [
        score("mlm", "de", 0.5),
        score("tlm", "de", 0.5, estimate(0.0, covers=first)),
        score("weam", "de", 0.5, estimate(0.0, covers=second)),
    ]
    told = intervals_note(make_results(scores, ["mlm", "tlm", "weam"]))
    assert told.startswith("Paired differences in accuracy on the same test examples, in points, ")
    assert f"with {beginning}" in told
    assert told.endswith(end + CORRECTED)
