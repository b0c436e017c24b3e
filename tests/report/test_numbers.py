"""How differences are written: signs of one width, none for a zero."""

import pytest

from lingweave.report.numbers import interval, points, signed


@pytest.mark.parametrize(
    ("number", "expected"),
    [("-1.4", "−1.4"), ("+1.4", "+1.4"), ("-0.0", "0.0"), ("+0.0", "0.0"), ("0", "0")],
)
def test_a_zero_has_no_sign(number, expected):
    assert signed(number) == expected


def test_a_difference_is_in_points():
    assert [points(0.012), points(-0.1), points(-0.0004)] == ["+1.2", "−10.0", "0.0"]
    assert interval(-0.004, 0.02) == "[−0.4, +2.0]"
