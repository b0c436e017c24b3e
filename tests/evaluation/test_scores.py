"""What a score says: all metrics of the task, of how many examples, and by what it was made."""

import numpy as np

from lingweave import __version__
from lingweave.evaluation import joint_signature, score_predictions
from lingweave.tasks import MLQA, NLI
from lingweave.tasks.classification import label_statistics

ABOUT = {"task": "nli.1", "test": "test.tsv", "lang": "de"}
SIGNATURE = f"task:nli.1|test:test.tsv|lang:de|metric:accuracy+macro_f1|lingweave:{__version__}"


def test_a_score_has_the_metrics_of_its_task():
    """Labels by hand: 3 of 5 right; F1 4/5, 1/2 and 0."""
    statistics = label_statistics([0, 0, 1, 1, 2], [0, 0, 1, 0, 1], 3)
    scores = score_predictions(NLI, statistics, ABOUT)
    assert scores == {
        "accuracy": 3 / 5,
        "macro_f1": np.mean([4 / 5, 1 / 2, 0]),
        "num_examples": 5,
        "signature": SIGNATURE,
    }


def test_another_task_has_others():
    scores = score_predictions(MLQA, np.array([[0.5, 0, 1], [1, 1, 1]]), ABOUT)
    assert list(scores) == ["f1", "exact_match", "num_examples", "signature"]
    assert (scores["f1"], scores["exact_match"], scores["num_examples"]) == (0.75, 0.5, 2)


def test_the_signature_of_a_mean_names_what_differs_and_hashes_hashes_anew():
    german, chinese = (
        f"task:nli.1|test:test.{lang}.tsv|first:9|data:{data}|lang:{lang}|model:ab12|seeds:1+1"
        for lang, data in (("de", "0a0a0a"), ("zh", "1b1b1b"))
    )
    facts = dict(fact.split(":", 1) for fact in joint_signature([german, chinese]).split("|"))
    data = facts.pop("data")
    assert facts == {
        "task": "nli.1",
        "test": "test.de.tsv+test.zh.tsv",
        "first": "9",
        "lang": "de+zh",
        "model": "ab12",
        "seeds": "1+1",
    }
    assert len(data) == 6
    assert f"data:{data}|" not in joint_signature([german, german.replace("0a0a0a", "1b1b1c")])
    assert joint_signature([german]) == german
