"""Question answering from file to score: reading, prediction over windows, the official files."""

import json

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from lingweave.corpus import Answer
from lingweave.errors import CheckpointError, TableError
from lingweave.tasks import MLQA, SQUAD, TASKS, Examples
from lingweave.tasks.question_answering import QuestionExample
from lingweave.tasks.windows import span_text
from trained_tokenizers import SENTENCES, TOKENIZERS

CONTEXT = " ".join(SENTENCES)


def example(name, text="the mat", language="en", context=CONTEXT):
    answers = () if text is None else (Answer(text, context.index(text)),)
    return QuestionExample(name, "the cat sleeps?", context, answers, language)


def test_the_tasks_are_registered():
    assert TASKS["mlqa"] is MLQA
    assert TASKS["xquad"] is TASKS["tydiqa"] is SQUAD
    assert [metric.name for metric in MLQA.metrics] == ["f1", "exact_match"]


# Reading.


@pytest.fixture
def path(tmp_path):
    context = "The cat sleeps."
    question = {"id": "q1", "question": "Who?", "answers": [{"text": "cat", "answer_start": 4}]}
    content = {"data": [{"paragraphs": [{"context": context, "qas": [question]}]}]}
    path = tmp_path / "dev-context-de-question-en.json"
    path.write_text(json.dumps(content))
    return path


def test_the_score_goes_by_the_language_of_the_context(path):
    pattern = path.with_name("dev-context-{context}-question-{question}.json")
    source = Examples(path=str(pattern)).of("de-en")
    assert source.path == str(path)
    (one,) = MLQA.read(source)
    assert one == QuestionExample("q1", "Who?", "The cat sleeps.", (Answer("cat", 4),), "de")
    # "The" is no German article: 2 · 1 / (2 + 1), against 1 in English.
    predictions = [[("The cat", 1.0)]]
    assert MLQA.statistics([one], predictions).tolist() == [[pytest.approx(2 / 3), 0, 1]]
    (english,) = MLQA.read(Examples(path=str(path)))
    assert english.language == "en"
    assert MLQA.statistics([english], predictions).tolist() == [[1, 1, 1]]


def test_mlqas_score_is_refused_where_it_is_not_defined(path):
    with pytest.raises(TableError) as caught:
        MLQA.read(Examples(path=str(path), language="fr-en"))
    assert str(caught.value) == (
        f"{path}: the official score is not defined for contexts in 'fr'; "
        "choose from ar, de, en, es, hi, vi, zh, or a task with SQuAD's score"
    )
    assert next(SQUAD.read(Examples(path=str(path), language="fr"))).language == "fr"


@pytest.mark.parametrize("extra", [{"columns": {"question": "q"}}, {"where": {"lang": "de"}}])
def test_columns_mean_nothing_here(path, extra):
    with pytest.raises(TableError, match="`columns` and `where` have no meaning for questions"):
        MLQA.read(Examples(path=str(path), **extra))


# Prediction.


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder")
    config = BertConfig(
        vocab_size=400,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    torch.manual_seed(1)
    BertModel(config).save_pretrained(folder)
    return SQUAD.new_model(folder, seed=3)


def test_the_answer_is_the_best_span_of_all_windows(model):
    """A slow search over every window, start and end, with the model asked once for each window."""
    tokenizer = TOKENIZERS["wordpiece"]()
    examples = [example("a"), example("b", context=SENTENCES[0]), example("c")]
    windows = SQUAD.encode(tokenizer, examples, 40)
    assert len(windows) > 10
    predictions = SQUAD.predict(model, tokenizer, examples, windows, "fp32")
    best = {}
    for window in windows:
        context = examples[window.example].context
        with torch.no_grad():
            output = model(
                torch.from_numpy(window.pieces.astype(np.int64))[None],
                token_type_ids=torch.from_numpy(window.token_types.astype(np.int64))[None],
            )
        starts, ends = output.start_logits[0].tolist(), output.end_logits[0].tolist()
        for i, (low, _) in enumerate(window.offsets.tolist()):
            for j in range(i, min(i + 30, len(window.offsets))):
                score = starts[window.first + i] + ends[window.first + j]
                text = span_text(context, low, int(window.offsets[j][1]))
                if text and score > best.get(window.example, (-np.inf, ""))[0]:
                    best[window.example] = (score, text)
    for number, answers in enumerate(predictions):
        text, score = answers[0]
        assert score == pytest.approx(best[number][0], abs=1e-4)
        assert text == best[number][1]
        assert [one for _, one in answers] == sorted((one for _, one in answers), reverse=True)
        assert len({one for one, _ in answers}) == len(answers) <= 20


def test_no_answer_competes_only_where_some_question_has_none(model):
    tokenizer = TOKENIZERS["wordpiece"]()
    answered, unanswered = example("a"), example("b", text=None)
    for examples in ([answered], [answered, unanswered]):
        windows = SQUAD.encode(tokenizer, examples, 40)
        predictions = SQUAD.predict(model, tokenizer, examples, windows, "fp32")
        has_none = ["" in [text for text, _ in answers] for answers in predictions]
        assert has_none == [len(examples) == 2] * len(examples)
    # Of a question, the window that is least sure of "no answer" speaks.
    none_scores = []
    for window in windows:
        if window.example == 1:
            with torch.no_grad():
                output = model(
                    torch.from_numpy(window.pieces.astype(np.int64))[None],
                    token_type_ids=torch.from_numpy(window.token_types.astype(np.int64))[None],
                )
            none_scores.append(float(output.start_logits[0, 0] + output.end_logits[0, 0]))
    assert dict(predictions[1])[""] == pytest.approx(min(none_scores), abs=1e-4)


# Files.


def test_predictions_are_written_as_the_official_scripts_read_them(tmp_path):
    examples = [example("a"), example("b", text=None), example("c", text="猫", language="zh")]
    predictions = [[("the mat", 2.5), ("mat", 1.0)], [("", 0.0)], []]
    MLQA.write(tmp_path, "en", examples, predictions)
    read = {
        name: json.loads((tmp_path / f"{name}.en.json").read_text("utf-8"))
        for name in ("predictions", "n_best")
    }
    assert read["predictions"] == {"a": "the mat", "b": "", "c": ""}
    assert read["n_best"]["a"] == [{"text": "the mat", "score": 2.5}, {"text": "mat", "score": 1.0}]
    statistics = MLQA.statistics(examples, predictions)
    assert statistics.tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 1]]
    f1, exact_match = (float(metric.of(statistics.sum(axis=0))) for metric in MLQA.metrics)
    assert (f1, exact_match) == pytest.approx((2 / 3, 2 / 3))


def test_a_model_without_its_layer_for_answers_is_refused(model, tmp_path):
    model.save_pretrained(tmp_path / "model")
    SQUAD.load_model(tmp_path / "model")
    model.bert.save_pretrained(tmp_path / "encoder")
    with pytest.raises(CheckpointError, match=r"no fine-tuned model \(qa_outputs.bias is missing"):
        SQUAD.load_model(tmp_path / "encoder")
