"""The stage that gets the lexicons for code-switched fine-tuning, one for each bitext or file.

Results: `lexicons.json`, which names the lexicons with their languages, and each as a file of
`word TAB translation TAB probability`.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lingweave.alignment import LinkArray
from lingweave.codeswitch import Lexicon, induce_lexicon, read_lexicon, save_lexicon
from lingweave.config import LexiconSource
from lingweave.corpus import words_in
from lingweave.errors import UserError
from lingweave.study.aligning import SUMMARY, load_aligned
from lingweave.study.stage import Workplace

VERSION = 2
INDEX = "lexicons.json"


def read_given(files: Sequence[str], language: str) -> list[Lexicon]:
    """Read the lexicons that a recipe names.

    Args:
        files: each as `read_lexicon` takes it, its languages in its name.
        language: of the text to be switched.

    Raises:
        UserError: a file is malformed, or translates another language.
    """
    lexicons = []
    for path in files:
        # Names of languages may be longer than codes, as the twins' are: base-miro.tsv.
        named = re.fullmatch(rf"(?=.*[a-z]{{4}}){re.escape(language)}-([a-z]+)", Path(path).stem)
        names = {"source_language": language, "target_language": named[1]} if named else {}
        lexicon = read_lexicon(Path(path), **names)
        if lexicon.source_language not in (None, language):
            raise UserError(
                f"it translates {lexicon.source_language!r}, but {language!r} is to be switched",
                remedy=f"give a lexicon of {language!r} words, named so",
                path=path,
            )
        lexicons.append(lexicon)
    return lexicons


def gather_lexicons(place: Workplace, language: str, source: LexiconSource) -> None:
    """Read the lexicons given, or induce one from each aligned bitext, and keep them.

    Args:
        place: its inputs are aligned bitexts that have the language on one side.
        language: of the text to be switched.
        source: files, or how to induce.

    Raises:
        UserError: a lexicon comes out empty, or is malformed.
    """
    if source.files:
        lexicons = read_given(source.files, language)
    else:
        lexicons = [_induced(folder, language, source) for folder in place.inputs.values()]
    index = []
    for number, lexicon in enumerate(lexicons, start=1):
        file = f"{number}-{lexicon.target_language}.tsv"
        save_lexicon(lexicon, place.out / file)
        entry = {"file": file, "target_language": lexicon.target_language, "words": len(lexicon)}
        index.append(entry)
    content = {"language": language, "lexicons": index}
    (place.out / INDEX).write_text(json.dumps(content, indent=1, ensure_ascii=False), "utf-8")


def load_lexicons(folder: Path) -> list[Lexicon]:
    """The lexicons that a finished stage left in its folder."""
    content = json.loads((folder / INDEX).read_text("utf-8"))
    return [
        read_lexicon(
            folder / entry["file"],
            source_language=content["language"],
            target_language=entry["target_language"],
        )
        for entry in content["lexicons"]
    ]


def _induced(folder: Path, language: str, source: LexiconSource) -> Lexicon:
    """The lexicon from `language` to the other one of an aligned bitext."""
    first, second = json.loads((folder / SUMMARY).read_text("utf-8"))["languages"]
    pairs, links = [], []
    for pair in load_aligned(folder):
        sides = [words_in(pair.source, pair.source_words), words_in(pair.target, pair.target_words)]
        joined = pair.joined(source.symmetrization)
        pairs.append((sides[0], sides[1]) if first == language else (sides[1], sides[0]))
        links.append(joined if first == language else _turned(joined))
    target = second if first == language else first
    return induce_lexicon(
        pairs,
        links,
        source.induction,
        name=f"{language}-{target}",
        source_language=language,
        target_language=target,
    )


def _turned(links: LinkArray) -> LinkArray:
    """The links seen from the other side."""
    return np.ascontiguousarray(links[:, ::-1])
