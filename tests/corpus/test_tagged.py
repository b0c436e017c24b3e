"""Tagged sentences: XTREME's layout, the one it is made of, and the hub's."""

import json

import datasets
import pytest

from lingweave.corpus import TaggedSentence, read_tagged
from lingweave.errors import TableError, TextFileError


@pytest.fixture
def write(tmp_path):
    def write_file(text):
        path = tmp_path / "dev.tsv"
        path.write_text(text, "utf-8")
        return path

    return write_file


def refusal(path):
    with pytest.raises((TableError, TextFileError)) as caught:
        list(read_tagged(path))
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_an_empty_line_ends_a_sentence(write, end):
    path = write(f"Anna\tB-PER\nsleeps\tO\n\n\n前\tB-LOC\n鎮\tI-LOC{end}")
    assert list(read_tagged(path)) == [
        TaggedSentence(1, ("Anna", "sleeps"), ("B-PER", "O")),
        TaggedSentence(5, ("前", "鎮"), ("B-LOC", "I-LOC")),
    ]


def test_the_language_before_all_words_of_a_file_is_left_away(write):
    path = write("en:Anna\tB-PER\nen::\tO\n\nen:en:\tO\n")
    assert [sentence.words for sentence in read_tagged(path)] == [("Anna", ":"), ("en:",)]
    (sentence,) = read_tagged(write("simple:Anna\tB-PER\n"))  # WikiANN's of simple English
    assert sentence.words == ("Anna",)


@pytest.mark.parametrize("text", ["re:member\tO\nit\tO\n", "en:a\tO\n\nde:b\tO\n", "EN:a\tO\n"])
def test_what_not_all_words_begin_with_stays(write, text):
    first = next(read_tagged(write(text))).words[0]
    assert first == text.partition("\t")[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [("Anna B-PER\n", 1), ("a\tO\nb\n", 2), ("a\tO\tx\n", 1), ("a\tO\n\tO\n", 2), ("a\t\n", 1)],
)
def test_a_line_that_is_no_word_with_a_tag_is_told(write, text, line):
    assert refusal(write(text)).startswith(f":{line}: expected a word, a TAB and its tag, found")


def test_of_a_long_line_only_the_beginning_is_quoted(write):
    line = json.dumps({"tokens": ["word"] * 50, "ner_tags": [0] * 50})
    assert f"found {line[:60] + '…'!r};" in refusal(write(line + "\n"))


def test_a_word_that_is_nothing_but_its_language_is_told(write):
    assert refusal(write("en:a\tO\nen:\tO\n")).startswith(":2: expected a word, a TAB and its tag")


def test_a_file_without_sentences_is_told(write, tmp_path):
    assert "it holds no sentence" in refusal(write("\n\n"))
    assert "no such file" in refusal(tmp_path / "none.tsv")


@pytest.fixture
def on_the_hub(monkeypatch):
    def serve(*rows):
        features = datasets.Features(
            {
                "tokens": datasets.List(datasets.Value("string")),
                "ner_tags": datasets.List(datasets.ClassLabel(names=["O", "B-PER", "I-PER"])),
            }
        )
        named = [dict(zip(features, row, strict=True)) for row in rows]
        dataset = datasets.Dataset.from_list(named, features=features).to_iterable_dataset()
        monkeypatch.setattr(datasets, "load_dataset", lambda *_args, **_options: dataset)

    return serve


def test_the_hub_has_lists_whose_numbers_have_names(on_the_hub):
    on_the_hub((["Anna", "Karenina", "sleeps"], [1, 2, 0]), (["x"], [0, 0]))
    sentences = read_tagged("unimelb-nlp/wikiann:de", split="test")
    expected = TaggedSentence(1, ("Anna", "Karenina", "sleeps"), ("B-PER", "I-PER", "O"))
    assert next(sentences) == expected
    with pytest.raises(TableError, match="wikiann:de:2: columns tokens and ner_tags do not hold"):
        next(sentences)


@pytest.mark.parametrize("word", ["", " ", "a\tb", "a\nb", None])
def test_a_word_on_the_hub_that_could_stand_in_no_file_is_told(on_the_hub, word):
    on_the_hub((["Anna"], [1]), (["in", word], [0, 0]))
    sentences = read_tagged("unimelb-nlp/wikiann:de")
    next(sentences)
    with pytest.raises(TableError) as caught:
        next(sentences)
    assert str(caught.value).startswith(
        f"unimelb-nlp/wikiann:de:2: {word!r} is no word (column tokens); "
    )


def test_a_number_on_the_hub_that_stands_for_no_tag_is_told(on_the_hub):
    on_the_hub((["Anna", "sleeps"], [1, -1]))  # not the last tag, as Python would count
    with pytest.raises(TableError, match=r"wikiann:de:1: no tag has the number -1 \(there are 3"):
        next(read_tagged("unimelb-nlp/wikiann:de"))


@pytest.mark.parametrize(
    ("name", "num_sentences", "num_words"),
    [("train.en", 20000, 160394), ("dev.zh", 10000, 213682), ("dev.ur", 1000, 5027)],
)
def test_all_real_sentences_are_read(shared, name, num_sentences, num_words):
    sentences = list(read_tagged(shared / "data" / "panx" / f"{name}.tsv"))
    assert len(sentences) == num_sentences
    assert sum(len(sentence.words) for sentence in sentences) == num_words
    assert len({tag for sentence in sentences for tag in sentence.tags}) == 7
