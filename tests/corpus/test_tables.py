"""Labelled rows in each of their forms, and what is refused."""

import json
from itertools import islice

import datasets
import pytest

from lingweave.corpus import Row, open_bitext, read_questions, read_table, read_tagged
from lingweave.errors import TableError, TextFileError, UserError

XTREME_COLUMNS = {"premise": 0, "hypothesis": 1, "label": 2}
XNLI_COLUMNS = {"premise": "sentence1", "hypothesis": "sentence2", "label": "gold_label"}
NLI = {"premise": "premise", "hypothesis": "hypothesis", "label": "label"}
HEADER = "premise\thypothesis\tlabel\n"


@pytest.fixture
def write(tmp_path):
    def write_file(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def refusal(location, columns, **options):
    with pytest.raises(UserError) as caught:
        list(read_table(location, columns, **options))
    return str(caught.value)


# The forms.


def test_a_tsv_with_a_header(write):
    path = write("x.tsv", "id\tlabel\thypothesis\tpremise\n7\tneutral\ther\this\n")
    (row,) = read_table(path, NLI)
    assert row == Row(2, {"premise": "his", "hypothesis": "her", "label": "neutral"})
    assert row["label"] == "neutral"
    assert row.line == 2


def test_quotes_and_odd_line_separators_are_plain_characters(write):
    path = write("x.tsv", f'{HEADER}"He said\tsaid\u2028"\tneutral\n')
    (row,) = read_table(path, NLI)
    assert (row["premise"], row["hypothesis"]) == ('"He said', 'said\u2028"')


def test_the_xtreme_layout_has_no_header(write):
    path = write("dev-de.tsv", "p1\th1\tneutral\np2\th2\tentailment\n")
    rows = list(read_table(path, XTREME_COLUMNS))
    assert [(row.line, row["label"]) for row in rows] == [(1, "neutral"), (2, "entailment")]


XNLI_HEADER = [
    *["language", "gold_label", "sentence1_binary_parse", "sentence2_binary_parse"],
    *["sentence1_parse", "sentence2_parse", "sentence1", "sentence2", "promptID", "pairID"],
    *["genre", "label1", "label2", "label3", "label4", "label5"],
    *["sentence1_tokenized", "sentence2_tokenized", "match"],
]


def xnli_line(language, label, premise, hypothesis):
    cells = dict.fromkeys(XNLI_HEADER, "")
    cells |= {"language": language, "gold_label": label}
    cells |= {"sentence1": premise, "sentence2": hypothesis}
    return "\t".join(cells.values()) + "\n"


def test_the_first_published_xnli_has_all_languages_in_one_file(write):
    path = write(
        "xnli.dev.tsv",
        "\t".join(XNLI_HEADER)
        + "\n"
        + xnli_line("ar", "neutral", "a1", "a2")
        + xnli_line("de", "contradiction", 'Er sagte, "Mama', "d2"),
    )
    (row,) = read_table(path, XNLI_COLUMNS, where={"language": "de"})
    assert row.line == 3
    assert row.fields == {
        "premise": 'Er sagte, "Mama',
        "hypothesis": "d2",
        "label": "contradiction",
    }
    assert refusal(path, XNLI_COLUMNS, where={"language": "xx"}) == (
        f"{path}: no row has language = xx (found language: ar, de); choose a value found"
    )


def test_jsonl_with_named_keys(write):
    path = write("x.jsonl", json.dumps({"s1": "ä", "s2": "b", "y": 2, "z": [1]}) + "\n")
    (row,) = read_table(path, {"premise": "s1", "hypothesis": "s2", "label": "y"})
    assert row == Row(1, {"premise": "ä", "hypothesis": "b", "label": "2"})


def test_rows_are_read_lazily(write):
    path = write("x.tsv", f"{HEADER}a\tb\tc\nbroken\n")
    assert len(list(islice(read_table(path, NLI), 1))) == 1


# What is refused.


def test_a_missing_column_is_refused_with_those_found(write):
    path = write("x.tsv", "sentence1\tsentence2\tlabel\na\tb\tc\n")
    assert refusal(path, NLI) == (
        f"{path}:1: no column premise (found: label, sentence1, sentence2); "
        "give the file a header with that name, or name its columns in a recipe, by `columns:` "
        "(numbers from 0 if it has no header)"
    )
    path = write("x.jsonl", '{"premise": "a", "label": "b"}\n')
    assert f"{path}:1: no column hypothesis (found: label, premise)" in refusal(path, NLI)
    path = write("y.tsv", "a\tb\n")
    assert f"{path}:1: no column 2 (found: 0, 1)" in refusal(path, XTREME_COLUMNS)


def test_a_table_with_commas_is_refused_as_what_it_is(write):
    path = write("x.csv", "premise,hypothesis,label\na,b,c\n")
    assert refusal(path, NLI) == (
        f"{path}:1: line 1 holds no TAB, expected a header with one between columns; "
        "separate columns by one TAB; a table with commas must be converted"
    )
    path = write("x.tsv", "text\nonly\n")  # one column is a table, too
    assert [row["text"] for row in read_table(path, {"text": "text"})] == ["only"]


def test_a_wrong_number_of_columns_is_refused(write):
    path = write("x.tsv", f"{HEADER}a\tb\tc\na\tb\n")
    assert refusal(path, NLI) == (
        f"{path}:3: 2 columns, expected 3 as in the header; "
        "separate columns by one TAB, and write no TAB or line break within a field"
    )
    path = write("y.tsv", "a\tb\tc\na\tb\tc\td\n")
    assert f"{path}:2: 4 columns, expected 3 as in line 1" in refusal(path, XTREME_COLUMNS)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("x.tsv", f"{HEADER}a\t \tneutral\n", 2),
        ("x.jsonl", '{"premise": "a", "hypothesis": null, "label": "x"}\n', 1),
    ],
)
def test_an_empty_field_is_refused(write, name, text, line):
    path = write(name, text)
    assert refusal(path, NLI) == (
        f"{path}:{line}: the hypothesis is empty (column hypothesis); fill it in or remove the row"
    )


def test_what_is_no_json_object_is_refused(write):
    path = write("x.jsonl", '{"premise": \n')
    assert refusal(path, NLI) == (
        f"{path}:1: the line is not JSON (Expecting value at position 13); "
        "write one JSON object on each line"
    )
    path = write("x.jsonl", "[1]\n")
    assert f"{path}:1: expected a JSON object, found list" in refusal(path, NLI)
    path = write("x.jsonl", '{"premise": ["a"], "hypothesis": "b", "label": "c"}\n')
    assert f"{path}:1: column premise holds a list, expected text" in refusal(path, NLI)


def test_a_table_without_rows_or_that_is_missing_is_refused(write, tmp_path):
    assert "the table has no rows" in refusal(write("x.tsv", HEADER), NLI)
    assert "no column premise (found: )" in refusal(write("x.tsv", ""), NLI)
    assert "no such file" in refusal(tmp_path / "none.tsv", NLI)
    assert "this is a folder" in refusal(tmp_path, NLI)


def test_a_column_that_is_there_twice_is_refused_if_it_is_wanted(write):
    path = write("x.tsv", "premise\tlabel\thypothesis\tlabel\ta\ta\n1\tneutral\t2\tx\t3\t4\n")
    message = refusal(path, NLI)
    assert message == f"{path}:1: two columns are called label; rename the one that is not meant"
    texts = {"premise": "premise", "hypothesis": "hypothesis"}
    assert next(read_table(path, texts)).fields == {"premise": "1", "hypothesis": "2"}


def test_half_a_character_is_refused(write):
    """As scraped text has it that was cut between the halves of an emoji."""
    row = {"premise": "so \ud83d", "hypothesis": "x", "label": "neutral"}
    path = write("x.jsonl", json.dumps(row) + "\n")
    assert refusal(path, NLI).startswith(f"{path}:1: a text holds half of a character, such as")


@pytest.mark.parametrize("read", [read_table, open_bitext, read_questions, read_tagged])
def test_a_name_that_no_file_can_have_is_refused(tmp_path, read):
    """One may not look there: so with folders that one may not enter."""
    path = tmp_path / ("x" * 300)
    with pytest.raises(TextFileError, match="cannot read the file"):
        list(read_table(path, NLI) if read is read_table else read(path))


def test_columns_by_name_and_by_number_do_not_mix(write):
    path = write("x.tsv", "a\tb\n")
    assert "columns by number and by name (label) were mixed" in refusal(
        path, {"premise": 0, "label": "label"}
    )


# The hub.


def test_hub_labels_are_given_by_name(monkeypatch):
    names = ["entailment", "neutral", "contradiction"]
    features = datasets.Features(
        {
            "premise": datasets.Value("string"),
            "hypothesis": datasets.Value("string"),
            "label": datasets.ClassLabel(names=names),
        }
    )
    rows = [
        {"premise": "p", "hypothesis": "h", "label": 2},
        {"premise": "p", "hypothesis": "h", "label": -1},
    ]
    dataset = datasets.Dataset.from_list(rows, features=features).to_iterable_dataset()
    monkeypatch.setattr(datasets, "load_dataset", lambda *_args, **_options: dataset)
    table = read_table("facebook/xnli:de", NLI, split="test")
    assert next(table) == Row(1, {"premise": "p", "hypothesis": "h", "label": "contradiction"})
    with pytest.raises(TableError, match="facebook/xnli:de:2: the label is empty"):
        next(table)


def test_a_hub_dataset_offline_gives_one_clear_line(monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    message = refusal("facebook/xnli:de", NLI)
    assert "facebook/xnli:de: no file or folder has this name, and the hub cannot" in message
    assert "\n" not in message


# Real data.


@pytest.mark.parametrize(
    ("name", "num_rows"),
    [("xnli/dev.th.tsv", 2490), ("xnli/test.zh.tsv", 5010), ("nli-en/mnli.tsv", 9815)],
)
def test_real_nli_tables_of_the_shared_data(shared, name, num_rows):
    rows = list(read_table(shared / "data" / name, NLI))
    assert len(rows) == num_rows
    assert {row["label"] for row in rows} == {"entailment", "neutral", "contradiction"}
