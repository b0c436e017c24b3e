"""Studies: a recipe becomes stages in folders, the stages become scores.

In: a recipe (`lingweave.config`). Out: `Results`, and a folder in which every stage's work is kept.
"""

from lingweave.study.judging import judged
from lingweave.study.probe_plan import ProbeTexts, linked_texts, tatoeba_texts
from lingweave.study.probe_results import ProbeResults
from lingweave.study.probing import probe
from lingweave.study.results import MEAN, ClaimResult, Estimate, Results, Score
from lingweave.study.run import RESULTS, Observer, run_study
from lingweave.study.samples import Sample
from lingweave.study.single import evaluate, finetune, pretrain
from lingweave.study.word_alignment import (
    AlignmentObserver,
    AlignmentOutputs,
    GoldLinks,
    align,
)

__all__ = [
    "MEAN",
    "RESULTS",
    "AlignmentObserver",
    "AlignmentOutputs",
    "ClaimResult",
    "Estimate",
    "GoldLinks",
    "Observer",
    "ProbeResults",
    "ProbeTexts",
    "Results",
    "Sample",
    "Score",
    "align",
    "evaluate",
    "finetune",
    "judged",
    "linked_texts",
    "pretrain",
    "probe",
    "run_study",
    "tatoeba_texts",
]
