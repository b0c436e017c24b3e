"""The stage that tokenises aligned text, and the examples that are made from its file on demand."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from transformers import BertConfig

from lingweave.alignment import SYMMETRIZATIONS, symmetrize
from lingweave.config import Alignment, BitextSource
from lingweave.corpus import segmenter_for_language
from lingweave.encoder import NO_WORD
from lingweave.errors import AlignmentError
from lingweave.objectives import make_objective
from lingweave.objectives.mlm import MLMOptions
from lingweave.study import aligning, tokenizing
from lingweave.study.aligning import load_aligned
from lingweave.study.encoded_pairs import EncodedPairs
from lingweave.study.stage import Workplace
from trained_tokenizers import TOKENIZERS

SOURCES = ["The cat sleeps.", "A house!", "the old cat sleeps on the mat near the old house"]
TARGETS = ["Die Katze schläft.", "Ein Haus!", "die alte Katze schläft auf der Matte vor dem Haus"]
MAX_LENGTH = 12


def place_in(folder, **inputs):
    folder.mkdir()
    return Workplace(out=folder, resume=folder / "resume", inputs=inputs, report=None)


def align(folder, source):
    aligning.align_bitext(place_in(folder), source.open(), source, Alignment())
    return folder


def tokenize(folder, aligned, tokenizer, max_length=MAX_LENGTH):
    checkpoint = folder.with_name(f"{folder.name}-tokenizer")
    tokenizer.save_pretrained(checkpoint)
    BertConfig().save_pretrained(checkpoint)
    inputs = {tokenizing.TOKENIZER: checkpoint, tokenizing.BITEXT: aligned}
    tokenizing.tokenize_pairs(place_in(folder, **inputs), max_length)
    return folder


@pytest.fixture
def bitext(tmp_path):
    """Three pairs, the last longer than `MAX_LENGTH`, four times over."""
    for language, sentences in (("en", SOURCES), ("de", TARGETS)):
        (tmp_path / f"train.{language}").write_text("\n".join(sentences * 4) + "\n", "utf-8")
    return BitextSource(location=str(tmp_path), source_language="en", target_language="de")


def slow_sentence(tokenizer, sentence, spans, room):
    """Pieces and their words by the tokenizer's own call and by counting shared characters."""
    encoding = tokenizer(sentence, add_special_tokens=False, return_offsets_mapping=True)
    pieces, words = encoding["input_ids"][:room], []
    for piece, (start, end) in zip(pieces, encoding["offset_mapping"], strict=False):
        shared = [len({*range(start, end)} & {*range(*span)}) for span in spans]
        is_space = tokenizer.convert_ids_to_tokens(piece) == "▁"
        words.append(shared.index(max(shared)) if any(shared) and not is_space else NO_WORD)
    return pieces, words


def assert_is(encoded, expected):
    pieces, words = expected
    assert encoded.pieces.tolist() == pieces
    assert encoded.words.tolist() == words
    assert encoded.pieces.dtype == encoded.words.dtype == np.int32


@pytest.mark.parametrize("name", TOKENIZERS)
def test_examples_of_every_language_are_those_of_sentences_tokenised_one_by_one(
    shared, tmp_path, name
):
    """Thai and Chinese words without spaces, Arabic from right to left, and all the others."""
    tokenizer = TOKENIZERS[name]()
    folders, expected = [], []
    for location in sorted((shared / "data" / "bitext").iterdir()):
        source = BitextSource(location=str(location), max_pairs=15)
        aligned = align(tmp_path / f"aligned-{location.name}", source)
        folders.append(tokenize(tmp_path / location.name, aligned, tokenizer))
        splits = [segmenter_for_language(language) for language in location.name.split("-")]
        room = MAX_LENGTH - tokenizer.num_special_tokens_to_add()
        for pair, found in zip(source.open(), load_aligned(aligned), strict=False):
            sides = [
                slow_sentence(tokenizer, sentence, split(sentence), room)
                for sentence, split in zip((pair.source, pair.target), splits, strict=True)
            ]
            expected.append((*sides, found.links.tolist()))
    examples = EncodedPairs(folders)
    assert len(examples) == len(expected) == 14 * 15
    for example, (source, target, links) in zip(examples, expected, strict=True):
        assert_is(example.source, source)
        assert_is(example.target, target)
        assert example.links.tolist() == links


def test_several_texts_are_one_sequence_in_their_order(bitext, tmp_path, monkeypatch):
    """Also where a text has more than one block, the last one not full: 12 pairs, 5 at a time."""
    monkeypatch.setattr(aligning, "BLOCK_PAIRS", 5)
    tokenizer = TOKENIZERS["wordpiece"]()
    aligned = align(tmp_path / "aligned", bitext)
    first = tokenize(tmp_path / "first", aligned, tokenizer)
    few = align(tmp_path / "few", bitext.model_copy(update={"max_pairs": 2}))
    second = tokenize(tmp_path / "second", few, tokenizer)
    with pa.memory_map(str(first / tokenizing.PAIRS)) as file:
        assert pa.ipc.open_file(file).num_record_batches == 3
    examples = EncodedPairs([first, second])
    assert len(examples) == 14
    room = MAX_LENGTH - 2
    for index, line in enumerate([0, 1, 2] * 4 + [0, 1]):
        spans = segmenter_for_language("en")(SOURCES[line])
        assert_is(examples[index].source, slow_sentence(tokenizer, SOURCES[line], spans, room))
        assert_is(examples[index - 14].source, slow_sentence(tokenizer, SOURCES[line], spans, room))
    assert [len(pair.source) for pair in examples[10:13]] == [
        len(examples[index].source) for index in (10, 11, 12)
    ]
    with pytest.raises(IndexError):
        examples[14]
    objective = make_objective("mlm", tokenizer, MLMOptions())
    assert examples.lengths.tolist() == [objective.length(example) for example in examples]
    assert max(examples.lengths) == 2 * room, "a sentence was cut"


def test_links_are_joined_as_a_system_asks(bitext, tmp_path):
    aligned = align(tmp_path / "aligned", bitext)
    folder = tokenize(tmp_path / "out", aligned, TOKENIZERS["unigram"]())
    pairs = list(load_aligned(aligned))
    for method in SYMMETRIZATIONS:
        for pair, example in zip(pairs, EncodedPairs([folder], method), strict=True):
            assert example.links.tolist() == symmetrize(pair.forward, pair.reverse, method).tolist()
    assert [e.links.tolist() for e in EncodedPairs([folder])] == [p.links.tolist() for p in pairs]


def test_given_links_cannot_be_joined_anew(bitext, tmp_path):
    (tmp_path / "links").write_text("0-0\n1-1\n\n" * 4)
    given = bitext.model_copy(update={"links": str(tmp_path / "links")})
    aligned = align(tmp_path / "aligned", given)
    folder = tokenize(tmp_path / "out", aligned, TOKENIZERS["unigram"]())
    assert [example.links.tolist() for example in EncodedPairs([folder])[:3]] == [
        [[0, 0]],
        [[1, 1]],
        [],
    ]
    with pytest.raises(AlignmentError, match="were given, so there is nothing to join"):
        EncodedPairs([folder], "union")


def test_what_was_tokenised_is_told_and_the_bytes_are_the_same_each_time(bitext, tmp_path):
    aligned = align(tmp_path / "aligned", bitext)
    tokenizer = TOKENIZERS["byte-level"]()
    first, second = (tokenize(tmp_path / name, aligned, tokenizer) for name in ("one", "two"))
    for name in (tokenizing.PAIRS, tokenizing.SUMMARY):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    examples = EncodedPairs([first])
    assert json.loads((first / tokenizing.SUMMARY).read_text("utf-8")) == {
        "languages": ["en", "de"],
        "pairs": 12,
        "source_pieces": sum(len(example.source) for example in examples),
        "target_pieces": sum(len(example.target) for example in examples),
    }


def test_examples_are_views_of_the_file(bitext, tmp_path):
    """Their numbers lie where the file is mapped, between the addresses that the kernel tells."""
    folder = tokenize(
        tmp_path / "out", align(tmp_path / "aligned", bitext), TOKENIZERS["unigram"]()
    )
    example = EncodedPairs([folder])[3]
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("only Linux tells where files are mapped")
    ranges = [
        [int(edge, 16) for edge in line.split()[0].split("-")]
        for line in maps.read_text().splitlines()
        if line.endswith(str(folder / tokenizing.PAIRS))
    ]
    for array in (example.source.pieces, example.target.words, example.links):
        assert not array.flags.writeable
        assert any(start <= array.ctypes.data < end for start, end in ranges)
