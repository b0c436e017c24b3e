"""Artificial code-switching: words and phrases of a text replaced by their translations.

In go sentences with their words, and bilingual lexicons (`read_lexicon`, `induce_lexicon`) or word
alignments. Out comes text that knows what was switched (`SwitchedText`), so that answer spans and
tags follow it, and how much was (`SwitchMeasures`). The progressive schedule says which words are
switched at which stage of a training. All chance comes from a generator that is handed in; nothing
here knows about models or training loops.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
