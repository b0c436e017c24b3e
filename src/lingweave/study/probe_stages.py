"""The stages of a probe: links of a text by FastAlign, and what one encoder makes of one text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from lingweave.alignment import (
    SYMMETRIZATIONS,
    LinkArray,
    alignment_error_rate,
    fast_align,
    read_gold,
    read_pharaoh,
    write_pharaoh,
)
from lingweave.alignment.contextual import Floats, Pooling
from lingweave.config import BitextSource, Strict
from lingweave.corpus import Bitext, SentencePair, Span, words_in
from lingweave.encoder import Encoder, load_encoder
from lingweave.errors import BitextError
from lingweave.evaluation.extraction import score_extractions
from lingweave.evaluation.isotropy import measure_isotropy
from lingweave.evaluation.retrieval import (
    CSLS_NEIGHBOURS,
    SIMILARITIES,
    Similarity,
    retrieval_accuracy,
)
from lingweave.evaluation.scores import signature
from lingweave.evaluation.states import WordStates, sentence_vectors, word_states
from lingweave.study.probe_results import (
    ExtractionScore,
    FastAlignScores,
    IsotropyCurve,
    LinkKind,
    RetrievalCurve,
    TextProbe,
    Unit,
)
from lingweave.study.stage import Workplace

LINKS_VERSION = PROBE_VERSION = 1
WORD_PAIRS = 200
"""Words are sought among those of so many sentence pairs, the first: some 4,000 words a side. The
more there are, the harder it is to find the right one, so texts must have like numbers of them."""

LINKS, FAST_ALIGN, PROBE = "links.pharaoh", "fast_align.json", "probe.json"


class LinkedText(Strict):
    """Parallel text with word links: drawn by people, or else found by FastAlign."""

    text: BitextSource
    gold: str | None = Field(
        default=None, description="gold links `1-1 2p3` of these very pairs, from 0 or from 1"
    )
    align_with: BitextSource | None = Field(
        default=None, description="more text of the same languages, for FastAlign to learn from"
    )


@dataclass(frozen=True, slots=True)
class WordedText:
    """Sentence pairs with the character offsets [start, end) of their words."""

    pairs: list[SentencePair]
    source_words: list[list[Span]]
    target_words: list[list[Span]]

    @property
    def lowered(self) -> list[tuple[list[str], list[str]]]:
        """Lower-cased words, as an aligner wants them."""
        return [
            (
                words_in(pair.source, own, lowercase=True),
                words_in(pair.target, other, lowercase=True),
            )
            for pair, own, other in zip(
                self.pairs, self.source_words, self.target_words, strict=True
            )
        ]

    @property
    def lengths(self) -> list[tuple[int, int]]:
        """Number of source and of target words of each pair."""
        words = zip(self.source_words, self.target_words, strict=True)
        return [(len(own), len(other)) for own, other in words]


def read_pairs(source: BitextSource) -> list[SentencePair]:
    """The sentence pairs of a text.

    Raises:
        BitextError: there is none.
    """
    bitext = source.open()
    pairs = list(islice(bitext, source.max_pairs))
    if not pairs:
        raise BitextError("there is no sentence pair", remedy="give some text", path=bitext.name)
    return pairs


def read_words(source: BitextSource) -> WordedText:
    """The sentence pairs of a text and their words; see `read_pairs`."""
    pairs, bitext = read_pairs(source), source.open()
    split_source, split_target = source.segmenters(bitext)
    own = [split_source(pair.source) for pair in pairs]
    return WordedText(pairs, own, [split_target(pair.target) for pair in pairs])


def name_of(bitext: Bitext) -> str:
    """What a text is called in folders and tables: its two languages."""
    return f"{bitext.source_language or 'unknown'}-{bitext.target_language or 'unknown'}"


def link_text(place: Workplace, linked: LinkedText) -> None:
    """Align a text by FastAlign; score every symmetrisation where gold links are given.

    The links kept are the intersection's, the most precise.
    """
    text = read_words(linked.text)
    more = [] if linked.align_with is None else read_words(linked.align_with).lowered
    directed = fast_align([*more, *text.lowered])
    links = {method: directed.symmetrized(method)[len(more) :] for method in SYMMETRIZATIONS}
    write_pharaoh(place.out / LINKS, links["intersection"])
    gold = None if linked.gold is None else read_gold(linked.gold, lengths=text.lengths)
    scores = FastAlignScores(
        text=name_of(linked.text.open()),
        num_pairs=len(more) + len(text.pairs),
        scores={} if gold is None else {m: alignment_error_rate(links[m], gold) for m in links},
    )
    (place.out / FAST_ALIGN).write_text(scores.model_dump_json(indent=1), "utf-8")


def probe_sentences(place: Workplace, source: BitextSource, model: str) -> None:
    """Sentence retrieval and isotropy in every layer of `model`.

    Args:
        place: its input is `model`.
        source: line-parallel sentences.
        model: digest, for signatures.
    """
    pairs, bitext = read_pairs(source), source.open()
    encoder = _load(place.inputs["model"])
    sources = sentence_vectors(encoder, [pair.source for pair in pairs])
    targets = sentence_vectors(encoder, [pair.target for pair in pairs])
    lines = np.repeat(np.arange(len(pairs))[:, None], 2, axis=1)
    sought = _Sought(name_of(bitext), "sentences", "none", lines, model)
    probe = TextProbe(
        retrieval=[
            curve
            for pooling in sources
            for curve in _retrieval(sought, sources[pooling], targets[pooling], pooling)
        ],
        isotropy=[
            _isotropy(sought, sources["mean"], bitext.source_language),
            _isotropy(sought, targets["mean"], bitext.target_language),
        ],
    )
    (place.out / PROBE).write_text(probe.model_dump_json(indent=1), "utf-8")


def probe_words(place: Workplace, linked: LinkedText, model: str) -> None:
    """Word retrieval, isotropy and, with gold links, alignments in every layer of `model`.

    Args:
        place: its inputs are `model` and `links`.
        linked: parallel text and its links.
        model: digest, for signatures.
    """
    text, bitext = read_words(linked.text), linked.text.open()
    gold = None if linked.gold is None else read_gold(linked.gold, lengths=text.lengths)
    encoder = _load(place.inputs["model"])
    source = word_states(encoder, [pair.source for pair in text.pairs], text.source_words)
    target = word_states(encoder, [pair.target for pair in text.pairs], text.target_words)
    if gold is None:
        kind: LinkKind = "FastAlign"
        links = list(read_pharaoh(place.inputs["links"] / LINKS))
    else:
        kind, links = "gold", [alignment.sure for alignment in gold]
    sought = _Sought(
        name_of(bitext),
        "words",
        kind,
        links_through_text(links[:WORD_PAIRS], source, target),
        model,
    )
    sources, targets = (
        states.vectors["mean"][:, : states.starts[: WORD_PAIRS + 1][-1]]
        for states in (source, target)
    )
    scores = {} if gold is None else score_extractions(source, target, gold)
    probe = TextProbe(
        retrieval=_retrieval(sought, sources, targets, "mean"),
        isotropy=[
            _isotropy(sought, states.vectors["mean"][:, states.has_piece], language)
            for states, language in (
                (source, bitext.source_language),
                (target, bitext.target_language),
            )
        ],
        extraction=[ExtractionScore(setting=s, score=score) for s, score in scores.items()],
        num_words=len(source.has_piece) + len(target.has_piece),
        num_words_without_piece=source.num_without_piece + target.num_without_piece,
    )
    (place.out / PROBE).write_text(probe.model_dump_json(indent=1), "utf-8")


def links_through_text(
    links: Sequence[LinkArray], source: WordStates, target: WordStates
) -> LinkArray:
    """Links of the first sentence pairs, words counted through the whole text.

    Links of words without a piece are left out.
    """
    shifts = np.column_stack((source.starts, target.starts))[: len(links)]
    shifted = [own + shift for own, shift in zip(links, shifts, strict=True)]
    joined = np.concatenate(shifted).astype(np.int32)
    return joined[source.has_piece[joined[:, 0]] & target.has_piece[joined[:, 1]]]


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is sought in which text by which model."""

    text: str
    unit: Unit
    kind: LinkKind
    links: NDArray[np.integer]
    model: str


def _retrieval(
    sought: _Sought, source_NSD: Floats, target_NTD: Floats, pooling: Pooling
) -> list[RetrievalCurve]:
    """Accuracy in every layer by either similarity."""
    return [
        _retrieval_curve(sought, source_NSD, target_NTD, pooling, similarity)
        for similarity in SIMILARITIES
    ]


def _retrieval_curve(
    sought: _Sought,
    source_NSD: Floats,
    target_NTD: Floats,
    pooling: Pooling,
    similarity: Similarity,
) -> RetrievalCurve:
    scores = [
        retrieval_accuracy(*layer, sought.links, similarity)
        for layer in zip(source_NSD, target_NTD, strict=True)
    ]
    about = {
        "probe": f"retrieval.{PROBE_VERSION}",
        "text": sought.text,
        sought.unit: f"{scores[0].num_source}/{scores[0].num_target}",
        "among": f"{source_NSD.shape[1]}/{target_NTD.shape[1]}",
        "links": sought.kind,
        "pooling": pooling,
        "similarity": similarity if similarity == "cosine" else f"csls.{CSLS_NEIGHBOURS}",
        "model": sought.model,
    }
    return RetrievalCurve(
        text=sought.text,
        unit=sought.unit,
        links=sought.kind,
        pooling=pooling,
        similarity=similarity,
        source_to_target=[score.source_to_target for score in scores],
        target_to_source=[score.target_to_source for score in scores],
        num_source=scores[0].num_source,
        num_target=scores[0].num_target,
        signature=signature(about),
    )


def _isotropy(sought: _Sought, vectors_NWD: Floats, language: str | None) -> IsotropyCurve:
    layers = [measure_isotropy(layer) for layer in vectors_NWD]
    return IsotropyCurve(
        text=sought.text,
        unit=sought.unit,
        language=language or "unknown",
        average_cosine=[layer.average_cosine for layer in layers],
        partition_ratio=[layer.partition_ratio for layer in layers],
        num_vectors=layers[0].num_vectors,
    )


def _load(checkpoint: Path) -> Encoder:
    encoder = load_encoder(checkpoint)
    encoder.model.to("cuda" if torch.cuda.is_available() else "cpu")  # type: ignore[arg-type]
    return encoder
