from .from_alignment import (
    AlignedSentences,
    AlignmentSwitchOptions,
    PhrasePair,
    consistent_phrases,
    draw_alternating,
    draw_phrases,
    switch_by_alignment,
)
from .from_lexicon import (
    CoveredSentence,
    LexiconSwitchOptions,
    draw_words,
    switch_by_lexicon,
    switch_words,
)
from .induction import InductionOptions, induce_lexicon
from .lexicon import Lexicon, Translation, read_lexicon, save_lexicon
from .lines import read_provenance, switch_file, switch_lines
from .measures import SwitchMeasures
from .progressive import (
    Progress,
    ProgressiveOptions,
    difficulties,
    draw_easy_words,
    draw_stage,
    stage_of_update,
    switch_at_stage,
)
from .switching import Replacement, Switch, SwitchedText, replace_spans

__all__ = [
    "AlignedSentences",
    "AlignmentSwitchOptions",
    "CoveredSentence",
    "InductionOptions",
    "Lexicon",
    "LexiconSwitchOptions",
    "PhrasePair",
    "Progress",
    "ProgressiveOptions",
    "Replacement",
    "Switch",
    "SwitchMeasures",
    "SwitchedText",
    "Translation",
    "consistent_phrases",
    "difficulties",
    "draw_alternating",
    "draw_phrases",
    "draw_easy_words",
    "draw_stage",
    "draw_words",
    "induce_lexicon",
    "read_lexicon",
    "read_provenance",
    "replace_spans",
    "save_lexicon",
    "stage_of_update",
    "switch_at_stage",
    "switch_by_alignment",
    "switch_by_lexicon",
    "switch_file",
    "switch_lines",
    "switch_words",
]
