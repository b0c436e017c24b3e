"""ALM: consistent phrases exchanged, less than 30 % of the words."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from codeswitch.cases import SEGMENT
from lingweave.alignment import parse_links
from lingweave.codeswitch import (
    AlignedSentences,
    AlignmentSwitchOptions,
    SwitchMeasures,
    consistent_phrases,
    draw_alternating,
    switch_by_alignment,
)
from lingweave.corpus import open_bitext, segmenter
from lingweave.errors import AlignmentError

ANY_SHARE = AlignmentSwitchOptions(max_switched=1.0)


def aligned(source, target, links, segment=SEGMENT):
    return AlignedSentences(
        source, target, segment(source), segment(target), parse_links(links), "en", "fr"
    )


def random(seed=1):
    return np.random.default_rng(seed)


def brute_force_phrases(links, max_words):
    """Every box of words, judged by the definition: no link leaves it, its edges are linked."""
    found = []
    size = max([0, *(1 + max(link) for link in links)])
    for s0 in range(size):
        for s1 in range(s0 + 1, min(size, s0 + max_words) + 1):
            for t0 in range(size):
                for t1 in range(t0 + 1, min(size, t0 + max_words) + 1):
                    inside = [(s, t) for s, t in links if s0 <= s < s1 and t0 <= t < t1]
                    touching = [(s, t) for s, t in links if s0 <= s < s1 or t0 <= t < t1]
                    edges = (
                        {s0, s1 - 1} <= {s for s, _ in inside}
                        and {t0, t1 - 1} <= {t for _, t in inside}
                    )  # fmt: skip
                    if edges and inside == touching:
                        found.append((s0, s1, t0, t1))
    return found


def test_phrases_of_a_swapped_pair():
    """0-0 1-2 2-1: "black" and "cat" each, both together, and with them the first word."""
    links = parse_links("0-0 1-2 2-1")
    assert consistent_phrases(links, 2) == [(0, 1, 0, 1), (1, 2, 2, 3), (1, 3, 1, 3), (2, 3, 1, 2)]
    assert (0, 3, 0, 3) in consistent_phrases(links, 3)


LINKS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=9, unique=True)


@settings(deadline=None)
@given(LINKS, st.integers(1, 5))
def test_phrases_are_those_of_the_definition(links, max_words):
    array = np.array(sorted(links), dtype=np.int32).reshape(-1, 2)
    assert consistent_phrases(array, max_words) == brute_force_phrases(sorted(links), max_words)


def test_an_exchange_by_hand():
    pair = aligned("the black cat sleeps", "le chat noir dort", "1-2 2-1")
    texts = {switch_by_alignment(pair, ANY_SHARE, random(seed)).text for seed in range(60)}
    # Both at once cannot be: 2 of 4 words and 2 more would be 4 of 4, which is not below 100 %.
    assert texts == {"the chat noir sleeps", "the noir chat sleeps"}


def test_less_than_30_percent_is_switched():
    words = [f"w{letter}" for letter in "abcdefghij"]
    pair = aligned(" ".join(words), " ".join(word.upper() + "x" for word in words), "")
    links = np.repeat(np.arange(10), 2).reshape(-1, 2).astype(np.int32)
    counts = Counter(
        sum(s.num_words for s in switch_by_alignment(
            pair._replace(links=links), AlignmentSwitchOptions(), random(seed)).switches)
        for seed in range(300)
    )  # fmt: skip
    assert set(counts) == {2}  # 3 of 10 would be 30 %, and 1 leaves room for one more


def test_names_and_marks_are_no_candidates():
    pair = aligned("Paris , 3 !", "paris ; 4 ?", "0-0 1-1 2-2 3-3")
    switched = switch_by_alignment(pair, ANY_SHARE, random())
    assert all(found.num_words and found.original != "Paris" for found in switched.switches)
    assert not switch_by_alignment(
        aligned("Paris !", "paris ?", "0-0 1-1"),
        AlignmentSwitchOptions(max_phrase_words=1),
        random(),
    ).switches


def test_links_beyond_the_sentence_are_refused():
    with pytest.raises(AlignmentError, match="link 4-0 is beyond the sentence pair"):
        switch_by_alignment(aligned("a b", "c", "4-0"), ANY_SHARE, random())


def test_the_mix_is_10_percent_source_10_percent_target_80_percent_switched_both_ways():
    words = "a b c d e f g h"
    pair = aligned(
        words, words.upper().replace(" ", "x ") + "x", " ".join(f"{i}-{i}" for i in range(8))
    )
    seen = Counter()
    for seed in range(1500):
        switched, language = draw_alternating(pair, AlignmentSwitchOptions(), random(seed))
        expected = pair.source if language == "en" else pair.target
        assert switched.original == expected
        assert all(found.language != language for found in switched.switches)
        seen[language, bool(switched.switches)] += 1
    for key, share in {
        ("en", False): 0.1,
        ("fr", False): 0.1,
        ("en", True): 0.4,
        ("fr", True): 0.4,
    }.items():
        assert abs(seen[key] / 1500 - share) < 4 * (share * (1 - share) / 1500) ** 0.5, key


def test_shares_of_plain_text_above_all_are_refused():
    with pytest.raises(ValidationError, match="more than 1 together"):
        AlignmentSwitchOptions(plain_source=0.6, plain_target=0.6)


@settings(deadline=None)
@given(LINKS, st.floats(0, 1), st.integers(0, 99))
def test_phrases_never_overlap_and_stay_below_the_share(links, share, seed):
    source, target = "a b c. d e f g", "q r s t, u v w x"
    pair = aligned(source, target, " ".join(f"{s}-{t}" for s, t in sorted(links)))
    switched = switch_by_alignment(pair, AlignmentSwitchOptions(max_switched=share), random(seed))
    assert switched.original == source
    num_switched = sum(found.num_words for found in switched.switches)
    assert num_switched == 0 or num_switched / 7 < share
    replacements = [switched.replacement(found) for found in switched.switches]
    assert all(text in target for text in replacements)
    assert len("".join(replacements)) <= len(target)  # no target word stands there twice


# Real data.


def test_real_chinese_pairs_with_gold_links(shared):
    folder = shared / "data" / "alignment"
    gold = (folder / "zhen.gold").read_text("utf-8").splitlines()
    measures, segment = SwitchMeasures(), segmenter("whitespace")
    for pair, links in zip(open_bitext(folder / "zhen.src-tgt"), gold, strict=True):
        words = segment(pair.source), segment(pair.target)
        counted_from_0 = parse_links(links.replace("p", "-")) - 1
        sentences = AlignedSentences(pair.source, pair.target, *words, counted_from_0, "zh", "en")
        switched = switch_by_alignment(sentences, AlignmentSwitchOptions(), random(pair.line))
        assert switched.original == pair.source
        of_pair = SwitchMeasures()
        for counts in (of_pair, measures):
            counts.add(switched, words[0], "zh", num_covered=0)
        assert of_pair.effective_ratio < 0.3
    assert 0.2 < measures.effective_ratio < 0.3
    assert measures.words_of_language["en"] > 1000
