"""Windows over long contexts: nothing is lost, answers keep their place, in every script."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.corpus import Answer, read_questions
from lingweave.encoder import load_tokenizer
from lingweave.objectives import NO_ANSWER
from lingweave.tasks.windows import (
    MAX_ANSWER_PIECES,
    MAX_QUESTION_PIECES,
    NUM_BEST,
    OVERLAP,
    Asked,
    Candidate,
    Window,
    best_answers,
    candidates,
    span_text,
    window_bounds,
    windows,
)
from trained_tokenizers import SENTENCES, TOKENIZERS

every_tokenizer = pytest.mark.parametrize("kind", TOKENIZERS)


def asked(context, text=None, question="where?", start=None):
    if text is None:
        return Asked(question, context, None)
    return Asked(question, context, Answer(text, context.index(text) if start is None else start))


def answer_of(window, context):
    """The text that a window's start and end point to."""
    first = window.offsets[window.start - window.first]
    last = window.offsets[window.end - window.first]
    return span_text(context, int(first[0]), int(last[1]))


# Bounds.


def test_bounds_by_hand():
    """Room for 300 pieces, 128 in both: the next window begins 172 later."""
    assert window_bounds(0, 300) == [(0, 0)]
    assert window_bounds(300, 300) == [(0, 300)]
    assert window_bounds(301, 300) == [(0, 300), (172, 301)]
    assert window_bounds(472, 300) == [(0, 300), (172, 472)]
    assert window_bounds(473, 300) == [(0, 300), (172, 472), (344, 473)]


@given(st.integers(0, 3000), st.integers(1, 600))
def test_bounds_lose_no_piece_and_overlap_as_they_should(num_pieces, room):
    bounds = window_bounds(num_pieces, room)
    assert bounds[0][0] == 0
    assert bounds[-1][1] == num_pieces
    overlap = min(OVERLAP, room // 2)
    for (start, end), (next_start, next_end) in zip(bounds, bounds[1:], strict=False):
        assert end - start == room
        assert end - next_start == overlap
        assert next_end > end, "a window that brings nothing new"


@given(st.integers(1, 3000), st.integers(2, 600), st.data())
def test_a_span_not_longer_than_the_overlap_is_whole_in_some_window(num_pieces, room, data):
    overlap = min(OVERLAP, room // 2)
    start = data.draw(st.integers(0, num_pieces - 1))
    end = data.draw(st.integers(start + 1, min(num_pieces, start + overlap + 1)))
    assert any(low <= start and end <= high for low, high in window_bounds(num_pieces, room))


# Windows.


@every_tokenizer
def test_a_short_context_is_one_window_as_the_tokenizer_makes_it(kind):
    tokenizer = TOKENIZERS[kind]()
    context, question = SENTENCES[0], SENTENCES[3]
    (window,) = windows(tokenizer, [asked(context, "the mat", question)], 200)
    whole = tokenizer(question, context, return_token_type_ids=True)
    assert window.pieces.tolist() == whole["input_ids"]
    assert window.token_types.tolist() == whole["token_type_ids"]
    assert window.example == 0
    assert answer_of(window, context) == "the mat"


@every_tokenizer
@pytest.mark.parametrize("max_length", [8, 24, 40])
def test_windows_are_never_too_long_and_each_piece_is_in_one(kind, max_length):
    tokenizer = TOKENIZERS[kind]()
    context = " ".join(SENTENCES)
    found = windows(tokenizer, [asked(context, question=SENTENCES[0])], max_length)
    assert len(found) > 3
    covered = set()
    for window in found:
        assert len(window.pieces) <= max_length
        assert len(window.offsets) >= 1
        assert (window.start, window.end) == (NO_ANSWER, NO_ANSWER)
        covered |= {tuple(offset) for offset in window.offsets.tolist()}
    whole = tokenizer(context, add_special_tokens=False, return_offsets_mapping=True)
    assert covered == set(whole["offset_mapping"])


def test_a_long_question_is_cut_and_leaves_room_for_the_context():
    tokenizer = TOKENIZERS["wordpiece"]()
    (window,) = windows(tokenizer, [asked("the cat", "cat", "the " * 500)], 384)
    assert window.first == 1 + MAX_QUESTION_PIECES + 1
    assert answer_of(window, "the cat") == "cat"


def test_an_answer_at_the_edge_of_windows_is_in_those_that_hold_all_of_it():
    """Each word is a piece. `[CLS] ? [SEP] … [SEP]` of 10 holds 6 words, 3 of them in the next."""
    tokenizer = TOKENIZERS["wordpiece"]()
    words = ["猫", "睡", "在", "老", "房", "子", "旁", "边", "的"]
    context = " ".join(words)
    pieces = tokenizer(context, add_special_tokens=False)["input_ids"]
    assert len(pieces) == len(words)
    spans = {}
    for first, last in [(0, 0), (2, 3), (3, 5), (5, 6), (4, 6), (8, 8), (0, 8)]:
        start = sum(len(word) + 1 for word in words[:first])
        text = " ".join(words[first : last + 1])
        found = windows(tokenizer, [asked(context, text, "?", start)], 10)
        assert [len(window.offsets) for window in found] == [6, 6]
        spans[first, last] = [(window.start, window.end) for window in found]
    context_starts = 3  # behind [CLS] ? [SEP]
    none = (NO_ANSWER, NO_ANSWER)
    assert spans == {
        (0, 0): [(context_starts, context_starts), none],
        (2, 3): [(5, 6), none],
        (3, 5): [(6, 8), (3, 5)],  # the very overlap: in both
        (5, 6): [none, (5, 6)],  # begins in both, ends in the second only
        (4, 6): [none, (4, 6)],
        (8, 8): [none, (8, 8)],
        (0, 8): [none, none],  # longer than any window
    }


def test_an_answer_that_the_tokenizer_deletes_is_no_answer():
    tokenizer = TOKENIZERS["wordpiece"]()
    (window,) = windows(tokenizer, [asked("the \u200b cat", "\u200b")], 50)
    assert (window.start, window.end) == (NO_ANSWER, NO_ANSWER)


def test_a_context_without_pieces_is_one_window_that_offers_nothing():
    tokenizer = TOKENIZERS["wordpiece"]()
    (window,) = windows(tokenizer, [asked("\u200b")], 50)
    logits = np.zeros(len(window.pieces), dtype=np.float32)
    assert candidates(window, logits, logits) == []


SCRIPTS = {
    "Thai without spaces": ("แมวนอนหลับอยู่บนเสื่อใกล้บ้านเก่า", "เสื่อ"),
    "Chinese": ("猫睡在老房子旁边的垫子上。", "老房子"),
    "Hindi with vowel signs": ("बिल्ली पुराने घर के पास चटाई पर सोती है।", "चटाई"),
    "Arabic, right to left": ("القطة تنام على السجادة قرب البيت القديم.", "السجادة"),
    "Urdu": ("بلی پرانے گھر کے پاس چٹائی پر سوتی ہے۔", "چٹائی"),
    "emoji of several characters": ("the 👩‍👩‍👧 cat 🇩🇪 sleeps 🐈‍⬛ near", "🐈‍⬛"),
    "full width": ("Ｔｈｅ　ｃａｔ　ｓｌｅｅｐｓ　１２３", "ｃａｔ"),
    "decomposed": (unicodedata.normalize("NFD", "Là où l'été commence déjà"), "e\u0301te\u0301"),
    "two accents on one letter": ("mo\u0323\u0302t con mèo", "mo\u0323\u0302t"),
    "a ligature that NFKC spells out": ("the ﬁsh ﬂies", "ﬁsh"),
    "one character that becomes many": ("see ㍿ and ﷺ here", "ﷺ"),
    "bidirectional marks": ("cat \u200fالقطة\u200e mat", "القطة"),
    "the first word": ("猫 cat", "猫"),
    "the last character": ("the cat!", "!"),
}


@every_tokenizer
@pytest.mark.parametrize("script", SCRIPTS)
def test_an_answer_is_found_again_in_every_script(kind, script):
    """The pieces may begin or end a little outside; the answer itself is whole in them."""
    context, text = SCRIPTS[script]
    (window,) = windows(TOKENIZERS[kind](), [asked(context, text)], 384)
    assert window.start >= window.first
    assert text in answer_of(window, context)


contexts = st.one_of(
    st.sampled_from([context for context, _ in SCRIPTS.values()]),
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4).map("".join),
    st.text(min_size=1, max_size=40).filter(str.strip),
)


@every_tokenizer
@settings(deadline=None, max_examples=60)
@given(context=contexts, data=st.data(), max_length=st.integers(12, 60))
def test_the_pieces_of_an_answer_are_the_smallest_span_that_covers_it(
    kind, context, data, max_length
):
    start = data.draw(st.integers(0, len(context) - 1))
    end = data.draw(st.integers(start + 1, min(len(context), start + 10)))
    tokenizer = TOKENIZERS[kind]()
    found = windows(tokenizer, [asked(context, context[start:end], start=start)], max_length)
    for window in found:
        if window.start == NO_ANSWER:
            continue
        inside = slice(window.start - window.first, window.end - window.first + 1)
        # Those pieces, and no other of the window, have characters in common with the answer.
        for piece, (low, high) in enumerate(window.offsets.tolist()):
            touches = max(low, start) < min(high, end)
            if touches:
                assert inside.start <= piece < inside.stop
            assert not (piece in (inside.start, inside.stop - 1) and not touches)
    whole = tokenizer(context, add_special_tokens=False, return_offsets_mapping=True)
    touched = [
        (low, high) for low, high in whole["offset_mapping"] if max(low, start) < min(high, end)
    ]
    if touched and len(touched) == 1:
        assert any(window.start != NO_ANSWER for window in found)


# Answers.


def window_of(num_pieces, first=4):
    """A window whose pieces are one character each."""
    offsets = np.array([[at, at + 1] for at in range(num_pieces)], dtype=np.int32)
    nothing = np.zeros(num_pieces + first + 1, dtype=np.int32)
    return Window(
        pieces=nothing,
        token_types=nothing,
        start=0,
        end=0,
        example=0,
        first=first,
        offsets=offsets.reshape(-1, 2),
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_candidates_are_the_best_of_all_spans_in_the_context(num_pieces, seed):
    window = window_of(num_pieces)
    generator = np.random.default_rng(seed)
    starts, ends = generator.normal(size=(2, num_pieces + 5)).astype(np.float32)
    starts[[0, 1, 2, 3, -1]] = ends[[0, 1, 2, 3, -1]] = 100  # question and special tokens
    slow = [
        (float(starts[4 + i] + ends[4 + j]), i, j + 1)
        for i in range(num_pieces)
        for j in range(i, min(num_pieces, i + MAX_ANSWER_PIECES))
    ]
    best = sorted(slow, reverse=True)[:NUM_BEST]
    found = candidates(window, starts, ends)
    assert [(one.start, one.end) for one in found] == [(i, j) for _, i, j in best]
    assert [one.score for one in found] == pytest.approx([score for score, _, _ in best])


def test_the_best_answer_is_the_best_of_all_windows():
    context = "the cat sat on the mat"
    offered = [
        Candidate(0, 7, 3.0),
        Candidate(4, 7, 2.0),
        Candidate(19, 22, 5.0),
        Candidate(19, 22, 1.0),  # the same, in another window
        Candidate(3, 7, 4.0),  # the same text as (4, 7) but for the space
        Candidate(7, 8, 9.0),  # nothing but a space
    ]
    assert best_answers(context, offered) == [("mat", 5.0), ("cat", 4.0), ("the cat", 3.0)]
    assert best_answers(context, []) == []


@pytest.mark.parametrize(
    ("context", "start", "end", "text"),
    [
        ("the cat sat", 3, 7, "cat"),
        ("ete\u0301 la", 0, 3, "ete\u0301"),  # the offsets of a composed letter
        ("mo\u0323\u0302t", 0, 2, "mo\u0323\u0302"),
        ("ब\u093f", 1, 2, "ब\u093f"),  # a vowel sign has a piece of its own
        ("\u0301a", 0, 1, "\u0301"),  # nothing to stand on
        ("cat. ", 5, 5, ""),  # white space at the end, as byte-level tokenizers place it
    ],
)
def test_the_text_of_a_span_has_whole_letters(context, start, end, text):
    assert span_text(context, start, end) == text


def test_no_more_answers_are_kept_than_asked_for():
    context = "".join(chr(200 + number) for number in range(100))
    offered = [Candidate(at, at + 1, -float(at)) for at in range(100)]
    assert len(best_answers(context, offered)) == NUM_BEST


# Real data.


@pytest.fixture(scope="module")
def real_tokenizer(shared):
    return load_tokenizer(shared / "models" / "e5-small-x15")


@pytest.mark.parametrize("language", ["ar", "de", "en", "es", "hi", "vi", "zh"])
def test_real_answers_survive_encoding(shared, real_tokenizer, language):
    """All of them are whole in a window."""
    name = f"mlqa/dev-context-{language}-question-{language}.json"
    questions = list(read_questions(shared / "data" / name))[:100]
    examples = [Asked(one.question, one.context, one.answers[0]) for one in questions]
    found = {}
    for window in windows(real_tokenizer, examples, 384):
        if window.start != NO_ANSWER:
            found[window.example] = answer_of(window, examples[window.example].context)
    assert len(found) == len(examples)
    for index, text in found.items():
        assert examples[index].answer.text in text
