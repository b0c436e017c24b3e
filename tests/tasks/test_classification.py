"""What all tasks with one label share: reading, pieces, predictions, scores, files."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score
from transformers import BertConfig, BertForMaskedLM

from lingweave.encoder import EncoderShape, new_encoder
from lingweave.errors import TableError
from lingweave.objectives import LabelledSequence
from lingweave.tasks import NLI, Examples
from lingweave.tasks.classification import (
    ACCURACY,
    MACRO_F1,
    WEIGHTED_F1,
    ClassificationTask,
    LabelledText,
    label_statistics,
)

TASK = ClassificationTask(version=1, labels=("good", "bad"), texts=("text",), chance=0.5)


def score(metric, gold, predicted, num_labels=3):
    return float(metric.of(label_statistics(gold, predicted, num_labels).sum(axis=0)))


# Reading.


def test_one_text_with_a_label_is_read_and_encoded(tmp_path, tokenizer):
    path = tmp_path / "dev.tsv"
    path.write_text("text\tlabel\nw1 w2\tbad\nw3\tgood\n")
    examples = list(TASK.read(Examples(path=str(path))))
    assert examples == [LabelledText("w1 w2", 1), LabelledText("w3", 0)]
    first, second = TASK.encode(tokenizer, examples, 3)
    assert tokenizer.convert_ids_to_tokens(first.pieces.tolist()) == ["[CLS]", "w1", "[SEP]"]
    assert tokenizer.convert_ids_to_tokens(second.pieces.tolist()) == ["[CLS]", "w3", "[SEP]"]
    assert (first.label, second.label) == (1, 0)
    assert TASK.encode(tokenizer, [], 3) == []


def test_xtremes_layout_has_columns_by_number(tmp_path):
    path = tmp_path / "dev-de.tsv"
    path.write_text("w1\tbad\n")
    source = Examples(path=str(path), columns={"text": 0, "label": 1})
    assert list(TASK.read(source)) == [LabelledText("w1", 1)]


def test_a_field_without_a_column_is_named(tmp_path):
    path = tmp_path / "dev.tsv"
    path.write_text("a\tb\n")
    with pytest.raises(TableError, match="no column is named for 'label'; give `columns` for text"):
        TASK.read(Examples(path=str(path), columns={"text": "a"}))


# Scores.


def test_a_case_by_hand():
    """F1 = 2 · right / (given + said): 2·2/(2+3), 2·1/(2+2), 0/(1+0)."""
    gold, predicted = [0, 0, 1, 1, 2], [0, 0, 1, 0, 1]
    assert score(ACCURACY, gold, predicted) == pytest.approx(3 / 5)
    assert score(MACRO_F1, gold, predicted) == pytest.approx((4 / 5 + 1 / 2 + 0) / 3)
    weighted = (2 * 4 / 5 + 2 * 1 / 2 + 1 * 0) / 5
    assert score(WEIGHTED_F1, gold, predicted) == pytest.approx(weighted)


def test_all_right_and_all_wrong():
    for metric in (ACCURACY, MACRO_F1, WEIGHTED_F1):
        assert score(metric, [0, 1, 2], [0, 1, 2]) == 1
        assert score(metric, [0, 1, 2], [1, 2, 0]) == 0


def test_a_label_that_is_neither_given_nor_said_counts_as_zero():
    assert score(ACCURACY, [0, 0, 1], [0, 0, 1]) == 1
    assert score(MACRO_F1, [0, 0, 1], [0, 0, 1]) == pytest.approx(2 / 3)
    assert score(WEIGHTED_F1, [0, 0, 1], [0, 0, 1]) == 1
    assert score(MACRO_F1, [0, 0, 1], [0, 0, 1], num_labels=2) == 1


def test_saying_one_label_always_has_a_low_macro_f1():
    assert score(ACCURACY, [0, 1, 2] * 10, [0] * 30) == pytest.approx(1 / 3)
    assert score(MACRO_F1, [0, 1, 2] * 10, [0] * 30) == pytest.approx((2 * 10 / 40) / 3)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_scores_equal_scikit_learns(pairs):
    gold, predicted = zip(*pairs, strict=True)
    assert score(ACCURACY, gold, predicted, 4) == pytest.approx(accuracy_score(gold, predicted))
    for metric, average in ((MACRO_F1, "macro"), (WEIGHTED_F1, "weighted")):
        expected = f1_score(gold, predicted, labels=range(4), average=average, zero_division=0)
        assert score(metric, gold, predicted, 4) == pytest.approx(expected)


def test_labels_are_written_for_people(tmp_path):
    examples = [LabelledText("a", 0), LabelledText("b", 1), LabelledText("c", 1)]
    TASK.write(tmp_path, "de", examples, [0, 0, 1])
    text = (tmp_path / "predictions.de.tsv").read_text("utf-8")
    assert text == "gold\tpredicted\ngood\tgood\nbad\tgood\nbad\tbad\n"


# Predictions.


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    text = tmp_path_factory.mktemp("text") / "text"
    text.write_text(" ".join(f"w{number}" for number in range(25)), encoding="utf-8")
    return new_encoder([text], EncoderShape(layers=1, width=8, heads=1), seed=0).tokenizer


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    config = BertConfig(
        vocab_size=30,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=30,
        initializer_range=0.3,
    )
    torch.manual_seed(3)
    BertForMaskedLM(config).save_pretrained(folder)
    classifier = NLI.new_model(folder, seed=5)
    with torch.no_grad():
        classifier.classifier.weight *= 50  # so that labels differ
    return classifier


@pytest.fixture(scope="module")
def sequences():
    """Draw 150 of them, hence three batches, of 3 to 20 pieces, in no order."""
    generator = np.random.default_rng(0)

    def one():
        pieces = generator.integers(5, 30, size=generator.integers(3, 21)).astype(np.int32)
        return LabelledSequence(pieces, np.zeros(len(pieces), dtype=np.int32), 0)

    return [one() for _ in range(150)]


def predict(model, tokenizer, sequences, precision):
    return NLI.predict(model, tokenizer, sequences, sequences, precision)


def test_predictions_are_those_of_each_example_alone(model, tokenizer, sequences):
    model.train()  # it is put into evaluation mode
    predicted = predict(model, tokenizer, sequences, "fp32")
    assert set(predicted) == {0, 1, 2}
    with torch.no_grad():
        alone = [
            int(model(torch.from_numpy(one.pieces.astype(np.int64))[None]).logits.argmax())
            for one in sequences
        ]
    assert predicted == alone


def test_predictions_follow_their_examples(model, tokenizer, sequences):
    predicted = predict(model, tokenizer, sequences, "fp32")
    order = np.random.default_rng(1).permutation(len(sequences))
    shuffled = predict(model, tokenizer, [sequences[i] for i in order], "fp32")
    assert shuffled == [predicted[i] for i in order]
    assert predict(model, tokenizer, [], "fp32") == []


def test_predictions_in_bf16_are_mostly_the_same(model, tokenizer, sequences):
    exact = predict(model, tokenizer, sequences, "fp32")
    rounded = predict(model, tokenizer, sequences, "bf16")
    assert np.mean(np.equal(exact, rounded)) > 0.95
