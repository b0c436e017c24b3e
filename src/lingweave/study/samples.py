"""A few sentence pairs of a study to look at: words, links, and what switching makes of them."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet

from lingweave.codeswitch import (
    AlignedSentences,
    AlignmentSwitchOptions,
    CoveredSentence,
    SwitchedText,
    switch_by_alignment,
    switch_by_lexicon,
)
from lingweave.config import Recipe
from lingweave.corpus import Span, words_in
from lingweave.study.aligning import PAIRS, SUMMARY
from lingweave.study.frozen import Frozen
from lingweave.study.lexicons import load_lexicons
from lingweave.study.plan import Plan
from lingweave.study.stage import Store

MOST_SAMPLES = 6
"""Shared among the bitexts, but at least one and at most two for each."""

_LOOKED_AT = 500
_NUM_WORDS = range(4, 13)
"""A matrix of so many words can be taken in at a glance, and fits a page."""


class Segment(Frozen):
    """A stretch of a switched sentence; `original` is what stood there, None where it still does.

    `language` is None where it is not known.
    """

    text: str
    language: str | None
    original: str | None = None


class Sample(Frozen):
    """A sentence pair: words, 0-based links (source word, target word), and the source switched.

    `switched` is empty where the study switches no words; `switched_by` says what chose them.
    """

    source_language: str | None
    target_language: str | None
    source_words: list[str]
    target_words: list[str]
    links: list[tuple[int, int]]
    switched: list[Segment] = []
    switched_by: str = ""


def collect_samples(recipe: Recipe, plan: Plan, store: Store) -> list[Sample]:
    """The first pairs of each bitext that are short enough to be shown, one or two of each.

    None where there is no bitext. Where a system of the recipe or one of its settings switches
    words, the source sentence is switched by the same rule, with a seed of its own: it shows the
    rule, not a training example.

    Args:
        recipe: of the study.
        plan: its stages are finished.
        store: where they are.
    """
    if not plan.alignments:
        return []
    switcher = _Switcher(recipe, plan, store)
    num_each = min(2, max(1, MOST_SAMPLES // len(plan.alignments)))
    return [
        _sample(pair, switcher)
        for stage in plan.alignments
        for pair in islice(_short_pairs(store.folder(stage)), num_each)
    ]


def _short_pairs(folder: Path) -> Iterator[AlignedSentences]:
    """Those among the first pairs of an aligned bitext that have few words, and links."""
    languages = json.loads((folder / SUMMARY).read_text("utf-8"))["languages"]
    columns = ["source", "target", "source_words", "target_words", "links"]
    with parquet.ParquetFile(folder / PAIRS) as file:
        batches = file.iter_batches(batch_size=_LOOKED_AT, columns=columns)
        rows: list[dict[str, Any]] = next((batch.to_pylist() for batch in batches), [])
    for row in rows:
        source, target = (_spans(row[side]) for side in ("source_words", "target_words"))
        links = np.array(row["links"], dtype=np.int32).reshape(-1, 2)
        if len(links) and all(len(words) in _NUM_WORDS for words in (source, target)):
            yield AlignedSentences(row["source"], row["target"], source, target, links, *languages)


class _Switcher:
    """Switches sentences as the study does: by its links, or else by its lexicons."""

    def __init__(self, recipe: Recipe, plan: Plan, store: Store) -> None:
        systems = [options.model_dump() for options in recipe.systems.values()]
        bounds = [
            {name: options[name] for name in ("max_switched", "max_phrase_words")}
            for options in systems
            if options["objective"] == "code-switched"
        ]
        self._by_links = AlignmentSwitchOptions(**bounds[0]) if bounds else None
        self._by_lexicon = recipe.code_switching
        stages = [trial.finetune.inputs.get("lexicons") for trial in plan.trials]
        folders = dict.fromkeys(store.folder(stage) for stage in stages if stage is not None)
        self._lexicons = [lexicon for folder in folders for lexicon in load_lexicons(folder)]

    def switched(self, pair: AlignedSentences) -> tuple[SwitchedText, str]:
        """The source sentence, switched, and by what; nothing is said where nothing can be."""
        generator = np.random.default_rng(1)
        if self._by_links is not None:
            return switch_by_alignment(pair, self._by_links, generator), "links"
        lexicons = [
            lexicon
            for lexicon in self._lexicons
            if lexicon.source_language == pair.source_language
            and lexicon.target_language == pair.target_language
        ]
        if not lexicons:
            return SwitchedText(pair.source), ""
        sentence = CoveredSentence.of(pair.source, pair.source_words, lexicons)
        return switch_by_lexicon(sentence, self._by_lexicon, generator), "lexicon"


def _sample(pair: AlignedSentences, switcher: _Switcher) -> Sample:
    switched, by = switcher.switched(pair)
    return Sample(
        source_language=pair.source_language,
        target_language=pair.target_language,
        source_words=words_in(pair.source, pair.source_words),
        target_words=words_in(pair.target, pair.target_words),
        links=[(source, target) for source, target in pair.links.tolist()],
        switched=_segments(switched, pair.source_language) if switched.switches else [],
        switched_by=by if switched.switches else "",
    )


def _segments(switched: SwitchedText, language: str | None) -> list[Segment]:
    found, end = [], 0
    for switch in switched.switches:
        found.append(Segment(text=switched.text[end : switch.new_start], language=language))
        replacement = switched.replacement(switch)
        found.append(Segment(text=replacement, language=switch.language, original=switch.original))
        end = switch.new_end
    found.append(Segment(text=switched.text[end:], language=language))
    return [segment for segment in found if segment.text]


def _spans(rows: Sequence[Sequence[int]]) -> list[Span]:
    return [(start, end) for start, end in rows]
