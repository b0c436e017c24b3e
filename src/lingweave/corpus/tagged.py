"""Tagged sentences in: a word and its tag on each line, or a hub dataset with lists of both.

As XTREME lays out PAN-X: `word TAB tag`, an empty line between sentences. In the files that XTREME
downloads (Rahimi et al. 2019) every word begins with the language, as in `en:Anna`; that is left
away where all words of a file have it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lingweave.corpus.files import exists, read_lines
from lingweave.corpus.hub import HubName, open_hub, parse_hub_name
from lingweave.corpus.tables import Column
from lingweave.errors import TableError, TextFileError

HUB_COLUMNS: Mapping[str, Column] = {"words": "tokens", "tags": "ner_tags"}
"""PAN-X on the hub (WikiANN, XTREME)."""

_LANGUAGE_PREFIX = re.compile(r"([a-z]{2,3}(-[a-z]+)*|simple):")

_MAX_SHOWN = 60
"""Characters of a wrong line that a message quotes."""


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """Words with their tags.

    Attributes:
        line: the 1-based line of the first word (in a hub dataset: the row).
        words: none empty.
        tags: as many.
    """

    line: int
    words: tuple[str, ...]
    tags: tuple[str, ...]


def read_tagged(
    location: Path | str,
    *,
    columns: Mapping[str, Column] = HUB_COLUMNS,
    split: str | None = "train",
) -> Iterator[TaggedSentence]:
    """Yield the sentences of a file, in order.

    Args:
        location: the file, or a hub dataset as in `read_table`.
        columns: of a hub dataset: those of the words and of the tags; of no meaning for files.
        split: of a hub dataset, None is refused there; of no meaning for files.

    Yields:
        the sentences.

    Raises:
        TableError: a line is not `word TAB tag`, or there is no sentence.
        TextFileError: the file is missing, or a line is not UTF-8.
    """
    path = Path(location)
    if exists(path):
        sentences = _sentences_of_file(path)
    else:
        sentences = _sentences_of_hub(location, columns, split)
    num_sentences = 0
    for sentence in sentences:
        num_sentences += 1
        yield sentence
    if num_sentences == 0:
        raise TableError("it holds no sentence", remedy="check the file's content", path=location)


def _sentences_of_file(path: Path) -> Iterator[TaggedSentence]:
    prefix = _common_prefix(path)
    words: list[str] = []
    tags: list[str] = []
    number = 0
    for number, line in enumerate(read_lines(path), start=1):
        if line:
            word, tag = _word_and_tag(line.removeprefix(prefix), path, number)
            words.append(word)
            tags.append(tag)
        elif words:
            yield TaggedSentence(number - len(words), tuple(words), tuple(tags))
            words, tags = [], []
    if words:
        yield TaggedSentence(number + 1 - len(words), tuple(words), tuple(tags))


def _common_prefix(path: Path) -> str:
    """The language that stands before every word of the file, or nothing."""
    prefixes = set()
    for line in read_lines(path):
        if line:
            match = _LANGUAGE_PREFIX.match(line)
            prefixes.add(match[0] if match else "")
            if len(prefixes) > 1 or "" in prefixes:
                return ""
    return next(iter(prefixes), "")


def _word_and_tag(line: str, path: Path, number: int) -> tuple[str, str]:
    cells = line.split("\t")
    if len(cells) != 2 or not all(cell.strip() for cell in cells):
        shown = line if len(line) <= _MAX_SHOWN else f"{line[:_MAX_SHOWN]}…"
        raise TableError(
            f"expected a word, a TAB and its tag, found {shown!r}",
            remedy="write one word with its tag on each line, an empty line between sentences",
            path=path,
            line=number,
        )
    return cells[0], cells[1]


def _sentences_of_hub(
    location: Path | str, columns: Mapping[str, Column], split: str | None
) -> Iterator[TaggedSentence]:
    name = parse_hub_name(location) if isinstance(location, str) else None
    if name is None:
        raise TextFileError("no such file", remedy="check the path", path=location)
    rows = open_hub(name, split=split, error=TableError)
    word_column, tag_column = str(columns["words"]), str(columns["tags"])
    tag_names = rows.class_names(tag_column)
    for number, row in enumerate(rows, start=1):
        words, tags = row.get(word_column), row.get(tag_column)
        if not words or not tags or len(words) != len(tags):
            raise TableError(
                f"columns {word_column} and {tag_column} do not hold as many words as tags",
                remedy="name the columns as `columns: {words: …, tags: …}`",
                path=str(name),
                line=number,
            )
        for word in words:
            if not _is_word(word):
                raise TableError(
                    f"{word!r} is no word (column {word_column})",
                    remedy="fill it in, without TAB and line feed, or remove the sentence",
                    path=str(name),
                    line=number,
                )
        named = [_tag_name(tag, tag_names, name, number) for tag in tags]
        yield TaggedSentence(number, tuple(words), tuple(named))


def _is_word(word: object) -> bool:
    """Whether it could stand in a file, in a line with its tag."""
    return isinstance(word, str) and bool(word.strip()) and not set(word) & {"\t", "\n"}


def _tag_name(tag: object, names: Sequence[str] | None, dataset: HubName, line: int) -> str:
    if names is None or not isinstance(tag, int):
        return str(tag)
    if not 0 <= tag < len(names):  # -100 and -1 stand for "no tag" in some datasets
        raise TableError(
            f"no tag has the number {tag} (there are {len(names)}, from 0)",
            remedy="choose another column or split",
            path=str(dataset),
            line=line,
        )
    return names[tag]
