"""Words ↔ pieces, on tokenizers of three kinds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from encoder.tiny_checkpoints import TOKENIZERS, every_tokenizer, wordpiece
from lingweave.encoder import (
    NO_WORD,
    PieceSpelling,
    SequenceTemplate,
    encode_words,
    words_of_pieces,
)

# Words of pieces.


@pytest.mark.parametrize(
    ("offsets", "spans", "words"),
    [
        pytest.param([(0, 3), (3, 5), (6, 9)], [(0, 5), (6, 9)], [0, 0, 1], id="a word, two"),
        pytest.param([(0, 4)], [(0, 1), (1, 4)], [1], id="the word that it covers more of"),
        pytest.param([(0, 2)], [(0, 1), (1, 2)], [0], id="the first of equals"),
        pytest.param([(0, 3), (2, 6)], [(0, 3), (3, 4), (4, 9)], [0, 2], id="three words"),
        pytest.param([(0, 3), (3, 4), (4, 7)], [(0, 3), (4, 7)], [0, NO_WORD, 1], id="white space"),
        pytest.param([(0, 1), (1, 1), (1, 2)], [(0, 2)], [0, NO_WORD, 0], id="an empty piece"),
        pytest.param([(0, 3), (3, 7)], [(0, 3), (4, 7)], [0, 1], id="offsets include the space"),
        pytest.param([(0, 1), (0, 1), (1, 2)], [(0, 1), (1, 2)], [0, 0, 1], id="bytes of one"),
        pytest.param([(0, 2), (9, 11)], [(3, 5), (9, 11)], [NO_WORD, 1], id="a word passed over"),
        pytest.param([(0, 2), (2, 4)], [], [NO_WORD, NO_WORD], id="no words"),
        pytest.param([], [(0, 2)], [], id="no pieces"),
        pytest.param([(0, 3)], [(0, 3), (4, 9)], [0], id="cut before the second word"),
    ],
)
def test_a_piece_belongs_to_the_word_that_it_overlaps_most(offsets, spans, words):
    assert words_of_pieces(offsets, spans).tolist() == words


@st.composite
def ascending(draw, min_gap, max_gap, min_length, max_length):
    """Spans with ascending starts; a negative gap makes them overlap."""
    spans, end, start = [], 0, 0
    steps = st.tuples(st.integers(min_gap, max_gap), st.integers(min_length, max_length))
    for gap, length in draw(st.lists(steps, max_size=12)):
        start = max(start, end + gap)
        end = start + length
        spans.append((start, end))
    return spans


def slow_word_of(piece, spans):
    """The definition: count the characters that piece and word share."""
    shared = [len({*range(*piece)} & {*range(*span)}) for span in spans]
    return shared.index(max(shared)) if any(shared) else NO_WORD


@given(pieces=ascending(-2, 2, 0, 4), spans=ascending(0, 3, 1, 5))
def test_words_of_pieces_equals_the_definition(pieces, spans):
    expected = [slow_word_of(piece, spans) for piece in pieces]
    assert words_of_pieces(pieces, spans).tolist() == expected


@every_tokenizer
def test_a_word_is_spelled_alike_wherever_it_stands(tokenizer):
    """After a space, after a bracket, at the start; and as no other word."""
    text = "cat the cat (cat cats"
    words = [(0, 3), (4, 7), (8, 11), (12, 13), (13, 16), (17, 21)]
    (encoded,) = encode_words(tokenizer, [text], [words], max_pieces=99)
    spelling = PieceSpelling(tokenizer)
    spelled_words = [spelling(encoded.pieces[encoded.words == word]) for word in range(6)]
    assert spelled_words[0] == spelled_words[2] == spelled_words[4]
    assert len(set(spelled_words)) == 4


# Real tokenizers.


def spelled(tokenizer, pieces):
    """What pieces spell, spaces left out."""
    if isinstance(tokenizer.backend_tokenizer.model, models.BPE):
        return tokenizer.decode(pieces).strip()
    tokens = tokenizer.convert_ids_to_tokens(pieces)
    return "".join(tokens).replace("##", "").replace("▁", "")


def spaced_words(sentence):
    """Spans of the words between spaces."""
    starts = [0] + [i + 1 for i, character in enumerate(sentence) if character == " "]
    return [(start, start + len(sentence[start:].split(" ")[0])) for start in starts]


@every_tokenizer
@pytest.mark.parametrize(
    "sentence",
    [
        "the cat sleeps on the mat",
        "là où commence déjà Größe",
        "नमस्ते दुनिया बिल्ली",
        "مرحبا بالعالم القطة",
        "猫睡觉 在 垫子上",
    ],
)
def test_the_pieces_of_a_word_spell_the_word(tokenizer, sentence):
    spans = spaced_words(sentence)
    (encoded,) = encode_words(tokenizer, [sentence], [spans], max_pieces=99)
    assert tokenizer.unk_token_id not in encoded.pieces
    for word, (start, end) in enumerate(spans):
        pieces = encoded.pieces[encoded.words == word]
        assert spelled(tokenizer, pieces) == sentence[start:end]
    assert encoded.pieces.dtype == encoded.words.dtype == np.int32


def test_words_of_chinese_need_no_spaces():
    sentence = "猫睡觉 在垫子上"  # cat, sleep, on, mat, top
    spans = [(0, 1), (1, 3), (4, 5), (5, 7), (7, 8)]
    (encoded,) = encode_words(TOKENIZERS["wordpiece"], [sentence], [spans], max_pieces=99)
    assert encoded.words.tolist() == [0, 1, 1, 2, 3, 3, 4]


def test_each_byte_of_a_character_belongs_to_its_word():
    # 龘 is in no training text, so it stays three bytes, whose offsets are all (0, 1).
    (encoded,) = encode_words(TOKENIZERS["byte-level"], ["龘a"], [[(0, 1), (1, 2)]], max_pieces=99)
    assert encoded.words.tolist() == [0, 0, 0, 1]


def test_lower_cased_and_accentless_pieces_keep_their_words():
    tokenizer = wordpiece(lowercase=True, strip_accents=True)
    sentence = "L\u2019E\u0301te\u0301 \u00c9T\u00c9 cat"  # decomposed, then composed accents
    spans = [(0, 1), (1, 2), (2, 7), (8, 11), (12, 15)]
    (encoded,) = encode_words(tokenizer, [sentence], [spans], max_pieces=99)
    ete = tokenizer("ete", add_special_tokens=False)["input_ids"]
    assert encoded.pieces[encoded.words == 2].tolist() == ete
    assert encoded.pieces[encoded.words == 3].tolist() == ete
    assert encoded.words[-1] == 4


@pytest.mark.parametrize("sentence", ["猫 猫", "घर घर"])
def test_a_sentencepiece_space_belongs_to_no_word_at_the_start_as_elsewhere(sentence):
    tokenizer = TOKENIZERS["unigram"]
    spans = spaced_words(sentence)
    (encoded,) = encode_words(tokenizer, [sentence], [spans], max_pieces=99)
    tokens = tokenizer.convert_ids_to_tokens(encoded.pieces)
    spaces = [i for i, token in enumerate(tokens) if token == "▁"]
    assert len(spaces) == 2, "the case that this test is about"
    assert encoded.words[spaces].tolist() == [NO_WORD, NO_WORD]


@every_tokenizer
def test_a_long_sentence_is_cut_and_words_behind_the_cut_have_no_piece(tokenizer):
    sentence = "the cat sleeps on the mat"
    spans = spaced_words(sentence)
    (whole,) = encode_words(tokenizer, [sentence], [spans], max_pieces=99)
    (cut,) = encode_words(tokenizer, [sentence], [spans], max_pieces=3)
    assert len(whole) > 3
    assert len(cut) == 3
    assert cut.pieces.tolist() == whole.pieces[:3].tolist()
    assert cut.words.tolist() == whole.words[:3].tolist()


@every_tokenizer
def test_sentences_are_encoded_one_by_one_also_empty_ones(tokenizer):
    sentences = ["the cat", "", "मुझे दो"]
    spans = [spaced_words("the cat"), [], spaced_words("मुझे दो")]
    together = encode_words(tokenizer, sentences, spans, max_pieces=99)
    assert [len(encoded) == 0 for encoded in together] == [False, True, False]
    for sentence, span, encoded in zip(sentences, spans, together, strict=True):
        (alone,) = encode_words(tokenizer, [sentence], [span], max_pieces=99)
        assert alone.pieces.tolist() == encoded.pieces.tolist()
        assert alone.words.tolist() == encoded.words.tolist()
    assert len(encode_words(tokenizer, [], [], max_pieces=9)) == 0


# Special tokens.


@every_tokenizer
def test_the_template_puts_special_tokens_where_the_tokenizer_puts_them(tokenizer):
    first, second = "the cat sleeps", "नमस्ते"
    template = SequenceTemplate.of(tokenizer)
    plain = [
        np.array(tokenizer(text, add_special_tokens=False)["input_ids"], dtype=np.int32)
        for text in (first, second)
    ]
    assert template.single(plain[0]).tolist() == tokenizer(first)["input_ids"]
    pieces, types = template.pair(plain[0], plain[1])
    expected = tokenizer(first, second, return_token_type_ids=True)
    assert pieces.tolist() == expected["input_ids"]
    assert types.tolist() == expected["token_type_ids"]


def test_the_templates_of_bert_and_roberta_are_the_published_ones():
    assert SequenceTemplate.of(TOKENIZERS["wordpiece"]) == SequenceTemplate(
        (2,), (3,), (2,), (3,), (3,), second_token_type=1
    )
    for name in ("byte-level", "unigram"):
        assert SequenceTemplate.of(TOKENIZERS[name]) == SequenceTemplate(
            (0,), (2,), (0,), (2, 2), (2,), second_token_type=0
        )


def test_a_tokenizer_may_add_no_special_tokens():
    backend = Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    template = SequenceTemplate.of(PreTrainedTokenizerFast(tokenizer_object=backend))
    assert template.single(np.array([7, 8])).tolist() == [7, 8]
    assert template.pair(np.array([7, 8]), np.array([9]))[0].tolist() == [7, 8, 9]
