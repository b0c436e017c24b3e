"""Axes of the pictures: round ticks, and places as per cent of the width or height."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_MOST_INTERVALS = 5


@dataclass(frozen=True)
class Tick:
    """A value that is written at an axis.

    Attributes:
        place: per cent of the axis's length, from its lower end.
        text: the value as written.
    """

    place: float
    text: str


@dataclass(frozen=True)
class Axis:
    """A linear axis between two round values.

    Attributes:
        low: value at its lower end.
        high: value at its upper end.
        step: from tick to tick.
    """

    low: float
    high: float
    step: float

    def place(self, value: float) -> float:
        """Where a value stands, in per cent of the length from the lower end."""
        return round(100 * (value - self.low) / (self.high - self.low), 2)

    @property
    def ticks(self) -> list[Tick]:
        """All round values, both ends among them."""
        num_steps = round((self.high - self.low) / self.step)
        values = [self.low + number * self.step for number in range(num_steps + 1)]
        digits = max(0, -math.floor(math.log10(self.step) + 1e-9))
        # 2.5 has one digit more than its power of ten
        digits += round(self.step * 10**digits, 6) % 1 != 0
        return [Tick(self.place(value), f"{value:,.{digits}f}") for value in values]


def axis_over(values: Iterable[float]) -> Axis:
    """The shortest axis with a few round ticks (1, 2, 2.5 or 5 times a power of ten) over all.

    Args:
        values: at least one.
    """
    known = [*values]
    low, high = min(known), max(known)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    power = 10.0 ** math.floor(math.log10((high - low) / _MOST_INTERVALS))
    for factor in (1, 2, 2.5, 5, 10, 20):
        step = factor * power
        # The tolerance: 0.3 / 0.1 is a little less than 3.
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= _MOST_INTERVALS:
            break
    return Axis(first * step, last * step, step)
