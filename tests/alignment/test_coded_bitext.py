"""Words as numbers: from lists and from Arrow the same; and cells laid out in blocks."""

import random
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave.alignment import cooccurrence, fast_align
from lingweave.alignment.coded_bitext import ClosedVocabulary, code_bitext
from lingweave.alignment.cooccurrence import Cooccurrences, number_cooccurrences
from lingweave.errors import AlignmentError, TextFileError

word_lists = st.lists(st.sampled_from(["a", "b", "c", "日", "", "e\u0301"]), max_size=5)
Pairs = list[tuple[list[str], list[str]]]


def table_of(pairs: Pairs) -> pa.Table:
    kind = pa.list_(pa.string())
    return pa.table({name: pa.array([p[k] for p in pairs], kind) for k, name in enumerate("st")})


@given(st.lists(st.tuples(word_lists, word_lists), max_size=8), st.integers(1, 3))
def test_lists_and_arrow_give_the_same_numbers(pairs: Pairs, batch: int):
    from_lists = code_bitext(pairs)
    table = table_of(pairs)
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=batch))
    for coded in (code_bitext(table), code_bitext(reader)):
        for mine, theirs in zip(coded, from_lists, strict=True):
            assert mine.tolist() == theirs.tolist()
            assert mine.dtype == theirs.dtype


def test_words_are_numbered_as_they_appear_and_those_of_unusable_pairs_are_not():
    coded = code_bitext([(["b", "a"], ["y"]), (["new"], []), (["a", "c"], ["x", "y"])])
    assert coded.source_words.tolist() == [0, 1, 1, 2]
    assert coded.source_starts.tolist() == [0, 2, 2, 4]
    assert coded.target_words.tolist() == [0, 1, 0]
    assert coded.target_starts.tolist() == [0, 1, 1, 3]


def test_a_closed_vocabulary_gives_all_new_words_one_number():
    closed = ClosedVocabulary(["a", "b"])
    coded = code_bitext([(["b", "new", "other"], ["a"])], closed, ClosedVocabulary(["a"]))
    assert coded.source_words.tolist() == [1, 2, 2]
    assert len(closed) == 2


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"s": pa.array(["a"]), "t": pa.array([["b"]])}, "must be lists of strings, found string"),
        ({"s": pa.array([["a"]])}, "must be lists of strings"),
        ({"s": pa.array([["a", None]]), "t": pa.array([["b"]])}, "1 words are null"),
    ],
    ids=["text", "one column", "null"],
)
def test_refuses_tables_without_words(columns: dict[str, pa.Array], problem: str):
    with pytest.raises(AlignmentError, match=problem):
        code_bitext(pa.table(columns))


def naive_cells(pairs: Pairs, min_count: int) -> list[list[tuple[str, str] | None]]:
    """For every sentence pair its grid of word pairs; None where a pair is too rare."""
    counts: dict[tuple[str, str], int] = {}
    for source, target in pairs:
        for pair in ((s, t) for s in source for t in target):
            counts[pair] = counts.get(pair, 0) + 1
    return [
        [(s, t) if counts[s, t] >= min_count else None for s in source for t in target]
        for source, target in pairs
    ]


def laid_out(pairs: Pairs, text: Cooccurrences) -> list[list[tuple[str, str] | None]]:
    sources = list(dict.fromkeys(w for s, t in pairs if s and t for w in s))
    targets = list(dict.fromkeys(w for s, t in pairs if s and t for w in t))
    num_pairs = text.pair_sources.size
    names: list[tuple[str, str] | None] = [
        (sources[s], targets[t]) for s, t in zip(text.pair_sources, text.pair_targets, strict=True)
    ]
    assert len(set(names)) == num_pairs
    names.append(None)
    grids = []
    for _, block in text.blocks():
        for first, end in zip(block.cell_starts, block.cell_starts[1:], strict=False):
            grids.append([names[cell] for cell in block.cells[first:end]])
    return grids


def some_pairs(seed: int, num_pairs: int = 40) -> Pairs:
    rng = random.Random(seed)
    return [
        (
            [f"s{rng.randrange(12)}" for _ in range(rng.randrange(6))],
            [f"t{rng.randrange(12)}" for _ in range(rng.randrange(6))],
        )
        for _ in range(num_pairs)
    ]


@pytest.mark.parametrize("min_count", [1, 2, 3])
@pytest.mark.parametrize("cells_per_block", [7, 100, 2**26])
@pytest.mark.parametrize("in_memory", [True, False])
def test_cells_refer_to_their_word_pairs(
    monkeypatch: pytest.MonkeyPatch, min_count: int, cells_per_block: int, in_memory: bool
):
    monkeypatch.setattr(cooccurrence, "CELLS_PER_BLOCK", cells_per_block)
    monkeypatch.setattr(cooccurrence, "CELLS_IN_MEMORY", 2**28 if in_memory else 0)
    pairs = some_pairs(seed=cells_per_block)
    text = number_cooccurrences(code_bitext(pairs), 2, min_count=min_count)
    usable = [(s, t) if s and t else ([], []) for s, t in pairs]
    assert laid_out(pairs, text) == naive_cells(usable, min_count)


def test_pairs_are_numbered_in_the_order_of_the_text():
    text = number_cooccurrences(code_bitext(some_pairs(seed=1)), 1)
    first_seen: dict[int, int] = {}
    for (first, _), block in text.blocks():
        for sentence in range(block.cell_starts.size - 1):
            for cell in block.cells[block.cell_starts[sentence] : block.cell_starts[sentence + 1]]:
                first_seen.setdefault(int(cell), first + sentence)
    order = [first_seen[number] for number in range(text.pair_sources.size)]
    assert order == sorted(order)


def test_many_blocks_in_a_file_give_the_links_of_one_in_memory(monkeypatch: pytest.MonkeyPatch):
    pairs = some_pairs(seed=2, num_pairs=300)
    expected = fast_align(pairs)
    monkeypatch.setattr(cooccurrence, "CELLS_PER_BLOCK", 200)
    monkeypatch.setattr(cooccurrence, "CELLS_IN_MEMORY", 0)
    found = fast_align(pairs)
    assert found.forward.rows.tolist() == expected.forward.rows.tolist()
    assert found.reverse.rows.tolist() == expected.reverse.rows.tolist()
    assert found.log_likelihoods == pytest.approx(expected.log_likelihoods, rel=1e-12)


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cooccurrence, "CELLS_IN_MEMORY", 0)
    full = Path("/dev/full")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: full.open("w+b", buffering=0))
    with pytest.raises(TextFileError, match="could not be written .*set TMPDIR to a folder"):
        number_cooccurrences(code_bitext(some_pairs(seed=3)), 1)


@pytest.mark.parametrize("in_arrow", [False, True])
def test_a_pair_far_longer_than_sentences_is_told(in_arrow: bool):
    """As a text has them that lost its line ends: its grid would fill the memory."""
    pairs = [(["a"], ["x", "y"]), (["a"] * 8192, ["x"] * 8192)]
    assert code_bitext(pairs).num_pairs == 2
    pairs.append((["a"] * 8193, ["x"] * 8192))
    table = pa.table({"source": [pair[0] for pair in pairs], "target": [pair[1] for pair in pairs]})
    with pytest.raises(AlignmentError, match=r"pair 2 has 8,193 and 8,192 words, .*; look for"):
        code_bitext(table if in_arrow else pairs)
