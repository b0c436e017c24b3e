"""Twin languages: small languages that are translations of one another by construction.

In: `TwinOptions`, a seed and sizes. Out: a folder of plain text files, in which a *base* language
and its twins say the same things with disjoint words and different word orders.

The story, one file each:

1. `lexicon`: the world (topics, kinds of things, who does what to what, opposites) and, per
   language, the words for it: synonyms, concepts that need two words.
2. `grammar`: what is said, a `Meaning`, drawn so that every word can be told from its context.
3. `translation`: how a language says a meaning, and which words of two translations belong
   together (the gold links).
4. `inference`: two meanings and how the first bears on the second: entailment, neutral,
   contradiction.
5. `likeness`: twins that are nearer to the base language than the others.
6. `write`: all of it as files.

The experiment is in the manner of K, Wang, Mayhew and Roth (2020), "Cross-lingual ability of
multilingual BERT: an empirical study" (https://arxiv.org/abs/1912.07840), who give English a twin
by shifting its characters. Our twins go further from the base (word order, one-to-two words,
function words without a counterpart). No number got on them says anything about a natural
language.
"""

from lingweave.corpus.twins.grammar import Meaning, MeaningGrammar, NounPhrase, Place
from lingweave.corpus.twins.inference import LABELS, Example, draw_example, infer
from lingweave.corpus.twins.lexicon import Lexicon, World, WorldSize, build_lexicons, build_world
from lingweave.corpus.twins.likeness import Likeness, make_like
from lingweave.corpus.twins.translation import (
    BASE,
    Language,
    Sentence,
    build_languages,
    gold_links,
    say,
)
from lingweave.corpus.twins.write import TwinOptions, write_twins

__all__ = [
    "BASE",
    "LABELS",
    "Example",
    "Language",
    "Lexicon",
    "Likeness",
    "Meaning",
    "MeaningGrammar",
    "NounPhrase",
    "Place",
    "Sentence",
    "TwinOptions",
    "World",
    "WorldSize",
    "build_languages",
    "build_lexicons",
    "build_world",
    "draw_example",
    "gold_links",
    "infer",
    "make_like",
    "say",
    "write_twins",
]
