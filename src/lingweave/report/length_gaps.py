"""The gap to the source language by the length of the input, by quarters of each test set."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from lingweave.report.dot_plots import DotFigure, Mark, Panel, Row, shared_axis
from lingweave.report.gaps import TRANSLATED
from lingweave.report.numbers import signed
from lingweave.report.tables import main_title
from lingweave.study import Results

Cell = tuple[str, str]
"""System and quarter."""


def length_figures(results: Results) -> Iterator[DotFigure]:
    """For each task and setting how far the other languages stay behind, from short to long inputs.

    A panel for each system, a row for each quarter: what matters is how a system's gap changes.
    """
    for task, setting in dict.fromkeys((one.task, one.setting) for one in results.lengths):
        gaps = {} if setting in TRANSLATED else _gaps(results, task, setting)
        panels: dict[str, list[Row]] = defaultdict(list)
        for (system, quarter), gap in gaps.items():
            panels[system].append(Row(quarter, [Mark(gap)], signed(f"{gap:+.1f}")))
        if not panels:
            continue
        axis = shared_axis((row for rows in panels.values() for row in rows), 0.0)
        source = results.source_language[task]
        caption = (
            f"{task}, {setting}: {main_title(results, task)} of the other languages minus that of "
            f"{source}, in points, by quarters of each test set from the shortest inputs to the "
            "longest, counted in characters. Without intervals."
        )
        yield DotFigure(caption, [Panel(name, rows, axis, 0.0) for name, rows in panels.items()])


def _gaps(results: Results, task: str, setting: str) -> dict[Cell, float]:
    """Mean of the other languages minus the source, in points, shortest quarter first.

    Languages whose inputs are too alike in length to be parted into as many quarters are left out.
    """
    scores: dict[str, list[dict[str, float]]] = defaultdict(list)
    for bucket in results.lengths:
        if (bucket.task, bucket.setting) == (task, setting):
            scores[bucket.language].append(dict(bucket.scores))
    source = scores.pop(results.source_language[task], [])
    others = [quarters for quarters in scores.values() if len(quarters) == len(source)]
    if len(source) < 2 or not others:
        return {}
    names = ["shortest", *(f"{number}." for number in range(2, len(source))), "longest"]
    return {
        (system, name): 100 * (float(np.mean([one[number][system] for one in others])) - in_source)
        for number, name in enumerate(names)
        for system, in_source in source[number].items()
    }
