"""Predictions in Parquet: what is kept, and that it comes back."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from lingweave.corpus import Answer, TaggedSentence
from lingweave.errors import TableError
from lingweave.evaluation import (
    Cell,
    Model,
    join_predictions,
    prediction_table,
    read_model_predictions,
    read_predictions,
    seed_runs,
    write_predictions,
)
from lingweave.tasks import NER, NLI, SQUAD
from lingweave.tasks.nli import NLIExample
from lingweave.tasks.question_answering import QuestionExample

INFERENCE = [NLIExample("a b", "c", 0), NLIExample("d", "e f", 2), NLIExample("g", "h", 1)]


def write(path, **by_language):
    """Predictions of NLI by language."""
    tables = [
        prediction_table(NLI, language, INFERENCE[: len(labels)], labels)
        for language, labels in by_language.items()
    ]
    write_predictions(path, tables)
    return path


def test_each_example_is_a_row_with_its_statistics(tmp_path):
    path = write(tmp_path / "p.parquet", de=[0, 1, 1])
    rows = pq.read_table(path).to_pylist()
    assert [row["example"] for row in rows] == [0, 1, 2]
    assert [row["gold"] for row in rows] == ["entailment", "contradiction", "neutral"]
    assert [row["prediction"] for row in rows] == ["entailment", "neutral", "neutral"]
    assert [row["num_characters"] for row in rows] == [4, 4, 2]
    assert rows[1]["statistics"] == [0, 0, 0, 0, 0, 1, 0, 1, 0]  # right, given, said


def test_answers_and_tags_are_kept_as_text(tmp_path):
    context = 'An "old\tmat"\u2028on it'
    question = QuestionExample("q", "What?", context, (Answer('"old\tmat"', 3),), "en")
    sentence = TaggedSentence(1, ("An\rna", "\x85"), ("B-PER", "O"))
    cases = [
        (SQUAD, question, [("mat", 1.0), ("old", 0.5)], "mat", json.dumps(['"old\tmat"'])),
        (NER, sentence, ["B-PER", "B-LOC"], "B-PER B-LOC", "B-PER O"),
    ]
    for task, example, prediction, text, gold in cases:
        path = tmp_path / "p.parquet"
        write_predictions(path, [prediction_table(task, "en", [example], [prediction])])
        (row,) = pq.read_table(path).to_pylist()
        assert (row["prediction"], row["gold"]) == (text, gold)
        expected = task.statistics([example], [prediction])
        assert read_model_predictions(path)["en"].statistics.tolist() == expected.tolist()


def test_a_study_comes_back_by_model_and_language_to_the_last_digit(tmp_path):
    """Two models of a setting that trains one for each language count as one model."""
    german = write(tmp_path / "de.parquet", de=[0, 1, 1], en=[0, 0, 0])
    french = write(tmp_path / "fr.parquet", fr=[2, 2])
    first = Model("mlm", "translate-train", "nli", "dev", 1, 1)
    other = first._replace(selection="last")
    study = tmp_path / "study.parquet"
    join_predictions(
        study, [(first, german, ["de"]), (other, german, ["de", "en"]), (first, french, ["fr"])]
    )
    found = read_predictions(study)
    assert {model: list(sets) for model, sets in found.items()} == {
        first: ["de", "fr"],
        other: ["de", "en"],
    }
    expected = NLI.statistics(INFERENCE, [0, 1, 1])
    assert found[first]["de"].statistics.tolist() == expected.tolist()
    assert found[first]["fr"].num_characters.tolist() == [4, 4]
    again = tmp_path / "again.parquet"
    join_predictions(
        again, [(first, german, ["de"]), (other, german, ["de", "en"]), (first, french, ["fr"])]
    )
    assert study.read_bytes() == again.read_bytes()


@pytest.mark.parametrize(
    ("seeds", "names"),
    [
        ([(1, 1), (1, 2)], {"fine-tuning 1": 1, "fine-tuning 2": 1}),
        ([(1, 1), (2, 1)], {"pre-training 1": 1, "pre-training 2": 1}),
        ([(1, 1), (1, 2), (2, 1), (2, 2)], {"pre-training 1": 2, "pre-training 2": 2}),
    ],
)
def test_seeds_of_pre_training_count_before_those_of_fine_tuning(tmp_path, seeds, names):
    cell = Cell("mlm", "zero-shot", "nli", "dev")
    own = write(tmp_path / "p.parquet", de=[0, 1])
    other = (Model(*cell._replace(system="tlm"), 1, 7), own, ["de"])
    models = [(Model(*cell, *both), own, ["de"]) for both in seeds]
    join_predictions(tmp_path / "study.parquet", [other, *models])
    found = seed_runs(read_predictions(tmp_path / "study.parquet"), cell, ["de"])
    assert {name: len(sets[0]) for name, sets in found.items()} == names
    for ((rows, *_),) in found.values():
        assert rows.shape == (2, 9)


def test_a_damaged_file_is_told(tmp_path):
    path = write(tmp_path / "p.parquet", de=[0, 1])
    with pytest.raises(TableError, match=r"p\.parquet: these are no predictions of this version"):
        read_predictions(path)  # of one model, not of a study
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(TableError, match="or the file is damaged; remove it"):
        read_model_predictions(path)


def test_statistics_may_have_any_value(tmp_path):
    third = QuestionExample("q", "?", "one two three", (Answer("one two three", 0),), "en")
    table = prediction_table(SQUAD, "en", [third], [[("one", 0.0)]])
    write_predictions(tmp_path / "p", [table])
    assert read_model_predictions(tmp_path / "p")["en"].statistics[0, 0] == np.float64(1 / 2)
