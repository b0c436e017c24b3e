"""Numbers of a study without the last digits of a double, in which processors differ.

The same sum on another processor, whose vectors are longer or shorter, may differ in the sixteenth
digit. All that reports show comes from these numbers, so that the same predictions give the same
bytes wherever a report is made.
"""

from typing import Annotated

from pydantic import AfterValidator

_DECIMALS = 8
"""Of a score: a millionth of a point."""


def _score(value: float) -> float:
    return round(value, _DECIMALS) + 0.0  # no -0.0


def _p_value(value: float) -> float:
    return float(f"{value:.6g}")


ScoreNumber = Annotated[float, AfterValidator(_score)]
"""A score, 0–1, or a difference of scores."""

PValue = Annotated[float, AfterValidator(_p_value)]
"""A p-value; very small ones keep their digits, too."""
