"""The alignment stage: words, links given or found, and how they get back from the disk."""

import json
import random
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from lingweave.alignment import SYMMETRIZATIONS, read_pharaoh
from lingweave.config import Alignment, BitextSource
from lingweave.corpus import open_bitext
from lingweave.errors import AlignmentError, BitextError, TextFileError
from lingweave.study.aligning import (
    LINKS,
    PAIRS,
    SUMMARY,
    align_bitext,
    load_aligned,
)
from lingweave.study.stage import Workplace

SOURCES = ["The house is old.", "A house!", "Yes"]
TARGETS = ["Das Haus ist alt.", "Ein Haus!", "Ja, ja"]
LINK_LINES = ["0-0 1-1 2-2 3-3 4-4", "1-1", ""]


@pytest.fixture
def bitext_files(tmp_path):
    def write(sources, targets, languages=("en", "de"), **options):
        paths = []
        for language, sentences in zip(languages, (sources, targets), strict=True):
            paths.append(tmp_path / f"text.{language}")
            paths[-1].write_text("".join(f"{line}\n" for line in sentences), encoding="utf-8")
        source = BitextSource(location=(str(paths[0]), str(paths[1])), **options)
        return open_bitext(source.location), source

    return write


@pytest.fixture
def pharaoh(tmp_path):
    def write(*lines, name="given.pharaoh"):
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return str(path)

    return write


def as_lists(pairs):
    return [pair.links.tolist() for pair in pairs]


def words_of(text, spans):
    return [text[start:end] for start, end in spans]


def save_and_load(folder, bitext, source, alignment=Alignment()):  # noqa: B008 (frozen)
    out = Path(tempfile.mkdtemp(dir=folder))
    place = Workplace(out=out, resume=folder / "resume", inputs={}, report=None)
    align_bitext(place, bitext, source, alignment)
    return out, list(load_aligned(out))


@pytest.fixture
def align_pairs(tmp_path):
    """The pairs and the summary that the stage leaves."""

    def align(bitext, source, alignment):
        out, pairs = save_and_load(tmp_path, bitext, source, alignment)
        return pairs, json.loads((out / SUMMARY).read_text("utf-8"))

    return align


def test_given_links_are_used_as_they_are(bitext_files, pharaoh, align_pairs):
    bitext, source = bitext_files(SOURCES, TARGETS, links=pharaoh(*LINK_LINES))
    pairs, summary = align_pairs(bitext, source, Alignment())
    assert [(pair.source, pair.target) for pair in pairs] == [*zip(SOURCES, TARGETS, strict=True)]
    first = pairs[0]
    assert words_of(first.source, first.source_words) == ["The", "house", "is", "old", "."]
    assert words_of(first.target, first.target_words) == ["Das", "Haus", "ist", "alt", "."]
    assert first.source_words[3:] == [(13, 16), (16, 17)]
    assert as_lists(pairs) == [[[i, i] for i in range(5)], [[1, 1]], []]
    assert pairs[2].links.shape == (0, 2)
    assert summary == {
        "bitext": bitext.name,
        "languages": ["en", "de"],
        "pairs": 3,
        "source_words": 5 + 3 + 1,
        "target_words": 5 + 3 + 3,
        "links": 6,
        "method": "given links",
        "symmetrization": "given links",
    }


def test_given_links_that_no_aligner_would_find_show_that_none_was_asked(
    bitext_files, pharaoh, align_pairs
):
    bitext, source = bitext_files(SOURCES, TARGETS, links=pharaoh("0-4 4-0", "", "0-0 0-2"))
    pairs, _ = align_pairs(bitext, source, Alignment(symmetrization="union"))
    assert as_lists(pairs) == [[[0, 4], [4, 0]], [], [[0, 0], [0, 2]]]


@pytest.mark.parametrize(("line", "link"), [("0-0 5-1", "5-1"), ("0-5", "0-5"), ("4-4 4-7", "4-7")])
def test_a_link_beyond_its_sentence_is_told_with_file_and_line(
    bitext_files, pharaoh, line, link, align_pairs
):
    sources, targets = ["Yes", *SOURCES], ["Ja", *TARGETS]
    path = pharaoh("0-0", line, "", "")
    bitext, source = bitext_files(sources, targets, links=path)
    with pytest.raises(AlignmentError) as caught:
        align_pairs(bitext, source, Alignment())
    assert str(caught.value) == (
        f"{path}:2: link {link} is beyond the sentence pair of 5 source and 5 target words; "
        "align the same sentences, split into the same words; words count from 0"
    )


@pytest.mark.parametrize("kind", ["links", "gold"])
def test_too_few_lines_of_links_are_told(bitext_files, pharaoh, kind, align_pairs):
    path = pharaoh("0-0", "0-0")
    bitext, source = bitext_files(SOURCES, TARGETS, **{kind: path})
    with pytest.raises(AlignmentError) as caught:
        align_pairs(bitext, source, Alignment())
    assert str(caught.value) == (
        f"{path}: it has 2 lines for 3 sentence pairs; give one line of links for each pair"
    )


def test_too_many_lines_of_links_are_told_unless_only_the_first_pairs_are_read(
    bitext_files, pharaoh, align_pairs
):
    path = pharaoh(*LINK_LINES, "0-0")
    bitext, source = bitext_files(SOURCES, TARGETS, links=path)
    with pytest.raises(AlignmentError, match="lines for 3 sentence pairs"):
        align_pairs(bitext, source, Alignment())
    bitext, source = bitext_files(SOURCES, TARGETS, links=path, max_pairs=2)
    assert as_lists(align_pairs(bitext, source, Alignment())[0]) == [
        [[i, i] for i in range(5)],
        [[1, 1]],
    ]


def test_a_broken_link_is_told_with_file_and_line(bitext_files, pharaoh, align_pairs):
    path = pharaoh("0-0", "0-0 1", "")
    bitext, source = bitext_files(SOURCES, TARGETS, links=path)
    with pytest.raises(AlignmentError) as caught:
        align_pairs(bitext, source, Alignment())
    assert str(caught.value).startswith(f"{path}:2: found '1' where a link such as 0-1")


def test_gold_links_that_are_missing_are_told(bitext_files, tmp_path, align_pairs):
    bitext, source = bitext_files(SOURCES, TARGETS, gold=str(tmp_path / "none"))
    with pytest.raises(TextFileError, match="none: no such file"):
        align_pairs(bitext, source, Alignment())


def test_the_error_rate_against_gold_by_hand(bitext_files, pharaoh, align_pairs):
    """Five links given and four true ones, three of them found: AER = 1 - 2 · 3 / (5 + 4)."""
    given = pharaoh("0-0 1-1 2-3", "0-0 1-1", "")
    gold = pharaoh("0-0 1-1", "0-0 2-2", "", name="gold.pharaoh")
    bitext, source = bitext_files(SOURCES, TARGETS, links=given, gold=gold)
    _, summary = align_pairs(bitext, source, Alignment())
    assert summary["against_gold"] == {
        "aer": pytest.approx(1 / 3),
        "precision": pytest.approx(3 / 5),
        "recall": pytest.approx(3 / 4),
        "num_sentences": 3,
    }


def test_gold_links_are_counted_from_0_whatever_they_hold(bitext_files, pharaoh, align_pairs):
    """`5-5` would be the last words if words counted from 1; here it is beyond them."""
    bitext, source = bitext_files(SOURCES, TARGETS, gold=pharaoh("1-1 5-5", "1-1", "1-1"))
    with pytest.raises(AlignmentError, match="link 5-5 is beyond the sentence pair of 5 source"):
        align_pairs(bitext, source, Alignment())


def test_only_the_first_pairs_are_read(bitext_files, align_pairs):
    """The third pair, which is broken, is never looked at."""
    bitext, source = bitext_files(SOURCES, TARGETS, max_pairs=2)
    pairs, summary = align_pairs(bitext, source, Alignment())
    assert [pair.source for pair in pairs] == SOURCES[:2]
    assert summary["pairs"] == 2
    broken, source = bitext_files([*SOURCES[:2], ""], TARGETS, max_pairs=2)
    assert len(align_pairs(broken, source, Alignment())[0]) == 2
    with pytest.raises(BitextError, match=r"text\.en:3: the source sentence is empty"):
        align_pairs(broken, source.model_copy(update={"max_pairs": 3}), Alignment())


# Four words in every order; the two languages agree in which words they use.
ENGLISH = ["red house", "house red", "big house", "old red dog", "dog big", "old house", "big dog"]
GERMAN = ["rot Haus", "Haus rot", "groß Haus", "alt rot Hund", "Hund groß", "alt Haus", "groß Hund"]


def test_words_that_go_together_are_linked(bitext_files, align_pairs):
    bitext, source = bitext_files(ENGLISH * 4, GERMAN * 4)
    pairs, summary = align_pairs(bitext, source, Alignment())
    straight = [[[i, i] for i in range(len(line.split()))] for line in ENGLISH * 4]
    assert as_lists(pairs) == straight
    assert summary["links"] == 4 * sum(len(line.split()) for line in ENGLISH)
    assert summary["symmetrization"] == "intersection"


def test_capitals_do_not_hide_a_word_unless_asked_to(bitext_files, pharaoh, align_pairs):
    """Six words in any order on both sides; the source writes them in capitals at random."""
    choose = random.Random(0)
    words = ["house", "dog", "tree", "river", "stone", "bread"]
    sources, targets, gold = [], [], []
    for _ in range(150):
        said, order = choose.sample(words, 4), choose.sample(range(4), 4)
        sources.append(
            " ".join("".join(choose.choice((c, c.upper())) for c in word) for word in said)
        )
        targets.append(" ".join(f"x{said[place]}" for place in order))
        gold.append(" ".join(f"{place}-{index}" for index, place in enumerate(order)))
    bitext, source = bitext_files(sources, targets, gold=pharaoh(*gold))
    lowered, found = align_pairs(bitext, source, Alignment())
    _, found_with_capitals = align_pairs(bitext, source, Alignment(lowercase=False))
    assert found["against_gold"]["aer"] < 0.05
    assert found_with_capitals["against_gold"]["aer"] > 0.3
    assert [pair.source for pair in lowered] == sources  # the text itself stays as it is


def test_the_union_holds_every_link_of_the_intersection(bitext_files, align_pairs):
    sources = ["a b c", "c b", "a", "b a c d", "d"]
    targets = ["x y z w", "z y y", "x", "y x w z", "w w"]
    bitext, source = bitext_files(sources, targets)
    both = [
        align_pairs(bitext, source, Alignment(symmetrization=name))[0]
        for name in ("intersection", "union")
    ]
    for fewer, more in zip(*both, strict=True):
        assert set(map(tuple, fewer.links.tolist())) <= set(map(tuple, more.links.tolist()))
    assert sum(len(pair.links) for pair in both[0]) < sum(len(pair.links) for pair in both[1])


def test_words_come_by_the_segmenter_that_is_named(bitext_files, align_pairs):
    bitext, source = bitext_files(["it 's here."], ["es ist hier ."], source_segmenter="whitespace")
    (pair,), _ = align_pairs(bitext, source, Alignment())
    assert words_of(pair.source, pair.source_words) == ["it", "'s", "here."]
    assert words_of(pair.target, pair.target_words) == ["es", "ist", "hier", "."]


UNSEGMENTED = ["我们昨天下午在北京买了一本书", "他们今天上午去学校学习中文"] * 10
TRANSLATED = ["we bought a book in Beijing yesterday", "they learn Chinese at school today"] * 10


def test_text_that_is_not_split_into_words_is_refused(bitext_files, pharaoh, align_pairs):
    """Whole clauses would count as words, and systems would be trained on hardly a link."""
    bitext, source = bitext_files(TRANSLATED, UNSEGMENTED, languages=("a", "b"))
    with pytest.raises(AlignmentError) as caught:
        align_pairs(bitext, source, Alignment())
    assert str(caught.value).startswith(
        f"{bitext.name}:1: the target sentences are not split into words (20 of 20); split it into "
        "words first: say its language, or choose the segmenter jieba "
    )
    # Links that are given were found elsewhere.
    bitext, source = bitext_files(
        TRANSLATED, UNSEGMENTED, languages=("a", "b"), links=pharaoh(*["0-0"] * 20)
    )
    pairs, _ = align_pairs(bitext, source, Alignment())
    assert as_lists(pairs) == [[[0, 0]]] * 20


def test_pairs_come_back_from_the_disk_as_they_were(bitext_files, pharaoh, tmp_path, align_pairs):
    """Chinese words of one and two characters, a character beyond 16 bits, a pair without links."""
    sources = ["I love Beijing 🐉 .", "Yes", "He said “no”."]
    targets = ["我爱北京🐉。", "是", "他 说：“不”。"]
    given = pharaoh("2-2 1-1", "", "0-0")
    gold = pharaoh("1-1", "", "0-0", name="gold.pharaoh")
    bitext, source = bitext_files(sources, targets, ("en", "zh"), links=given, gold=gold)
    expected, summary = align_pairs(bitext, source, Alignment())
    out, loaded = save_and_load(tmp_path, bitext, source)
    assert len(loaded) == 3
    for before, after in zip(expected, loaded, strict=True):
        assert (after.source, after.target) == (before.source, before.target)
        assert after.source_words == before.source_words
        assert after.target_words == before.target_words
        assert after.links.dtype == np.int32
        assert after.links.shape == before.links.shape
        assert np.array_equal(after.links, before.links)
    assert words_of(targets[0], loaded[0].target_words)[:3] == ["我", "爱", "北京"]
    assert "".join(words_of(targets[0], loaded[0].target_words)) == targets[0]
    assert loaded[1].links.shape == (0, 2)
    assert json.loads((out / SUMMARY).read_text("utf-8")) == summary
    assert (out / LINKS).read_text() == "2-2 1-1\n\n0-0\n"
    assert [links.tolist() for links in read_pharaoh(out / LINKS)] == as_lists(loaded)
    assert parquet.read_metadata(out / PAIRS).num_rows == 3


def test_the_same_text_gives_the_same_bytes(bitext_files, tmp_path):
    contents = []
    for name in ("one", "two"):
        bitext, source = bitext_files(ENGLISH, GERMAN)
        (tmp_path / name).mkdir()
        out, _ = save_and_load(tmp_path / name, bitext, source)
        contents.append([(out / file).read_bytes() for file in (PAIRS, LINKS, SUMMARY)])
    assert contents[0] == contents[1]


# Both directions, for consumers that join them their own way.

MANY_SOURCES = ["the house", "the book", "a book", "a house is old", "the book is old"] * 4
MANY_TARGETS = ["das haus", "das buch", "ein buch", "ein haus ist alt", "das buch ist alt"] * 4


@pytest.mark.parametrize("method", ["fast-align", "hmm-align"])
def test_links_joined_later_are_those_of_an_alignment_that_joined_them_so(
    bitext_files, tmp_path, method, align_pairs
):
    bitext, source = bitext_files(MANY_SOURCES, MANY_TARGETS)
    _, loaded = save_and_load(tmp_path, bitext, source, Alignment(method=method))
    for symmetrization in SYMMETRIZATIONS:
        alignment = Alignment(method=method, symmetrization=symmetrization)
        joined, summary = align_pairs(bitext, source, alignment)
        assert (summary["method"], summary["symmetrization"]) == (method, symmetrization)
        assert [pair.joined(symmetrization).tolist() for pair in loaded] == as_lists(joined)
    assert [pair.joined(None).tolist() for pair in loaded] == as_lists(loaded)
    for pair in loaded:
        assert len(set(pair.forward[:, 1].tolist())) == len(pair.forward)
        assert len(set(pair.reverse[:, 0].tolist())) == len(pair.reverse)


def test_given_links_cannot_be_joined_anew(bitext_files, pharaoh, tmp_path):
    bitext, source = bitext_files(SOURCES, TARGETS, links=pharaoh(*LINK_LINES))
    _, (first, *_) = save_and_load(tmp_path, bitext, source)
    assert first.forward is None
    assert first.joined(None).tolist() == [[i, i] for i in range(5)]
    with pytest.raises(AlignmentError, match="were given, so there is nothing to join"):
        first.joined("union")
