"""One pass of expectation-maximisation over all cells.

Dyer, Chahuneau and Smith (2013), section 2; the Bayesian estimate of the translation table is that
of its section 3 (Dirichlet prior, mean-field: exp of digamma differences).

A thread has its own range of predicted words and walks through all the text for them. The counts
of a word pair are then summed by one thread in the order of the text, whatever the number of
threads: every sum has one order, the result is always the same, and there is no second copy of
the counts.

Legend of shapes: see `cooccurrence`.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lingweave.alignment.compiled import (
    Range,
    balanced_ranges,
    compiled,
    even_ranges,
    run_ranges,
)
from lingweave.alignment.cooccurrence import Cooccurrences, Integers

Floats = npt.NDArray[np.float64]


class DirectionModel(NamedTuple):
    """What one direction knows: the "predicted" side's words are explained by the "given" side."""

    predicts_target: bool
    null_probability: float
    pairs: Floats  # (C,) probability of the predicted word, given the other word of the pair
    null: Floats  # (predicted vocabulary,) its probability, given the null word
    prior: Floats  # the tables of priors of all sentence sizes


class Expectations(NamedTuple):
    """Sums over the text of what one direction's model expects."""

    pairs: Floats  # (C,) posterior probability of the links between the two words
    null: Floats  # (predicted vocabulary,) posterior probability of the null word
    # Per predicted word, as each has one thread:
    distances: Floats  # distance of links from the diagonal, predicted positions counted from 0
    log_likelihoods: Floats  # natural logarithm


def expect(cooccurrences: Cooccurrences, model: DirectionModel, num_threads: int) -> Expectations:
    """Sum the posterior probabilities of all cells; does not depend on the number of threads."""
    num_words = model.null.size
    sums = Expectations(
        pairs=np.zeros_like(model.pairs),
        null=np.zeros(num_words, dtype=np.float64),
        distances=np.zeros(num_words, dtype=np.float64),
        log_likelihoods=np.zeros(num_words, dtype=np.float64),
    )
    bitext = cooccurrences.bitext
    words = bitext.target_words if model.predicts_target else bitext.source_words
    starts = bitext.target_starts if model.predicts_target else bitext.source_starts
    given_starts = bitext.source_starts if model.predicts_target else bitext.target_starts
    num_cells_of_token = np.repeat(np.diff(given_starts), np.diff(starts))
    work = np.bincount(words, weights=num_cells_of_token, minlength=num_words)
    run_ranges(
        lambda part: _sum_posteriors(cooccurrences, model, sums, part),
        balanced_ranges(np.concatenate(([0.0], np.cumsum(work))), num_threads),
        num_threads,
    )
    return sums


def best_explanations(
    cooccurrences: Cooccurrences, model: DirectionModel, num_threads: int
) -> tuple[Integers, float]:
    """Pick the likeliest explanation of every predicted token.

    On a tie the null word wins, then the first word, as in fast_align.

    Returns:
        Per token the 0-based word of the other sentence, or -1 for the null word; and the
        log-likelihood (natural logarithm) of the text.
    """
    bitext = cooccurrences.bitext
    num_tokens = (bitext.target_words if model.predicts_target else bitext.source_words).size
    best_words = np.empty(num_tokens, dtype=np.int32)
    log_likelihoods = np.empty(num_tokens, dtype=np.float64)
    run_ranges(
        lambda part: _pick_best(cooccurrences, model, best_words, log_likelihoods, part),
        balanced_ranges(cooccurrences.cell_starts),
        num_threads,
    )
    return best_words, float(log_likelihoods.sum())


def estimate_in_place(
    counts: Floats, owners: Integers, num_owners: int, alpha: float, num_threads: int
) -> None:
    """Turn expected counts into the mean-field estimate of probabilities.

    An entry becomes exp(digamma(count + alpha) - digamma(sum over its distribution of count +
    alpha)). These sum to less than 1, as in fast_align.

    Args:
        counts: (entries,) expected counts; overwritten.
        owners: (entries,) the distribution (0-based) that each entry belongs to.
        num_owners: number of distributions.
        alpha: concentration of the symmetric Dirichlet prior.
        num_threads: number of threads; the result does not depend on it.
    """
    normalizers = np.empty(num_owners, dtype=np.float64)
    _fill_normalizers(counts, owners, alpha, normalizers)
    run_ranges(
        lambda part: _estimate_range(counts, owners, alpha, normalizers, part),
        even_ranges(counts.size),
        num_threads,
    )


@compiled
def _sum_posteriors(
    layout: Cooccurrences, model: DirectionModel, sums: Expectations, words: Range
) -> None:
    """Add the posteriors of all tokens whose word is in the range."""
    bitext, forward = layout.bitext, model.predicts_target
    predicted_words = bitext.target_words if forward else bitext.source_words
    starts = bitext.target_starts if forward else bitext.source_starts
    given_starts = bitext.source_starts if forward else bitext.target_starts
    longest = 0
    for sentence in range(starts.size - 1):
        longest = max(longest, given_starts[sentence + 1] - given_starts[sentence])
    pairs = np.empty(longest, dtype=np.int64)
    probabilities = np.empty(longest, dtype=np.float64)
    for sentence in range(starts.size - 1):
        num_predicted = starts[sentence + 1] - starts[sentence]
        num_given = given_starts[sentence + 1] - given_starts[sentence]
        # A grid of cells has a row per source word: targets are neighbours, sources a row apart.
        token_step, given_step = (1, num_predicted) if forward else (num_given, 1)
        for position in range(num_predicted):
            word = predicted_words[starts[sentence] + position]
            if not words[0] <= word < words[1]:
                continue
            null = model.null[word] * model.null_probability
            total = null
            cell = layout.cell_starts[sentence] + position * token_step
            prior = layout.prior_starts[sentence] + position * token_step
            for given in range(num_given):
                pairs[given] = layout.cells[cell]
                probabilities[given] = model.pairs[pairs[given]] * model.prior[prior]
                total += probabilities[given]
                cell += given_step
                prior += given_step
            sums.null[word] += null / total
            sums.log_likelihoods[word] += math.log(total)
            scale = 1.0 / total
            # fast_align counts the predicted position from 0 here and the other one from 1.
            diagonal = position * num_given / num_predicted
            distance = 0.0
            for given in range(num_given):
                posterior = probabilities[given] * scale
                sums.pairs[pairs[given]] += posterior
                distance += posterior * abs(given + 1 - diagonal)
            sums.distances[word] += distance / num_given


@compiled
def _pick_best(
    layout: Cooccurrences,
    model: DirectionModel,
    best_words: Integers,
    log_likelihoods: Floats,
    sentences: Range,
) -> None:
    """Fill in the best explanation and the log-likelihood of the tokens of some sentences."""
    bitext, forward = layout.bitext, model.predicts_target
    predicted_words = bitext.target_words if forward else bitext.source_words
    starts = bitext.target_starts if forward else bitext.source_starts
    given_starts = bitext.source_starts if forward else bitext.target_starts
    for sentence in range(sentences[0], sentences[1]):
        num_predicted = starts[sentence + 1] - starts[sentence]
        num_given = given_starts[sentence + 1] - given_starts[sentence]
        token_step, given_step = (1, num_predicted) if forward else (num_given, 1)
        for position in range(num_predicted):
            token = starts[sentence] + position
            best = model.null[predicted_words[token]] * model.null_probability
            total = best
            best_words[token] = -1
            cell = layout.cell_starts[sentence] + position * token_step
            prior = layout.prior_starts[sentence] + position * token_step
            for given in range(num_given):
                probability = model.pairs[layout.cells[cell]] * model.prior[prior]
                total += probability
                if probability > best:
                    best = probability
                    best_words[token] = given
                cell += given_step
                prior += given_step
            log_likelihoods[token] = math.log(total)


@compiled
def _exp_digamma(x: float) -> float:
    """exp(digamma(x)) for x > 0, relative error below 1e-10.

    digamma(x) = digamma(x + 7) - sum of 1 / (x + k) over k < 7, and for y = x - 1/2 with x of at
    least 7 the asymptotic series digamma(x) = log(y) + 1 / (24 y^2) - ... (Abramowitz and Stegun
    6.3.18, shifted by a half). The logarithm is never taken, as its exponential is wanted.
    """
    harmonic = 0.0
    if x < 7.0:
        # The sum of fractions as one fraction: one division instead of seven.
        numerator, denominator = 0.0, 1.0
        for _ in range(7):
            numerator = numerator * x + denominator
            denominator *= x
            x += 1.0
        harmonic = numerator / denominator
    y = x - 0.5
    inverse = 1.0 / (y * y)
    series = 127.0 / 30720.0
    series = 31.0 / 8064.0 - inverse * series
    series = 7.0 / 960.0 - inverse * series
    series = inverse * (1.0 / 24.0 - inverse * series)
    return y * math.exp(series - harmonic)


@compiled
def _fill_normalizers(counts: Floats, owners: Integers, alpha: float, normalizers: Floats) -> None:
    """Sum `counts + alpha` of each owner, in order, and take the exp of the digamma."""
    normalizers[:] = 0.0
    for entry in range(counts.size):
        normalizers[owners[entry]] += counts[entry] + alpha
    for owner in range(normalizers.size):
        normalizers[owner] = _exp_digamma(normalizers[owner])


@compiled
def _estimate_range(
    counts: Floats, owners: Integers, alpha: float, normalizers: Floats, part: Range
) -> None:
    """Replace a range of counts by estimates."""
    for entry in range(part[0], part[1]):
        counts[entry] = _exp_digamma(counts[entry] + alpha) / normalizers[owners[entry]]
