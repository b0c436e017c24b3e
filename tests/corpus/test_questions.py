"""Questions in SQuAD's format, from a file and from the hub; what is wrong is named."""

import json

import datasets
import pytest

from lingweave.corpus import Answer, Question, read_questions
from lingweave.errors import TableError, TextFileError

CONTEXT = "猫 sleeps on the mat."


def question(name="q1", text="the mat", start=12, **changes):
    return {
        "id": name,
        "question": "where?",
        "answers": [{"text": text, "answer_start": start}],
    } | changes


@pytest.fixture
def write(tmp_path):
    def write_file(*questions, context=CONTEXT):
        path = tmp_path / "dev.json"
        paragraphs = [{"context": context, "qas": list(questions)}]
        content = {"version": 1.0, "data": [{"title": "Cats", "paragraphs": paragraphs}]}
        path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        return path

    return write_file


def refusal(path):
    with pytest.raises((TableError, TextFileError)) as caught:
        list(read_questions(path))
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


def test_questions_are_read_with_their_context(write):
    several = [{"text": "mat", "answer_start": 16}, {"text": "猫", "answer_start": 0}]
    path = write(question(), question("q2", answers=several), question("q3", answers=[]))
    assert list(read_questions(path)) == [
        Question("q1", "where?", CONTEXT, (Answer("the mat", 12),)),
        Question("q2", "where?", CONTEXT, (Answer("mat", 16), Answer("猫", 0))),
        Question("q3", "where?", CONTEXT, ()),
    ]


def test_ids_that_come_again_are_told_apart(write):
    path = write(question("12"), question("7"), question("12"), question("12"))
    assert [one.id for one in read_questions(path)] == ["12", "7", "12#2", "12#3"]


def test_an_answer_must_stand_where_it_says(write):
    message = refusal(write(question(), question("q2", start=13)))
    assert message == (
        ": question q2: at character 13 stands 'he mat.', not the answer 'the mat'; "
        "mend answer_start, which counts characters from 0"
    )


@pytest.mark.parametrize(
    ("entry", "about"),
    [
        (question(question=" "), "question q1: the question is empty"),
        (question(text="", start=3), "not the answer ''"),
        (question(start=-1), "at character -1 stands"),
        (question(text="mat.", start=-4), "at character -4 stands"),  # as Python would count
        ({"id": "q1", "question": "where?"}, "a question is not in SQuAD's format (no 'answers')"),
        (question(answers=[{"text": "mat"}]), "not in SQuAD's format (no 'answer_start')"),
        (question(start=None), "a question is not in SQuAD's format"),
        (question(start=float("inf")), "a question is not in SQuAD's format"),
    ],
)
def test_what_is_wrong_with_a_question_is_told(write, entry, about):
    assert about in refusal(write(entry))


def test_half_a_character_is_refused(write):
    path = write(question())
    path.write_text(path.read_text("utf-8").replace("where", "where \\ud83d"), "utf-8")
    assert "question q1: a text holds half of a character" in refusal(path)


def test_what_is_no_squad_file_is_refused(tmp_path, write):
    path = tmp_path / "x.json"
    path.write_text('{\n"data": [}', "utf-8")
    assert refusal(path).startswith(":2: this is not JSON (Expecting value)")
    for content in ('{"rows": []}', "[1]", '{"data": [{"paragraphs": [{"qas": [{}]}]}]}'):
        path.write_text(content, "utf-8")
        assert "this is not SQuAD's format" in refusal(path)
    assert "it holds no question" in refusal(write())
    assert "no such file" in refusal(tmp_path / "none.json")
    assert "the context is empty" in refusal(write(question(), context=""))


def test_the_hub_has_answers_as_lists(monkeypatch):
    row = question(answers={"text": ["the mat", "mat"], "answer_start": [12, 16]}, context=CONTEXT)
    dataset = datasets.Dataset.from_list([row]).to_iterable_dataset()
    monkeypatch.setattr(datasets, "load_dataset", lambda *_args, **_options: dataset)
    assert list(read_questions("google/xquad:xquad.de", split="validation")) == [
        Question("q1", "where?", CONTEXT, (Answer("the mat", 12), Answer("mat", 16)))
    ]


@pytest.mark.parametrize(
    ("name", "num_questions"),
    [
        ("mlqa/dev-context-hi-question-en.json", 507),
        ("mlqa/dev-context-zh-question-zh.json", 504),
        ("xquad/xquad.vi.json", 1190),
        ("tydiqa/train.en.json", 3696),
    ],
)
def test_all_real_questions_are_read_and_their_answers_stand_where_they_say(
    shared, name, num_questions
):
    questions = list(read_questions(shared / "data" / name))
    assert len(questions) == num_questions
    assert len({one.id for one in questions}) == num_questions
    assert all(len(one.answers) == 1 for one in questions)
