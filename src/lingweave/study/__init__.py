"""Studies: a recipe becomes stages in folders, the stages become scores.

In: a recipe (`lingweave.config`). Out: `Results`, and a folder in which every stage's work is kept.
"""

from lingweave.study.results import MEAN, Estimate, Results, Score
from lingweave.study.run import RESULTS, Observer, run_study
from lingweave.study.single import align, evaluate, finetune, pretrain

__all__ = [
    "MEAN",
    "RESULTS",
    "Estimate",
    "Observer",
    "Results",
    "Score",
    "align",
    "evaluate",
    "finetune",
    "pretrain",
    "run_study",
]
