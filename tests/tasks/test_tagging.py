"""Tagging: words keep their tags through pieces and parts; spans are counted as by seqeval."""

import re
import unicodedata

import numpy as np
import pytest
import seqeval.metrics
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from lingweave.corpus import TaggedSentence, read_tagged
from lingweave.encoder import NO_WORD, EncodedSentence
from lingweave.errors import CheckpointError, TableError
from lingweave.objectives import NO_LABEL
from lingweave.tasks import NER, TASKS, Examples
from lingweave.tasks.tagging import filled, part_bounds, span_statistics
from trained_tokenizers import SENTENCES, TOKENIZERS

every_tokenizer = pytest.mark.parametrize("kind", TOKENIZERS)
LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")


def sentence(words, tags=None):
    """Words with tags; without, each has the label of its number modulo 7."""
    tags = tags or [LABELS[number % len(LABELS)] for number in range(len(words))]
    return TaggedSentence(1, tuple(words), tuple(tags))


def tags_in(parts, example=0):
    """Word → tag, as the parts of a sentence hold them; every word at most once."""
    found = {}
    for part in parts:
        if part.example == example:
            assert ((part.words == NO_WORD) == (part.labels == NO_LABEL)).all()
            for word, label in zip(part.words.tolist(), part.labels.tolist(), strict=True):
                if word != NO_WORD:
                    assert word not in found
                    found[word] = NER.labels[label]
    return found


# Encoding.


def test_the_task_is_registered():
    assert TASKS["ner"] is NER
    assert NER.labels == LABELS
    assert [metric.name for metric in NER.metrics] == ["f1", "precision", "recall"]


def test_a_tag_stands_at_the_first_piece_of_its_word():
    tokenizer = TOKENIZERS["wordpiece"]()
    words = ["the", "猫睡", "xyzzy", "cat"]
    (part,) = NER.encode(tokenizer, [sentence(words)], 30)
    pieces = tokenizer.convert_ids_to_tokens(part.pieces.tolist())
    assert pieces[0] == "[CLS]"
    assert pieces[-1] == "[SEP]"
    shown = [
        f"{piece}/{word}/{label}"
        for piece, word, label in zip(pieces, part.words, part.labels, strict=True)
        if word != NO_WORD
    ]
    assert [one.split("/")[1:] for one in shown] == [
        ["0", "0"],
        ["1", "1"],
        ["2", "2"],
        ["3", "3"],
    ]
    assert shown[1].startswith("猫/")  # 睡, its second piece, has no label
    assert not part.token_types.any()


words_of_all_kinds = st.one_of(
    st.sampled_from([word for sentence in SENTENCES for word in re.findall(r"\S+", sentence)]),
    st.sampled_from(list("猫睡在老房子แมวนอน")),
    st.sampled_from(
        ["👩‍👩‍👧", "🇩🇪", "ﷺ", "ｃａｔ", "e\u0301", "\u0301", "\u200b", "\u200f", "▁", "´", "ﬁ"]
    ),
    st.text(min_size=1, max_size=6).filter(lambda text: text.strip() and "\t" not in text),
)


@every_tokenizer
@settings(deadline=None, max_examples=80)
@given(words=st.lists(words_of_all_kinds, min_size=1, max_size=30), max_length=st.integers(8, 60))
def test_words_become_pieces_and_words_again(kind, words, max_length):
    """No word is lost but those without a visible character of their own; all keep their tags."""
    tokenizer = TOKENIZERS[kind]()
    example = sentence(words)
    parts = NER.encode(tokenizer, [example], max_length)
    assert all(len(part.pieces) <= max_length for part in parts)
    found = tags_in(parts)
    for word, tag in found.items():
        assert tag == example.tags[word]
    whole = tokenizer(" ".join(words), add_special_tokens=False)["input_ids"]
    special = [tokenizer.cls_token_id, tokenizer.sep_token_id]
    inner = [piece for part in parts for piece in part.pieces.tolist()[1:-1]]
    assert inner == whole
    assert all([part.pieces[0], part.pieces[-1]] == special for part in parts)
    for number, word in enumerate(words):
        if word.isalnum() and word.isascii():
            assert number in found


@every_tokenizer
def test_words_of_every_language_have_their_own_piece(kind):
    tokenizer = TOKENIZERS[kind]()
    split = [text.split() if " " in text else list(text) for text in SENTENCES]
    parts = NER.encode(tokenizer, [sentence(words) for words in split], 40)
    for number, words in enumerate(split):
        found = tags_in(parts, number)
        # Thai's signs above and below a letter are no words: BERT takes them away as accents.
        missing = [words[at] for at in range(len(words)) if at not in found]
        assert not [word for word in missing if word[0].isalnum()], (kind, missing)


def test_a_word_that_the_tokenizer_deletes_has_no_piece_and_others_keep_theirs():
    tokenizer = TOKENIZERS["wordpiece"]()
    parts = NER.encode(tokenizer, [sentence(["the", "\u200b", "cat", "\u0301", "mat"])], 30)
    assert tags_in(parts) == {0: "O", 2: "I-PER", 4: "I-ORG"}


def test_of_words_that_are_merged_into_one_piece_the_longest_has_it():
    """A tokenizer with pieces across spaces; the entity is found whole again."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "New York", " ", "i", "s"]
    backend = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=3))
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    names = {"pad_token": "<pad>", "cls_token": "<s>", "sep_token": "</s>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, **names)
    example = sentence(["New", "York", "is"], ["B-LOC", "I-LOC", "O"])
    parts = NER.encode(tokenizer, [example], 20)
    assert parts[0].pieces.tolist() == [0, 5, 6, 7, 8, 2]
    found = tags_in(parts)
    assert found == {1: "I-LOC", 2: "O"}
    assert filled([found.get(word) for word in range(3)]) == list(example.tags)


# Parts.


def encoded_words(*sizes):
    """A sentence whose words have so many pieces."""
    words = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    return EncodedSentence(np.zeros(len(words), dtype=np.int32), words)


def test_parts_by_hand():
    assert part_bounds(encoded_words(1, 1, 1), 3) == [(0, 3)]
    assert part_bounds(encoded_words(1, 1, 1, 1), 3) == [(0, 3), (3, 4)]
    assert part_bounds(encoded_words(2, 2, 2), 3) == [(0, 2), (2, 4), (4, 6)]
    assert part_bounds(encoded_words(1, 5, 1), 3) == [(0, 1), (1, 4), (4, 7)]  # a word too long


@given(st.lists(st.integers(1, 6), min_size=1, max_size=20), st.integers(1, 8))
def test_parts_are_all_of_the_sentence_and_cut_no_word_that_fits(sizes, room):
    encoded = encoded_words(*sizes)
    bounds = part_bounds(encoded, room)
    assert [start for start, _ in bounds] == [0, *(end for _, end in bounds[:-1])]
    assert bounds[-1][1] == len(encoded)
    assert all(0 < end - start <= room for start, end in bounds)
    for _, end in bounds[:-1]:
        word = encoded.words[end - 1]
        assert word != encoded.words[end] or sizes[word] > room


# Tags of words without a piece.


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["B-PER", None, "I-PER"], ["B-PER", "I-PER", "I-PER"]),
        (["I-PER", None, None, "I-PER"], ["I-PER", "I-PER", "I-PER", "I-PER"]),
        (["B-PER", None, "B-PER"], ["B-PER", "O", "B-PER"]),
        (["B-PER", None, "I-ORG"], ["B-PER", "B-ORG", "I-ORG"]),
        (["B-PER", None, "O"], ["B-PER", "O", "O"]),
        (["B-PER", None], ["B-PER", "O"]),
        ([None, "I-PER"], ["B-PER", "I-PER"]),
        (["O", None, None, "I-PER"], ["O", "B-PER", "I-PER", "I-PER"]),
        ([None, "B-PER"], ["O", "B-PER"]),
        (["O", None, "O"], ["O", "O", "O"]),
        ([None], ["O"]),
    ],
)
def test_a_word_without_a_piece_belongs_to_the_entity_that_goes_on_behind_it(tags, expected):
    assert filled(tags) == expected


# Spans.


def test_spans_by_hand():
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "O"], ["B-ORG", "B-ORG"]]
    said = [["B-PER", "I-PER", "O", "B-ORG"], ["O", "B-LOC"], ["B-ORG", "I-ORG"]]
    # Right: PER. A wrong type, a span too many, and one span of two in place of two.
    counts = span_statistics(gold, said)
    assert counts.tolist() == [[1, 2, 2], [0, 0, 1], [0, 2, 1]]
    f1, precision, recall = (float(metric.of(counts.sum(axis=0))) for metric in NER.metrics)
    assert (precision, recall) == (1 / 4, 1 / 4)
    assert f1 == pytest.approx(1 / 4)


def test_without_any_span_the_score_is_0():
    counts = span_statistics([["O"]], [["O"]])
    assert [float(metric.of(counts.sum(axis=0))) for metric in NER.metrics] == [0, 0, 0]


tag = st.sampled_from(LABELS)


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(tag, tag), min_size=1, max_size=8), min_size=1, max_size=6))
def test_scores_equal_seqevals(sentences):
    gold = [[true for true, _ in words] for words in sentences]
    said = [[predicted for _, predicted in words] for words in sentences]
    sums = span_statistics(gold, said).sum(axis=0)
    for metric in NER.metrics:
        official = getattr(seqeval.metrics, f"{metric.name}_score")
        assert float(metric.of(sums)) == pytest.approx(official(gold, said, zero_division=0))


# Prediction and files.


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder")
    config = BertConfig(
        vocab_size=400,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    torch.manual_seed(1)
    BertModel(config).save_pretrained(folder)
    return NER.new_model(folder, seed=3)


def test_predictions_are_those_of_each_part_alone_and_come_back_from_the_file(model, tmp_path):
    tokenizer = TOKENIZERS["wordpiece"]()
    split = [text.split() if " " in text else list(text) for text in SENTENCES]
    split[0] = [*split[0], "\u200b", *split[0] * 3]  # one word deleted; several parts
    examples = [sentence(words) for words in split]
    parts = NER.encode(tokenizer, examples, 24)
    assert len(parts) > len(examples)
    predicted = NER.predict(model, tokenizer, examples, parts, "fp32")
    assert [len(tags) for tags in predicted] == [len(words) for words in split]
    alone = {}
    with torch.no_grad():
        for part in parts:
            logits = model(torch.from_numpy(part.pieces.astype(np.int64))[None]).logits[0]
            for word, label in zip(part.words.tolist(), logits.argmax(-1).tolist(), strict=True):
                if word != NO_WORD:
                    alone[part.example, word] = LABELS[label]
    assert len(set(alone.values())) > 2
    for (example, word), label in alone.items():
        assert predicted[example][word] == label

    NER.write(tmp_path, "de", examples, predicted)
    statistics = NER.statistics(examples, predicted)
    assert statistics.shape == (len(examples), 3)
    text = (tmp_path / "predictions.de.tsv").read_text("utf-8")
    first = text.split("\n\n")[0].split("\n")
    assert first[0] == "word\tgold\tpredicted"
    assert [line.split("\t")[0] for line in first[1:]] == split[0]


def test_a_model_for_other_tags_is_refused(model, tmp_path):
    model.save_pretrained(tmp_path / "model")
    assert NER.load_model(tmp_path / "model").config.num_labels == 7
    model.config.id2label = {**model.config.id2label, 1: "B-MISC"}
    model.save_pretrained(tmp_path / "other")
    with pytest.raises(CheckpointError, match="its labels are O, B-MISC, I-PER"):
        NER.load_model(tmp_path / "other")


# Reading.


def test_an_unknown_tag_is_refused_with_its_line(tmp_path):
    path = tmp_path / "dev.tsv"
    path.write_text("Anna\tB-PER\nsleeps\tO\n\nin\tO\nRome\tB-MISC\n")
    with pytest.raises(TableError) as caught:
        list(NER.read(Examples(path=str(path))))
    assert str(caught.value).startswith(f"{path}:5: unknown tag 'B-MISC', expected one of O, B-PER")


def test_rows_cannot_be_chosen(tmp_path):
    path = tmp_path / "dev.tsv"
    path.write_text("Anna\tB-PER\n")
    with pytest.raises(TableError, match="tagged sentences have the columns `words` and `tags`"):
        NER.read(Examples(path=str(path), where={"lang": "de"}))


def test_a_file_has_no_columns_to_be_named(tmp_path):
    path = tmp_path / "dev.conll"
    path.write_text("Anna\tB-PER\n")
    columns = {"words": 0, "tags": 3}
    with pytest.raises(TableError, match="`columns` are those of a hub dataset, but"):
        NER.read(Examples(path=str(path), columns=columns))


@pytest.mark.parametrize("language", ["ar", "hi", "sw", "ur", "zh"])
def test_real_sentences_keep_all_their_words_and_tags(shared, language):
    tokenizer = TOKENIZERS["unigram"]()
    path = shared / "data" / "panx" / f"dev.{language}.tsv"
    examples = list(read_tagged(path))[:400]
    parts = NER.encode(tokenizer, examples, 128)
    for number, example in enumerate(examples):
        found = tags_in([part for part in parts if part.example == number], number)
        for word, name in enumerate(example.words):
            if word not in found:  # a zero-width space stands for a word in Chinese
                assert {unicodedata.category(char) for char in name} == {"Cf"}
            else:
                assert found[word] == example.tags[word]
