from made_studies import make_study
from picture import AS_IT_IS, NOT_RUN, transfer_panels

GAINS = {"none": (-0.01, -0.02, 0.005), "tlm": (0.02, 0.01, 0.03)}


def test_a_row_shows_the_difference_in_points_and_whether_its_interval_holds_0():
    ((transfer, panel),) = transfer_panels([make_study("a", differences=GAINS)])
    base, tlm = panel.rows
    assert (base.name, base.text) == (AS_IT_IS, "−1.0")
    assert (tlm.name, tlm.text) == ("tlm", "+2.0")
    assert [mark.shape for row in panel.rows for mark in row.marks] == ["hollow", "dot"]
    assert (tlm.marks[0].low, tlm.marks[0].high) == (1.0, 3.0)
    assert transfer.note == "xnli, 1 language beside en, 3 seeds"
    assert panel.axis.low <= -2
    assert panel.axis.high >= 3


def test_panels_have_the_same_rows_and_say_what_was_not_run():
    real = make_study("a", differences={"tlm": (0.02, 0.01, 0.03)})
    twin = make_study(
        "b",
        twins=True,
        objectives=("mlm", "weam", "tlm"),
        differences={"weam": (0.2, 0.1, 0.3), "tlm": (0.1, 0.0, 0.2)},
    )
    (_, first), (transfer, second) = transfer_panels([twin, real])
    assert (first.title, second.title) == ("Real languages", "Twin languages")
    assert [row.name for row in first.rows] == [row.name for row in second.rows] == ["tlm", "weam"]
    assert (first.rows[1].marks, first.rows[1].text) == ([], NOT_RUN)
    assert transfer.description.endswith("weam +20.0; tlm +10.0.")


def test_only_zero_shot_inference_against_masked_language_modelling_is_drawn():
    questions = make_study("a", differences=GAINS, seeds=9, task="mlqa")
    against_tlm = make_study("b", differences=GAINS, seeds=8, control="tlm")
    translated = make_study("c", differences=GAINS, seeds=7)
    scores = [
        score.model_copy(update={"setting": "translate-train"})
        for score in translated.results.scores
    ]
    translated = make_study("c", scores=scores, seeds=7)
    assert transfer_panels([questions, against_tlm, translated]) == []
    small = make_study("d", differences={"tlm": (0.5, 0.4, 0.6)}, seeds=1)
    ((_, panel),) = transfer_panels([questions, against_tlm, translated, small])
    assert [row.text for row in panel.rows] == ["+50.0"]
