"""The scores as CSV: every number once, in the row that says what it is."""

import csv
from io import StringIO

import pytest

from lingweave.report.scores_csv import COLUMNS, scores_csv
from made_results import make_results


def rows_of(results):
    return list(csv.DictReader(StringIO(scores_csv(results))))


def test_each_cell_has_a_row_for_each_metric_and_one_for_each_seed_of_it():
    results = make_results()
    rows = rows_of(results)
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == len(results.scores) * 2 * (1 + 2)
    means = [row for row in rows if not row["pretraining_seed"]]
    assert len(means) == len(results.scores) * 2


def test_intervals_and_differences_stand_with_the_mean_of_the_first_metric_alone():
    rows = [
        row
        for row in rows_of(make_results())
        if (row["system"], row["setting"], row["language"]) == ("tlm", "zero-shot", "de")
    ]
    first, *others = rows
    numbers = ("score", "low", "high", "over_control", "over_control_low", "over_control_high")
    values = [float(first[name]) for name in numbers]
    assert values == pytest.approx([0.62, 0.59, 0.65, 0.02, 0.01, 0.03])
    assert first["metric"] == "accuracy"
    assert all(row["low"] == row["over_control"] == "" for row in others)
    assert [(row["metric"], row["pretraining_seed"]) for row in others] == [
        ("accuracy", "1"),
        ("accuracy", "2"),
        ("macro_f1", ""),
        ("macro_f1", "1"),
        ("macro_f1", "2"),
    ]
    assert float(others[2]["score"]) == pytest.approx(0.52)
    assert [bool(row["signature"]) for row in (first, *others)] == [False, True, True] * 2


def test_the_control_has_no_difference_to_itself():
    rows = [row for row in rows_of(make_results()) if row["system"] == "mlm"]
    assert {row["over_control"] for row in rows} == {""}


def test_a_name_with_a_comma_stays_one_cell():
    results = make_results()
    score = results.scores[0].model_copy(update={"language": 'a, "b"'})
    assert rows_of(results.model_copy(update={"scores": [score]}))[0]["language"] == 'a, "b"'
