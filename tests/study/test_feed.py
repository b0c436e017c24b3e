"""What feeds a system: so many pairs, aligned or true links, a share of them made wrong."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave.config import Feed
from lingweave.study.feed import FedPairs, damaged

LINKS = np.array([[0, 0], [1, 1], [2, 2], [3, 3]], dtype=np.int32)


@given(
    targets=st.permutations(range(7)),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_damage_exchanges_target_words_and_changes_nothing_else(targets, share, seed):
    links = np.column_stack([np.arange(7), targets]).astype(np.int32)
    changed = damaged(links, share, np.random.default_rng(seed))
    assert changed.dtype == links.dtype
    assert changed[:, 0].tolist() == links[:, 0].tolist()
    assert sorted(changed[:, 1]) == sorted(links[:, 1])
    wrong = int((changed != links).any(axis=1).sum())
    assert wrong != 1
    assert wrong in {int(7 * share), int(7 * share) + 1} | ({0, 2} if 7 * share < 2 else set())


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 1.0])
def test_the_share_is_reached_in_the_mean(share):
    wrong = [
        (damaged(LINKS, share, np.random.default_rng(seed)) != LINKS).any(axis=1).mean()
        for seed in range(4000)
    ]
    assert np.mean(wrong) == pytest.approx(share, abs=0.02)


def test_no_damage_and_a_single_link_stay_as_they_are():
    assert damaged(LINKS, 0, np.random.default_rng(1)) is LINKS
    one = LINKS[:1]
    for seed in range(20):
        assert damaged(one, 1, np.random.default_rng(seed)) is one


def text_in(folder, sizes_and_links):
    """Tokenised pairs: of so many source pieces, one target piece, and these links."""
    folder.mkdir()
    numbers, pairs = pa.list_(pa.int32()), pa.list_(pa.list_(pa.int32(), 2))
    rows = {
        "source_pieces": (numbers, [list(range(size)) for size, _ in sizes_and_links]),
        "source_words": (numbers, [list(range(size)) for size, _ in sizes_and_links]),
        "target_pieces": (numbers, [[9]] * len(sizes_and_links)),
        "target_words": (numbers, [[0]] * len(sizes_and_links)),
        "links": (pairs, [links for _, links in sizes_and_links]),
        "forward": (pairs, [None] * len(sizes_and_links)),
        "reverse": (pairs, [None] * len(sizes_and_links)),
    }
    table = pa.table({name: pa.array(values, kind) for name, (kind, values) in rows.items()})
    with pa.ipc.new_file(str(folder / "pairs.arrow"), table.schema) as writer:
        writer.write_table(table)
    return folder


@pytest.fixture
def texts(tmp_path):
    """Three pairs and two, all with the same links, of 4 to 8 source pieces."""
    links = LINKS.tolist()
    return [
        text_in(tmp_path / "one", [(4, links), (5, links), (6, links)]),
        text_in(tmp_path / "two", [(7, links), (8, links)]),
    ]


def test_pairs_are_the_first_of_each_text_in_order(texts):
    whole = FedPairs(texts, Feed(), [], seed=1)
    assert [len(pair.source) for pair in whole] == [4, 5, 6, 7, 8]
    assert whole.lengths.tolist() == [5, 6, 7, 8, 9]
    assert len(whole[-1].source) == 8
    with pytest.raises(IndexError):
        whole[5]
    two = FedPairs(texts, Feed(max_pairs=2), [], seed=1)
    assert [len(pair.source) for pair in two] == [4, 5, 7, 8]
    assert two.lengths.tolist() == [5, 6, 8, 9]
    assert all(pair.links.tolist() == LINKS.tolist() for pair in whole)


def test_true_links_are_those_of_the_first_pairs_of_each_file(tmp_path, texts):
    paths = [tmp_path / "one.pharaoh", tmp_path / "two.pharaoh"]
    paths[0].write_text("0-1\n1-0\n2-2\n")
    paths[1].write_text("3-3\n0-0\n")
    fed = FedPairs(texts, Feed(links="gold", max_pairs=2), paths, seed=1)
    assert [pair.links.tolist() for pair in fed] == [[[0, 1]], [[1, 0]], [[3, 3]], [[0, 0]]]


def test_what_is_made_wrong_follows_from_the_seed_and_the_place_alone(texts):
    def links(seed=1, **feed):
        return [
            pair.links.tolist() for pair in FedPairs(texts, Feed(damage=0.75, **feed), [], seed)
        ]

    whole = links()
    assert len({str(own) for own in whole}) > 1
    assert links(max_pairs=2) == [whole[at] for at in (0, 1, 3, 4)]
    assert links(seed=2) != whole
