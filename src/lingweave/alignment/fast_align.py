"""FastAlign: word alignment of parallel text by a reparameterised IBM Model 2.

Dyer, Chahuneau and Smith (2013), "A Simple, Fast, and Effective Reparameterization of IBM Model
2" (https://aclanthology.org/N13-1073). Every word of one side is explained by one word of the
other, or by none: by a translation table, learned by expectation-maximisation under a Dirichlet
prior, and by a prior for positions near the diagonal, whose tension is learned too (`diagonal`).

The model is that of the C++ program fast_align with its flags `-d -o -v`, and its quirks are kept
so that links equal its links: of 5 iterations the last only picks the links, the tension is
learned after all but the first and the last, and the two slips in the gradient of the tension
(see `diagonal`) stay. It departs from the program in two things: results do not depend on the
number of threads (the program's race), and a pair with an empty side gets no links.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from lingweave.alignment.compiled import available_threads
from lingweave.alignment.cooccurrence import (
    CodedBitext,
    Cooccurrences,
    Integers,
    code_bitext,
    number_cooccurrences,
)
from lingweave.alignment.diagonal import (
    MAX_TENSION,
    MIN_TENSION,
    diagonal_prior,
    optimize_tension,
)
from lingweave.alignment.expectation import (
    DirectionModel,
    Expectations,
    best_explanations,
    estimate_in_place,
    expect,
)
from lingweave.alignment.symmetrization import LinkArray, Symmetrization, symmetrize_all

Direction = Literal["forward", "reverse"]

# The translation probability of every pair before the first estimate, as in fast_align: the null
# word is as likely a translation as any other, and only the priors tell words apart.
INITIAL_PROBABILITY = 1e-9


class FastAlignOptions(BaseModel):
    """Settings of FastAlign. The defaults are those of fast_align with the flags `-d -o -v`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    iterations: int = Field(default=5, ge=1)
    """Passes over the text; the last one picks the links. Default of fast_align (`-I`)."""

    null_probability: float = Field(default=0.08, gt=0, lt=1)
    """Probability (0 to 1) that a word is explained by no word. Default of fast_align (`-p`)."""

    initial_tension: float = Field(default=4.0, ge=MIN_TENSION, le=MAX_TENSION)
    """How strongly links keep to the diagonal at first. Default of fast_align (`-T`)."""

    optimize_tension: bool = True
    """Whether to learn the tension. fast_align recommends it (`-o`)."""

    variational_bayes_alpha: float = Field(default=0.01, ge=0.002)
    """Concentration of the Dirichlet prior. Default of fast_align (`-a`), which recommends the
    prior (`-v`). Below 0.002 probabilities of rare words would vanish in double precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IterationReport:
    """What one iteration found; given to the `progress` function."""

    direction: Direction
    iteration: int
    """From 1."""
    num_iterations: int
    log_likelihood: float
    """Natural logarithm, summed over the predicted words, with the parameters before the update."""
    tension: float
    """The tension with which this iteration worked."""


@dataclass(frozen=True, slots=True)
class DirectedAlignments:
    """The links of every sentence pair in both directions, as rows (source word, target word).

    Words are counted from 0, rows are sorted. `forward`: every target word has at most one link,
    to the source word that explains it. `reverse`: every source word has at most one link.
    """

    forward: list[LinkArray]
    reverse: list[LinkArray]

    def symmetrized(self, method: Symmetrization) -> list[LinkArray]:
        """Join both directions by one of `SYMMETRIZATIONS`.

        Raises:
            AlignmentError: there is no such method.
        """
        return symmetrize_all(self.forward, self.reverse, method)


def fast_align(
    pairs: Iterable[tuple[Sequence[str], Sequence[str]]],
    options: FastAlignOptions | None = None,
    progress: Callable[[IterationReport], None] | None = None,
    *,
    num_threads: int | None = None,
) -> DirectedAlignments:
    """Align the words of sentence pairs, learning from these pairs alone.

    Words are compared as they are: lower-case them first, as is usual for word alignment.

    Args:
        pairs: (source words, target words) of each sentence pair; read once. A pair with an empty
            side gets no links.
        options: the settings; the defaults if not given.
        progress: called after every iteration.
        num_threads: number of threads; if not given, `NUMBA_NUM_THREADS` or all cores. The result
            does not depend on it.

    Raises:
        AlignmentError: no pair has words on both sides, or a sentence is a string, not a list.
    """
    options = options or FastAlignOptions()
    threads = num_threads or available_threads()
    cooccurrences = number_cooccurrences(code_bitext(pairs), threads)
    links: dict[Direction, list[LinkArray]] = {}
    directions: tuple[Direction, ...] = ("forward", "reverse")
    for direction in directions:
        trainer = DirectionTrainer(cooccurrences, options, direction, threads)
        links[direction] = trainer.train(progress)
    return DirectedAlignments(links["forward"], links["reverse"])


class DirectionTrainer:
    """Expectation-maximisation in one direction.

    Args:
        cooccurrences: the coded text, shared by both directions.
        options: the settings.
        direction: "forward" predicts target words, "reverse" source words.
        num_threads: number of threads; the result does not depend on it.
    """

    def __init__(
        self,
        cooccurrences: Cooccurrences,
        options: FastAlignOptions,
        direction: Direction,
        num_threads: int,
    ) -> None:
        self.cooccurrences = cooccurrences
        self.options = options
        self.direction = direction
        self.num_threads = num_threads
        self.tension = options.initial_tension
        num_predicted_words = (
            cooccurrences.num_target_words
            if direction == "forward"
            else cooccurrences.num_source_words
        )
        num_pairs = cooccurrences.pair_targets.size
        self.model = DirectionModel(
            predicts_target=direction == "forward",
            null_probability=options.null_probability,
            pairs=np.full(num_pairs, INITIAL_PROBABILITY),
            null=np.full(num_predicted_words, INITIAL_PROBABILITY),
            prior=np.empty(0),
        )
        self._set_prior()

    def train(self, progress: Callable[[IterationReport], None] | None = None) -> list[LinkArray]:
        """Run all iterations and return the links of every sentence pair."""
        for iteration in range(1, self.options.iterations):
            tension = self.tension
            expectations = expect(self.cooccurrences, self.model, self.num_threads)
            # The first posteriors rest on the prior alone: nothing to learn a tension from.
            self.update(expectations, learn_tension=iteration > 1)
            if progress is not None:
                log_likelihood = float(expectations.log_likelihoods.sum())
                progress(self._report(iteration, log_likelihood, tension))
        best_words, log_likelihood = best_explanations(
            self.cooccurrences, self.model, self.num_threads
        )
        if progress is not None:
            progress(self._report(self.options.iterations, log_likelihood, self.tension))
        return _links(self.cooccurrences.bitext, best_words, self.model.predicts_target)

    def update(self, expectations: Expectations, *, learn_tension: bool) -> None:
        """Re-estimate the translation table and, if asked and optioned, the tension.

        Args:
            expectations: what the present model expects; its counts are overwritten.
            learn_tension: whether this iteration may change the tension.
        """
        text, model = self.cooccurrences, self.model
        if learn_tension and self.options.optimize_tension:
            self.tension = optimize_tension(
                text.sizes,
                self.tension,
                float(expectations.distances.sum()),
                model.predicts_target,
                self.num_threads,
            )
            self._set_prior()
        if model.predicts_target:
            num_owners = text.num_source_words
            given_words = np.arange(num_owners, dtype=np.int32)
            owners = np.repeat(given_words, np.diff(text.pair_starts))
        else:
            num_owners = text.num_target_words
            owners = text.pair_targets
        alpha = self.options.variational_bayes_alpha
        one_owner = np.zeros(expectations.null.size, dtype=np.int32)
        estimate_in_place(expectations.pairs, owners, num_owners, alpha, self.num_threads)
        estimate_in_place(expectations.null, one_owner, 1, alpha, self.num_threads)
        self.model = self.model._replace(pairs=expectations.pairs, null=expectations.null)

    def _report(self, iteration: int, log_likelihood: float, tension: float) -> IterationReport:
        return IterationReport(
            direction=self.direction,
            iteration=iteration,
            num_iterations=self.options.iterations,
            log_likelihood=log_likelihood,
            tension=tension,
        )

    def _set_prior(self) -> None:
        """Tabulate the positions' probabilities under the present tension."""
        prior = diagonal_prior(
            self.cooccurrences.sizes,
            self.tension,
            self.options.null_probability,
            self.model.predicts_target,
        )
        self.model = self.model._replace(prior=prior)


def _links(bitext: CodedBitext, best_words: Integers, predicts_target: bool) -> list[LinkArray]:
    """Turn the best explanation of every predicted token into sorted links per sentence pair."""
    starts = bitext.target_starts if predicts_target else bitext.source_starts
    linked = np.flatnonzero(best_words >= 0)
    sentences = np.repeat(np.arange(starts.size - 1), np.diff(starts))[linked]
    predicted = linked - starts[sentences]
    if predicts_target:
        # Tokens numbered through the whole text: sorting them sorts by sentence, then by word.
        order = np.argsort(bitext.source_starts[sentences] + best_words[linked], kind="stable")
        columns = (best_words[linked][order], predicted[order])
    else:
        columns = (predicted, best_words[linked])
    links = np.stack(columns, axis=1).astype(np.int32)
    ends = np.searchsorted(sentences, np.arange(starts.size)).tolist()
    return [links[first:end] for first, end in pairwise(ends)]
