"""Axes of the pictures: round ticks, and places as per cent of the width or height."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lingweave.report.numbers import signed

_MOST_INTERVALS = 5
_LINEAR_UP_TO = 10
_TOLERANCE = 1e-9
"""Of quotients: 0.3 / 0.1 is a little less than 3."""


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
    """A linear axis.

    Attributes:
        low: value at its lower end.
        high: value at its upper end.
        step: from tick to tick; ticks are multiples of it.
    """

    low: float
    high: float
    step: float

    def place(self, value: float) -> float:
        """Where a value stands, in per cent of the length from the lower end."""
        return round(100 * (value - self.low) / (self.high - self.low), 2)

    @property
    def ticks(self) -> list[Tick]:
        """All multiples of the step, ascending."""
        first, last = _multiples(self.low, self.high, self.step)
        values = [number * self.step for number in range(first, last + 1)]
        digits = max(0, -math.floor(math.log10(self.step) + _TOLERANCE))
        return [Tick(self.place(value), signed(f"{value:,.{digits}f}")) for value in values]


@dataclass(frozen=True)
class ValueAxis:
    """An axis with ticks at the very values that were tried, as they are.

    Attributes:
        values: ascending, at least two different ones.
    """

    values: Sequence[float]

    @property
    def is_logarithmic(self) -> bool:
        """Whether the highest value is more than ten times the lowest above 0; none is below 0."""
        return self.values[0] >= 0 and self.values[-1] > _LINEAR_UP_TO * self._lowest_above_0

    def place(self, value: float) -> float:
        """Where a value stands, in per cent of the length from the lower end."""
        low, here, high = map(self._scaled, (self.values[0], value, self.values[-1]))
        return round(100 * (here - low) / (high - low), 2)

    @property
    def ticks(self) -> list[Tick]:
        """The values."""
        return [Tick(self.place(value), signed(f"{value:,.10g}")) for value in self.values]

    @property
    def _lowest_above_0(self) -> float:
        return next(value for value in self.values if value > 0)

    def _scaled(self, value: float) -> float:
        """On a logarithmic axis 0 stands a decade below the lowest value above it."""
        return math.log(value or self._lowest_above_0 / 10) if self.is_logarithmic else value


def axis_between(low: float, high: float, least_step: float = 0.0) -> Axis:
    """An axis that ends at the very values, with round ticks between them.

    Args:
        low: value at its lower end.
        high: value at its upper end.
        least_step: from tick to tick. Steps are 1, 2 or 5 times a power of ten.
    """
    if high - low < _TOLERANCE:
        low, high = low - 0.5, high + 0.5
    power = 10.0 ** math.floor(math.log10((high - low) / _MOST_INTERVALS))
    steps = (factor * power for factor in (1, 2, 5, 10))
    step = next(step for step in steps if (high - low) / step <= _MOST_INTERVALS + _TOLERANCE)
    return Axis(low, high, max(step, least_step))


def axis_over(values: Iterable[float]) -> Axis:
    """The shortest axis over all values that begins and ends with a tick.

    Args:
        values: at least one.
    """
    known = [*values]
    axis = axis_between(min(known), max(known))
    low = math.floor(axis.low / axis.step + _TOLERANCE)
    high = math.ceil(axis.high / axis.step - _TOLERANCE)
    return Axis(low * axis.step, high * axis.step, axis.step)


def _multiples(low: float, high: float, step: float) -> tuple[int, int]:
    """The first and the last number of steps from zero that are between two values."""
    return math.ceil(low / step - _TOLERANCE), math.floor(high / step + _TOLERANCE)
