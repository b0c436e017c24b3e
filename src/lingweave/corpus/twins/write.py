"""Write twin languages as files: parallel text with gold links, plain text, inference examples.

    bitext/<language>-<language>/{train,valid}.{<language>,<language>,pharaoh}
    text/<language>.txt
    nli/train.<language>.tsv  nli/dev.<language>.tsv  nli/test.<language>.tsv

The inference files of all languages are parallel, line by line. What is in a dev or test file is
nowhere else, neither as premise nor as hypothesis nor in any text. Plain text is unpaired: each
language's is drawn on its own, and nothing in it is said in a bitext.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lingweave.corpus.files import atomic_write
from lingweave.corpus.twins.grammar import Meaning, MeaningGrammar
from lingweave.corpus.twins.inference import LABELS, Example, draw_example
from lingweave.corpus.twins.lexicon import WorldSize, build_lexicons, build_world
from lingweave.corpus.twins.likeness import Likeness, make_like
from lingweave.corpus.twins.translation import BASE, Language, build_languages, gold_links, say
from lingweave.errors import RecipeError

NLI_HEADER = ("premise", "hypothesis", "label")


class TwinOptions(BaseModel):
    """What to generate. Equal options give equal bytes.

    The sizes are ours, chosen so that a 2-layer encoder learns the base language in about a minute
    on two cores.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=0, description="source of all chance")
    twins: tuple[str, ...] = Field(
        default=("miro", "tasu"), min_length=1, description="names of the twins, used in file names"
    )
    likeness: dict[str, Likeness] = Field(
        default={}, description="twins that are nearer to the base language, and in what"
    )
    world: WorldSize = Field(default_factory=WorldSize, description="how many concepts there are")
    synonyms: float = Field(
        default=0.1, ge=0, le=1, description="fraction of concepts with a second name"
    )
    two_words: float = Field(
        default=0.05, ge=0, le=1, description="fraction of concepts whose name has two words"
    )
    num_text: int = Field(default=12000, ge=0, description="lines of plain text per language")
    num_bitext_train: int = Field(
        default=4000, ge=0, description="training pairs of each two languages"
    )
    num_bitext_valid: int = Field(
        default=200, ge=0, description="held-out pairs of each two languages"
    )
    num_nli_train: int = Field(default=21000, ge=0, description="training examples per language")
    num_nli_dev: int = Field(default=600, ge=0, description="dev examples per language")
    num_nli_test: int = Field(default=1200, ge=0, description="test examples per language")

    @model_validator(mode="after")
    def _names_make_files(self) -> Self:
        for name in self.twins:
            if not (name.isascii() and name.isalpha() and name.islower()):
                raise ValueError(f"twin name {name!r} is no word of letters a–z; rename it")
        if len({BASE, *self.twins}) != len(self.twins) + 1:
            raise ValueError(f"twin names must differ from each other and from {BASE!r}")
        for name in self.likeness:
            if name not in self.twins:
                raise ValueError(f"likeness: {name!r} is none of the twins {self.twins}")
        return self


def _event(meaning: Meaning) -> Meaning:
    """What was said, whatever the choice of words: what splits must not share."""
    return replace(meaning, register=0, emphasis=None)


# Of so many draws in a row one must be new; otherwise the world has too little to say.
_MAX_TRIES = 2000


@dataclass(frozen=True, kw_only=True)
class _Writer:
    """Draws sentences no file before had; keeps count of what was said."""

    grammar: MeaningGrammar
    languages: list[Language]
    options: TwinOptions
    said: set[Meaning] = field(default_factory=set)

    def _rng(self, purpose: str) -> random.Random:
        # One generator per file: the size of one file does not stir the next.
        return random.Random(f"{self.options.seed} {purpose}")

    def examples(self, split: str, number: int) -> list[Example]:
        """Draw examples, labels in turn and then shuffled, none of them held out."""
        rng = self._rng(f"nli {split}")
        examples: list[Example] = []
        while len(examples) < number:
            label = LABELS[len(examples) % len(LABELS)]
            for _ in range(_MAX_TRIES):
                example = draw_example(self.grammar, label, rng)
                if not {_event(example.premise), _event(example.hypothesis)} & self.said:
                    break
            else:
                raise _too_small(f"nli/{split}")
            examples.append(example)
        rng.shuffle(examples)
        return examples

    def hold_out(self, examples: Iterable[Example]) -> None:
        """Keep what the examples say out of all files to come."""
        for example in examples:
            self.said.update((_event(example.premise), _event(example.hypothesis)))

    def sentences(self, name: str, number: int) -> list[Meaning]:
        """Draw single sentences, none of them twice, held out, or said in an earlier bitext."""
        rng = self._rng(name)
        drawn = []
        for _ in range(number):
            for _ in range(_MAX_TRIES):
                meaning = self.grammar.draw(rng)
                if _event(meaning) not in self.said:
                    break
            else:
                raise _too_small(name)
            self.said.add(_event(meaning))
            drawn.append(meaning)
        return drawn

    def passages(self, name: str) -> Iterator[tuple[Meaning, Meaning]]:
        """Draw the plain text of a language: two sentences to a line.

        One restates, adds to or contradicts the other, as neighbours in real text take each other
        up: what is learnt from it is how words repeat and oppose. Sentences may come again, so
        frequent short ones do not run out.
        """
        rng = self._rng(name)
        for _ in range(self.options.num_text):
            for _ in range(_MAX_TRIES):
                example = draw_example(self.grammar, rng.choice(LABELS), rng)
                if not {_event(example.premise), _event(example.hypothesis)} & self.said:
                    break
            else:
                raise _too_small(name)
            pair = example.premise, example.hypothesis
            yield pair if rng.random() < 0.5 else pair[::-1]


def _too_small(what: str) -> RecipeError:
    return RecipeError(
        f"the twin world is too small: no new sentence was found for {what}",
        remedy="make `world` larger or ask for fewer sentences",
    )


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with atomic_write(path) as file:
        file.writelines(f"{line}\n" for line in lines)


def _write_nli(writer: _Writer, split: str, number: int, folder: Path) -> None:
    examples = writer.examples(split, number)
    if split != "train":
        writer.hold_out(examples)
    for language in writer.languages:
        rows = [
            (say(e.premise, language).text, say(e.hypothesis, language).text, e.label)
            for e in examples
        ]
        path = folder / "nli" / f"{split}.{language.name}.tsv"
        _write_lines(path, ("\t".join(row) for row in [NLI_HEADER, *rows]))


def _write_bitext(
    writer: _Writer, source: Language, target: Language, split: str, number: int, folder: Path
) -> None:
    name = f"{source.name}-{target.name}"
    meanings = writer.sentences(f"bitext {name} {split}", number)
    pairs = [(say(meaning, source), say(meaning, target)) for meaning in meanings]
    stem = folder / "bitext" / name
    _write_lines(stem / f"{split}.{source.name}", (sentence.text for sentence, _ in pairs))
    _write_lines(stem / f"{split}.{target.name}", (sentence.text for _, sentence in pairs))
    links = (" ".join(f"{s}-{t}" for s, t in gold_links(*pair)) for pair in pairs)
    _write_lines(stem / f"{split}.pharaoh", links)


def write_twins(options: TwinOptions, folder: Path) -> None:
    """Generate the languages and write all files below `folder`.

    Raises:
        RecipeError: the world is too small for so many different sentences.
        TextFileError: a file cannot be written.
    """
    world = build_world(options.world)
    lexicons = build_lexicons(
        world,
        len(options.twins) + 1,
        options.seed,
        synonyms=options.synonyms,
        two_words=options.two_words,
    )
    base, *twins = build_languages(lexicons, options.twins)
    languages = [base]
    for twin in twins:
        likeness = options.likeness.get(twin.name, Likeness())
        rng = random.Random(f"{options.seed} likeness {twin.name}")
        languages.append(make_like(twin, base, likeness, rng))
    writer = _Writer(grammar=MeaningGrammar(world=world), languages=languages, options=options)
    # What is held out comes first, so that everything later keeps clear of it.
    for split, number in (
        ("test", options.num_nli_test),
        ("dev", options.num_nli_dev),
        ("train", options.num_nli_train),
    ):
        _write_nli(writer, split, number, folder)
    for source, target in combinations(languages, 2):
        for split, number in (
            ("valid", options.num_bitext_valid),
            ("train", options.num_bitext_train),
        ):
            _write_bitext(writer, source, target, split, number, folder)
    for language in languages:
        passages = writer.passages(f"text {language.name}")
        lines = (" ".join(say(m, language).text for m in passage) for passage in passages)
        _write_lines(folder / "text" / f"{language.name}.txt", lines)
