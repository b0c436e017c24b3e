"""Bitext in, a Pharaoh file out, and on request all else that an aligner knows: `lingweave align`.

The text is streamed, so it may be larger than memory. Every output appears whole or not at all, and
none before the links are known.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from lingweave.alignment import (
    Aligner,
    BitextInspector,
    GoldAlignment,
    HmmIterationReport,
    IndexBase,
    InspectionReport,
    IterationReport,
    Links,
    WordPairs,
    align_words,
    alignment_error_rate,
    read_gold,
    write_pharaoh,
)
from lingweave.alignment.fast_align import DIRECTIONS
from lingweave.config import Alignment, BitextSource
from lingweave.corpus import (
    Bitext,
    SentencePair,
    atomic_write,
    count_lines,
    is_tokenized_file,
    read_tokenized,
    require_distinct,
    require_place,
    words_in,
)
from lingweave.errors import AlignmentError


@dataclass(frozen=True, kw_only=True)
class AlignmentOutputs:
    """What to write.

    Attributes:
        links: Pharaoh file.
        posteriors: for each link, in the same place, how sure the aligner is of it (0 to 1): the
            mean of both directions.
        lexicon: folder for `forward.tsv` and `reverse.tsv`: word, translation, probability.
        model: the trained aligner.
    """

    links: Path
    posteriors: Path | None = None
    lexicon: Path | None = None
    model: Path | None = None

    @property
    def files(self) -> list[Path]:
        """All that will be written."""
        places = [self.links, self.posteriors, self.model]
        if self.lexicon is not None:
            places += [self.lexicon / f"{direction}.tsv" for direction in DIRECTIONS]
        return [path for path in places if path is not None]

    @property
    def need_model(self) -> bool:
        """Whether something is asked for that only a trained model can tell."""
        return any((self.posteriors, self.lexicon, self.model))


class GoldLinks(BaseModel):
    """Links drawn by people, for the last pairs of the text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    """One line of links for each pair, sure as `1-1`, possible as `1p1`."""
    index_base: IndexBase | None = None
    """Whether words count from 0 or from 1; worked out if not given."""


@dataclass(frozen=True, kw_only=True)
class AlignmentObserver:
    """Whom to tell how it goes.

    Attributes:
        iteration: is called after every iteration of each direction.
        inspected: is called when the text has been read and checked; None: it is not checked.
    """

    iteration: Callable[[IterationReport | HmmIterationReport], None] | None = None
    inspected: Callable[[InspectionReport], None] | None = None


def align(
    source: BitextSource,
    outputs: AlignmentOutputs,
    alignment: Alignment,
    *,
    model: Path | None = None,
    gold: GoldLinks | None = None,
    observer: AlignmentObserver | None = None,
) -> dict[str, Any]:
    """Align a bitext and write what was asked for.

    Args:
        source: the bitext.
        outputs: the files to write; each appears whole or not at all.
        alignment: how to align.
        model: an aligner that was saved before, to be used instead of learning from this text.
        gold: links drawn by people.
        observer: is told how it goes.

    Returns:
        The number of pairs and of links, and, where gold links are given, the score.

    Raises:
        UserError: the text, the model or the gold links are wrong, or the text is such that links
            would mean nothing.
    """
    observer = observer or AlignmentObserver()
    if alignment.method != "fast-align" and (model or outputs.need_model):
        raise AlignmentError(
            f"{alignment.method} gives no models, posteriors or lexicons",
            remedy="leave these out, or choose fast-align",
        )
    for path in outputs.files:
        require_place(path)
    text = _Text(source, alignment)
    inputs = [*text.files, model, None if gold is None else gold.path]
    require_distinct(outputs.files, [path for path in inputs if path is not None])
    truth = None if gold is None else _read_gold(gold, text)
    aligner = None if model is None else _loaded(model, text)
    pairs = text.words() if observer.inspected is None else text.inspected(observer.inspected)
    if aligner is not None:
        directed = aligner.align(pairs)
    elif outputs.need_model:
        learned, directed = Aligner.train_and_align(pairs, None, observer.iteration)
        aligner = replace(learned, preparation=text.preparation)
    else:
        directed = align_words(pairs, alignment.method, observer.iteration)
    links = directed.symmetrized(alignment.symmetrization)
    summary: dict[str, Any] = {"pairs": len(links), "links": len(links.rows)}
    if truth is not None:
        score = alignment_error_rate(links[len(links) - len(truth) :], truth)
        summary["against_gold"] = asdict(score)
    if aligner is not None:
        _write_model(aligner, links, text, outputs)
    # Last, as its presence says that all is done.
    write_pharaoh(outputs.links, links)
    return summary


class _Text:
    """The words of a bitext, which can be read again."""

    def __init__(self, source: BitextSource, alignment: Alignment) -> None:
        self._source = source
        self._lowercase = alignment.lowercase
        self._bitext: Bitext = source.open(on_empty="keep")
        segmenters = {source.source_segmenter, source.target_segmenter}
        self._is_tokenized = (
            segmenters == {"whitespace"}
            and source.max_pairs is None
            and is_tokenized_file(source.location)
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """Where it is read from, if it is files."""
        return self._bitext.files

    @property
    def preparation(self) -> dict[str, str]:
        """How words are made of the text, as a saved model remembers it."""
        own, other = self._source.segmenter_names(self._bitext)
        case = "lower" if self._lowercase else "as written"
        return {"case": case, "source segmenter": own, "target segmenter": other}

    def words(self) -> WordPairs:
        """The words of both sides of each pair, as Arrow columns where that is faster."""
        if self._is_tokenized:
            return read_tokenized(str(self._source.location), lowercase=self._lowercase)
        return self.word_lists()

    def word_lists(self) -> Iterator[tuple[list[str], list[str]]]:
        """The words of both sides of each pair."""
        for _, words in self._numbered():
            yield words

    def inspected(
        self, report: Callable[[InspectionReport], None]
    ) -> Iterator[tuple[list[str], list[str]]]:
        """Read the words of each pair; when all are read, report what was found in them.

        Yields:
            source words and target words.

        Raises:
            AlignmentError: links of this text would mean nothing.
        """
        inspector = BitextInspector(
            source_language=self._bitext.source_language,
            target_language=self._bitext.target_language,
        )
        for line, words in self._numbered():
            inspector.add(*words, line)
            yield words
        found = inspector.report()
        report(found)
        found.refuse_meaningless(self._bitext.name)

    def _numbered(self) -> Iterator[tuple[int, tuple[list[str], list[str]]]]:
        """The line and the words of each pair."""
        if self._is_tokenized:
            reader = read_tokenized(str(self._source.location), lowercase=self._lowercase)
            yield from enumerate(_rows(reader), start=1)
            return
        source, bitext = self._source, self._bitext
        splits = source.segmenters(bitext)
        pair: SentencePair
        for pair in islice(bitext, source.max_pairs):
            sides = (pair.source, pair.target)
            own, other = (
                words_in(sentence, split(sentence), lowercase=self._lowercase)
                for split, sentence in zip(splits, sides, strict=True)
            )
            yield pair.line, (own, other)


def _rows(reader: pa.RecordBatchReader) -> Iterator[tuple[list[str], list[str]]]:
    for batch in reader:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _loaded(path: Path, text: _Text) -> Aligner:
    """A saved model, if it was learned from words that were made as those of the text are."""
    aligner = Aligner.load(path)
    for what, now in text.preparation.items():
        then = aligner.preparation.get(what, now)
        if then != now:
            raise AlignmentError(
                f"the model's {what} is {then}, that of this text {now}",
                remedy="leave out --keep-case, or give it, as then"
                if what == "case"
                else "say the same languages, or the same --segmenter, as then",
                path=path,
            )
    return aligner


def _read_gold(gold: GoldLinks, text: _Text) -> list[GoldAlignment]:
    """Read the links that people drew, checked against the last pairs of the text."""
    num_gold, num_pairs = count_lines(gold.path), 0
    lengths: deque[tuple[int, int]] = deque(maxlen=num_gold)
    for source, target in text.word_lists():
        num_pairs += 1
        lengths.append((len(source), len(target)))
    if num_gold > num_pairs:
        raise AlignmentError(
            f"{num_gold:,} lines of gold links for a text of {num_pairs:,} pairs",
            remedy="put the sentences of the gold links at the end of the text",
            path=gold.path,
        )
    return read_gold(gold.path, index_base=gold.index_base, lengths=list(lengths))


def _write_model(aligner: Aligner, links: Links, text: _Text, outputs: AlignmentOutputs) -> None:
    """Write the model, and what it tells."""
    if outputs.model is not None:
        aligner.save(outputs.model)
    if outputs.lexicon is not None:
        for direction in DIRECTIONS:
            with atomic_write(outputs.lexicon / f"{direction}.tsv") as file:
                file.writelines(
                    f"{word}\t{translation}\t{probability:.6g}\n"
                    for word, translation, probability in aligner.lexicon(direction)
                )
    if outputs.posteriors is not None:
        scores = aligner.posteriors(text.words(), links).mean(axis=1)
        ends = links.starts.tolist()
        with atomic_write(outputs.posteriors) as file:
            for first, end in zip(ends, ends[1:], strict=False):
                file.write(" ".join([f"{score:.4f}" for score in scores[first:end]]) + "\n")
