"""Line plots: curves over layers, updates or ratios, told apart by dashes as well as by colour."""

from collections.abc import Sequence
from dataclasses import dataclass

from lingweave.report.axes import Axis, ValueAxis, axis_between, axis_over

NUM_STYLES = 8


@dataclass(frozen=True)
class Curve:
    """Points in the axes' units, ascending in x.

    Attributes:
        name: as the key has it; none for a curve that stands behind the others.
        points: (x, y).
        style: which dashes and colour, 0 to `NUM_STYLES` - 1; None: thin and grey.
        intervals: (x, low, high) where they are known.
    """

    name: str
    points: Sequence[tuple[float, float]]
    style: int | None
    intervals: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True)
class LinePanel:
    """One plot of a figure, curves over common axes.

    Attributes:
        title: what this panel is of.
        curves: those behind first.
        x: axis of the first coordinate.
        y: axis of the second.
        reference: height of a dashed line, or None.
    """

    title: str
    curves: Sequence[Curve]
    x: Axis | ValueAxis
    y: Axis
    reference: float | None = None

    def line(self, curve: Curve) -> str:
        """The curve as SVG points in a square of 100 × 100, y downwards."""
        places = [(self.x.place(x), 100 - self.y.place(y)) for x, y in curve.points]
        return " ".join(f"{x:g},{y:g}" for x, y in places)

    @property
    def description(self) -> str:
        """First and last point of each named curve, for those who do not see it."""
        told = [
            f"{curve.name} from {curve.points[0][1]:.3g} to {curve.points[-1][1]:.3g}"
            for curve in self.curves
            if curve.name and curve.points
        ]
        return f"{self.title}: {'; '.join(told)}"


@dataclass(frozen=True)
class LineFigure:
    """Panels that belong together.

    Attributes:
        caption: what is shown.
        panels: each with axes of its own.
        x_title: what the first coordinate is.
    """

    caption: str
    panels: Sequence[LinePanel]
    x_title: str

    @property
    def key(self) -> list[tuple[int, str]]:
        """Style and name of each named curve, once."""
        named = {
            curve.name: curve.style
            for panel in self.panels
            for curve in panel.curves
            if curve.name and curve.style is not None
        }
        return [(style, name) for name, style in named.items()]


def line_panel(
    title: str, curves: Sequence[Curve], reference: float | None = None, *more_y: float
) -> LinePanel:
    """A panel with axes over its own curves, and over further heights."""
    points = [point for curve in curves for point in curve.points]
    across = [x for x, _ in points]
    ends = [end for curve in curves for _, low, high in curve.intervals for end in (low, high)]
    heights = [*(y for _, y in points), *ends, *more_y]
    if reference is not None:
        heights.append(reference)
    return LinePanel(
        title,
        curves,
        axis_between(min(across), max(across), least_step=1),
        axis_over(heights),
        reference,
    )
