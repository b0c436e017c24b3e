"""Questions with long contexts in pieces: overlapping windows, and answers read off them.

Each window is `[CLS] question [SEP] a part of the context [SEP]`; the next begins so much later
that `OVERLAP` pieces stand in both, as in transformers' `run_qa`. We depart from the code of Devlin
et al. (2019, 1810.04805) for SQuAD, and with it from XTREME's, in two things: there the next window
begins 128 pieces later, so that at 384 some 240 stand in both; and there a piece may begin an
answer only in that window in which it has most context, here in any.

Characters are the common measure: an answer's characters give its pieces, and predicted pieces give
the characters of the context that are the answer, so nothing of the text is lost or respelled.

An answer that begins inside a piece (an Arabic noun behind its article, a Chinese name within a
longer piece) gets the whole piece: the smallest span of pieces that covers it. Where a tokenizer
takes accents away or composes them, its offsets hold the bare letter only; so an answer that is
read off always has its letters whole, with all their marks.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from lingweave.corpus import Answer
from lingweave.encoder import IntArray, SequenceTemplate, Span
from lingweave.objectives import NO_ANSWER, SpanSequence

MAX_QUESTION_PIECES = 64
"""Longer questions are cut (Devlin et al.: 64); in a short sequence, to half of it."""

OVERLAP = 128
"""Pieces of the context in two neighbouring windows (transformers: 128); in a short one, half."""

MAX_ANSWER_PIECES = 30
"""No longer answer is given (Devlin et al.: 30)."""

NUM_BEST = 20
"""So many answers to a question are kept, the best (Devlin et al.: 20)."""

_NOTHING = np.array([], dtype=np.int32)


@dataclass(frozen=True, kw_only=True)
class Window(SpanSequence):
    """One window.

    Attributes:
        example: index of the question it belongs to.
        first: position of the context's first piece in the sequence.
        offsets: characters of the context [start, end) of its pieces, (pieces of context, 2).
    """

    example: int
    first: int
    offsets: IntArray


@dataclass(frozen=True)
class Asked:
    """A question and its context, with the answer that is trained on, if any."""

    question: str
    context: str
    answer: Answer | None


def windows(
    tokenizer: PreTrainedTokenizerFast, asked: Sequence[Asked], max_length: int
) -> list[Window]:
    """The windows of each question, in order.

    Args:
        tokenizer: of the encoder.
        asked: what is asked, about which context.
        max_length: pieces of a window, special tokens counted.
    """
    if not asked:
        return []
    template = SequenceTemplate.of(tokenizer)
    questions = tokenizer(
        [one.question for one in asked],
        add_special_tokens=False,
        return_attention_mask=False,
        verbose=False,
    )["input_ids"]
    contexts = tokenizer(
        [one.context for one in asked],
        add_special_tokens=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
        verbose=False,  # or it would warn of texts too long for the encoder, which we part
    )
    empty, _ = template.pair(_NOTHING, _NOTHING)
    longest_question = min(MAX_QUESTION_PIECES, (max_length - len(empty)) // 2)
    found: list[Window] = []
    for index, one in enumerate(asked):
        question = np.array(questions[index][:longest_question], dtype=np.int32)
        pieces = np.array(contexts["input_ids"][index], dtype=np.int32)
        offsets = np.array(contexts["offset_mapping"][index], dtype=np.int32).reshape(-1, 2)
        answer = None if one.answer is None else answer_pieces(one.answer, offsets)
        first = len(template.pair_before) + len(question) + len(template.pair_between)
        for start, end in window_bounds(len(pieces), max_length - len(empty) - len(question)):
            sequence, types = template.pair(question, pieces[start:end])
            at = _in_window(answer, start, end)
            found.append(
                Window(
                    pieces=sequence,
                    token_types=types,
                    start=NO_ANSWER if at is None else at[0] + first,
                    end=NO_ANSWER if at is None else at[1] + first,
                    example=index,
                    first=first,
                    offsets=offsets[start:end],
                )
            )
    return found


def window_bounds(num_pieces: int, room: int) -> list[Span]:
    """The parts [start, end) of a context that windows hold: every piece is in one, the last full.

    Args:
        num_pieces: of the context.
        room: for pieces of the context in a window, at least 1.
    """
    step = room - min(OVERLAP, room // 2)
    starts = range(0, max(1, num_pieces - room + step), step)
    return [(start, min(start + room, num_pieces)) for start in starts]


def answer_pieces(answer: Answer, offsets: IntArray) -> Span | None:
    """The first and the last piece of an answer (both inside), or None where it has no piece.

    Args:
        answer: a span of the context.
        offsets: characters [start, end) of the context's pieces.
    """
    start, end = answer.start, answer.start + len(answer.text)
    overlap = np.minimum(offsets[:, 1], end) - np.maximum(offsets[:, 0], start)
    inside = np.flatnonzero(overlap > 0)
    return (int(inside[0]), int(inside[-1])) if len(inside) else None


def _in_window(answer: Span | None, start: int, end: int) -> Span | None:
    """The answer's pieces as the window counts them; None unless all of them are in it."""
    if answer is None or answer[0] < start or answer[1] >= end:
        return None
    return answer[0] - start, answer[1] - start


@dataclass(frozen=True)
class Candidate:
    """An answer that a window offers: characters [start, end) of the context, and its score."""

    start: int
    end: int
    score: float


def candidates(
    window: Window, start_logits: NDArray[np.float32], end_logits: NDArray[np.float32]
) -> list[Candidate]:
    """The best spans of a window, in falling order of the sum of both logits.

    Args:
        window: what was predicted on.
        start_logits: of every position of its sequence, (L,).
        end_logits: the same, (L,).
    """
    num_pieces = len(window.offsets)
    if num_pieces == 0:
        return []
    context = slice(window.first, window.first + num_pieces)
    starts, ends = start_logits[context], end_logits[context]
    # Row i, column d: the span from piece i to piece i + d.
    padded = np.concatenate([ends, np.full(MAX_ANSWER_PIECES - 1, -np.inf)])
    scores = starts[:, None] + np.lib.stride_tricks.sliding_window_view(padded, MAX_ANSWER_PIECES)
    flat = scores.ravel()
    best = np.argsort(-flat, kind="stable")[:NUM_BEST]
    found = []
    for index in best[np.isfinite(flat[best])]:
        first, more = divmod(int(index), MAX_ANSWER_PIECES)
        start, end = int(window.offsets[first, 0]), int(window.offsets[first + more, 1])
        found.append(Candidate(start, end, float(flat[index])))
    return found


def no_answer_score(start_logits: NDArray[np.float32], end_logits: NDArray[np.float32]) -> float:
    """How much a window says that it does not hold the answer; of a question, the least counts."""
    return float(start_logits[NO_ANSWER] + end_logits[NO_ANSWER])


def span_text(context: str, start: int, end: int) -> str:
    """The text of a span, without spaces around it, and with the marks of its letters."""
    # White space at the end may be a piece that begins behind the last character.
    while 0 < start < len(context) and _is_mark(context[start]):
        start -= 1
    while end < len(context) and _is_mark(context[end]):
        end += 1
    return context[start:end].strip()


def _is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("M")


def best_answers(context: str, offered: Sequence[Candidate]) -> list[tuple[str, float]]:
    """Different answers with their scores, best first: of one that several windows offer, the best.

    Args:
        context: of the question.
        offered: by all its windows.
    """
    scores: dict[str, float] = {}
    for candidate in sorted(offered, key=lambda one: -one.score):
        text = span_text(context, candidate.start, candidate.end)
        if text:
            scores.setdefault(text, candidate.score)
    return list(scores.items())[:NUM_BEST]
