"""Parallel text in each of its forms, and what is refused."""

import logging
import os
import tempfile
import tracemalloc
from itertools import islice
from pathlib import Path

import datasets
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave.corpus import Bitext, SentencePair, atomic_write, open_bitext
from lingweave.errors import BitextError, TextFileError, UserError

PAIRS = [SentencePair("a house", "ein Haus", 1), SentencePair("yes", "ja", 2)]


@pytest.fixture
def write(tmp_path):
    def write_file(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def folder(write):
    write("en-de/train.en", "a house\nyes\n")
    write("en-de/valid.en", "no\n")
    write("en-de/valid.de", "nein\n")
    return write("en-de/train.de", "ein Haus\nja\n").parent


def refusal(location, **options):
    with pytest.raises(UserError) as caught:
        list(open_bitext(location, **options))
    assert isinstance(caught.value, BitextError | TextFileError)
    return str(caught.value)


def languages(bitext):
    return bitext.source_language, bitext.target_language


# The forms.


def test_two_parallel_files_as_a_pair_or_with_a_comma(folder):
    for location in [
        (folder / "train.en", str(folder / "train.de")),
        f"{folder / 'train.en'},{folder / 'train.de'}",
    ]:
        bitext = open_bitext(location)
        assert list(bitext) == PAIRS
        assert languages(bitext) == ("en", "de")


def test_endings_that_are_no_languages_are_not_taken_for_some(write):
    source, target = write("a.src", "x\n"), write("a.tgt", "y\n")
    assert languages(open_bitext((source, target))) == (None, None)
    assert languages(open_bitext((source, target), source_language="en")) == ("en", None)


def test_a_folder_tells_the_languages_by_its_name(folder):
    bitext = open_bitext(folder)
    assert list(bitext) == PAIRS
    assert languages(bitext) == ("en", "de")
    assert list(open_bitext(str(folder), split="valid")) == [SentencePair("no", "nein", 1)]


@pytest.mark.parametrize("options", [{"source_language": "de"}, {"target_language": "en"}])
def test_a_folder_can_be_read_the_other_way_round(folder, options):
    bitext = open_bitext(folder, **options)
    assert languages(bitext) == ("de", "en")
    assert next(iter(bitext)) == SentencePair("ein Haus", "a house", 1)


def test_a_folder_with_another_name_needs_the_languages(folder):
    folder = folder.rename(folder.parent / "news")
    assert "'news' does not say which two languages these are" in refusal(folder)
    assert list(open_bitext(folder, source_language="en", target_language="de")) == PAIRS


def test_one_tsv(write):
    assert list(open_bitext(write("x.tsv", "a house\tein Haus\nyes\tja"))) == PAIRS
    assert list(open_bitext(write("noending", "a house\tein Haus\nyes\tja\n"))) == PAIRS


def test_a_tsv_may_contain_fast_aligns_bars(write):
    path = write("x.tsv", "a ||| b\tc\n")
    assert list(open_bitext(path)) == [SentencePair("a ||| b", "c", 1)]


def test_fast_aligns_format_with_any_spaces_around_its_bars(write):
    path = write("x.txt", " a house   ||| ein Haus  \nyes ||| ja\n")
    assert list(open_bitext(path)) == PAIRS


def test_bars_within_a_word_are_that_words(write):
    path = write("x.txt", "a|||b ||| c\n")
    assert list(open_bitext(path)) == [SentencePair("a|||b", "c", 1)]


def test_a_bitext_is_read_anew_each_time_and_lazily(folder):
    bitext = open_bitext(folder)
    assert list(bitext) == list(bitext) == PAIRS
    assert list(islice(bitext, 1)) == PAIRS[:1]


def test_a_bitext_can_be_made_of_anything_that_yields_pairs():
    bitext = Bitext(name="toy", read=lambda: iter(PAIRS))
    assert list(bitext) == list(bitext) == PAIRS


# What is refused.


def test_unequal_line_counts_are_refused_at_once_with_both_counts(write):
    source, target = write("a.en", "1\n" * 1200), write("a.de", "1\n" * 7)
    with pytest.raises(BitextError) as caught:
        open_bitext((source, target))
    assert str(caught.value) == (
        f"{source}: 1,200 lines, but {target} has 7; "
        "give two files in which line n of one translates line n of the other"
    )


def test_an_empty_side_is_refused_where_it_stands(write):
    source, target = write("a.en", "x\ny\n"), write("a.de", "x\n \t\u3000\n")
    assert refusal((source, target)) == (
        f"{target}:2: the target sentence is empty; remove the pair from both sides"
    )
    assert (
        refusal(write("x.tsv", "\tb\n")).split(": ")[1].startswith("the source sentence is empty")
    )
    assert "x.txt:2: the source sentence is empty" in refusal(write("x.txt", "a ||| b\n||| c\n"))
    assert "x.txt:1: the target sentence is empty" in refusal(write("x.txt", "a |||\n"))


def test_empty_sides_are_skipped_on_demand_and_counted(write, caplog):
    path = write("x.tsv", "a\t\nb\tc\n\td\n")
    with caplog.at_level(logging.WARNING):
        assert list(open_bitext(path, on_empty="skip")) == [SentencePair("b", "c", 2)]
    assert caplog.messages == [f"{path}: 2 pairs with an empty side were skipped"]


def test_a_file_without_pairs_is_refused(write):
    assert "there is no sentence pair" in refusal(write("x.tsv", ""))


def test_a_pipe_is_refused_as_text_is_read_more_than_once(tmp_path, write):
    pipe, file = tmp_path / "pipe", write("text.de", "ein Haus\n")
    os.mkfifo(pipe)
    for location in (pipe, f"{file},{pipe}"):
        with pytest.raises(TextFileError, match="can be read only once; write the text to a file"):
            open_bitext(location)


def test_a_bitext_names_its_files(folder, write):
    assert open_bitext(folder).files == (folder / "train.en", folder / "train.de")
    file = write("text.tsv", "a house\tein Haus\n")
    assert open_bitext(file).files == (file,)


def test_wrong_columns_are_refused(write):
    path = write("x.tsv", "a\tb\na\tb\tc\n")
    assert refusal(path) == (
        f"{path}:2: 3 columns, expected 2 (source TAB target); "
        "keep two columns, and no TAB within a sentence"
    )
    assert "x.tsv:2: 1 columns, expected 2" in refusal(write("x.tsv", "a\tb\n\n"))


def test_bars_without_a_space_are_refused(write):
    path = write("x.txt", "a ||| b\ntext||| text\n")
    assert refusal(path) == (
        f"{path}:2: no space beside `|||`; "
        "write the line as `source ||| target`, with a space on both sides of |||"
    )
    assert "x.txt:1: no space beside" in refusal(write("x.txt", "text||| text\n"))
    assert "x.txt:1: 2 separators `|||`, expected 1" in refusal(write("x.txt", "a ||| b ||| c\n"))
    assert "x.txt:2: 0 separators `|||`, expected 1" in refusal(write("x.txt", "a ||| b\nc\n"))


def test_a_file_of_no_known_format_is_refused(write):
    path = write("x.txt", "only one language\n")
    assert refusal(path).startswith(f"{path}:1: neither a TAB nor `|||` separates two sentences; ")


def test_missing_files_are_refused_at_once(tmp_path, folder):
    with pytest.raises(TextFileError, match="no such file"):
        open_bitext((folder / "train.en", folder / "train.fr"))
    with pytest.raises(TextFileError, match="no such file or folder"):
        open_bitext(tmp_path / "none")
    with pytest.raises(TextFileError) as caught:
        open_bitext(folder, split="test")
    assert str(caught.value) == (
        f"{folder / 'test.en'}: no such file (the folder has: "
        "train.de, train.en, valid.de, valid.en); check the split and the two languages"
    )


def test_a_language_that_the_folder_does_not_have_is_refused(folder):
    assert "the languages are en and de, not fr" in refusal(folder, source_language="fr")


def test_a_line_that_is_not_utf8_is_named(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_bytes(b"a\tb\n\xff\tb\n")
    assert f"{path}:2: the line is not UTF-8" in refusal(path)


# The hub.


def test_a_hub_dataset_offline_gives_one_clear_line(monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    message = refusal("Helsinki-NLP/opus-100:de-en")
    assert message == (
        "Helsinki-NLP/opus-100:de-en: no file or folder has this name, and the hub cannot be "
        "reached to look for a dataset; check the path, or connect to the internet and unset "
        "HF_HUB_OFFLINE"
    )


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (datasets.exceptions.DatasetNotFoundError("x"), "nor a dataset on the hub"),
        (ValueError("BuilderConfig 'xx' not found.\nMore"), "BuilderConfig 'xx' not found.)"),
    ],
)
def test_an_unknown_hub_dataset_gives_one_clear_line(monkeypatch, failure, words):
    def fail(*_args, **_options):
        raise failure

    monkeypatch.setattr(datasets, "load_dataset", fail)
    message = refusal("owner/name:en-de")
    assert words in message
    assert "\n" not in message


@pytest.fixture
def hub(monkeypatch):
    """Put rows on a hub that has one dataset; yields what was asked for."""
    asked = []

    def put(rows):
        dataset = datasets.Dataset.from_list(rows).to_iterable_dataset()
        monkeypatch.setattr(
            datasets,
            "load_dataset",
            lambda *args, **options: asked.append((args, options)) or dataset,
        )
        return asked

    return put


def test_hub_rows_become_pairs(hub):
    asked = hub([{"translation": {"de": "ein Haus", "en": "a house"}}])
    bitext = open_bitext("owner/name:de-en", source_language="en", split="test")
    assert list(bitext) == list(bitext) == PAIRS[:1]
    assert languages(bitext) == ("en", "de")
    assert asked == [(("owner/name", "de-en"), {"split": "test", "streaming": True})]


def test_hub_rows_may_have_one_column_per_language(hub):
    hub([{"en": "yes", "de": "ja"}])
    bitext = open_bitext("owner/name", source_language="en", target_language="de")
    assert list(bitext) == [SentencePair("yes", "ja", 1)]
    assert "does not say which two languages" in refusal("owner/name")


def test_hub_rows_are_checked_like_lines(hub):
    hub([{"translation": {"de": "ja", "en": "yes"}}, {"translation": {"de": " ", "en": "x"}}])
    assert "owner/name:en-de:2: the target sentence is empty" in refusal("owner/name:en-de")
    assert "owner/name:1: no text for 'fr' (found: de, en)" in refusal(
        "owner/name", source_language="en", target_language="fr"
    )


# Properties.

sentences = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="|,\u2028\u2029")
).filter(lambda text: text and text == text.strip() and not text.startswith("\ufeff"))


@given(st.lists(st.tuples(sentences, sentences), min_size=1))
def test_what_is_written_in_any_form_is_read_back(pairs):
    expected = [SentencePair(*pair, line) for line, pair in enumerate(pairs, start=1)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file_name, separator in [("x.tsv", "\t"), ("x.txt", " ||| ")]:
            with atomic_write(folder / file_name) as file:
                file.writelines(separator.join(pair) + "\n" for pair in pairs)
            assert list(open_bitext(folder / file_name)) == expected
        for side, language in enumerate(["en", "de"]):
            with atomic_write(folder / f"train.{language}") as file:
                file.writelines(pair[side] + "\n" for pair in pairs)
        assert list(open_bitext((folder / "train.en", folder / "train.de"))) == expected


def test_a_large_bitext_is_streamed(tmp_path):
    num_pairs = 100_000  # 20 MB
    for language in ["en", "de"]:
        with (tmp_path / f"train.{language}").open("w") as file:
            file.writelines(f"{number} {'word ' * 18}\n" for number in range(num_pairs))
    tracemalloc.start()
    try:
        bitext = open_bitext((tmp_path / "train.en", tmp_path / "train.de"))
        assert sum(1 for _ in bitext) == num_pairs
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


# Real data.


def test_real_folders_of_the_shared_data(shared):
    for folder in sorted((shared / "data" / "bitext").iterdir()):
        bitext = open_bitext(folder, split="valid")
        assert languages(bitext) == tuple(folder.name.split("-"))
        pairs = list(bitext)
        assert len(pairs) == 500
        assert pairs[-1].line == 500


def test_real_fast_align_files_of_the_shared_data(shared):
    for name, num_pairs in [("enfr", 447), ("zhen", 450)]:
        pairs = list(open_bitext(shared / "data" / "alignment" / f"{name}.src-tgt"))
        assert len(pairs) == num_pairs
    assert pairs[0].target.startswith("scientists have long conjectured")
