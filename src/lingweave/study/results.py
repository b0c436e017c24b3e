"""What a study found: scores by system, setting, task and language, and how they were made."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, field_serializer

from lingweave.config import Recipe, Rule
from lingweave.corpus import atomic_write
from lingweave.study.digits import PValue, ScoreNumber
from lingweave.study.frozen import Frozen
from lingweave.study.samples import Sample


class Estimate(Frozen):
    """A score or a difference of scores, 0–1, mean over seeds, with its 95 % interval.

    The interval of a score is over the choice of test examples alone. That of a difference is over
    seeds, too, where both systems have `lingweave.evaluation.MIN_SEEDS` of them; `covers` says it.
    """

    mean: ScoreNumber
    low: ScoreNumber
    high: ScoreNumber
    covers: Literal["examples", "seeds and examples"] = "examples"

    @property
    def is_sure(self) -> bool:
        """Whether a difference would come out with the same sign for other seeds and examples."""
        return self.covers == "seeds and examples" and (self.low > 0 or self.high < 0)


class SeedScore(Frozen):
    """The score of one trained model."""

    pretraining_seed: int
    finetuning_seed: int
    metrics: dict[str, ScoreNumber]
    signature: str


class Score(Frozen):
    """One cell of the table.

    `language` is a test language, or `mean` of all languages but the one trained on. `score` and
    `over_control` are the task's first metric; `metrics` has all of them, as means over seeds.
    `selection` is the rule by which the weights were selected (`lingweave.study.selection`): with
    `oracle`, labelled data of the language tested had a say. The control has the same one.
    """

    system: str
    setting: str
    task: str
    selection: Rule = "dev"
    language: str
    num_examples: int
    score: Estimate
    metrics: dict[str, ScoreNumber]
    over_control: Estimate | None = None
    seeds: list[SeedScore]


class Measure(Frozen):
    """How a task is scored: its metrics with their titles, the first first, and its chance level.

    `chance` is that of the first metric, 0–1; None where it is near 0 or depends on the data.
    """

    metrics: dict[str, str]
    chance: float | None


class Switched(Frozen):
    """How much of the training text was switched, mean over the fine-tunings of all seeds.

    One item of each list for each stage of a progressive training, the plain one first; else one.
    `effective_ratio` and `coverage` are shares of all words, 0–1, `cmi` the code-mixing index.
    """

    system: str
    setting: str
    task: str
    temperatures: list[float]
    effective_ratio: list[float]
    coverage: list[float]
    cmi: list[float]


Verdict = Literal["supported", "contradicted", "inconclusive", "not tested"]


class ClaimResult(Frozen):
    """A claim and what the study says of it.

    A claim that several tasks bear upon has one of these for each, with the same `id`. Numbers are
    None where nothing was compared, or too few seeds were; all are of `metric`, 0–1.

    Attributes:
        id: such as C7.
        text: what is claimed.
        kind: what the claim is about: result, data, setting or method.
        source: where it is claimed; "" for one of the recipe's own.
        verdict: what the study says.
        reason: why, in a few words.
        effect: the first one's score minus the second's, mean over seeds and languages.
        low: lower end of its 95 % interval, over seeds and examples.
        high: its upper end.
        p: two-sided, against the line between claim and opposite.
        p_holm: the same, corrected for all claims of the study.
        num_seeds: of that side which has fewer.
        margin: of the claim.
        relation: what is claimed of the first one.
        compared: the two, for people.
        task: name in the recipe.
        metric: its title.
        languages: whose mean was compared.
    """

    id: str
    text: str
    kind: str
    source: str = ""
    verdict: Verdict
    reason: str
    effect: ScoreNumber | None = None
    low: ScoreNumber | None = None
    high: ScoreNumber | None = None
    p: PValue | None = None
    p_holm: PValue | None = None
    num_seeds: int | None = None
    margin: float | None = None
    relation: str | None = None
    compared: tuple[str, str] | None = None
    task: str = ""
    metric: str = ""
    languages: list[str] = []


class LengthBucket(Frozen):
    """A quarter of a test set, by the length of the inputs.

    Attributes:
        task: name in the recipe.
        setting: of the models.
        language: of the test set.
        low: characters of the shortest input.
        high: characters of the longest.
        num_examples: inputs.
        scores: each system's first metric, 0–1, mean over seeds.
    """

    task: str
    setting: str
    language: str
    low: int
    high: int
    num_examples: int
    scores: dict[str, ScoreNumber]


class Retrieved(Frozen):
    """How well an encoder finds the translations of a text's sentences: accuracy at 1, 0–1.

    Attributes:
        system: that made the encoder.
        seed: of its pre-training.
        text: its languages.
        by_layer: mean of both directions in each layer, the embeddings' first; by the mean of the
            pieces' vectors and CSLS.
        signature: of what was measured.
    """

    system: str
    seed: int
    text: str
    by_layer: list[float]
    signature: str


class Results(Frozen):
    """Everything that is reported of a study.

    The runs of `systems` have `losses`, (update, loss) now and then, unless they were written by a
    version that kept the last loss alone.
    """

    study: str
    question: str
    control: str
    source_language: dict[str, str]
    measures: dict[str, Measure]
    scores: list[Score]
    claims: list[ClaimResult] = []
    lengths: list[LengthBucket] = []
    switched: list[Switched] = []
    samples: list[Sample] = []
    retrieval: list[Retrieved] = []
    alignments: list[dict[str, Any]]
    systems: dict[str, dict[str, Any]]
    recipe: Recipe
    made_by: dict[str, str]
    stages: list[dict[str, Any]]

    @field_serializer("recipe")
    def _as_written(self, recipe: Recipe) -> dict[str, Any]:
        return recipe.as_written


MEAN = "mean"
"""In place of a language: the mean over all test languages but the one trained on."""

RESULTS = "results.json"


def write_results(results: BaseModel, folder: Path) -> None:
    """Write the results of a study, or of a probe, into its folder."""
    with atomic_write(folder / RESULTS) as file:
        file.write(results.model_dump_json(indent=1))
        file.write("\n")
