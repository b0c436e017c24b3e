"""What a wrong input is told: exit code 2, one line, nothing left."""

import json
import subprocess
import sys

import datasets
import pytest

from cli.inputs import ENGLISH, GERMAN, LABELS, align_refusal, nli_lines, refusal, write
from lingweave.objectives import OBJECTIVES
from lingweave.tasks import TASKS


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
    for name in ("--lexicon", "--out"):
        place = data / "nli" / ("dev.tsv" if name == "--lexicon" else "")
        message = align_refusal(data, data / "en-de", name, place)
        assert message.startswith(f"{place}: this is ")


def test_outputs_that_would_be_written_over_one_another_are_told(data):
    links = data / "new" / "links"
    message = align_refusal(data, data / "en-de", "--posteriors", links)
    assert message == f"{links}: two outputs would be this file; give each output its own name"
    text = data / "en-de" / "train.en"
    message = refusal(data, "align", data / "en-de", "--out", data / "en-de" / ".." / text)
    assert message == f"{text}: this is an input, too; give each output its own name"
    lexicon = write(data / "en-de.tsv", ["cat\tKatze"])
    for out, provenance in ((text, links), (lexicon, links), (links, links)):
        options = ["--lexicon", lexicon, "--out", out, "--provenance", provenance]
        assert refusal(data, "switch", text, *options).startswith(f"{out}: ")


def test_what_gold_links_count_from_is_told_with_the_name_of_its_option(data):
    gold = write(data / "gold", ["0-0"])
    message = align_refusal(data, data / "en-de", "--gold", gold, "--gold-base", "2")
    assert message.startswith("--gold-base: Input should be 0 or 1; ")
    message = align_refusal(data, data / "en-de", "--gold-base", "1")
    assert message == "--gold-base says how --gold counts; give --gold, too"


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


def test_text_that_is_not_split_into_words_is_not_trained_on(data):
    chinese = ["我们昨天下午在北京买了一本书", "他们今天上午去学校学习中文"] * 10
    write(data / "a.txt", [f"{english} today" for english in ENGLISH[:20]])
    write(data / "b.txt", chinese)
    both = f"{data / 'a.txt'},{data / 'b.txt'}"
    message = refusal(data, "pretrain", data / "encoder", both, "--out", data / "new")
    assert message.startswith(f"{both}:1: the target sentences are not split into words (20 of 20)")


@pytest.mark.parametrize("verb", ["align", "pretrain"])
def test_a_folder_whose_name_says_no_languages_is_taken_with_the_options_that_say_them(data, verb):
    folder = (data / "en-de").rename(data / "pairs")
    bitext = [folder] if verb == "align" else [data / "encoder", folder]
    options = ["--out", data / "new"]
    message = refusal(data, verb, *bitext, *options)
    assert message == (
        f"{folder}: 'pairs' does not say which two languages these are (as `en-de` would); name it "
        "so, or say both: --source-language and --target-language, in a recipe source_language and "
        "target_language"
    )
    options += ["--source-language", "en", "--target-language", "xx"]
    message = refusal(data, verb, *bitext, *options)
    assert message.startswith(f"{folder / 'train.xx'}: no such file ")


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


def finetune_refusal(data, table, dev=None):
    dev = dev or data / "nli" / "dev.tsv"
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


@pytest.mark.parametrize("test", ["test.de.tsv", "de=", "=test.de.tsv", "../de=test.de.tsv"])
def test_a_test_without_language_or_file_is_told(data, test):
    message = evaluate_refusal(data, "encoder", test)
    assert message == f"{test!r} names no language; write LANGUAGE=FILE"


def test_a_language_that_is_given_twice_is_told(data):
    test = f"de={data / 'nli' / 'test.de.tsv'}"
    message = refusal(data, "evaluate", data / "encoder", test, test, "--out", data / "new")
    assert message == "de is given twice; evaluate one file of each language at a time"


def test_an_encoder_that_no_task_was_learned_with_is_not_tested(data):
    """transformers would give it a head drawn at random, and the scores would be chance."""
    assert evaluate_refusal(data, "encoder").startswith(f"{data / 'encoder'}: ")


def on_the_hub(monkeypatch, *splits):
    """Serve these splits, each with three examples of its own; return those that are asked for."""
    asked = []

    def load_dataset(_name, _config, *, split, **_options):
        asked.append(split)
        if split not in splits:
            raise ValueError(f"no split {split}")
        rows = [{"premise": split, "hypothesis": "a dog", "label": label} for label in LABELS]
        return datasets.Dataset.from_list(rows).to_iterable_dataset()

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    return asked


def test_of_a_hub_dataset_that_is_tested_or_selects_the_epoch_the_split_must_be_said(
    data, monkeypatch
):
    """By default it would be what was trained on, and the scores too good."""
    asked = on_the_hub(monkeypatch, "train")
    name = "owner/nli:de"
    found = [
        finetune_refusal(data, name, dev=name),
        evaluate_refusal(data, "encoder", f"de={name}"),
    ]
    for message in found:
        assert message == (
            f"{name}: no file has this name, and of a hub dataset the split must be said; "
            f"check the path, or say which split: {name}@test; in a recipe `split: test`"
        )
    assert asked == ["train"]


def test_a_recipe_trains_on_the_split_of_that_name_and_must_say_all_others(data, monkeypatch):
    asked = on_the_hub(monkeypatch, "train")
    recipe = write(
        data / "recipe.yaml",
        [
            "name: x",
            f"encoder: {{checkpoint: {json.dumps(str(data / 'encoder'))}}}",
            "systems: {untouched: {objective: none}}",
            "control: untouched",
            "tasks:",
            "  nli: {task: nli, languages: [de], train: &hub {path: owner/nli}, dev: *hub,",
            "    test: {path: 'owner/{language}', split: test}}",
        ],
    )
    message = refusal(data, "run", recipe, "--out", data / "new")
    assert message.startswith("owner/nli: no file has this name, and of a hub dataset the split ")
    assert asked == ["train"]


def test_the_split_of_a_hub_dataset_is_the_one_that_is_said(data, monkeypatch):
    asked = on_the_hub(monkeypatch, "train")
    message = finetune_refusal(data, "owner/nli", dev="owner/nli:de@dev")
    assert message.startswith("owner/nli:de: the hub dataset cannot be read (no split dev); ")
    assert asked == ["train", "dev"]
    message = evaluate_refusal(data, "encoder", "de=owner/nli@test")
    assert message.startswith("owner/nli: the hub dataset cannot be read (no split test); ")


def test_a_file_may_have_the_name_of_a_split(data, monkeypatch):
    monkeypatch.chdir(data)
    write(data / "nli" / "mine@dev", ["premise\thypothese\tlabel", "a\tb\tneutral"])
    assert finetune_refusal(data, "nli/mine@dev").startswith(
        "nli/mine@dev:1: no column hypothesis "
    )


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
