"""Studies: a recipe becomes stages in folders, the stages become scores.

In: a recipe (`lingweave.config`). Out: `Results`, and a folder in which every stage's work is kept.
"""

from lingweave.study.results import MEAN, Estimate, Results, Score
from lingweave.study.run import RESULTS, Observer, run_study

__all__ = ["MEAN", "RESULTS", "Estimate", "Observer", "Results", "Score", "run_study"]
