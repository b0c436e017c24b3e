"""Saved models: they align as training did, explain links, and are refused when damaged."""

import math
import random
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from lingweave.alignment import Aligner, FastAlignOptions, Links, fast_align
from lingweave.errors import AlignmentError

Pairs = list[tuple[list[str], list[str]]]


def random_pairs(num_pairs: int, seed: int) -> Pairs:
    """Translations word by word with noise; some sides are empty."""
    rng = random.Random(seed)
    pairs = []
    for _ in range(num_pairs):
        source = [f"s{min(rng.randrange(20), rng.randrange(20))}" for _ in range(rng.randrange(9))]
        target = [word.replace("s", "t") for word in source if rng.random() < 0.9]
        rng.shuffle(target)
        pairs.append((source, target))
    return pairs


def rows(alignments: Links) -> list[list[list[int]]]:
    return [links.tolist() for links in alignments]


@pytest.mark.parametrize("min_count", [1, 2])
def test_a_saved_model_aligns_its_training_text_as_training_did(tmp_path: Path, min_count: int):
    pairs = random_pairs(200, seed=0)
    options = FastAlignOptions(min_count=min_count, iterations=4, null_probability=0.1)
    trained = fast_align(pairs, options)
    Aligner.train(pairs, options).save(tmp_path / "model")
    loaded = Aligner.load(tmp_path / "model")
    assert loaded.options == options
    again = loaded.align(pairs)
    assert rows(again.forward) == rows(trained.forward)
    assert rows(again.reverse) == rows(trained.reverse)
    assert again.log_likelihoods == pytest.approx(trained.log_likelihoods, rel=1e-12)
    # A part of the text, in another order, gets the same links.
    part = list(reversed(range(0, 200, 3)))
    few = loaded.align([pairs[index] for index in part])
    assert rows(few.forward) == [trained.forward[index].tolist() for index in part]


def test_a_model_keeps_any_word(tmp_path: Path):
    words = ["a\nb", "", "\ud800", "\x00", "日本", "e\u0301"]
    pairs = [(words, list(reversed(words))), (words[:3], words[:3])]
    Aligner.train(pairs).save(tmp_path / "model")
    loaded = Aligner.load(tmp_path / "model")
    assert loaded.source_words == words
    assert loaded.target_words == list(reversed(words))
    assert rows(loaded.align(pairs).forward) == rows(fast_align(pairs).forward)


def test_new_words_and_pairs_have_the_probability_from_before_training():
    # After training on a = x, the pair a-new has 1e-9 as has null-new: the prior decides.
    aligner = Aligner.train([(["a"], ["x"])] * 3)
    aligned = aligner.align([(["a", "b"], ["x", "new"])])
    assert rows(aligned.forward) == [[[0, 0], [1, 1]]]
    # "new" is explained by a, b and null with priors that sum to 1.
    x_given_a = math.exp(0)  # the only translation of a: its estimate is exp(0)
    x_given_null = 1.0
    tension = aligner.tensions["forward"]
    far, near = (0.92 * w / (1 + math.exp(-tension / 2)) for w in (math.exp(-tension / 2), 1))
    x = x_given_a * near + 1e-9 * far + x_given_null * 0.08
    assert aligned.log_likelihoods[0] == pytest.approx(math.log(x) + math.log(1e-9), rel=1e-9)


def test_posteriors_are_shares_of_what_explains_a_word():
    pairs = random_pairs(60, seed=3)
    aligner = Aligner.train(pairs)
    # All cells of every pair: each word's posteriors and that of null sum to 1.
    cells = [
        np.array([(i, j) for i in range(len(s)) for j in range(len(t))], dtype=np.int32)
        for s, t in pairs
    ]
    links = Links.of(cells)
    posteriors = aligner.posteriors(pairs, links)
    assert posteriors.shape == (len(links.rows), 2)
    best = aligner.align(pairs)
    for index, (source, target) in enumerate(pairs):
        shares = posteriors[links.starts[index] : links.starts[index + 1]]
        grid = shares.reshape(len(source), len(target), 2)
        assert (grid > 0).all()
        assert (grid[:, :, 0].sum(axis=0) < 1 + 1e-12).all()  # sources explain a target word
        assert (grid[:, :, 1].sum(axis=1) < 1 + 1e-12).all()
        for source_word, target_word in best.forward[index]:
            assert grid[source_word, target_word, 0] == grid[:, target_word, 0].max()
        for source_word, target_word in best.reverse[index]:
            assert grid[source_word, target_word, 1] == grid[source_word, :, 1].max()


def test_a_posterior_as_worked_by_hand():
    aligner = Aligner.train([(["a"], ["x"])] * 3)
    # One cell: 0.92 times the translation's probability against 0.08 times null's; both are 1.
    links = Links.of([np.array([[0, 0]])])
    assert aligner.posteriors([(["a"], ["x"])], links) == pytest.approx(np.array([[0.92, 0.92]]))


def test_posteriors_refuse_links_that_do_not_fit():
    aligner = Aligner.train([(["a"], ["x"])])
    one = Links.of([np.array([[0, 1]])])
    with pytest.raises(AlignmentError, match=r"sentence pair 0 .* has no words \[0, 1\]"):
        aligner.posteriors([(["a"], ["x"])], one)
    with pytest.raises(AlignmentError, match="links of 1 sentence pairs for 2 sentence pairs"):
        aligner.posteriors([(["a"], ["x"])] * 2, one)


def test_the_lexicon_lists_translations_likeliest_first():
    aligner = Aligner.train(random_pairs(300, seed=5))
    entries = list(aligner.lexicon("forward", min_probability=0.05))
    words = [entry.word for entry in entries]
    assert words == sorted(words, key=aligner.source_words.index)
    best = {}
    for entry in entries:
        assert entry.probability >= 0.05
        assert best.setdefault(entry.word, entry).probability >= entry.probability
    assert {word: entry.translation for word, entry in best.items()} == {
        word: word.replace("s", "t") for word in aligner.source_words
    }
    backwards = {entry.word for entry in aligner.lexicon("reverse", min_probability=0.05)}
    assert backwards == set(aligner.target_words)
    # It is the table: every pair that met is there when nothing is left out.
    assert len(list(aligner.lexicon("reverse", min_probability=0))) == aligner.partners.targets.size


def test_refuses_what_is_no_model(tmp_path: Path):
    path = tmp_path / "model"
    with pytest.raises(AlignmentError, match="cannot be read .*; give a file that"):
        Aligner.load(path)
    Aligner.train([(["a"], ["x"])]).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(AlignmentError, match="damaged"):
        Aligner.load(path)
    path.write_bytes(b"0-0 1-1\n")
    with pytest.raises(AlignmentError, match="damaged"):
        Aligner.load(path)
    save_file({"weight": np.zeros(3)}, path, metadata={"format": "pt"})
    with pytest.raises(AlignmentError, match="no model of lingweave"):
        Aligner.load(path)
    save_file({"weight": np.zeros(3)}, path, metadata={"lingweave-aligner": '{"format": 1}'})
    with pytest.raises(AlignmentError, match="its format is 1, expected 2"):
        Aligner.load(path)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("partner_targets", lambda old: np.full_like(old, 2**30)),
        ("partner_targets", lambda old: old - 1),
        ("partner_targets", lambda old: old.astype(np.int64)),
        ("partner_starts", lambda old: old[::-1].copy()),
        ("partner_starts", lambda old: old[:-1]),
        ("partner_starts", lambda old: old + 1),
        ("forward_table", lambda old: old[:1]),
        ("reverse_table", lambda old: old[:-1]),
        ("forward_null_table", lambda old: old[:-1]),
        ("reverse_null_table", lambda old: np.append(old, 0.0)),
    ],
)
def test_tables_that_would_lead_outside_themselves_are_refused(tmp_path: Path, name, damage):
    """Compiled code asks no questions: it would read whatever lies there, or crash."""
    path = tmp_path / "model"
    Aligner.train(random_pairs(30, seed=0)).save(path)
    with safe_open(path, framework="numpy") as file:
        about = file.metadata()
    tensors = load_file(path)
    save_file(tensors, path, metadata=about)
    Aligner.load(path)
    save_file(tensors | {name: damage(tensors[name])}, path, metadata=about)
    with pytest.raises(AlignmentError, match="damaged"):
        Aligner.load(path)


def test_saving_replaces_the_file_whole(tmp_path: Path):
    path = tmp_path / "folder" / "model"
    Aligner.train([(["a"], ["x"])]).save(path)
    first = path.read_bytes()
    Aligner.train([(["a"], ["x"])]).save(path)
    assert path.read_bytes() == first  # the same bytes from the same text
    assert [entry.name for entry in path.parent.iterdir()] == ["model"]


def test_others_may_read_a_model_as_they_may_any_file(tmp_path: Path):
    Aligner.train([(["a"], ["x"])]).save(tmp_path / "model")
    (tmp_path / "usual").write_text("x")
    assert (tmp_path / "model").stat().st_mode == (tmp_path / "usual").stat().st_mode
