"""A trained FastAlign model: aligns new text, explains its links, and is saved and loaded.

A model holds a translation table for each direction, over the word pairs that met in the training
text, and the two tensions. It aligns its own training text exactly as training did. New text is
aligned by the same rules: a pair of words that never met has the probability that every pair had
before training, as in fast_align.

The file is in safetensors format: nothing in it is executed. `FORMAT` is raised when it changes.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from lingweave.alignment.coded_bitext import (
    ClosedVocabulary,
    Vocabulary,
    WordPairs,
    code_bitext,
)
from lingweave.alignment.compiled import available_threads
from lingweave.alignment.cooccurrence import (
    Cooccurrences,
    look_up_cooccurrences,
    number_cooccurrences,
)
from lingweave.alignment.diagonal import diagonal_prior
from lingweave.alignment.expectation import (
    PROBABILITY,
    DirectionModel,
    Floats,
)
from lingweave.alignment.explanation import link_posteriors
from lingweave.alignment.fast_align import (
    DIRECTIONS,
    DirectedAlignments,
    Direction,
    FastAlignOptions,
    FastAlignTrainer,
    IterationReport,
    align_text,
    code_while_loading,
    flat_table,
)
from lingweave.alignment.links import Links
from lingweave.alignment.partners import Partners, partners_of
from lingweave.corpus import replace_whole
from lingweave.errors import AlignmentError

FORMAT = 2
METADATA = "lingweave-aligner"


class LexiconEntry(NamedTuple):
    """A word, a translation and the probability of the translation, given the word (0 to 1)."""

    word: str
    translation: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class Aligner:
    """A trained model; made by `train` or `load`.

    Attributes:
        options: how it was trained.
        source_words: the source words of the training text, by number.
        target_words: its target words.
        partners: the word pairs that met, by source word.
        tables: for each direction the probability of each pair, in the partners' order, and last
            that of a pair that was never seen, (C + 1,).
        null_tables: for each direction the probability of each predicted word and last of a new
            one, given the null word.
        tensions: for each direction how strongly links keep to the diagonal.
        preparation: how words were made of the training text, as whoever made them says it.
    """

    options: FastAlignOptions
    source_words: list[str]
    target_words: list[str]
    partners: Partners
    tables: dict[Direction, Floats]
    null_tables: dict[Direction, Floats]
    tensions: dict[Direction, float]
    preparation: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def train(
        cls,
        pairs: WordPairs,
        options: FastAlignOptions | None = None,
        progress: Callable[[IterationReport], None] | None = None,
        *,
        num_threads: int | None = None,
    ) -> "Aligner":
        """Learn from sentence pairs; the arguments are those of `fast_align`.

        Raises:
            AlignmentError: no pair has words on both sides, or a sentence is a string, not a list.
        """
        return cls.train_and_align(pairs, options, progress, num_threads=num_threads)[0]

    @classmethod
    def train_and_align(
        cls,
        pairs: WordPairs,
        options: FastAlignOptions | None = None,
        progress: Callable[[IterationReport], None] | None = None,
        *,
        num_threads: int | None = None,
    ) -> "tuple[Aligner, DirectedAlignments]":
        """Learn from sentence pairs and align them: what `fast_align` does, and the model too.

        Raises:
            AlignmentError: no pair has words on both sides, or a sentence is a string, not a list.
        """
        options = options or FastAlignOptions()
        num_threads = num_threads or available_threads()
        vocabularies = Vocabulary(), Vocabulary()
        bitext = code_while_loading(pairs, *vocabularies)
        text = number_cooccurrences(bitext, num_threads, min_count=options.min_count)
        trainer = FastAlignTrainer(text, options, num_threads)
        trainer.train(progress)
        alignments = trainer.align(progress)
        return cls._of_trainer(trainer, *map(list, vocabularies)), alignments

    @classmethod
    def _of_trainer(
        cls, trainer: FastAlignTrainer, source_words: list[str], target_words: list[str]
    ) -> "Aligner":
        text = trainer.text
        num_words = len(source_words), len(target_words)
        partners = partners_of(text.pair_sources, text.pair_targets, num_words)
        order = np.append(partners.numbers, partners.numbers.size)
        in_order = np.arange(partners.numbers.size, dtype=np.int32)
        return cls(
            options=trainer.options,
            source_words=source_words,
            target_words=target_words,
            partners=partners._replace(numbers=in_order),
            tables={d: trainer.models[d].pairs[order, PROBABILITY] for d in DIRECTIONS},
            null_tables={d: trainer.models[d].null[:, PROBABILITY].copy() for d in DIRECTIONS},
            tensions=dict(trainer.tensions),
        )

    def align(self, pairs: WordPairs, *, num_threads: int | None = None) -> DirectedAlignments:
        """Align sentence pairs, old or new; they change nothing in the model.

        Args:
            pairs: (source words, target words) of each sentence pair, prepared as the training
                text was; read once. A pair with an empty side gets no links.
            num_threads: as for `fast_align`.

        Raises:
            AlignmentError: a sentence is a string, not a list.
        """
        num_threads = num_threads or available_threads()
        text = self._look_up(pairs, num_threads)
        return align_text(text, self._models(text), num_threads)

    def posteriors(
        self, pairs: WordPairs, links: Links, *, num_threads: int | None = None
    ) -> npt.NDArray[np.float64]:
        """How sure the model is of links, whoever drew them.

        Args:
            pairs: the sentence pairs.
            links: the links of each, for example symmetrised ones.
            num_threads: as for `fast_align`.

        Returns:
            For every row of `links.rows` the posterior probability (0 to 1) that the source word
            explains the target word, and that the target word explains the source word,
            (links, 2). Their mean is a good single score.

        Raises:
            AlignmentError: a sentence is a string, or there are links for another number of pairs
                or for words beyond a sentence.
        """
        num_threads = num_threads or available_threads()
        text = self._look_up(pairs, num_threads)
        return link_posteriors(text, self._models(text), links, num_threads)

    def lexicon(
        self, direction: Direction, *, min_probability: float = 0.01
    ) -> Iterator[LexiconEntry]:
        """What each word is translated by, likeliest first.

        Args:
            direction: "forward" yields source words with target words, "reverse" the other way
                round.
            min_probability: entries below are left out.

        Yields:
            The entries, word by word in the order in which the training text brings words up.
        """
        table = self.tables[direction][:-1]
        kept = np.flatnonzero(table >= min_probability)
        sources = np.searchsorted(self.partners.starts, kept, side="right") - 1
        targets = self.partners.targets[kept]
        given, other = (sources, targets) if direction == "forward" else (targets, sources)
        words, translations = self.source_words, self.target_words
        if direction == "reverse":
            words, translations = translations, words
        order = np.lexsort((other, -table[kept], given))
        for word, translation, probability in zip(
            given[order].tolist(), other[order].tolist(), table[kept][order].tolist(), strict=True
        ):
            yield LexiconEntry(words[word], translations[translation], probability)

    def save(self, path: Path | str) -> None:
        """Write the model to a safetensors file, which appears whole or not at all.

        Raises:
            TextFileError: the file cannot be written.
        """
        source_text, source_ends = _pack(self.source_words)
        target_text, target_ends = _pack(self.target_words)
        tensors: dict[str, npt.NDArray[Any]] = {
            "source_text": source_text,
            "source_ends": source_ends,
            "target_text": target_text,
            "target_ends": target_ends,
            "partner_starts": self.partners.starts,
            "partner_targets": self.partners.targets,
        }
        for direction in DIRECTIONS:
            tensors[f"{direction}_table"] = self.tables[direction]
            tensors[f"{direction}_null_table"] = self.null_tables[direction]
        about = {
            "format": FORMAT,
            "options": self.options.model_dump(),
            "tensions": self.tensions,
            "preparation": dict(self.preparation),
        }
        with replace_whole(path) as partial:
            # One entry, as several would be written in another order each time.
            partial.write_bytes(save(tensors, metadata={METADATA: json.dumps(about)}))

    @classmethod
    def load(cls, path: Path | str) -> "Aligner":
        """Read a model that `save` wrote.

        Raises:
            AlignmentError: the file is missing, damaged, or not of this format.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                about = json.loads((file.metadata() or {})[METADATA])
                if about["format"] != FORMAT:
                    raise _no_model(path, f"its format is {about['format']}, expected {FORMAT}")
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            targets = tensors["partner_targets"]
            source_words, target_words = (
                _unpack(tensors[f"{side}_text"], tensors[f"{side}_ends"])
                for side in ("source", "target")
            )
            _require_fitting(tensors, len(source_words), len(target_words))
            return cls(
                options=FastAlignOptions.model_validate(about["options"]),
                source_words=source_words,
                target_words=target_words,
                partners=Partners(
                    tensors["partner_starts"],
                    targets,
                    np.arange(targets.size, dtype=np.int32),
                    len(target_words),
                ),
                tables={d: tensors[f"{d}_table"] for d in DIRECTIONS},
                null_tables={d: tensors[f"{d}_null_table"] for d in DIRECTIONS},
                tensions={d: float(about["tensions"][d]) for d in DIRECTIONS},
                preparation=about["preparation"],
            )
        except AlignmentError:
            raise
        except OSError as error:
            raise _no_model(path, f"it cannot be read ({error.strerror or error})") from error
        except (SafetensorError, LookupError, TypeError, ValueError) as error:
            raise _no_model(path, "it is damaged or no model of lingweave") from error

    def _look_up(self, pairs: WordPairs, num_threads: int) -> Cooccurrences:
        vocabularies = ClosedVocabulary(self.source_words), ClosedVocabulary(self.target_words)
        bitext = code_bitext(pairs, *vocabularies)
        return look_up_cooccurrences(bitext, self.partners, num_threads)

    def _models(self, text: Cooccurrences) -> list[DirectionModel]:
        """Both directions, with the priors of the text's sizes."""
        models = []
        for direction in DIRECTIONS:
            pairs = flat_table(self.tables[direction].size - 1)
            pairs[:, PROBABILITY] = self.tables[direction]
            null = flat_table(self.null_tables[direction].size - 1)
            null[:, PROBABILITY] = self.null_tables[direction]
            forward, options = direction == "forward", self.options
            prior = diagonal_prior(
                text.sizes, self.tensions[direction], options.null_probability, forward
            )
            models.append(DirectionModel(forward, options.null_probability, pairs, null, prior))
        return models


def _require_fitting(
    tensors: Mapping[str, npt.NDArray[Any]], num_source_words: int, num_target_words: int
) -> None:
    """Check what compiled code will go by without asking: no index may lead outside a table.

    Raises:
        ValueError: one does.
    """
    starts, targets = tensors["partner_starts"], tensors["partner_targets"]
    is_partition = (
        starts.shape == (num_source_words + 1,)
        and (starts[0], starts[-1]) == (0, targets.size)
        and (np.diff(starts) >= 0).all()
    )
    are_words = (targets >= 0).all() and (targets < num_target_words).all()
    sizes = {
        "forward_table": targets.size + 1,
        "reverse_table": targets.size + 1,
        "forward_null_table": num_target_words + 1,
        "reverse_null_table": num_source_words + 1,
    }
    have_sizes = all(tensors[name].shape == (size,) for name, size in sizes.items())
    are_indices = starts.dtype == np.int64 and targets.dtype == np.int32
    if not (is_partition and are_words and have_sizes and are_indices):
        raise ValueError("the tables do not fit each other")


def _pack(words: list[str]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Words as bytes laid end to end, and where each ends."""
    # surrogatepass: a Python string may hold half a character, and must come back as it was.
    encoded = [word.encode("utf-8", "surrogatepass") for word in words]
    ends = np.cumsum([len(word) for word in encoded], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), ends


def _unpack(text: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]) -> list[str]:
    """Undo `_pack`."""
    data, starts = text.tobytes(), [0, *ends.tolist()]
    return [
        data[start:end].decode("utf-8", "surrogatepass")
        for start, end in zip(starts, ends.tolist(), strict=False)
    ]


def _no_model(path: Path | str, problem: str) -> AlignmentError:
    return AlignmentError(
        f"this is no alignment model that can be used: {problem}",
        remedy="give a file that `lingweave align --save-model` or Aligner.save wrote",
        path=path,
    )
