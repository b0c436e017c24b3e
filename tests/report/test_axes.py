"""Axes: round ticks that the eye can count, places that the numbers demand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave.report.axes import Axis, axis_between, axis_over


def texts(axis):
    return [tick.text for tick in axis.ticks]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([33.3, 70.2], ["30", "40", "50", "60", "70", "80"]),
        ([-1.4, 2.8], ["−2", "−1", "0", "1", "2", "3"]),
        ([0.0, 0.3], ["0.0", "0.1", "0.2", "0.3"]),
        ([0.0, 25000.0], ["0", "5,000", "10,000", "15,000", "20,000", "25,000"]),
        ([50.0], ["49.4", "49.6", "49.8", "50.0", "50.2", "50.4", "50.6"]),
    ],
)
def test_an_axis_over_values_begins_and_ends_with_a_round_tick(values, expected):
    assert texts(axis_over(values)) == expected


def test_an_axis_between_ends_at_the_very_values():
    layers = axis_between(0, 12)
    assert (layers.low, layers.high) == (0, 12)
    assert [(tick.text, tick.place) for tick in layers.ticks] == [
        ("0", 0.0),
        ("5", 41.67),
        ("10", 83.33),
    ]
    assert texts(axis_between(0, 2, least_step=1)) == ["0", "1", "2"]
    ratios = axis_between(10, 50)
    assert texts(ratios) == ["10", "20", "30", "40", "50"]


numbers = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))


@given(st.lists(numbers, min_size=1, max_size=20))
def test_all_values_are_on_the_axis_and_its_ticks_are_few_even_and_distinct(values):
    axis = axis_over(values)
    assert all(-0.01 <= axis.place(value) <= 100.01 for value in values)
    places = [tick.place for tick in axis.ticks]
    assert 2 <= len(places) <= 8
    assert places[0] == pytest.approx(0, abs=0.01)
    assert places[-1] == pytest.approx(100, abs=0.01)
    gaps = [after - before for before, after in zip(places, places[1:], strict=False)]
    assert gaps == pytest.approx([gaps[0]] * len(gaps), abs=0.02)
    assert len({tick.text for tick in axis.ticks}) == len(places)


def test_a_place_is_the_share_of_the_way():
    axis = Axis(low=-10, high=30, step=10)
    assert [axis.place(value) for value in (-10, 0, 30)] == [0, 25, 100]
