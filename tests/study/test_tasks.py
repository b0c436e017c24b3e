"""A study of tasks of three kinds: each is read, trained, selected and scored its own way."""

import json

import numpy as np
import pytest

from lingweave.config import Recipe
from lingweave.errors import CheckpointError
from lingweave.evaluation import PREDICTIONS, read_model_predictions
from lingweave.report import markdown_report
from lingweave.study import MEAN, run_study
from lingweave.study.plan import make_plan
from lingweave.study.stage import Store
from lingweave.tasks import TASKS
from trained_tokenizers import SENTENCES

TAGS = ["B-PER", "O", "B-LOC", "I-LOC"]
METRICS = {
    "answers": ["f1", "exact_match"],
    "names": ["f1", "precision", "recall"],
    "comments": ["macro_f1", "weighted_f1", "accuracy"],
}


class Silent:
    def stage(self, *_facts):
        pass

    def update(self, report):
        pass


def write_data(folder):
    """In each file as many examples as there are sentences, 15; in Hindi questions fewer."""
    (folder / "text.txt").write_text("\n".join(SENTENCES) + "\n", "utf-8")
    (folder / "pairs.tsv").write_text("\n".join(f"{s}\t{s}" for s in SENTENCES) + "\n", "utf-8")
    for pair, sentences in {"en-en": SENTENCES, "hi-en": SENTENCES[:9]}.items():
        questions = []
        for number, context in enumerate(sentences):
            word = context.split()[-1]
            answer = {"text": word, "answer_start": context.rindex(word)}
            entry = {"id": str(number), "question": SENTENCES[0], "answers": [answer]}
            questions.append({"context": context, "qas": [entry]})
        content = json.dumps({"data": [{"paragraphs": questions}]}, ensure_ascii=False)
        context_language, _, question_language = pair.partition("-")
        name = f"c-{context_language}-q-{question_language}.json"
        (folder / name).write_text(content, "utf-8")
    labels = ["positive", "negative", "not-Tamil"]
    for language in ("en", "hi"):
        blocks = [
            "\n".join(f"{word}\t{TAGS[at % 4]}" for at, word in enumerate(sentence.split()))
            for sentence in SENTENCES
        ]
        (folder / f"names.{language}.tsv").write_text("\n\n".join(blocks) + "\n", "utf-8")
        rows = [f"{sentence}\t{labels[at % 3]}" for at, sentence in enumerate(SENTENCES)]
        text = "\n".join(["text\tlabel", *rows]) + "\n"
        (folder / f"comments.{language}.tsv").write_text(text, "utf-8")


def task(folder, name, path, languages):
    english = {"path": str(folder / path.replace("{context}-q-{question}", "en-q-en"))}
    english["path"] = english["path"].replace("{language}", "en")
    return {
        "task": name,
        "train": english,
        "dev": english | {"first": 6},
        "test": {"path": str(folder / path)},
        "languages": languages,
    }


def recipe(folder):
    short = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-3, "precision": "fp32"}
    return Recipe.model_validate(
        {
            "name": "kinds",
            "encoder": {
                "scratch": {
                    "texts": [str(folder / "text.txt")],
                    "shape": {"layers": 1, "width": 16, "heads": 2, "max_length": 64},
                    "training": short,
                }
            },
            "bitext": [
                {
                    "location": str(folder / "pairs.tsv"),
                    "source_language": "en",
                    "target_language": "hi",
                }
            ],
            "pretraining": short | {"max_length": 32},
            "systems": {"untouched": {"objective": "none"}, "mlm": {"objective": "mlm"}},
            "control": "untouched",
            "finetuning": short | {"epochs": 2, "max_length": 48},
            "tasks": {
                "answers": task(folder, "mlqa", "c-{context}-q-{question}.json", ["en", "hi-en"]),
                "names": task(folder, "ner", "names.{language}.tsv", ["en", "hi"]),
                "comments": task(folder, "sentiment", "comments.{language}.tsv", ["en", "hi"]),
            },
        }
    )


class Study:
    def __init__(self, folder):
        self.folder = folder
        write_data(folder)
        self.recipe = recipe(folder)
        self.results = run_study(self.recipe, folder / "out", observer=Silent())
        self.plan = make_plan(self.recipe)
        self.store = Store(folder / "out" / "stages")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("study"))


@pytest.mark.slow
def test_each_task_is_scored_by_its_own_metrics(study):
    assert {name: list(one.metrics) for name, one in study.results.measures.items()} == METRICS
    assert all(one.chance is None for one in study.results.measures.values())
    scores = {(one.system, one.task, one.language): one for one in study.results.scores}
    assert len(scores) == 2 * 3 * 2  # one other language: no mean
    assert ("mlm", "answers", MEAN) not in scores
    for (_, task_name, language), score in scores.items():
        assert list(score.metrics) == METRICS[task_name]
        assert score.score.mean == pytest.approx(score.metrics[METRICS[task_name][0]])
        assert score.score.low <= score.score.mean <= score.score.high
        assert score.num_examples == (9 if language == "hi-en" else 15)
        (seed,) = score.seeds
        assert seed.metrics == pytest.approx(score.metrics)
        assert f"lang:{language}|" in seed.signature


@pytest.mark.slow
def test_scores_are_those_of_the_predictions_that_were_kept(study):
    for trial in study.plan.trials:
        registered = TASKS[study.recipe.tasks[trial.task].task]
        folder = study.store.folder(trial.evaluate)
        kept_predictions = read_model_predictions(folder / PREDICTIONS)
        for language in trial.languages:
            sums = kept_predictions[language].statistics.sum(axis=0)
            kept = {metric.name: float(metric.of(sums)) for metric in registered.metrics}
            seeds = next(
                score.seeds
                for score in study.results.scores
                if (score.system, score.task, score.language)
                == (trial.system, trial.task, language)
            )
            assert kept in [pytest.approx(seed.metrics) for seed in seeds]


@pytest.mark.slow
def test_the_epoch_is_selected_by_the_tasks_first_metric(study):
    for trial in study.plan.trials:
        text = (study.store.folder(trial.finetune) / "finetuning.json").read_text("utf-8")
        record = json.loads(text)
        assert record["metric"] == METRICS[trial.task][0]
        assert len(record["dev_scores"]) == 2
        assert record["selected_epoch"] == int(np.argmax(record["dev_scores"])) + 1
        assert (record["train_examples"], record["dev_examples"]) == (15, 6)
        assert record["train_sequences"] >= 15


@pytest.mark.slow
def test_answers_are_kept_as_the_official_scripts_read_them(study):
    trial = next(one for one in study.plan.trials if one.task == "answers")
    path = study.store.folder(trial.evaluate) / "predictions.hi-en.json"
    answers = json.loads(path.read_text("utf-8"))
    assert list(answers) == [str(number) for number in range(9)]
    for number, answer in answers.items():
        assert answer
        assert answer in SENTENCES[int(number)]


@pytest.mark.slow
def test_the_report_has_a_table_for_each_metric(study):
    markdown = markdown_report(study.results)
    for title in (
        "answers, zero-shot: F1 in %",
        "answers, zero-shot: exact match in %",
        "names, zero-shot: recall in %",
        "comments, zero-shot: macro-F1 in %",
        "comments, zero-shot: weighted F1 in %",
    ):
        assert markdown.count(f"### {title}\n") == 1
    assert "Paired differences in F1 or macro-F1 on the same test examples" in markdown
    assert "## Exact match, precision, recall, weighted F1, accuracy" in markdown


def test_the_language_of_the_examples_goes_into_the_hash_where_the_score_depends_on_it(tmp_path):
    write_data(tmp_path)
    made = recipe(tmp_path)
    plans = []
    for language in ("", "de"):
        tasks = {}
        for name, source in made.tasks.items():
            dev = source.dev.model_copy(update={"language": language})
            tasks[name] = source.model_copy(update={"dev": dev})
        plans.append(make_plan(made.model_copy(update={"tasks": tasks})))
    first, second = ({one.task: one.finetune.digest for one in plan.trials} for plan in plans)
    assert first["answers"] != second["answers"]
    assert (first["names"], first["comments"]) == (second["names"], second["comments"])


def test_sets_of_questions_share_a_training_where_english_selects_the_epoch(tmp_path):
    write_data(tmp_path)
    made = recipe(tmp_path)
    mlqa = made.tasks["answers"].model_dump(exclude_unset=True)
    tasks = {
        "mlqa": mlqa,
        "xquad": mlqa | {"task": "xquad"},
        "tydiqa": mlqa | {"task": "tydiqa"},
        "hindi": mlqa | {"dev": mlqa["dev"] | {"language": "hi"}},
    }
    changed = Recipe.model_validate(made.model_dump(exclude_unset=True) | {"tasks": tasks})
    trials = {trial.task: trial for trial in make_plan(changed).trials if trial.system == "mlm"}
    digests = {name: trial.finetune.digest for name, trial in trials.items()}
    assert digests["mlqa"] == digests["xquad"] == digests["tydiqa"] != digests["hindi"]
    assert len({trial.evaluate.digest for trial in trials.values()}) == 4
    assert [trials[name].evaluate.settings["task"] for name in tasks] == [
        "mlqa",
        "xquad",
        "tydiqa",
        "mlqa",
    ]


def test_fewer_examples_than_are_asked_for_are_told_once(tmp_path, caplog):
    write_data(tmp_path)
    made = recipe(tmp_path)
    names = made.tasks["names"]
    test = names.test.model_copy(update={"skip": 5, "first": 11})
    tasks = {"names": names.model_copy(update={"test": test, "languages": ["en"]})}
    make_plan(made.model_copy(update={"tasks": tasks}))
    (told,) = (record.getMessage() for record in caplog.records)
    path = tmp_path / "names.en.tsv"
    assert told == f"{path}: the first 11 examples are asked for, but it has 10"


@pytest.mark.slow
def test_sequences_that_are_too_long_for_the_encoder_are_told(tmp_path):
    write_data(tmp_path)
    made = recipe(tmp_path)
    long = made.finetuning.model_copy(update={"max_length": 65})
    answers = {"answers": made.tasks["answers"]}
    context = " ".join(SENTENCES * 2)
    entry = {"id": "1", "question": "?", "answers": []}
    content = {"data": [{"paragraphs": [{"context": context, "qas": [entry]}]}]}
    (tmp_path / "c-en-q-en.json").write_text(json.dumps(content), "utf-8")
    study = made.model_copy(update={"finetuning": long, "tasks": answers})
    with pytest.raises(CheckpointError, match="65 pieces, but the encoder has 64 positions; lower"):
        run_study(study, tmp_path / "out", observer=Silent())


@pytest.mark.parametrize(
    ("max_length", "lengths"), [(None, {"answers": 384, "names": 128, "comments": 128}), (48, None)]
)
def test_a_task_has_its_own_length_unless_the_recipe_says_one(tmp_path, max_length, lengths):
    write_data(tmp_path)
    made = recipe(tmp_path)
    finetuning = made.finetuning.model_copy(update={"max_length": max_length})
    plan = make_plan(made.model_copy(update={"finetuning": finetuning}))
    found = {trial.task: trial.evaluate.settings["max_length"] for trial in plan.trials}
    trained = {
        trial.task: trial.finetune.settings["training"]["max_length"] for trial in plan.trials
    }
    assert found == trained == (lengths or dict.fromkeys(found, 48))
