"""Where examples are: languages filled in."""

import pytest

from lingweave.tasks import Examples


def test_of_two_languages_the_context_comes_first():
    examples = Examples(path="c-{context}-q-{question}.{language}.json", where={"q": "{question}"})
    pair = examples.of("de-en")
    assert pair.path == "c-de-q-en.de-en.json"
    assert pair.where == {"q": "en"}
    assert (pair.language, pair.context_language) == ("de-en", "de")
    same = examples.of("zh")
    assert (same.path, same.context_language) == ("c-zh-q-zh.zh.json", "zh")


def test_a_language_that_is_given_stays():
    assert Examples(path="a", language="es").of("de").language == "es"
    assert Examples(path="a").context_language == "en"


@pytest.mark.parametrize(
    ("path", "names"),
    [("{language}", True), ("{context}", True), ("{question}", True), ("{lang}", False)],
)
def test_whether_a_language_is_filled_in_is_known(path, names):
    assert Examples(path=path).names_language is names
    assert Examples(path="a", where={"b": path}).names_language is names


def test_only_what_is_trained_on_has_a_split_of_its_own_accord():
    assert Examples(path="owner/name").split is None
    assert Examples(path="owner/name").to_train_on().split == "train"
    assert Examples(path="owner/name", split="all").to_train_on().split == "all"
