"""Code-switched masked language modelling: what is switched, how much, and what stays."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lingweave.codeswitch import draw_phrases
from lingweave.corpus import open_bitext, segmenter_for_language
from lingweave.encoder import NO_WORD, PieceSpelling, encode_words, load_tokenizer
from lingweave.objectives import CodeSwitchedOptions, EncodedPair, MLMOptions, make_objective
from lingweave.objectives.code_switched import (
    PieceSwitch,
    piece_switches,
    switch_pieces,
)
from tiny_models import CLS, SEP
from tiny_pairs import PAIRS, TOKENIZERS, array, generator, link_array, sentence

SPELLING = PieceSpelling(TOKENIZERS["bert"])

# the old cat sleeps / die alte Kat ##ze schläft
CAT = EncodedPair(
    sentence([6, 7, 8, 9]),
    sentence([20, 21, 22, 23, 24], [0, 1, 2, 2, 3]),
    link_array([(0, 0), (1, 1), (2, 2), (3, 3)]),
)


def make(**options):
    return make_objective("code-switched", TOKENIZERS["bert"], CodeSwitchedOptions(**options))


def rows(objective, examples, seed=0):
    """The sequences without special tokens and padding."""
    ids = objective.collate(examples, [generator(seed)] * len(examples)).inputs["input_ids"]
    return [tuple(piece for piece in row if piece >= 5) for row in ids.tolist()]


def test_one_word_of_four_is_switched_and_every_word_has_its_turn():
    found = rows(make(plain=0, masking=1e-9), [CAT] * 200)
    assert set(found[::2]) == {(20, 7, 8, 9), (6, 21, 8, 9), (6, 7, 22, 23, 9), (6, 7, 8, 24)}
    assert set(found[1::2]) == {
        (6, 21, 22, 23, 24),
        (20, 7, 22, 23, 24),
        (20, 21, 8, 24),
        (20, 21, 22, 23, 9),
    }


def test_special_tokens_stand_around_and_all_pieces_can_be_masked():
    batch = make(plain=0, masking=1e-9).collate([CAT], [generator()])
    for row, mask in zip(batch.inputs["input_ids"], batch.inputs["attention_mask"], strict=True):
        attended = row[mask.bool()].tolist()
        assert (attended[0], attended[-1]) == (CLS, SEP)
    whole = make(plain=0, masking=1 - 1e-9).collate([CAT], [generator()])
    pieces = int(whole.inputs["attention_mask"].sum()) - 4
    assert whole.counts == {"multilingual": pieces}
    # What is predicted is what stood there after the switch.
    switched = rows(make(masking=1e-9, plain=0), [CAT])
    assert whole.labels.tolist() == [piece for row in switched for piece in row]


def test_the_asked_share_of_sequences_stays_plain():
    plain = {(6, 7, 8, 9), (20, 21, 22, 23, 24)}
    found = rows(make(masking=1e-9), [CAT] * 1000)
    for side in (found[::2], found[1::2]):
        share = np.mean([row in plain for row in side])
        assert share == pytest.approx(0.2, abs=0.05)  # 4 deviations


@pytest.mark.parametrize("options", [{"plain": 1}, {"max_switched": 0}, {"max_switched": 0.25}])
def test_where_nothing_is_switched_it_is_mlm(options):
    """A share of 0.25 of four words is no word: the share stays below."""
    examples = [CAT] * 3
    mlm = make_objective("mlm", TOKENIZERS["bert"], MLMOptions(masking=1e-9))
    assert rows(make(masking=1e-9, **options), examples) == rows(mlm, examples)


def test_words_that_are_the_same_in_both_languages_are_passed_over():
    pair = EncodedPair(sentence([6, 7, 8, 9]), sentence([6, 7, 8, 30]), CAT.links)
    found = rows(make(plain=0, masking=1e-9), [pair] * 50)
    assert set(found) == {(6, 7, 8, 30), (6, 7, 8, 9)}
    assert found[0] == (6, 7, 8, 30)


def test_words_behind_the_cut_and_pieces_of_no_word_stay():
    """Of the second pair only word 2 ↔ word 1 and word 0 ↔ words 0 and 3 have pieces."""
    switches = piece_switches(PAIRS[1].source, PAIRS[1].target, PAIRS[1].links, 4, SPELLING)
    found = [(s.start, s.end, s.num_words, s.replacement.tolist()) for s in switches]
    assert (4, 5, 1, [19]) in found
    assert all(end <= 5 for _, end, _, _ in found)
    # Words 0 to 2 are linked to words 0, 1 and 3 of the target: together a phrase of four.
    assert (0, 5, 3, [18, 19, 20]) in found
    assert len(found) == 2


def test_pieces_between_the_words_of_a_phrase_go_with_it():
    source = sentence([6, 7, 8], [0, NO_WORD, 1])
    target = sentence([20, 21, 22, 23], [0, NO_WORD, 1, NO_WORD])
    links = link_array([(0, 1), (1, 0)])
    found = {
        (s.start, s.end): s.replacement.tolist()
        for s in piece_switches(source, target, links, 2, SPELLING)
    }
    assert found == {(0, 1): [22], (2, 3): [20], (0, 3): [20, 21, 22]}
    assert set((s.start, s.end) for s in piece_switches(source, target, links, 1, SPELLING)) == {
        (0, 1),
        (2, 3),
    }


def test_a_name_is_no_switch_although_its_pieces_differ_beside_a_bracket(shared):
    """With sentencepiece a word has its space in its first piece, where it has one."""
    tokenizer = load_tokenizer(shared / "models" / "e5-small-x15")
    encoded = []
    for language, text in (("en", "The NATO meets"), ("zh", "(NATO)开会")):
        words = segmenter_for_language(language)(text)
        encoded.append(encode_words(tokenizer, [text], [words], max_pieces=100)[0])
    source, target = encoded
    nato, meets = [source.pieces[source.words == word] for word in (1, 2)]
    same, other = [target.pieces[target.words == word] for word in (1, 3)]
    assert nato.tolist() != same.tolist()
    links = link_array([(1, 1), (2, 3)])
    switches = piece_switches(source, target, links, 1, PieceSpelling(tokenizer))
    assert [switch.replacement.tolist() for switch in switches] == [other.tolist()]
    assert meets.tolist() == source.pieces[switches[0].start : switches[0].end].tolist()


def test_switches_by_hand():
    switches = [PieceSwitch(0, 1, 1, array([30, 31])), PieceSwitch(3, 5, 2, array([32]))]
    assert switch_pieces(array([6, 7, 8, 9, 10, 11]), switches).tolist() == [30, 31, 7, 8, 32, 11]
    assert switch_pieces(array([6, 7]), []).tolist() == [6, 7]


spans = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 4)).map(
        lambda span: PieceSwitch(span[0], span[0] + span[1], span[1], array([]))
    ),
    max_size=12,
)


@given(spans, st.integers(1, 30), st.floats(0, 1), st.integers(0, 2**32))
def test_drawn_switches_stay_below_the_share_and_no_other_would_fit(
    candidates, num_words, share, seed
):
    chosen = draw_phrases(candidates, num_words, share, np.random.default_rng(seed))
    switched = sum(switch.num_words for switch in chosen)
    assert not chosen or switched / num_words < share
    assert all(one.end <= other.start for one, other in zip(chosen, chosen[1:], strict=False))

    def overlaps(switch):
        return any(switch.start < taken.end and taken.start < switch.end for taken in chosen)

    for switch in candidates:
        assert overlaps(switch) or (switched + switch.num_words) / num_words >= share


@given(st.data())
def test_what_is_not_switched_stays_in_order(data):
    """Cut the replacements out again and the untouched pieces are left."""
    pieces = array(data.draw(st.lists(st.integers(5, 19), min_size=1, max_size=15)))
    length = len(pieces)
    candidates = [
        PieceSwitch(start, end, end - start, array([100 + start] * extra))
        for start, end, extra in data.draw(
            st.lists(
                st.tuples(
                    st.integers(0, length - 1), st.integers(1, length), st.integers(1, 3)
                ).filter(lambda span: span[0] < span[1]),
                max_size=6,
            )
        )
    ]
    chosen = draw_phrases(candidates, length, 0.9, np.random.default_rng(0))
    result = switch_pieces(pieces, chosen)
    inside = {place for switch in chosen for place in range(switch.start, switch.end)}
    kept = [piece for place, piece in enumerate(pieces.tolist()) if place not in inside]
    assert [piece for piece in result.tolist() if piece < 100] == kept
    new = [piece for switch in chosen for piece in switch.replacement.tolist()]
    assert [piece for piece in result.tolist() if piece >= 100] == new


def test_switches_change_from_epoch_to_epoch_and_follow_the_generator():
    objective = make(plain=0, masking=1e-9)
    first, again, other = (rows(objective, [CAT] * 20, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_real_sentences_are_switched_below_the_share(shared):
    """Words of e5's tokenizer, linked by their places: every switch is a word of the other side."""
    tokenizer = load_tokenizer(shared / "models" / "e5-small-x15")
    bitext = open_bitext(str(shared / "data" / "bitext" / "en-de"))
    pairs = list(islice(bitext, 200))
    encoded = []
    for language, texts in (
        ("en", [pair.source for pair in pairs]),
        ("de", [pair.target for pair in pairs]),
    ):
        words = [segmenter_for_language(language)(text) for text in texts]
        encoded.append(encode_words(tokenizer, texts, words, max_pieces=100))
    for source, target in zip(*encoded, strict=True):
        num = min(source.words.max(), target.words.max()) + 1
        links = link_array([(word, word) for word in range(num)])
        switches = piece_switches(source, target, links, 4, PieceSpelling(tokenizer))
        chosen = draw_phrases(switches, num, 0.3, np.random.default_rng(0))
        assert sum(switch.num_words for switch in chosen) < 0.3 * num
        assert len(switch_pieces(source.pieces, chosen)) <= len(source) + len(target)


@pytest.mark.parametrize(
    "options", [{"plain": 1.1}, {"max_switched": -0.1}, {"max_phrase_words": 0}, {"ratio": 0.3}]
)
def test_wrong_options_are_refused(options):
    with pytest.raises(ValidationError):
        CodeSwitchedOptions(**options)


def test_the_defaults_are_those_of_alm_and_masking_that_of_the_others():
    options = CodeSwitchedOptions()
    assert (options.plain, options.max_switched, options.max_phrase_words) == (0.2, 0.3, 4)
    assert options.masking == MLMOptions().masking
