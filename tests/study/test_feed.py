"""What feeds a system: so many pairs, aligned or true links, a share of them made wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave.config import Feed
from lingweave.study.aligning import AlignedPair
from lingweave.study.feed import damaged, feed_links

LINKS = np.array([[0, 0], [1, 1], [2, 2], [3, 3]], dtype=np.int32)


def pair(links):
    return AlignedPair("a b c d", "e f g h", [], [], np.array(links, dtype=np.int32))


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


def test_true_links_are_those_of_the_first_pairs_of_each_file(tmp_path):
    paths = [tmp_path / "one.pharaoh", tmp_path / "two.pharaoh"]
    paths[0].write_text("0-1\n1-0\n2-2\n")
    paths[1].write_text("3-3\n")
    bitexts = [[pair([[0, 0]]), pair([[0, 0]])], [pair([[0, 0]])]]
    fed = feed_links(bitexts, paths, Feed(links="gold"), seed=1)
    assert [own.tolist() for own in fed] == [[[0, 1]], [[1, 0]], [[3, 3]]]
    fed = feed_links(bitexts, [], Feed(), seed=1)
    assert [own.tolist() for own in fed] == [[[0, 0]]] * 3


def test_what_is_made_wrong_follows_from_the_seed_and_the_place_alone():
    bitexts = [[pair(LINKS)] * 3, [pair(LINKS)] * 2]
    feed = Feed(damage=0.75)
    whole = feed_links(bitexts, [], feed, seed=1)
    assert len({own.tobytes() for own in whole}) > 1
    parts = feed_links([bitexts[0][:2], bitexts[1]], [], feed, seed=1)
    assert [own.tolist() for own in parts] == [whole[at].tolist() for at in (0, 1, 3, 4)]
    others = feed_links(bitexts, [], feed, seed=2)
    assert [own.tolist() for own in whole] != [own.tolist() for own in others]
