"""A loss that is not finite is told with file and line: by encoders that are really broken."""

import json
import math

import pytest
from transformers import AutoModelForMaskedLM

from lingweave.config import BitextSource, Finetuning, Pretraining, ScratchEncoder
from lingweave.encoder import EncoderShape, ModelCard, new_encoder, save_encoder
from lingweave.errors import TrainingError
from lingweave.objectives import MLMOptions
from lingweave.study import finetune, pretrain
from lingweave.study.pretraining import train_from_scratch
from lingweave.study.stage import Workplace
from lingweave.tasks import TASKS, Examples
from lingweave.training import TrainingOptions

SHAPE = EncoderShape(layers=1, width=16, heads=2, max_length=64)
SHORT, LONG = "a dog eats .", "the old dog eats the old bread of the old cat"
WHOLE_POSITIONS = 9
"""Enough for the short sentence with special tokens, not for the long one."""


class Silent:
    def stage(self, label, number, num_stages, finished):
        pass

    def update(self, report):
        pass


class Skipping(BitextSource):
    """Text in which pairs with an empty side are passed over."""

    def open(self, *, on_empty="skip"):
        return super().open(on_empty=on_empty)


@pytest.fixture
def broken(tmp_path):
    """An encoder that turns every sequence into no number that has more than so many pieces."""
    words = tmp_path / "words"
    words.write_text(f"{SHORT}\n{LONG}\n" * 3, "utf-8")
    encoder = new_encoder([words], SHAPE, seed=1)
    longest = len(encoder.tokenizer(SHORT)["input_ids"])
    assert longest <= WHOLE_POSITIONS < len(encoder.tokenizer(LONG)["input_ids"])
    positions = encoder.model.base_model.embeddings.position_embeddings.weight
    positions.data[WHOLE_POSITIONS:] = math.nan
    card = ModelCard(title="t", base_model="nothing", languages=[], made_by={})
    save_encoder(encoder, tmp_path / "encoder", card=card)
    return tmp_path / "encoder"


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def recorded(error):
    assert "the loss of update " in str(error)
    assert str(error).endswith("; lower the learning rate, or look at these examples")
    return json.loads(error.path.read_text("utf-8"))["examples"]


def test_a_pair_of_a_bitext_is_told_with_its_line_also_behind_skipped_ones(broken, tmp_path):
    """The long sentence is pair 2 of the second text, pair 5 of all, and stands in line 6."""
    first, second = tmp_path / "first", tmp_path / "second"
    for language in ("en", "de"):
        write(first / f"train.{language}", [SHORT] * 3)
    write(second / "train.en", ["", SHORT, "", SHORT, "", LONG, SHORT])
    write(second / "train.de", [SHORT, SHORT, "", " ", SHORT, SHORT, SHORT])
    sources = [
        Skipping(location=str(folder), source_language="en", target_language="de")
        for folder in (first, second)
    ]
    options = Pretraining(batch_size=1, epochs=1, max_length=30, precision="fp32")
    out = tmp_path / "out"
    with pytest.raises(TrainingError) as caught:
        pretrain(str(broken), sources, MLMOptions(), out, options, observer=Silent())
    assert recorded(caught.value) == [{"number": 5, "path": str(second), "line": 6}]
    assert f"; its examples are recorded here, the first is {second}:6; " in str(caught.value)


def test_so_is_it_while_a_new_head_is_trained(broken, tmp_path):
    encoder = AutoModelForMaskedLM.from_pretrained(broken)
    encoder.base_model.save_pretrained(broken)  # without the head
    path = write(tmp_path / "text.tsv", [f"{SHORT}\t{SHORT}"] * 4 + [f"{SHORT}\t{LONG}"])
    options = Pretraining(max_length=30)
    out = tmp_path / "out"
    with pytest.raises(TrainingError) as caught:
        pretrain(
            str(broken),
            [BitextSource(location=str(path))],
            MLMOptions(),
            out,
            options,
            observer=Silent(),
        )
    found = recorded(caught.value)
    assert sorted(one["number"] for one in found) == [1, 2, 3, 4, 5]
    assert all(one["path"] == str(path) and one["line"] == one["number"] for one in found)


def finetuned(broken, tmp_path, task, train, dev):
    options = Finetuning(batch_size=1, epochs=1, max_length=60, precision="fp32")
    examples = {"train": train, "dev": dev}
    with pytest.raises(TrainingError) as caught:
        finetune(broken, task, examples, tmp_path / "out", options, observer=Silent())
    return recorded(caught.value)


def test_a_labelled_example_is_told_with_its_line_also_behind_rows_of_no_interest(broken, tmp_path):
    rows = [f"{SHORT}\t.\tneutral\tde"] * 3 + [f"{SHORT}\t.\tneutral\ten"] * 3
    rows += [f"{LONG}\t.\tneutral\ten"]
    table = write(tmp_path / "nli.tsv", ["premise\thypothesis\tlabel\tlanguage", *rows])
    source = Examples(path=str(table), where={"language": "en"}, skip=1)
    found = finetuned(broken, tmp_path, "nli", source, source)
    assert found == [{"number": 3, "path": str(table), "line": 8}]


def test_a_part_of_a_tagged_sentence_is_told_with_the_line_of_its_first_word(broken, tmp_path):
    def tagged(sentence):
        return [*(f"{word}\tO" for word in sentence.split()), ""]

    lines = [*tagged(SHORT), *tagged(SHORT), *tagged(LONG)]
    source = Examples(path=str(write(tmp_path / "ner.tsv", lines)))
    found = finetuned(broken, tmp_path, "ner", source, source)
    assert found == [{"number": 3, "path": source.path, "line": 11}]


def test_a_question_is_told_with_its_file_which_has_no_lines(broken, tmp_path):
    asked = [{"id": "1", "question": "a dog", "answers": [{"text": "old", "answer_start": 4}]}]
    data = {"data": [{"title": "", "paragraphs": [{"context": LONG, "qas": asked}]}]}
    source = Examples(path=str(write(tmp_path / "squad.json", [json.dumps(data)])))
    found = finetuned(broken, tmp_path, "xquad", source, source)
    assert found == [{"number": 1, "path": source.path, "line": None}]


def test_a_sentence_of_plain_text_is_told_with_its_line_though_blank_ones_are_none(tmp_path):
    """An example is two sentences; it is told by its first."""
    first = write(tmp_path / "first", ["", SHORT, "", "", SHORT, SHORT])
    second = write(tmp_path / "second", [SHORT, " ", SHORT, "", SHORT])
    place = Workplace(tmp_path / "out", tmp_path / "resume", {}, None)
    training = TrainingOptions(batch_size=3, learning_rate=1e38, epochs=9, precision="fp32")
    source = ScratchEncoder(texts=[str(first), str(second)], shape=SHAPE, training=training)
    with pytest.raises(TrainingError) as caught:
        train_from_scratch(place, source, seed=1)
    found = sorted(recorded(caught.value), key=lambda one: one["number"])
    assert found == [
        {"number": 1, "path": str(first), "line": 2},
        {"number": 2, "path": str(first), "line": 6},
        {"number": 3, "path": str(second), "line": 3},
    ]


def test_the_line_is_no_part_of_an_example_and_of_its_digest(tmp_path):
    """Else a row more at the top of a file would be another training."""
    rows = ["premise\thypothesis\tlabel", "p\th\tneutral"]
    twice = write(tmp_path / "twice.tsv", [*rows, rows[-1]])
    first, second = TASKS["nli"].read(Examples(path=str(twice)))
    assert (first.line, second.line) == (2, 3)
    assert first == second
    assert str(first) == str(second) == "NLIExample(premise='p', hypothesis='h', label=1)"
