"""The command: what each verb leaves behind, and what a wrong input is told."""

import importlib
import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)
from typer.main import get_command
from typer.testing import CliRunner

from lingweave import __version__
from lingweave.cli import app
from lingweave.encoder import EncoderShape, ModelCard, new_encoder, save_encoder
from lingweave.objectives import OBJECTIVES
from lingweave.study import Estimate, Results, Score
from lingweave.study.results import Measure, SeedScore
from lingweave.tasks import TASKS

VERBS = ["demo", "align", "pretrain", "finetune", "evaluate", "probe", "run", "report", "switch"]
LABELS = ["entailment", "neutral", "contradiction"]

ARTICLES, ADJECTIVES = {"the": "da", "a": "ein"}, {"red": "rot", "old": "alt", "big": "groß"}
NOUNS = {"house": "Haus", "dog": "Hund", "tree": "Baum"}
TRIPLES = [*product(ARTICLES.items(), ADJECTIVES.items(), NOUNS.items())]
ENGLISH = [" ".join(english for english, _ in triple) for triple in TRIPLES] * 2
GERMAN = [" ".join(german for _, german in triple) for triple in TRIPLES] * 2
NUM_PAIRS = 36


def lingweave(*arguments, columns=200):
    return CliRunner().invoke(
        app, [str(argument) for argument in arguments], env={"COLUMNS": str(columns)}
    )


def done(*arguments):
    result = lingweave(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def lines(path):
    return path.read_text("utf-8").splitlines()


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in content), encoding="utf-8")
    return path


def nli_lines(sentences, num_rows, labels=LABELS):
    rows = []
    for i in range(num_rows):
        premise, hypothesis = sentences[i % len(sentences)], sentences[i // 3 % len(sentences)]
        rows.append(f"{premise}\t{hypothesis}\t{labels[i % len(labels)]}")
    return ["premise\thypothesis\tlabel", *rows]


def fill(folder):
    """Right input of every kind."""
    write(folder / "en-de" / "train.en", ENGLISH)
    write(folder / "en-de" / "train.de", GERMAN)
    write(folder / "nli" / "train.tsv", nli_lines(ENGLISH, 48))
    write(folder / "nli" / "dev.tsv", nli_lines(ENGLISH, 12))
    write(folder / "nli" / "test.de.tsv", nli_lines(GERMAN, 30))
    texts = [folder / "en-de" / "train.en", folder / "en-de" / "train.de"]
    encoder = new_encoder(texts, EncoderShape(layers=1, width=32, heads=2), seed=1)
    card = ModelCard(title="t", base_model="nothing", languages=[], made_by={})
    save_encoder(encoder, folder / "encoder", card=card)
    return folder


@pytest.fixture
def data(tmp_path):
    return fill(tmp_path / "data")


# Errors: exit code 2, one line, nothing left.


def listing(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refusal(folder, *arguments):
    """Run a verb that must fail, and say what it says, behind `lingweave: `."""
    before = listing(folder)
    result = lingweave(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("lingweave: ")
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith("\n")
    assert listing(folder) == before
    problem, _, remedy = result.stderr.removeprefix("lingweave: ").strip().partition("; ")
    assert problem
    assert remedy
    return result.stderr.removeprefix("lingweave: ").strip()


def align_refusal(data, bitext, *more):
    return refusal(data, "align", bitext, "--out", data / "new" / "links", *more)


def test_a_missing_bitext_is_told(data):
    path = data / "none"
    assert align_refusal(data, path) == f"{path}: no such file or folder; check the path"


def test_unequal_line_counts_are_told(data):
    source = write(data / "en-de" / "train.en", ENGLISH[:6])
    message = align_refusal(data, data / "en-de")
    assert message.startswith(f"{source}: 6 lines, but {data / 'en-de' / 'train.de'} has 36; ")


def test_an_empty_side_is_told_with_its_line(data):
    target = write(data / "en-de" / "train.de", [*GERMAN[:21], " ", *GERMAN[22:]])
    message = pretrain_refusal(data)
    assert message.startswith(f"{target}:22: the target sentence is empty; ")


def test_invalid_utf8_is_told_with_its_line(data):
    path = data / "latin.tsv"
    path.write_bytes("yes\tja\nstreet\tStraße\n".encode("latin-1"))
    assert align_refusal(data, path).startswith(f"{path}:2: the line is not UTF-8 (byte 0xdf ")


def test_wrong_columns_of_a_bitext_are_told_with_their_line(data):
    path = write(data / "three.tsv", ["yes\tja", "no\tnein\tnon"])
    assert align_refusal(data, path).startswith(f"{path}:2: 3 columns, expected 2 (source TAB")


def test_an_unknown_symmetrization_is_told_with_those_that_are_known(data):
    message = align_refusal(data, data / "en-de", "--symmetrization", "both")
    assert message.startswith("--symmetrization: ")
    assert "grow-diag-final-and" in message


def test_gold_links_beyond_a_sentence_are_told_with_their_line(data):
    gold = write(data / "gold", ["0-0", "0-7", *[""] * 34])
    message = align_refusal(data, data / "en-de", "--gold", gold)
    assert message.startswith(f"{gold}:2: link 0-7 is beyond the sentence pair of 3 source")


def test_more_gold_links_than_sentences_are_told(data):
    gold = write(data / "gold", ["0-0"] * 37)
    message = align_refusal(data, data / "en-de", "--gold", gold)
    assert message.startswith(f"{gold}: 37 lines of gold links for a text of 36 pairs; ")


def test_a_text_whose_links_would_mean_nothing_is_told(data):
    same = f"{data / 'en-de' / 'train.en'},{data / 'en-de' / 'train.en'}"
    message = align_refusal(data, same)
    assert ":1: 36 of 36 sentences are equal to their translations; give two languages" in message


def test_a_model_that_is_none_is_told(data):
    message = align_refusal(data, data / "en-de", "--model", data / "en-de" / "train.en")
    assert "this is no alignment model that can be used" in message


def test_a_place_to_write_that_is_no_folder_is_told(data):
    message = refusal(data, "align", data / "en-de", "--out", data / "nli" / "dev.tsv" / "links")
    assert message.startswith(str(data / "nli" / "dev.tsv"))


def pretrain_refusal(data, *more, encoder="encoder", bitext="en-de", out="new"):
    return refusal(data, "pretrain", data / encoder, data / bitext, "--out", data / out, *more)


def test_a_directory_that_is_no_checkpoint_is_told(data):
    expected = f"{data / 'nli'}: this directory is no checkpoint (it has no config.json); give "
    assert pretrain_refusal(data, encoder="nli").startswith(expected)
    train = data / "nli" / "train.tsv"
    options = ["--train", train, "--dev", train, "--out", data / "new"]
    assert refusal(data, "finetune", data / "nli", *options).startswith(expected)
    test = f"de={data / 'nli' / 'test.de.tsv'}"
    message = refusal(data, "evaluate", data / "nli", test, "--out", data / "new")
    assert message.startswith(expected)


def test_an_encoder_that_is_not_there_is_told(data):
    message = pretrain_refusal(data, encoder="none")
    assert message.startswith(f"{data / 'none'}: no such directory; ")


def test_an_unknown_objective_is_told_with_those_that_are_known(data):
    message = pretrain_refusal(data, "--objective", "elm")
    assert message == f"unknown objective 'elm'; choose one of: {', '.join(OBJECTIVES)}"


def test_an_unknown_task_is_told_with_those_that_are_known(data):
    train = data / "nli" / "train.tsv"
    options = ["--task", "nlu", "--out", data / "new"]
    known = f"unknown task 'nlu'; choose one of: {', '.join(TASKS)}"
    assert known.endswith("nli, paraphrase, topics, sentiment, mlqa, xquad, tydiqa, ner")
    found = refusal(data, "finetune", data / "encoder", "--train", train, "--dev", train, *options)
    assert found == known
    assert refusal(data, "evaluate", data / "encoder", f"de={train}", *options) == known


def test_the_language_of_dev_is_english_unless_it_is_said(data):
    entry = {"id": "1", "question": "?", "answers": [{"text": "a", "answer_start": 0}]}
    table = data / "questions.json"
    content = {"data": [{"paragraphs": [{"context": "a b", "qas": [entry]}]}]}
    table.write_text(json.dumps(content), "utf-8")
    options = ["--task", "mlqa", "--language", "sw", "--out", data / "new"]
    found = refusal(data, "finetune", data / "encoder", "--train", table, "--dev", table, *options)
    assert found.startswith(f"{table}: the official score is not defined for contexts in 'sw'; ")


@pytest.mark.parametrize(
    ("option", "value", "about"),
    [
        ("--batch-size", "0", "greater than or equal to 1"),
        ("--learning-rate", "-1", "greater than 0"),
        ("--max-length", "4", "greater than or equal to 8"),
        ("--epochs", "0", "greater than or equal to 1"),
        ("--max-pairs", "0", "greater than or equal to 1"),
        ("--seed", "-1", "greater than or equal to 0"),
    ],
)
def test_an_option_out_of_range_is_named(data, option, value, about):
    message = pretrain_refusal(data, "--max-length", "32", option, value)
    assert message.startswith(f"{option}: ")
    assert about in message


def test_sentences_longer_than_the_encoder_can_take_are_refused(data):
    message = pretrain_refusal(data, "--max-length", "128")
    assert "two sentences of 128 pieces do not fit its 64 positions; lower max_length" in message


@pytest.mark.parametrize("verb", ["pretrain", "finetune", "evaluate"])
def test_what_exists_is_not_written_over(data, verb):
    train = data / "nli" / "train.tsv"
    arguments = {
        "pretrain": [data / "encoder", data / "en-de"],
        "finetune": [data / "encoder", "--train", train, "--dev", train],
        "evaluate": [data / "encoder", f"de={train}"],
    }
    out = data / "nli"
    message = refusal(data, verb, *arguments[verb], "--out", out)
    assert message == f"{out}: it exists already; name another folder"


def finetune_refusal(data, table):
    dev = data / "nli" / "dev.tsv"
    out = data / "new"
    return refusal(data, "finetune", data / "encoder", "--train", table, "--dev", dev, "--out", out)


def test_an_unknown_label_is_told_with_its_line(data):
    table = write(data / "wrong.tsv", nli_lines(ENGLISH, 6, ["neutral", "maybe"]))
    message = finetune_refusal(data, table)
    assert message.startswith(f"{table}:3: unknown label 'maybe', expected one of entailment, ")


def test_wrong_columns_of_examples_are_told(data):
    table = write(data / "wrong.tsv", ["premise\thypothese\tlabel", "a\tb\tneutral"])
    message = finetune_refusal(data, table)
    assert message.startswith(f"{table}:1: no column hypothesis (found: hypothese, label, premise)")


def test_a_row_with_too_few_columns_is_told_with_its_line(data):
    table = write(data / "wrong.tsv", [*nli_lines(ENGLISH, 3), "a dog\tneutral"])
    assert finetune_refusal(data, table).startswith(f"{table}:5: 2 columns, expected 3 as in the")


def test_missing_examples_are_told(data):
    assert finetune_refusal(data, data / "none.tsv").startswith(
        f"{data / 'none.tsv'}: no such file"
    )


def evaluate_refusal(data, model, test=None):
    test = f"de={data / 'nli' / 'test.de.tsv'}" if test is None else test
    return refusal(data, "evaluate", data / model, test, "--out", data / "new")


@pytest.mark.parametrize("test", ["test.de.tsv", "de="])
def test_a_test_without_language_or_file_is_told(data, test):
    message = evaluate_refusal(data, "encoder", test)
    assert message == f"{test!r} names no language; write LANGUAGE=FILE"


def test_an_encoder_that_no_task_was_learned_with_is_not_tested(data):
    """transformers would give it a head drawn at random, and the scores would be chance."""
    assert evaluate_refusal(data, "encoder").startswith(f"{data / 'encoder'}: ")


@pytest.mark.parametrize("damage", ["missing", "cut", "shape"])
def test_a_model_with_damaged_weights_is_told(data, damage):
    path = data / "encoder" / "model.safetensors"
    content = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "shape":
        path.write_bytes(content)
        config = data / "encoder" / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"hidden_size": 64}))
    for message in (evaluate_refusal(data, "encoder"), pretrain_refusal(data)):
        assert message.startswith(f"{data / 'encoder'}: ")


def test_a_broken_recipe_is_told_with_its_line(data):
    recipe = write(data / "recipe.yaml", ["name: x", "systems: {a: ]", "control: y"])
    message = refusal(data, "run", recipe, "--out", data / "new")
    assert message.startswith(f"{recipe}:2: it is not valid YAML (")


def test_a_recipe_with_a_wrong_key_is_told_with_its_line_and_brackets_stay(data):
    recipe = write(data / "recipe.yaml", ["name: x", "'[/red]': 1"])
    message = refusal(data, "run", recipe, "--out", data / "new")
    assert message.startswith(f"{recipe}:")
    recipe = write(data / "recipe.yaml", ["name: x", "name: '[/red]'"])
    assert refusal(data, "run", recipe).startswith(f"{recipe}:2: key 'name' is given twice")
    recipe = write(data / "recipe.yaml", ["'[/red]': x", "'[/red]': x"])
    assert refusal(data, "run", recipe).startswith(f"{recipe}:2: key '[/red]' is given twice")


def test_a_missing_recipe_is_told(data):
    path = data / "none.yaml"
    assert refusal(data, "run", path).startswith(f"{path}: no such recipe; ")


def test_a_report_without_results_is_told(data):
    path = data / "results.json"
    message = refusal(data, "report", data)
    assert message == f"{path}: there are no results; run the study first"
    path.write_text('{"study": 1}')
    message = refusal(data, "report", data)
    assert message == f"{path}: this is no results file of this version; run the study again"


def test_the_exit_code_and_the_one_line_are_those_of_the_process(tmp_path):
    """The path has brackets, which a terminal library could take for its markup."""
    path = tmp_path / "[red]x[/red]"
    command = [sys.executable, "-c", "from lingweave.cli import app; app()"]
    command += ["align", str(path), "--out", str(tmp_path / "links")]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr == f"lingweave: {path}: no such file or folder; check the path\n"
    assert list(tmp_path.iterdir()) == []


# The verbs.


def test_align_writes_links_that_are_right(data):
    """Words go together one by one in these sentences, so gold is the diagonal."""
    diagonal = ["0-0 1-1 2-2"] * NUM_PAIRS
    gold = write(data / "gold", diagonal)
    out = data / "new" / "links"
    printed = done("align", data / "en-de", "--out", out, "--gold", gold)
    assert lines(out) == diagonal
    assert printed.splitlines()[0].startswith("36 pairs, 108 links in ")
    assert "aer 0.0 %, precision 100.0 %, recall 100.0 %" in printed
    assert [path.name for path in out.parent.iterdir()] == ["links"]


def test_align_measures_the_error_against_gold(data):
    """Gold has the first of three words only: nothing is missed, two thirds are too much."""
    gold = write(data / "gold", ["0-0"] * NUM_PAIRS)
    printed = done("align", data / "en-de", "--out", data / "links", "--gold", gold)
    assert "aer 50.0 %, precision 33.3 %, recall 100.0 %" in printed  # 1 - 2 · 36 / (108 + 36)


def test_align_takes_gold_links_of_the_last_pairs_whatever_they_count_from(data):
    gold = write(data / "gold", ["1-1 2-2 3-3"] * 2 + ["1-1 2p2"])
    printed = done("align", data / "en-de", "--out", data / "links", "--gold", gold)
    # 9 links drawn, 7 sure and all of them found, 8 possible: 1 - (7 + 8) / (9 + 7).
    assert "aer 6.2 %, precision 88.9 %, recall 100.0 %, on 3 pairs" in printed


def test_align_keeps_the_place_of_a_pair_with_an_empty_side(data):
    write(data / "en-de" / "train.de", [*GERMAN[:21], "", *GERMAN[22:]])
    done("align", data / "en-de", "--out", data / "links")
    written = lines(data / "links")
    assert len(written) == NUM_PAIRS
    assert [number for number, line in enumerate(written) if not line] == [21]


def test_align_writes_posteriors_and_a_lexicon(data):
    out = data / "new"
    options = ["--posteriors", out / "posteriors", "--lexicon", out / "lexicon"]
    done("align", data / "en-de", "--out", out / "links", *options)
    links = [line.split() for line in lines(out / "links")]
    scores = [[float(x) for x in line.split()] for line in lines(out / "posteriors")]
    assert list(map(len, scores)) == list(map(len, links))
    assert all(0.5 < score <= 1 for line in scores for score in line)
    word, translation, probability = lines(out / "lexicon" / "forward.tsv")[0].split("\t")
    assert (word, translation) == (ENGLISH[0].split()[0], GERMAN[0].split()[0])
    assert 0 < float(probability) <= 1
    back = [line.split("\t") for line in lines(out / "lexicon" / "reverse.tsv")]
    assert [translation, word] in [entry[:2] for entry in back]


def test_align_by_hidden_markov_models(data):
    gold = write(data / "gold", ["0-0 1-1 2-2"] * NUM_PAIRS)
    options = ["--method", "hmm-align", "--gold", gold]
    result = lingweave("align", data / "en-de", "--out", data / "links", *options)
    assert "aer 0.0 %" in result.stdout
    steps = [line.split()[:2] for line in result.stderr.splitlines() if "/" in line[:11]]
    assert steps == [["pieces", f"{n}/4"] for n in (1, 2, 3, 4)] + [
        ["words", f"{n}/3"] for n in (1, 2, 3)
    ]
    options = ["--method", "hmm-align", "--save-model", data / "new" / "model"]
    message = align_refusal(data, data / "en-de", *options)
    assert message.startswith("models, posteriors and lexicons are not to be had of hmm-align")


def test_align_by_a_saved_model_does_what_training_did(data):
    out = data / "new"
    done("align", data / "en-de", "--out", out / "links", "--save-model", out / "model")
    done("align", data / "en-de", "--out", out / "again", "--model", out / "model")
    assert lines(out / "again") == lines(out / "links")


def test_align_says_how_it_goes_and_what_it_found(data):
    write(data / "en-de" / "train.de", [*GERMAN[:21], "", *GERMAN[22:]])
    result = lingweave("align", data / "en-de", "--out", data / "links")
    assert "empty-side: 1 of 36 pairs (2.8 %); line 22" in result.stderr
    iterations = [line.split()[0] for line in result.stderr.splitlines() if "/5 " in line]
    assert iterations == ["1/5", "2/5", "3/5", "4/5", "5/5"]
    assert max(map(len, result.stderr.splitlines())) <= 80
    quiet = lingweave("align", data / "en-de", "--out", data / "links", "--no-check")
    assert "empty-side" not in quiet.stderr


def test_align_takes_two_files_their_languages_the_first_pairs_and_another_way_to_join(data):
    write(data / "a.txt", ["I love Beijing", "I love you", "not read", "not read"])
    write(data / "b.txt", ["我爱北京", "我爱你", "", ""])
    options = ["--source-language", "en", "--target-language", "zh", "--max-pairs", "2"]
    both = f"{data / 'a.txt'},{data / 'b.txt'}"
    done("align", both, "--out", data / "links", "--symmetrization", "union", *options)
    written = lines(data / "links")
    assert len(written) == 2
    targets = {int(link.split("-")[1]) for line in written for link in line.split()}
    assert max(targets) == 2  # 北京 is one word: 我 爱 北京
    assert {"0-0", "1-1"} <= set(written[0].split())


def test_align_takes_text_that_is_tokenised_already(data):
    path = write(data / "text", ["it 's here. ||| es ist hier."] * 4)
    gold = write(data / "gold", ["2-2"] * 4)
    options = ["--segmenter", "whitespace", "--gold", gold, "--gold-base", "0"]
    printed = done("align", path, "--out", data / "links", *options)
    assert "recall 100.0 %" in printed
    assert set(lines(data / "links")) == {"0-0 1-1 2-2"}


def test_switch_replaces_words_that_the_lexicon_covers(data):
    """Every word of these sentences has one translation, so at ratio 1 all are replaced."""
    text = write(data / "text", ["the house", "a house", "unknown"])
    lexicon = write(data / "en-de.tsv", ["the\tdas", "house\tHaus", "a\tein"])
    out, record = data / "new" / "text", data / "new" / "record"
    options = ["--lexicon", lexicon, "--token-ratio", "1", "--provenance", record]
    printed = done("switch", text, "--out", out, *options)
    assert lines(out) == ["das Haus", "ein Haus", "unknown"]
    assert "3 lines, 4 of 5 words switched (80.0%, covered 80.0%)" in printed
    first = json.loads(lines(record)[0])
    assert first["line"] == 1
    assert [switch["replacement"] for switch in first["switches"]] == ["das", "Haus"]
    done("switch", text, "--out", out, "--lexicon", lexicon, "--token-ratio", "0")
    assert lines(out) == lines(text)


def test_switch_tells_what_is_wrong_with_a_lexicon(data):
    text = write(data / "text", ["the house"])
    lexicon = write(data / "en-de.tsv", ["the\tdas", "house"])
    message = refusal(data, "switch", text, "--lexicon", lexicon, "--out", data / "new")
    assert message.startswith(f"{lexicon}:2: ")
    nameless = write(data / "words.tsv", ["the\tdas"])
    message = refusal(data, "switch", text, "--lexicon", nameless, "--out", data / "new")
    assert "the language of the translations is not known" in message
    more = ["--languages", "en-de", "--languages", "en-fr"]
    message = refusal(data, "switch", text, "--lexicon", nameless, "--out", data / "new", *more)
    assert message.startswith("2 times --languages for 1 lexicons; ")


def test_probe_measures_retrieval_layer_by_layer(data):
    write(data / "tatoeba" / "de-en.de", GERMAN[:12])
    write(data / "tatoeba" / "de-en.en", ENGLISH[:12])
    out = data / "probed"
    done("probe", data / "encoder", "--tatoeba", data / "tatoeba", "--out", out)
    results = json.loads((out / "results.json").read_text())
    assert [model["model"] for model in results["models"]] == ["encoder"]
    curve = results["models"][0]["retrieval"][0]
    assert curve["text"] == "de-en"
    assert "Sentence retrieval" in (out / "report.md").read_text()
    (out / "report.html").unlink()
    printed = done("report", out)
    assert "Side by side" in printed
    assert "Table(" not in printed
    assert "retrieval of sentences" in (out / "report.html").read_text("utf-8")


def test_probe_tells_what_is_not_complete(data):
    encoder, out = data / "encoder", data / "probed"
    message = refusal(data, "probe", encoder, "--gold", "en-fr=text", "--out", out)
    assert message.startswith("--gold 'en-fr=text' is not complete; write en-fr=TEXT,LINKS")
    message = refusal(data, "probe", encoder, "--out", out)
    assert message.startswith("there is nothing to probe; ")


def same_weights(one, other):
    first, second = load_file(one / "model.safetensors"), load_file(other / "model.safetensors")
    common = first.keys() & second.keys()
    assert common
    return all(torch.equal(first[name], second[name]) for name in common)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["mlm", "tlm", "weam"])
def test_pretrain_makes_a_checkpoint_that_transformers_loads(data, objective):
    options = [
        "--objective",
        objective,
        "--epochs",
        "1",
        "--batch-size",
        "12",
        "--max-length",
        "32",
    ]
    outs = [data / "one", data / "two", data / "other seed"]
    for out, seed in zip(outs, ["1", "1", "2"], strict=True):
        printed = done(
            "pretrain", data / "encoder", data / "en-de", "--out", out, "--seed", seed, *options
        )
        assert f"The encoder is in {out}" in printed
    assert sorted(path.name for path in data.iterdir()) == sorted(
        ["en-de", "nli", "encoder", *(out.name for out in outs)]
    )
    out = outs[0]
    assert AutoModel.from_pretrained(out).config.hidden_size == 32
    model, loading = AutoModelForMaskedLM.from_pretrained(out, output_loading_info=True)
    assert not loading["missing_keys"]
    assert AutoTokenizer.from_pretrained(out)("the dog")["input_ids"][0] == 2
    record = json.loads((out / "training.json").read_text("utf-8"))
    assert record["updates"] == 3
    assert objective in (out / "README.md").read_text("utf-8")
    assert not same_weights(out, data / "encoder")
    assert same_weights(out, outs[1])
    assert not same_weights(out, outs[2])


@pytest.mark.slow
def test_finetune_then_evaluate(data):
    table = {name: data / "nli" / f"{name}.tsv" for name in ("train", "dev", "test.de")}
    options = ["--epochs", "2", "--batch-size", "8", "--learning-rate", "0.001"]
    model = data / "model"
    sources = ["--train", table["train"], "--dev", table["dev"]]
    printed = done("finetune", data / "encoder", *sources, "--out", model, *options)
    assert f"The model is in {model}" in printed
    classifier = AutoModelForSequenceClassification.from_pretrained(model)
    assert [classifier.config.id2label[index] for index in range(3)] == LABELS
    record = json.loads((model / "finetuning.json").read_text("utf-8"))
    assert (record["train_examples"], record["dev_examples"], record["updates"]) == (48, 12, 12)
    assert not same_weights(model, data / "encoder")

    out = data / "scores"
    tests = [f"de={table['test.de']}", f"en={table['dev']}"]
    printed = done("evaluate", model, *tests, "--out", out)
    scores = json.loads((out / "scores.json").read_text("utf-8"))
    assert list(scores) == ["de", "en"]
    header, *rows = lines(out / "predictions.de.tsv")
    assert header == "gold\tpredicted"
    gold, predicted = zip(*(row.split("\t") for row in rows), strict=True)
    assert list(gold) == [line.split("\t")[2] for line in lines(table["test.de"])[1:]]
    assert scores["de"]["accuracy"] == pytest.approx(accuracy_score(gold, predicted))
    assert scores["de"]["num_examples"] == 30
    # What the model itself says, asked without lingweave.
    tokenizer = AutoTokenizer.from_pretrained(model)
    pairs = [line.split("\t")[:2] for line in lines(table["test.de"])[1:]]
    with torch.inference_mode():
        batch = tokenizer(*map(list, zip(*pairs, strict=True)), padding=True, return_tensors="pt")
        said = classifier.eval()(**batch).logits.argmax(dim=-1).tolist()
    assert [LABELS[index] for index in said] == list(predicted)
    first, second = printed.splitlines()[-2:]
    assert first.startswith(f"accuracy {100 * scores['de']['accuracy']:.1f} macro-F1 ")
    assert "lang:de|" in first
    assert "lang:en|" in second
    assert [path.name for path in data.iterdir() if "unfinished" in path.name] == []


RECIPE = """\
name: tiny
question: Does [/weam] help, or [bold]tlm[/bold]?
twins:
  {twins: [miro], num_text: 40, num_bitext_train: 24, num_bitext_valid: 0,
   num_nli_train: 24, num_nli_dev: 9, num_nli_test: 12}
encoder:
  scratch:
    texts: ["${twins}/text/base.txt", "${twins}/text/miro.txt"]
    shape: {layers: 1, width: 32, heads: 2}
    training: {epochs: 1}
bitext:
  - location: ["${twins}/bitext/base-miro/train.base", "${twins}/bitext/base-miro/train.miro"]
    source_language: base
    target_language: miro
    gold: "${twins}/bitext/base-miro/train.pharaoh"
pretraining: {epochs: 1, max_length: 32}
systems:
  mlm: {objective: mlm}
  tlm: {objective: tlm}
control: mlm
finetuning: {epochs: 1, max_length: 64}
tasks:
  nli:
    task: nli
    source_language: base
    train: {path: "${twins}/nli/train.base.tsv"}
    dev: {path: "${twins}/nli/dev.base.tsv"}
    test: {path: "${twins}/nli/test.{language}.tsv"}
    languages: [base, miro]
"""


@pytest.mark.slow
def test_run_does_a_study_in_a_folder_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    printed = done("run", "recipe.yaml")
    out = tmp_path / "runs" / "tiny"
    assert sorted(path.name for path in out.iterdir()) == [
        "predictions.parquet",
        "report.html",
        "report.md",
        "results.json",
        "scores.csv",
        "stages",
    ]
    question = "Does [/weam] help, or [bold]tlm[/bold]?"
    assert question in printed
    assert question in (out / "report.md").read_text("utf-8")
    for title in ("Word alignment", "nli, zero-shot: accuracy in %", "points over mlm"):
        assert title in printed
    assert "(finished before)" not in printed
    # Again: the same tables, and nothing is done.
    again = done("run", "recipe.yaml")
    results = Results.model_validate_json((out / "results.json").read_text("utf-8"))
    assert again.count("(finished before)") == len(results.stages)
    tables = printed[printed.index("Word alignment") :]
    assert again[again.index("Word alignment") :] == tables


def make_results():
    metrics = {"accuracy": 0.5, "macro_f1": 0.4}
    seeds = [SeedScore(pretraining_seed=1, finetuning_seed=1, metrics=metrics, signature="s")]
    scores = [
        Score(
            system=system,
            setting="zero-shot",
            task="nli",
            language=language,
            num_examples=100,
            score=Estimate(mean=0.5, low=0.4, high=0.6),
            metrics=metrics,
            over_control=None if system == "mlm" else Estimate(mean=0.1, low=0.05, high=0.2),
            seeds=seeds,
        )
        for system in ("mlm", "tlm")
        for language in ("en", "de", "zh", "mean")
    ]
    return Results(
        study="made by hand",
        question="",
        control="mlm",
        source_language={"nli": "en"},
        measures={
            "nli": Measure(metrics={"accuracy": "accuracy", "macro_f1": "macro-F1"}, chance=1 / 3)
        },
        scores=scores,
        alignments=[],
        systems={name: {"options": {"objective": name}, "runs": []} for name in ("mlm", "tlm")},
        recipe={"name": "hand"},
        made_by={},
        stages=[],
    )


def test_report_writes_the_report_anew(tmp_path):
    (tmp_path / "results.json").write_text(make_results().model_dump_json(), "utf-8")
    (tmp_path / "report.md").write_text("old")
    printed = done("report", tmp_path)
    written = (tmp_path / "report.md").read_text("utf-8")
    assert written.startswith("# Study made by hand\n")
    assert "| tlm | +10.0 [+5.0, +20.0] |" in written
    assert "tlm gains +10.0 points" in printed
    names = ["report.html", "report.md", "results.json", "scores.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert all(name in printed for name in names)
    (tmp_path / "report.html").unlink()
    assert done("report", tmp_path / "results.json") == printed
    assert (tmp_path / "report.html").is_file()


# Help.


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_every_verb_fits_80_columns(verb):
    result = lingweave(verb, "--help", columns=80)
    assert result.exit_code == 0
    shown = result.stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    words = shown.split()
    for parameter in get_command(app).commands[verb].params:
        names = parameter.opts if parameter.param_type_name == "option" else [parameter.name]
        assert any(name in words or f"{name}..." in words for name in names)


def test_the_help_of_the_command_names_every_verb():
    assert sorted(get_command(app).commands) == sorted(VERBS)
    shown = lingweave("--help", columns=80).stdout
    assert max(map(len, shown.splitlines())) <= 80
    for verb in VERBS:
        assert verb in shown.split()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["align", "--help"],
        ["align", "{data}/en-de", "--out", "{data}/new/links", "--lexicon", "{data}/new"],
        ["switch", "{data}/en-de/train.en", "--lexicon", "{data}/en-de.tsv", "--out", "{data}/new"],
        ["align", "{data}/none", "--out", "{data}/new/links"],
    ],
)
def test_what_needs_no_encoder_does_not_wait_for_torch(data, arguments):
    write(data / "en-de.tsv", ["house\tHaus"])
    told = [argument.replace("{data}", str(data)) for argument in arguments]
    program = (
        "import sys\nfrom lingweave.cli import app\n"
        "try:\n    app(sys.argv[1:])\n"
        "finally:\n    print({'torch', 'transformers'} & {*sys.modules})"
    )
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, *told]
    process = subprocess.run(command, capture_output=True, text=True, env=os.environ | path)
    assert process.returncode == (2 if told[1:2] == [f"{data}/none"] else 0), process.stderr
    assert process.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    "package",
    [
        "lingweave.corpus",
        "lingweave.codeswitch",
        "lingweave.training",
        "lingweave.training.processes",
        "lingweave.config",
        "lingweave.study",
        "lingweave.report",
    ],
)
def test_whatever_a_package_that_opens_late_offers_is_there(package):
    door = importlib.import_module(package)
    assert door.__all__
    for name in door.__all__:
        assert getattr(door, name) is not None


@pytest.mark.parametrize(
    ("verb", "names"), [("pretrain", OBJECTIVES), ("finetune", TASKS), ("evaluate", TASKS)]
)
def test_help_names_all_that_may_be_chosen(verb, names):
    assert f"One of {', '.join(names)}." in lingweave(verb, "--help").stdout


def test_the_console_script_is_there():
    script = Path(sys.executable).with_name("lingweave")
    if not script.exists():
        pytest.skip("lingweave is not installed, only on the path")
    process = subprocess.run(
        [str(script), "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "80"},
    )
    assert "Usage: lingweave" in process.stdout


def test_the_version_is_said():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"lingweave {__version__}\n")
