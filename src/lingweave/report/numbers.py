"""How differences are written, wherever a report has them."""

import re


def signed(number: str) -> str:
    """A formatted number with a minus sign as wide as a plus; a zero has no sign."""
    text = number.replace("-", "\N{MINUS SIGN}")
    return text if re.search("[1-9]", text) else text.lstrip("+\N{MINUS SIGN}")


def points(difference: float) -> str:
    """A difference of scores in points: 0.012 → "+1.2"."""
    return signed(f"{100 * difference:+.1f}")


def interval(low: float, high: float) -> str:
    """The ends of a difference's interval in points: -0.004 and 0.02 → "[−0.4, +2.0]"."""
    return f"[{points(low)}, {points(high)}]"


def points_with_interval(difference: float, low: float | None, high: float | None) -> str:
    """A difference in points and its interval, if there is one: "+1.2 [+0.4, +2.0]"."""
    if low is None or high is None:
        return points(difference)
    return f"{points(difference)} {interval(low, high)}"
