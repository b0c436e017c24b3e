from .judging import judged
from .probe_plan import ProbeTexts, linked_texts, tatoeba_texts
from .probe_results import ProbeResults
from .probing import probe
from .results import MEAN, RESULTS, ClaimResult, Estimate, Results, Score, write_results
from .run import Observer, run_study
from .samples import Sample
from .single import evaluate, finetune, pretrain
from .word_alignment import (
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
    "write_results",
]
