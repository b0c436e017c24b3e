"""Parallel text in: pairs of sentences that are translations of each other, streamed.

Whatever the format, a pair is two non-empty sentences and the line (or row) where it was found.
Nothing is held in memory but the pair at hand, so a bitext may be larger than memory, and a bitext
can be iterated over again, as training for several epochs does.
"""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

from lingweave.corpus.files import count_lines, exists, is_stream, read_lines
from lingweave.corpus.hub import HubName, HubRows, open_hub, parse_hub_name
from lingweave.errors import BitextError, TextFileError

logger = logging.getLogger(__name__)

Location: TypeAlias = str | Path | tuple[str | Path, str | Path]
_Languages: TypeAlias = tuple[str | None, str | None]

OnEmpty: TypeAlias = Literal["refuse", "skip", "keep"]

_SEPARATOR = re.compile(r"(?<!\S)\|\|\|(?!\S)")  # fast_align's, a word of its own
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,4})?")
_LANGUAGE_PAIR = re.compile(r"([a-z]{2,3})-([a-z]{2,3})")
_NO_LANGUAGE = {"txt", "tsv", "csv", "raw", "tok", "bpe", "src", "tgt", "trg", "ref", "out"}


@dataclass(frozen=True, slots=True)
class SentencePair:
    """A sentence and its translation, without surrounding spaces; `line` is 1-based.

    A sentence may be empty only where `on_empty="keep"` was asked for.
    """

    source: str
    target: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Bitext:
    """Sentence pairs that can be read again and again.

    Not only files become one: `Bitext(name="toy", read=lambda: iter(pairs))` does as well.

    Args:
        name: what error messages and reports call it.
        source_language: for example `en`; None if not known.
        target_language: the same for the other side.
        read: starts a new pass over the pairs.
        files: that they are read from, if it is files.
    """

    name: str
    source_language: str | None = None
    target_language: str | None = None
    read: Callable[[], Iterator[SentencePair]] = field(repr=False)
    files: tuple[Path, ...] = ()

    def __iter__(self) -> Iterator[SentencePair]:
        return self.read()


def open_bitext(
    location: Location,
    *,
    source_language: str | None = None,
    target_language: str | None = None,
    split: str = "train",
    on_empty: OnEmpty = "refuse",
) -> Bitext:
    """Open parallel text, in any of these forms.

    - two line-parallel files: `("news.en", "news.de")`, or as one string `"news.en,news.de"`;
    - a folder with `train.en` and `train.de` (or another `split`), such as `en-de/`;
    - one file with two columns and a TAB between them, without a header: a name that ends in
      `.tsv`, or a first line that has a TAB but no `|||`;
    - one file in the format of fast_align: `source ||| target`;
    - a hub dataset, `"Helsinki-NLP/opus-100:de-en"`: its `translation` column, or one column per
      language. Taken as such only if no file or folder has this name.

    Args:
        location: where the text is, as above.
        source_language: a language code. By default taken from the folder's name or the
            configuration (`en-de`: from en to de), or from the two files' endings. With a folder or
            a hub dataset it also says which side is the source.
        target_language: the same for the other side.
        split: of a folder or a hub dataset; of no meaning for files.
        on_empty: what to do with a pair of which one side is empty. Skipped pairs are counted, and
            the count is logged at the end of each pass; kept ones stay, so that pairs go on being
            counted as the lines of the text are.

    Returns:
        the bitext; its pairs are read, and their errors raised, as it is iterated over.

    Raises:
        BitextError: nothing is there, the format or the languages are not clear, or two files
            differ in their number of lines; while iterating: a line is no pair.
        TextFileError: a file is missing; while iterating: a line is not UTF-8.
    """
    languages = (source_language, target_language)
    location = _split_comma(location)
    _require_files(location)
    read: Callable[[], Iterator[_Candidate]]
    files: tuple[Path, ...] = ()
    if isinstance(location, tuple):
        name = f"{location[0]},{location[1]}"
        files = source, target = Path(location[0]), Path(location[1])
        read, languages = _open_files(source, target, languages)
    elif Path(location).is_dir():
        name = str(location)
        languages = _resolve(languages, Path(location).resolve().name, location)
        files = source, target = _files_of(Path(location), split, languages)
        read, languages = _open_files(source, target, languages)
    elif Path(location).exists():
        name, files = str(location), (Path(location),)
        read = _open_file(Path(location))
    elif isinstance(location, str) and (hub_name := parse_hub_name(location)) is not None:
        name = str(hub_name)
        read, languages = _open_hub(hub_name, split, languages)
    else:
        raise TextFileError("no such file or folder", remedy="check the path", path=location)
    return Bitext(
        name=name,
        source_language=languages[0],
        target_language=languages[1],
        read=partial(_checked, name, read, on_empty),
        files=files,
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A pair that may still have an empty side, and the file where each side stands."""

    source: str
    target: str
    line: int
    source_path: Path | str
    target_path: Path | str


def _checked(
    name: str, read: Callable[[], Iterator[_Candidate]], on_empty: OnEmpty
) -> Iterator[SentencePair]:
    num_pairs = num_skipped = 0
    for candidate in read():
        pair = SentencePair(candidate.source.strip(), candidate.target.strip(), candidate.line)
        if pair.source and pair.target:
            num_pairs += 1
            yield pair
        elif on_empty == "skip":
            num_skipped += 1
        elif on_empty == "keep":
            num_pairs += 1
            yield pair
        else:
            raise BitextError(
                f"the {'target' if pair.source else 'source'} sentence is empty",
                remedy="remove the pair from both sides",
                path=candidate.target_path if pair.source else candidate.source_path,
                line=candidate.line,
            )
    if num_skipped:
        logger.warning("%s: %d pairs with an empty side were skipped", name, num_skipped)
    if not num_pairs:
        raise BitextError("there is no sentence pair", remedy="check the file's content", path=name)


def _split_comma(location: Location) -> Location:
    if isinstance(location, str) and location.count(",") == 1 and not exists(Path(location)):
        source, _, target = location.partition(",")
        return (source.strip(), target.strip())
    return location


def _require_files(location: Location) -> None:
    """A pipe gives its lines once, and this is read several times."""
    for path in location if isinstance(location, tuple) else (location,):
        if is_stream(Path(path)):
            raise TextFileError(
                "this is a pipe or a device, which can be read only once",
                remedy="write the text to a file first",
                path=path,
            )


# Two files and folders.


def _open_files(
    source: Path, target: Path, languages: _Languages
) -> tuple[Callable[[], Iterator[_Candidate]], _Languages]:
    num_source, num_target = count_lines(source), count_lines(target)
    if num_source != num_target:
        raise BitextError(
            f"{num_source:,} lines, but {target} has {num_target:,}",
            remedy="give two files in which line n of one translates line n of the other",
            path=source,
        )
    found = (_language_of(source), _language_of(target))
    if found[0] == found[1]:
        found = (None, None)
    languages = (languages[0] or found[0], languages[1] or found[1])
    return partial(_read_files, source, target), languages


def _read_files(source: Path, target: Path) -> Iterator[_Candidate]:
    # strict: the counts were equal on opening, so a difference now means a file was changed since.
    pairs = zip(read_lines(source), read_lines(target), strict=True)
    for line, (source_text, target_text) in enumerate(pairs, start=1):
        yield _Candidate(source_text, target_text, line, source, target)


def _files_of(folder: Path, split: str, languages: _Languages) -> tuple[Path, Path]:
    """The two files of a split, which are there."""
    source, target = (folder / f"{split}.{language}" for language in languages)
    for path in (source, target):
        if not path.is_file():
            found = ", ".join(sorted(entry.name for entry in folder.iterdir())[:12]) or "no file"
            raise TextFileError(
                f"no such file (the folder has: {found})",
                remedy="check the split and the two languages",
                path=path,
            )
    return source, target


def _language_of(path: Path) -> str | None:
    ending = path.suffix.removeprefix(".")
    return ending if _LANGUAGE.fullmatch(ending) and ending not in _NO_LANGUAGE else None


def _resolve(languages: _Languages, pair_name: str, path: Path | str) -> tuple[str, str]:
    """Complete the languages that were asked for by those of a name such as `en-de`."""
    source, target = languages
    if source is not None and target is not None:
        return source, target
    match = _LANGUAGE_PAIR.fullmatch(pair_name)
    if match is None:
        raise BitextError(
            f"{pair_name!r} does not say which two languages these are (as `en-de` would)",
            remedy="name it so, or say both: --source-language and --target-language, in a recipe "
            "source_language and target_language",
            path=path,
        )
    first, second = match[1], match[2]
    known = source or target
    if known is None:
        return first, second
    if known not in (first, second):
        raise BitextError(
            f"the languages are {first} and {second}, not {known}",
            remedy="give both languages, or none",
            path=path,
        )
    other = second if known == first else first
    return (known, other) if source is not None else (other, known)


# One file.


def _open_file(path: Path) -> Callable[[], Iterator[_Candidate]]:
    first_line = next(read_lines(path), "")
    if path.suffix == ".tsv" or ("\t" in first_line and "|||" not in first_line):
        return partial(_read_tsv, path)
    if "|||" in first_line:
        return partial(_read_fast_align, path)
    raise BitextError(
        "neither a TAB nor `|||` separates two sentences",
        remedy="write `source TAB target` or `source ||| target`, or give two line-parallel files",
        path=path,
        line=1,
    )


def _read_tsv(path: Path) -> Iterator[_Candidate]:
    for number, line in enumerate(read_lines(path), start=1):
        columns = line.split("\t")
        if len(columns) != 2:
            raise BitextError(
                f"{len(columns)} columns, expected 2 (source TAB target)",
                remedy="keep two columns, and no TAB within a sentence",
                path=path,
                line=number,
            )
        yield _Candidate(columns[0], columns[1], number, path, path)


def _read_fast_align(path: Path) -> Iterator[_Candidate]:
    for number, line in enumerate(read_lines(path), start=1):
        sides = _SEPARATOR.split(line)
        if len(sides) != 2:
            glued = len(sides) == 1 and "|||" in line
            count = f"{len(sides) - 1} separators `|||`, expected 1"
            raise BitextError(
                "no space beside `|||`" if glued else count,
                remedy="write the line as `source ||| target`, with a space on both sides of |||",
                path=path,
                line=number,
            )
        yield _Candidate(sides[0], sides[1], number, path, path)


# The hub.


def _open_hub(
    name: HubName, split: str, languages: _Languages
) -> tuple[Callable[[], Iterator[_Candidate]], _Languages]:
    source, target = _resolve(languages, name.config or "", str(name))
    rows = open_hub(name, split=split, error=BitextError)
    return partial(_read_hub, rows, source, target), (source, target)


def _read_hub(rows: HubRows, source: str, target: str) -> Iterator[_Candidate]:
    for number, row in enumerate(rows, start=1):
        sentences = row.get("translation", row)
        for language in (source, target):
            if not isinstance(sentences.get(language), str):
                raise BitextError(
                    f"no text for {language!r} (found: {', '.join(sentences)})",
                    remedy="give the source and target language as the dataset calls them",
                    path=str(rows.name),
                    line=number,
                )
        yield _Candidate(
            sentences[source], sentences[target], number, str(rows.name), str(rows.name)
        )
