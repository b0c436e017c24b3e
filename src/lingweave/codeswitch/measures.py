"""How much text is switched: measured, not taken from what was asked.

- *effective ratio*: switched words / all words of the original.
- *coverage*: words that a lexicon could have switched / all words of the original.
- *switch points*: places where a word's language differs from that of the word before it.
- *CMI*, the code-mixing index of a sentence (Das and Gambäck 2014,
  https://aclanthology.org/W14-5152): 100 · (1 − max_i w_i / (n − u)), w_i words of language i, n of
  all, u without a language; 0 for one language. Its mean over all sentences, and over those that
  mix (Gambäck and Das 2014 give both).
- *M-index* (Barnett et al. 2000): (1 − Σ p_j²) / ((k − 1) · Σ p_j²) over the k languages' shares
  p_j of all words: 0 for one language, 1 for equal shares.
- *I-index* (Guzmán et al. 2017): switch points / places where there could be one.

A word is what holds a letter: punctuation and numbers belong to no language (u). CMI, M- and
I-index and switch points are of the text after switching, its words being those of the original
that were not replaced and those that replaced the others.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lingweave.codeswitch.switching import SwitchedText
from lingweave.codeswitch.writing import holds_letter
from lingweave.corpus import Span


@dataclass(kw_only=True)
class SwitchMeasures:
    """Sums over sentences, added one at a time, and what follows from them.

    Attributes:
        num_sentences: all that were added, empty ones too.
        num_switched_sentences: those with a switch.
        num_words: words of the originals.
        num_covered: those that could have been switched.
        num_switched: those that were.
        num_switch_points: see the module.
        num_boundaries: between two words of one sentence, after switching.
        sum_cmi: of all sentences.
        num_mixed_sentences: those with words of more than one language.
        words_of_language: after switching.
    """

    num_sentences: int = 0
    num_switched_sentences: int = 0
    num_words: int = 0
    num_covered: int = 0
    num_switched: int = 0
    num_switch_points: int = 0
    num_boundaries: int = 0
    sum_cmi: float = 0.0
    num_mixed_sentences: int = 0
    words_of_language: Counter[str] = field(default_factory=Counter)

    def add(
        self, switched: SwitchedText, words: Sequence[Span], language: str, num_covered: int
    ) -> None:
        """Count a sentence.

        Args:
            switched: the sentence as it is now.
            words: spans of the original's words.
            language: of the original.
            num_covered: words that could have been switched.
        """
        original = switched.original
        lexical = [word for word in words if holds_letter(original[slice(*word)])]
        runs = language_runs(switched, lexical, language)
        counts: Counter[str] = Counter()
        for run_language, num_words in runs:
            counts[run_language] += num_words
        self.num_sentences += 1
        self.num_switched_sentences += bool(switched.switches)
        self.num_words += len(lexical)
        self.num_covered += num_covered
        self.num_switched += sum(switch.num_words for switch in switched.switches)
        self.num_switch_points += sum(left != right for (left, _), (right, _) in pairwise(runs))
        self.num_boundaries += max(0, counts.total() - 1)
        self.sum_cmi += code_mixing_index(counts)
        self.num_mixed_sentences += len(counts) > 1
        self.words_of_language += counts

    @property
    def effective_ratio(self) -> float:
        """Share of the words that were switched, 0-1."""
        return _share(self.num_switched, self.num_words)

    @property
    def coverage(self) -> float:
        """Share of the words that could have been switched, 0-1."""
        return _share(self.num_covered, self.num_words)

    @property
    def cmi(self) -> float:
        """Mean code-mixing index of all sentences, 0-100."""
        return _share(self.sum_cmi, self.num_sentences)

    @property
    def cmi_mixed(self) -> float:
        """Mean code-mixing index of the sentences that mix languages, 0-100."""
        return _share(self.sum_cmi, self.num_mixed_sentences)

    @property
    def i_index(self) -> float:
        """Share of the boundaries between words that are switch points, 0-1."""
        return _share(self.num_switch_points, self.num_boundaries)

    @property
    def m_index(self) -> float:
        """How evenly the languages share the words, 0-1."""
        if len(self.words_of_language) < 2:
            return 0.0
        total = self.words_of_language.total()
        squares = sum((count / total) ** 2 for count in self.words_of_language.values())
        return (1 - squares) / ((len(self.words_of_language) - 1) * squares)

    def summary(self) -> dict[str, float | int | dict[str, int]]:
        """All numbers by name, for a report."""
        return {
            "sentences": self.num_sentences,
            "switched_sentences": self.num_switched_sentences,
            "words": self.num_words,
            "switched_words": self.num_switched,
            "effective_ratio": self.effective_ratio,
            "coverage": self.coverage,
            "switch_points": self.num_switch_points,
            "cmi": self.cmi,
            "cmi_mixed": self.cmi_mixed,
            "m_index": self.m_index,
            "i_index": self.i_index,
            "words_of_language": dict(sorted(self.words_of_language.items())),
        }


def code_mixing_index(words_of_language: Counter[str]) -> float:
    """CMI of a sentence, 0-100, from its number of words of each language."""
    total = words_of_language.total()
    return 100 * (1 - max(words_of_language.values()) / total) if total else 0.0


def language_runs(
    switched: SwitchedText, lexical: Sequence[Span], language: str
) -> list[tuple[str, int]]:
    """The words of a switched sentence as (language, number of words), in order.

    Each word that was not replaced is a run of 1, each replacement one of all its words.

    Args:
        switched: the sentence as it is now.
        lexical: spans of the original's words, those with a letter.
        language: of the original.
    """
    at = [(switch.start, switch.language, switch.num_new_words) for switch in switched.switches]
    at += [
        (word[0], language, 1) for word, switch in switched.switches_at(lexical) if switch is None
    ]
    return [(run_language, num_words) for _, run_language, num_words in sorted(at)]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
