"""Dot plots: one row for each thing compared, a dot at its value, a line for its interval.

Rows are named beside their dots, so that nothing hangs on telling colours apart. Panels of one
figure share their axis.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lingweave.report.axes import Axis, axis_over

Shape = Literal["dot", "hollow", "bar", "diamond"]
ROW_HEIGHT = 22
"""Pixels; the text beside it has 13."""


@dataclass(frozen=True)
class Mark:
    """A value of a row, with its interval if it has one; in the axis's unit."""

    value: float
    low: float | None = None
    high: float | None = None
    shape: Shape = "dot"


@dataclass(frozen=True)
class Row:
    """A name, what is drawn beside it, and the value in words at the end of the line."""

    name: str
    marks: Sequence[Mark]
    text: str


@dataclass(frozen=True)
class Panel:
    """One plot of a figure.

    Attributes:
        title: what this panel is of.
        rows: from top to bottom.
        axis: of the values.
        reference: where a dashed line stands, or None.
        is_strong: whether it is the one to look at first.
    """

    title: str
    rows: Sequence[Row]
    axis: Axis
    reference: float | None = None
    is_strong: bool = False

    @property
    def height(self) -> int:
        """Of the rows, in pixels."""
        return ROW_HEIGHT * len(self.rows)

    @property
    def description(self) -> str:
        """The same in words, for those who do not see it."""
        return f"{self.title}: " + "; ".join(f"{row.name} {row.text}" for row in self.rows)


@dataclass(frozen=True)
class DotFigure:
    """Panels that belong together.

    Attributes:
        caption: what is shown, and what the marks mean.
        panels: of one axis.
        key: what each shape means, where there are several.
    """

    caption: str
    panels: Sequence[Panel]
    key: Sequence[tuple[Shape, str]] = ()

    @property
    def name_width(self) -> int:
        """Characters of the longest name, which all panels leave room for."""
        return max(len(shown_name(row.name)) for panel in self.panels for row in panel.rows)


def shared_axis(rows: Iterable[Row], *more: float) -> Axis:
    """The axis over all marks with their intervals, and over further values."""
    values = [*more]
    for row in rows:
        for mark in row.marks:
            ends = (mark.value, mark.low, mark.high)
            values += [value for value in ends if value is not None]
    return axis_over(values)


def shown_name(name: str) -> str:
    """A name that leaves room for the plot on a narrow screen; of a long one both ends.

    Names that begin alike, as those of one method's variants do, so stay apart.
    """
    return name if len(name) <= 20 else f"{name[:10]}…{name[-9:]}"
