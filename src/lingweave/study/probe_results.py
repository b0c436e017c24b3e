"""What probes found inside encoders: one curve over the layers for each text and measure."""

from typing import Any, Literal

from lingweave.alignment import AlignmentScore
from lingweave.alignment.contextual import Pooling
from lingweave.evaluation.extraction import ExtractionSetting
from lingweave.evaluation.retrieval import Similarity
from lingweave.study.frozen import Frozen

Unit = Literal["sentences", "words"]
LinkKind = Literal["none", "gold", "FastAlign"]
"""Which words count as translations; `none`: sentences, which are translations line by line."""

ANY = "any"
"""In place of the name of a way of extraction: chosen among all of them."""


class RetrievalCurve(Frozen):
    """Accuracy at 1 (0–1) in each layer, the embeddings' first."""

    text: str
    unit: Unit
    links: LinkKind
    pooling: Pooling
    similarity: Similarity
    source_to_target: list[float]
    target_to_source: list[float]
    num_source: int
    num_target: int
    signature: str

    @property
    def is_plain(self) -> bool:
        """Whether vectors and similarity are those that encoders are compared by."""
        return (self.pooling, self.similarity) == ("mean", "csls")

    @property
    def both_ways(self) -> list[float]:
        """The mean of both directions in each layer."""
        directions = zip(self.source_to_target, self.target_to_source, strict=True)
        return [(forward + backward) / 2 for forward, backward in directions]


class ChosenLayer(Frozen):
    """Retrieval by mean vectors and CSLS in the layer that is best on the mean of other texts.

    `chosen_on` names those: the others of the same unit, or this very text where there is none.
    """

    text: str
    unit: Unit
    chosen_on: list[str]
    layer: int
    both_ways: float


class IsotropyCurve(Frozen):
    """Isotropy in each layer; see `lingweave.evaluation.isotropy`. Mean vectors of pieces."""

    text: str
    unit: Unit
    language: str
    average_cosine: list[float]
    partition_ratio: list[float]
    num_vectors: int


class ExtractionScore(Frozen):
    """The error rate of one way of taking links out of an encoder."""

    setting: ExtractionSetting
    score: AlignmentScore


class TextProbe(Frozen):
    """What one encoder makes of one text."""

    retrieval: list[RetrievalCurve]
    isotropy: list[IsotropyCurve]
    extraction: list[ExtractionScore] = []
    num_words: int = 0
    num_words_without_piece: int = 0


class ChosenExtraction(Frozen):
    """The setting of one method (or of all), chosen on other gold sets, and its score on this one.

    `by_layer` has the error rate of every layer, all but the layer chosen on the other sets.
    """

    method: str
    setting: ExtractionSetting
    score: AlignmentScore
    by_layer: list[float]
    signature: str


class AlignmentProbe(Frozen):
    """Alignments inside one encoder, against one gold set.

    `chosen_on` names the gold sets on which settings were chosen: the others, or this very one
    where there is no other. `best` is the best setting on this very set: too good to be true.
    """

    text: str
    chosen_on: list[str]
    chosen: list[ChosenExtraction]
    best: ExtractionScore
    num_settings: int


class FastAlignScores(Frozen):
    """FastAlign against a gold set, by symmetrisation."""

    text: str
    num_pairs: int
    """Sentence pairs that it learned from, those of the gold set among them."""
    scores: dict[str, AlignmentScore]


class ModelProbe(Frozen):
    """All that was found in one encoder."""

    model: str
    checkpoint: str
    """First digits of the SHA-256 over its files."""
    retrieval: list[RetrievalCurve]
    chosen_layers: list[ChosenLayer]
    isotropy: list[IsotropyCurve]
    alignment: list[AlignmentProbe]
    words_without_piece: dict[str, tuple[int, int]]
    """By text: words that the encoder saw nothing of, and all words, both sides."""


class ProbeResults(Frozen):
    """All that was found, model by model."""

    models: list[ModelProbe]
    fast_align: list[FastAlignScores]
    made_by: dict[str, str]
    stages: list[dict[str, Any]]
