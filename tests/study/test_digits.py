"""What is written of a study does not depend on the processor that it was computed on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lingweave.study import ClaimResult
from lingweave.study.results import Estimate

scores = st.integers(-10_000, 10_000).map(lambda number: number / 10_000)


def claim(p):
    return ClaimResult(id="", text="", kind="", verdict="inconclusive", reason="", p=p).p


@given(scores)
def test_neighbouring_doubles_are_written_alike(score):
    around = [np.nextafter(score, -2), score, np.nextafter(score, 2)]
    assert {repr(Estimate(mean=one, low=one, high=one)) for one in around} == {
        repr(Estimate(mean=score, low=score, high=score))
    }


def test_what_rounding_leaves_of_zero_is_zero():
    assert repr(Estimate(mean=-1e-17, low=-0.0, high=1e-17).model_dump_json()) == repr(
        Estimate(mean=0, low=0, high=0).model_dump_json()
    )


def test_scores_keep_a_millionth_of_a_point_and_p_values_their_first_digits():
    assert Estimate(mean=1 / 3, low=0.12345678, high=1).model_dump() == {
        "mean": 0.33333333,
        "low": 0.12345678,
        "high": 1.0,
        "covers": "examples",
    }
    assert (claim(1.2345678e-12), claim(0.1 + 0.2), claim(1.0)) == (1.23457e-12, 0.3, 1.0)
