"""The command: what each verb leaves behind."""

import json

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

from cli.inputs import (
    ENGLISH,
    GERMAN,
    LABELS,
    NUM_PAIRS,
    align_refusal,
    done,
    lines,
    lingweave,
    refusal,
    write,
)
from lingweave.study import Results
from made_results import make_results


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
    assert message == (
        "hmm-align gives no models, posteriors or lexicons; leave these out, or choose fast-align"
    )


def test_align_by_a_saved_model_does_what_training_did(data):
    out = data / "new"
    done("align", data / "en-de", "--out", out / "links", "--save-model", out / "model")
    done("align", data / "en-de", "--out", out / "again", "--model", out / "model")
    assert lines(out / "again") == lines(out / "links")


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        (
            ["--keep-case"],
            [],
            "the model's case is as written, that of this text lower; leave out --keep-case, or "
            "give it, as then",
        ),
        (
            [],
            ["--segmenter", "whitespace"],
            "the model's source segmenter is unicode, that of this text whitespace; say the same "
            "languages, or the same --segmenter, as then",
        ),
    ],
)
def test_align_by_a_saved_model_takes_only_words_made_as_those_it_was_learned_from(
    data, then, now, told
):
    """Words made otherwise would not be found in it, and links be others without a word."""
    model = data / "model"
    done("align", data / "en-de", "--out", data / "links", "--save-model", model, *then)
    assert align_refusal(data, data / "en-de", "--model", model, *now) == f"{model}: {told}"
    done("align", data / "en-de", "--out", data / "again", "--model", model, *then)
    assert lines(data / "again") == lines(data / "links")


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
    result = lingweave("evaluate", model, *tests, "--out", out, columns=80)
    assert result.exit_code == 0, result.output
    printed = result.stdout
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
    german, german_signature, english, english_signature = printed.splitlines()[-4:]
    assert german.startswith(f"de: accuracy {100 * scores['de']['accuracy']:.1f} macro-F1 ")
    assert english.startswith("en: accuracy ")
    assert german_signature == scores["de"]["signature"]
    assert english_signature == scores["en"]["signature"]
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


def test_report_writes_the_report_anew(tmp_path):
    (tmp_path / "results.json").write_text(make_results().model_dump_json(), "utf-8")
    (tmp_path / "report.md").write_text("old")
    printed = done("report", tmp_path)
    written = (tmp_path / "report.md").read_text("utf-8")
    assert written.startswith("# Study everything\n")
    assert "| tlm | +2.0 [+1.0, +3.0] |" in written
    assert "Claims supported: tlm-helps; contradicted: b; inconclusive: c." in printed
    names = ["report.html", "report.md", "results.json", "scores.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert all(name in printed for name in names)
    (tmp_path / "report.html").unlink()
    assert done("report", tmp_path / "results.json") == printed
    assert (tmp_path / "report.html").is_file()
