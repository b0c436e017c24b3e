"""The distribution of errors between Student's and the normal one, against others' computation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from lingweave.evaluation.doubt import Doubt

FREEDOMS = [2, 2.7, 4, 8, 40, 400]


@pytest.mark.parametrize("freedom", FREEDOMS)
@pytest.mark.parametrize("distance", [-3.0, 0.0, 0.1, 2.0, 9.0])
def test_without_doubt_about_examples_it_is_students_t(freedom, distance):
    doubt = Doubt(of_seeds=0.25, freedom=freedom, of_examples=0.0)
    assert doubt.beyond(distance) == pytest.approx(stats.t.sf(2 * distance, freedom), rel=1e-6)
    assert doubt.reach(0.95) == pytest.approx(0.5 * stats.t.ppf(0.975, freedom), rel=1e-6)


@pytest.mark.parametrize("distance", [-1.0, 0.0, 2.0, 4.0])
def test_without_doubt_about_seeds_it_is_normal(distance):
    doubt = Doubt(of_seeds=0.0, freedom=2, of_examples=4.0)
    assert doubt.beyond(distance) == pytest.approx(stats.norm.sf(distance / 2))
    assert doubt.reach(0.95) == pytest.approx(2 * 1.959964)


@pytest.mark.parametrize("freedom", FREEDOMS)
@pytest.mark.parametrize(("of_seeds", "of_examples"), [(1.0, 0.1), (1.0, 1.0), (0.2, 2.0)])
@pytest.mark.parametrize("distance", [0.3, 2.0, 5.0])
def test_between_them_it_is_the_sum_of_both(freedom, of_seeds, of_examples, distance):
    """The convolution of the two densities, by scipy's adaptive quadrature."""

    def chance(normal):
        rest = (distance - np.sqrt(of_examples) * normal) / np.sqrt(of_seeds)
        return stats.norm.pdf(normal) * stats.t.sf(rest, freedom)

    expected, _ = integrate.quad(chance, -12, 12, epsabs=1e-12, limit=400)
    doubt = Doubt(of_seeds=of_seeds, freedom=freedom, of_examples=of_examples)
    assert doubt.beyond(distance) == pytest.approx(expected, rel=1e-6)
    assert doubt.error == pytest.approx(np.sqrt(of_seeds + of_examples))


variances = st.floats(1e-9, 1.0)


@given(
    of_seeds=variances, of_examples=variances, freedom=st.floats(2, 50), part=st.floats(0.5, 0.999)
)
def test_what_is_out_of_reach_has_the_chance_that_is_left(of_seeds, of_examples, freedom, part):
    doubt = Doubt(of_seeds=of_seeds, freedom=freedom, of_examples=of_examples)
    assert 2 * doubt.beyond(doubt.reach(part)) == pytest.approx(1 - part)
    assert doubt.beyond(0) == pytest.approx(0.5)
    assert doubt.beyond(-0.3) == pytest.approx(1 - doubt.beyond(0.3))
