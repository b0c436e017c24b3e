"""PCS, progressive code-switching while fine-tuning (Li et al. 2024, 2406.13361).

A word that matters much to the model's prediction is hard to do without, so a sentence is easy as
long as only its least relevant words are switched. Training begins with plain sentences, goes on to
slightly switched ones and ends with hard ones:

- *difficulty*: the rank of a word's relevance among the covered words of its sentence, scaled to
  0-1. The relevance comes from a model fine-tuned on plain data
  (`lingweave.evaluation.relevance`). Ranks, since relevance is heavy-tailed and its scale differs
  from sentence to sentence;
- *code-switcher*: a word of difficulty d is switched with probability exp(−d / T). The temperature
  T so says how many words are switched, on average T · (1 − exp(−1 / T)) of those that are covered,
  and how hard they are: T = 0.1 switches 10 %, nearly all of them easy; T = 1 switches 63 %;
- *scheduler*: stage 0 is plain, stage k has the k-th temperature. It moves on after equal shares of
  the updates, or when the dev score no longer rises;
- *replay*: a share of the examples comes from earlier stages, against forgetting.

Not known of the paper and ours: the formula, all defaults, both rules of the scheduler. The control
(`choice: random`) switches as many words of each sentence at each stage, but any of them.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator
from scipy.stats import rankdata

from lingweave.codeswitch.from_lexicon import CoveredSentence, draw_words, switch_words
from lingweave.codeswitch.switching import SwitchedText
from lingweave.errors import UserError

FloatArray = NDArray[np.float64]


class ProgressiveOptions(BaseModel):
    """The curriculum; every default is ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperatures: tuple[float, ...] = Field(
        default=(0.1, 0.3, 1.0), min_length=1, description="of stages 1, 2 …, rising, above 0"
    )
    choice: Literal["relevance", "random"] = Field(
        default="relevance", description="random: as many words, chosen evenly; the control"
    )
    replay: float = Field(default=0.3, ge=0, lt=1, description="share drawn from earlier stages")
    move: Literal["updates", "plateau"] = Field(
        default="updates", description="after equal shares of the updates, or by the dev score"
    )
    patience: int = Field(
        default=1, ge=1, description="plateau: so many scores without a rise end a stage"
    )

    @field_validator("temperatures")
    @classmethod
    def _rising(cls, temperatures: tuple[float, ...]) -> tuple[float, ...]:
        if any(left >= right for left, right in pairwise((0.0, *temperatures))):
            raise ValueError("the temperatures must be above 0 and rise")
        return temperatures

    @property
    def last_stage(self) -> int:
        """The stage with the highest temperature; stage 0 is plain."""
        return len(self.temperatures)


def difficulties(relevance: FloatArray) -> FloatArray:
    """How hard each word of a sentence is to replace, between 0 and 1; equals share their ranks.

    Args:
        relevance: of each word for the predicted class, signed: a word that speaks against the
            prediction is easy. Shape (W,).
    """
    if not len(relevance):
        return np.zeros(0)
    ranks: FloatArray = (rankdata(relevance) - 0.5) / len(relevance)
    return ranks


def draw_easy_words(
    sentence: CoveredSentence,
    relevance: FloatArray,
    temperature: float,
    generator: np.random.Generator,
) -> list[int]:
    """Draw the words to be switched, for `switch_words`; ascending.

    With the same generator state, the words drawn at a lower temperature are among those drawn at
    a higher one, so a sentence only grows harder.

    Args:
        sentence: with its words looked up; only covered words are drawn.
        relevance: of each of the sentence's words, punctuation too, (W,).
        temperature: above 0.
        generator: source of all chance.

    Raises:
        UserError: there are not as many relevance scores as words.
    """
    if len(relevance) != len(sentence.words):
        raise UserError(
            f"{len(relevance)} relevance scores for a sentence of {len(sentence.words)} words",
            remedy="measure the relevance with the same segmenter",
        )
    covered = sorted(sentence.choices)
    probabilities = np.exp(-difficulties(relevance[covered]) / temperature)
    drawn = generator.random(len(covered)) < probabilities
    return [word for word, is_drawn in zip(covered, drawn, strict=True) if is_drawn]


def switch_at_stage(
    sentence: CoveredSentence,
    relevance: FloatArray,
    stage: int,
    options: ProgressiveOptions,
    generator: np.random.Generator,
) -> SwitchedText:
    """A sentence as a stage has it; both choices switch as many words under the same generator.

    With the same generator state, what is switched at a stage is so at all later ones, and becomes
    the same translation in the same language.

    Args:
        sentence: with its words looked up.
        relevance: of each of the sentence's words, punctuation too, (W,).
        stage: 0 for the plain sentence.
        options: the temperatures and how words are chosen.
        generator: source of all chance.

    Raises:
        UserError: there are not as many relevance scores as words.
    """
    if not stage:
        return SwitchedText(sentence.text)
    chosen = draw_easy_words(sentence, relevance, options.temperatures[stage - 1], generator)
    if options.choice == "random":
        chosen = draw_words(sentence, len(chosen), generator)
    # Each word has its own source of chance, lest one more word change those behind it.
    seeds = generator.integers(2**63, size=len(sentence.words))
    return switch_words(sentence, {word: np.random.default_rng(seeds[word]) for word in chosen})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where in the curriculum training is, as a `plateau` move needs it; begins at stage 0.

    Attributes:
        stage: 0 is plain, 1 the lowest temperature.
        best_score: the highest dev score since the stage began, None before the first.
        num_stale: scores since then.
    """

    stage: int = 0
    best_score: float | None = None
    num_stale: int = 0

    def after(self, score: float, options: ProgressiveOptions) -> "Progress":
        """What a new dev score changes; a score that is not above the best is stale.

        Args:
            score: higher is better.
            options: patience and number of stages.
        """
        if self.best_score is None or score > self.best_score:
            return replace(self, best_score=score, num_stale=0)
        if self.num_stale + 1 < options.patience or self.stage == options.last_stage:
            return replace(self, num_stale=self.num_stale + 1)
        # A harder stage begins its own count: its scores need not beat those of an easier one.
        return Progress(stage=self.stage + 1)


def stage_of_update(update: int, num_updates: int, options: ProgressiveOptions) -> int:
    """The stage under the `updates` move: every stage, the plain one too, gets an equal share.

    Args:
        update: 0-based.
        num_updates: of the whole training.
        options: number of stages.
    """
    return min(options.last_stage, update * (options.last_stage + 1) // num_updates)


def draw_stage(stage: int, options: ProgressiveOptions, generator: np.random.Generator) -> int:
    """The stage that one example is taken from: the present one, or on replay an earlier one.

    Args:
        stage: the present one.
        options: share of replay.
        generator: source of all chance.
    """
    is_replayed, earlier = generator.random(2)
    return int(earlier * stage) if is_replayed < options.replay else stage
